"""A tenant's rules for masking as one value: what is drafted, what is activated, what a version of them holds. Pure.

Danger: a rule that cannot be read and is left out hides nothing, and nobody notices. Rule: a set of rules is read as a whole or `RulesBroken`
is raised. Proof: tests/tenants/test_rules.py.
"""

from __future__ import annotations

import json
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field, replace
from enum import StrEnum
from typing import Any, Final
from uuid import UUID

from security.masking import (
    MaskedText,
    MaskingPolicy,
    Pattern,
    PatternRefused,
    UnknownPack,
    mask_or_withhold,
    withheld,
)

_FORMAT: Final = 1
MAX_RULES: Final = 200
"""Switched off ones included; the engine takes 50."""
MAX_ALLOWED: Final = 200
MAX_ALLOWED_LENGTH: Final = 100
MAX_NAME: Final = 40


class RulesBroken(Exception):
    """Stored rules that cannot be read or run. Whoever masks by them withholds every message: an older set might let pass what this one hides."""


class RuleKind(StrEnum):
    """How a rule says what it hides; the engine's words."""

    PHRASE = "phrase"
    FORMAT = "format"
    REGEX = "regex"


@dataclass(frozen=True, slots=True, kw_only=True)
class Rule:
    """One pattern of the tenant's. `value` has each phrase, or the one format or expression; `keep_last` characters of a match stay."""

    public_id: UUID
    name: str
    kind: RuleKind
    value: tuple[str, ...]
    label: str = ""
    keep_last: int = 0
    is_active: bool = True

    def pattern(self) -> Pattern:
        """As the engine takes it; PatternRefused for what it does not take."""
        value: str | tuple[str, ...] = self.value
        if self.kind is not RuleKind.PHRASE:
            if len(self.value) != 1:
                raise PatternRefused("The pattern must be one text.")
            value = self.value[0]
        return Pattern(self.name, self.kind.value, value, self.label, self.keep_last)


@dataclass(frozen=True, slots=True, kw_only=True)
class RuleSet:
    """All that a tenant decided about masking, in the order in which its rules stand."""

    rules: tuple[Rule, ...] = ()
    allowed: tuple[str, ...] = ()
    packs: frozenset[str] = frozenset()
    keep_last_four: bool = True
    masks_agents: bool = True
    visitor_may_undo: bool = False
    typing_preview: bool = False

    @property
    def patterns(self) -> tuple[Pattern, ...]:
        """Of the rules that are switched on; PatternRefused where the engine does not take one."""
        return tuple(rule.pattern() for rule in self.rules if rule.is_active)

    def policy(self, version: int) -> MaskingPolicy:
        """For the engine; PatternRefused or UnknownPack where it does not take a rule."""
        return MaskingPolicy(
            packs=self.packs,
            patterns=self.patterns,
            keep_last_four=self.keep_last_four,
            version=version,
            allowed=self.allowed,
        )


@dataclass(frozen=True, slots=True)
class Masking:
    """One version of a tenant's rules, ready to be run. What is broken withholds."""

    version: int = 1
    visitors: MaskingPolicy = field(default_factory=MaskingPolicy)
    agents: MaskingPolicy = field(default_factory=MaskingPolicy)
    typing_preview: bool = False
    visitor_may_undo: bool = False
    is_broken: bool = False

    @property
    def packs_for_browsers(self) -> tuple[str, ...]:
        """What a visitor's browser hides beside cards and social security numbers.

        Patterns and the allow-list are not for browsers to know. Where something is allowed, packs are the server's
        alone: a browser would hide what the list lets pass.
        """
        return () if self.visitors.allowed else tuple(sorted(set(self.visitors.packs) - {"card", "ssn"}))

    def without(self, packs: Collection[str]) -> Masking:
        """For one message whose author says that these packs are wrong in it; the same where his word does not count."""
        if not packs or not self.visitor_may_undo or self.is_broken:
            return self
        return replace(self, visitors=self.visitors.without(packs))

    def masked(self, text: str, *, is_agents: bool = False, context: Sequence[str] = ()) -> MaskedText:
        """What may be stored and shown of `text`; TooLong beyond what the engine takes."""
        if self.is_broken:
            return withheld(text, "rules")
        return mask_or_withhold(text, self.agents if is_agents else self.visitors, context)


def masking_of(rules: RuleSet, version: int) -> Masking:
    """The rules as they are run; RulesBroken where they cannot be.

    Where agents' words are not masked by the tenant's rules, cards and social security numbers still are: nobody's belong into a chat.
    """
    try:
        visitors = rules.policy(version)
    except (PatternRefused, UnknownPack, ValueError) as error:
        raise RulesBroken(type(error).__name__) from None
    own = MaskingPolicy(keep_last_four=rules.keep_last_four, version=version)
    return Masking(
        version=version,
        visitors=visitors,
        agents=visitors if rules.masks_agents else own,
        typing_preview=rules.typing_preview,
        visitor_may_undo=rules.visitor_may_undo,
    )


def broken_masking(version: int) -> Masking:
    """What stands for rules that cannot be read: nothing passes."""
    return Masking(version=version, is_broken=True)


def content_of(rules: RuleSet) -> str:
    """What is sealed of a set of rules: the patterns and the allow-list, which may themselves be what must not be read."""
    return json.dumps(
        {"format": _FORMAT, "rules": [_plain(rule) for rule in rules.rules], "allowed": list(rules.allowed)},
        ensure_ascii=False,
    )


def rules_in(content: str) -> tuple[tuple[Rule, ...], tuple[str, ...]]:
    """The rules and the allow-list in what was sealed; RulesBroken for anything else."""
    try:
        found: Mapping[str, Any] = json.loads(content)
        if found["format"] != _FORMAT:
            raise RulesBroken("format")
        return tuple(_rule(entry) for entry in found["rules"]), tuple(str(entry) for entry in found["allowed"])
    except (ValueError, KeyError, TypeError, AttributeError) as error:
        raise RulesBroken(type(error).__name__) from None


class Change(StrEnum):
    """What differs between two sets of rules."""

    ADDED = "added"
    CHANGED = "changed"
    REMOVED = "removed"
    SWITCHED_ON = "switched_on"
    SWITCHED_OFF = "switched_off"
    REORDERED = "reordered"
    PACK_ON = "pack_on"
    PACK_OFF = "pack_off"
    ALLOWED = "allowed"
    SETTING_ON = "setting_on"
    SETTING_OFF = "setting_off"


SETTINGS: Final = ("keep_last_four", "masks_agents", "visitor_may_undo", "typing_preview")


@dataclass(frozen=True, slots=True)
class Difference:
    """One difference and what it is about: a rule's name, a pack, a setting; never a pattern."""

    change: Change
    about: str = ""


def differences(before: RuleSet, after: RuleSet) -> list[Difference]:
    """What somebody who knew `before` has to be told of `after`."""
    old, new = {rule.public_id: rule for rule in before.rules}, {rule.public_id: rule for rule in after.rules}
    found = [Difference(Change.ADDED, new[key].name) for key in new if key not in old]
    found += [Difference(Change.REMOVED, old[key].name) for key in old if key not in new]
    found += [one for key in new if key in old for one in _between(old[key], new[key])]
    kept = [key for key in old if key in new]
    if kept != [key for key in new if key in old]:
        found.append(Difference(Change.REORDERED))
    found += [Difference(Change.PACK_ON, pack) for pack in sorted(after.packs - before.packs)]
    found += [Difference(Change.PACK_OFF, pack) for pack in sorted(before.packs - after.packs)]
    if before.allowed != after.allowed:
        found.append(Difference(Change.ALLOWED))
    for name in SETTINGS:
        if getattr(before, name) != getattr(after, name):
            found.append(Difference(Change.SETTING_ON if getattr(after, name) else Change.SETTING_OFF, name))
    return found


def _between(before: Rule, after: Rule) -> list[Difference]:
    found = []
    if before.is_active != after.is_active:
        found.append(Difference(Change.SWITCHED_ON if after.is_active else Change.SWITCHED_OFF, after.name))
    if _said(before) != _said(after):
        found.append(Difference(Change.CHANGED, after.name))
    return found


def _said(rule: Rule) -> Sequence[object]:
    return (rule.name, rule.kind, rule.value, rule.label, rule.keep_last)


def _plain(rule: Rule) -> dict[str, object]:
    return {
        "id": str(rule.public_id),
        "name": rule.name,
        "kind": rule.kind.value,
        "value": list(rule.value),
        "label": rule.label,
        "keep_last": rule.keep_last,
        "is_active": rule.is_active,
    }


def _rule(entry: Mapping[str, Any]) -> Rule:
    return Rule(
        public_id=UUID(entry["id"]),
        name=entry["name"],
        kind=RuleKind(entry["kind"]),
        value=tuple(entry["value"]),
        label=entry["label"],
        keep_last=entry["keep_last"],
        is_active=entry["is_active"],
    )
