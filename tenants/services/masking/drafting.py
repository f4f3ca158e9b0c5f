"""A tenant's rules for masking: drafted one by one, activated together as a new version, which open sockets take up within a second.

Danger: two administrators who undo each other, or a rule that hides nothing and is believed to. Rule: every change is made under the lock of the
draft's row and tried by the engine first; what is activated is the revision that was looked at. Patterns stand in no event of the trail, since they
may be what must not be read. Proof: tests/tenants/test_masking_rules.py.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from uuid import UUID

from django.db import transaction

from security.audit import Action, record
from security.errors import Conflict, Invalid, NotFound
from security.masking import PatternRefused, TooManySteps, UnknownPack, mask_or_withhold
from security.models import RevocationKind
from security.permissions import Grant, Permission, require
from security.revocation import revoke
from tenants.models import MaskingDraft, MaskingVersion, Tenant
from tenants.policies import FIRST_VERSION, RULE_FIELDS, opened_rules, put_rules
from tenants.rules import (
    MAX_ALLOWED,
    MAX_ALLOWED_LENGTH,
    MAX_NAME,
    MAX_RULES,
    SETTINGS,
    Rule,
    RulesBroken,
    RuleSet,
    differences,
    masking_of,
)

RIGHT = Permission.CONFIGURATION_MASKING
_HIDDEN = "•••"
_ALWAYS_HIDDEN = frozenset({"card", "ssn"})


class RuleRefused(Invalid):
    """The engine, or a limit, does not take a rule; `reason` is a sentence for the administrator, `about` the field it speaks of, if one."""

    code = "rule_refused"

    def __init__(self, reason: str, *, about: str = "") -> None:
        super().__init__()
        self.reason = reason
        self.about = about


@dataclass(frozen=True, slots=True)
class Settings:
    """What is decided besides the rules."""

    packs: frozenset[str]
    allowed: tuple[str, ...]
    keep_last_four: bool
    masks_agents: bool
    visitor_may_undo: bool
    typing_preview: bool


@transaction.atomic
def add_rule(*, grant: Grant, rule: Rule) -> Rule:
    """Put a new rule at the end of the draft. RuleRefused with a sentence where it cannot be taken."""
    require(grant, RIGHT)
    row, rules = _locked_draft()
    if len(rules.rules) >= MAX_RULES:
        raise RuleRefused(f"There are {MAX_RULES} rules already.")
    _store(row, replace(rules, rules=(*rules.rules, rule)))
    record(Action.MASKING_RULE_ADDED, on=row, on_label=rule.name, changes=_changes(None, rule))
    return rule


@transaction.atomic
def change_rule(*, grant: Grant, rule: Rule) -> Rule:
    """Replace the drafted rule of the same id. NotFound where somebody has taken it out."""
    require(grant, RIGHT)
    row, rules = _locked_draft()
    before = _of(rules, rule.public_id)
    if before == rule:
        return rule
    _store(
        row, replace(rules, rules=tuple(rule if found.public_id == rule.public_id else found for found in rules.rules))
    )
    record(Action.MASKING_RULE_CHANGED, on=row, on_label=rule.name, changes=_changes(before, rule))
    return rule


@transaction.atomic
def remove_rule(*, grant: Grant, rule: UUID) -> None:
    """Take a rule out of the draft; versions that have it keep it."""
    require(grant, RIGHT)
    row, rules = _locked_draft()
    before = _of(rules, rule)
    _store(row, replace(rules, rules=tuple(found for found in rules.rules if found.public_id != rule)))
    record(Action.MASKING_RULE_REMOVED, on=row, on_label=before.name)


@transaction.atomic
def move_rule(*, grant: Grant, rule: UUID, by: int) -> None:
    """Move a rule so many places down, or up where `by` is negative; at the ends nothing happens."""
    require(grant, RIGHT)
    row, rules = _locked_draft()
    moved = _of(rules, rule)
    others = [found for found in rules.rules if found.public_id != rule]
    place = min(max(rules.rules.index(moved) + by, 0), len(others))
    ordered = (*others[:place], moved, *others[place:])
    if ordered == rules.rules:
        return
    _store(row, replace(rules, rules=ordered))
    record(Action.MASKING_RULES_REORDERED, on=row, on_label=moved.name, place=place + 1)


@transaction.atomic
def change_settings(*, grant: Grant, settings: Settings, revision: int | None = None) -> None:
    """Draft packs, allow-list and switches, all at once: Conflict("settings_moved") if the draft is not the one of `revision` any more.

    None where nobody looked at a page first: whatever is there is replaced.
    """
    require(grant, RIGHT)
    _check_allowed(settings.allowed)
    row, rules = _locked_draft()
    if revision is not None and row.revision != revision:
        raise Conflict("settings_moved")
    changed = replace(
        rules,
        packs=settings.packs,
        allowed=settings.allowed,
        keep_last_four=settings.keep_last_four,
        masks_agents=settings.masks_agents,
        visitor_may_undo=settings.visitor_may_undo,
        typing_preview=settings.typing_preview,
    )
    if changed == rules:
        return
    _store(row, changed)
    record(Action.MASKING_SETTINGS_CHANGED, on=row, changes=_changed_settings(rules, changed))


@transaction.atomic
def activate(*, grant: Grant, revision: int, now: datetime) -> MaskingVersion:
    """Make the draft the rules that mask, if it is still the one of `revision`; else Conflict("draft_moved").

    Conflict("nothing_to_activate") where nothing differs from what is active: somebody was faster.
    """
    require(grant, RIGHT)
    row, rules = _locked_draft()
    if row.revision != revision:
        raise Conflict("draft_moved")
    newest = MaskingVersion.objects.order_by("-number").first()
    before, number = active_rules(newest), (newest.number if newest else FIRST_VERSION)
    if before is not None and not differences(before, rules):
        raise Conflict("nothing_to_activate")
    _run(lambda: rules.policy(number + 1))
    _run(lambda: masking_of(rules, number + 1))
    version = MaskingVersion(number=number + 1, activated_at=now, activated_by_id=grant.membership_id)
    put_rules(version, rules)
    version.save(force_insert=True)
    active = sum(rule.is_active for rule in rules.rules)
    changed = None if before is None else len(differences(before, rules))
    record(Action.MASKING_VERSION_ACTIVATED, on=version, rules=active, packs=len(rules.packs), differences=changed)
    revoke(RevocationKind.MASKING, Tenant.objects.get().public_id)
    return version


@transaction.atomic
def restore(*, grant: Grant, version: UUID | None) -> None:
    """Take the rules of an older version into the draft, in place of what is there; None is what every organisation begins with.

    NotFound for no version of this tenant's, Conflict("rules_broken") for one that cannot be read.
    """
    require(grant, RIGHT)
    found = None if version is None else MaskingVersion.objects.filter(public_id=version).first()
    if version is not None and found is None:
        raise NotFound
    rules = active_rules(found)
    if rules is None:
        raise Conflict("rules_broken")
    row = _locked_row()
    _store(row, rules)
    record(Action.MASKING_VERSION_RESTORED, on=row, version=found.number if found else FIRST_VERSION)


def active_rules(version: MaskingVersion | None, *, key: bytes | None = None) -> RuleSet | None:
    """The rules of a version, the first one's without one; None where they cannot be read."""
    try:
        return RuleSet() if version is None else opened_rules(version, key=key)
    except RulesBroken:
        return None


def drafted_rules(draft: MaskingDraft, *, key: bytes | None = None) -> RuleSet | None:
    """The rules of the draft; None where they cannot be read."""
    try:
        return opened_rules(draft, key=key)
    except RulesBroken:
        return None


def _locked_draft() -> tuple[MaskingDraft, RuleSet]:
    row = _locked_row()
    try:
        return row, opened_rules(row)
    except RulesBroken:
        raise Conflict("rules_broken") from None


def _locked_row() -> MaskingDraft:
    """The draft, which begins as what is active."""
    row = MaskingDraft.objects.select_for_update().first()
    if row is None:
        fresh = MaskingDraft(revision=0)  # as who looked at no draft was told
        put_rules(fresh, active_rules(MaskingVersion.objects.order_by("-number").first()) or RuleSet())
        MaskingDraft.objects.bulk_create([fresh], ignore_conflicts=True)  # or somebody else's, if he was faster
        row = MaskingDraft.objects.select_for_update().get()
    return row


def _store(row: MaskingDraft, rules: RuleSet) -> None:
    """Refuse what could not be activated, so that the one who wrote it learns it now."""
    _check_names(rules.rules)
    _run(lambda: [rule.pattern() for rule in rules.rules])
    _run(lambda: _run_together(row, rules))
    put_rules(row, rules)
    row.revision += 1
    row.save(update_fields=["revision", *RULE_FIELDS])


def _run_together(row: MaskingDraft, rules: RuleSet) -> None:
    """What was too slow before there was a bound is made quicker rule by rule: less may be drafted, though not activated yet."""
    try:
        rules.policy(row.revision)
    except TooManySteps:
        before = drafted_rules(row)
        if before is None or _steps(rules) >= _steps(before):
            raise


def _steps(rules: RuleSet) -> int:
    return sum(pattern.steps for pattern in rules.patterns)


def _run(work: Callable[[], object]) -> None:
    try:
        work()
    except PatternRefused as refused:
        raise RuleRefused(refused.reason, about=refused.about) from None
    except UnknownPack:
        raise RuleRefused("There is no such pack.") from None
    except RulesBroken:
        raise RuleRefused("The rules cannot be run together.") from None


def _check_names(rules: Sequence[Rule]) -> None:
    names = [rule.name.strip().casefold() for rule in rules]
    if any(not name or len(name) > MAX_NAME for name in names):
        raise RuleRefused(f"The name must have between 1 and {MAX_NAME} characters.", about="name")
    if len(set(names)) < len(names):
        raise RuleRefused("There is a rule with this name already.", about="name")


def _check_allowed(allowed: Sequence[str]) -> None:
    if len(allowed) > MAX_ALLOWED:
        raise RuleRefused(f"The allow-list takes {MAX_ALLOWED} entries.", about="allowed")
    for number, entry in enumerate(allowed, start=1):
        if len(entry) > MAX_ALLOWED_LENGTH:
            raise RuleRefused(
                f"Line {number} of the allow-list is longer than {MAX_ALLOWED_LENGTH} characters.", about="allowed"
            )
        if not any(char.isalnum() for char in entry):
            raise RuleRefused(f"Line {number} of the allow-list has no letter and no digit.", about="allowed")
        if any(finding.kind in _ALWAYS_HIDDEN for finding in mask_or_withhold(entry).findings):
            reason = f"Line {number} of the allow-list is a card or social security number: these are always hidden."
            raise RuleRefused(reason, about="allowed")


def _of(rules: RuleSet, wanted: UUID) -> Rule:
    found = next((rule for rule in rules.rules if rule.public_id == wanted), None)
    if found is None:
        raise NotFound
    return found


def _changes(before: Rule | None, after: Rule) -> dict[str, tuple[object, object]]:
    """Field by field; of a pattern only that it is another one."""
    names = ("name", "kind", "label", "keep_last", "is_active")
    found: dict[str, tuple[object, object]] = {
        name: (getattr(before, name, None), getattr(after, name))
        for name in names
        if before is None or getattr(before, name) != getattr(after, name)
    }
    if before is None or before.value != after.value:
        found["pattern"] = (None if before is None else _HIDDEN, _HIDDEN)
    return found


def _changed_settings(before: RuleSet, after: RuleSet) -> dict[str, tuple[object, object]]:
    found: dict[str, tuple[object, object]] = {
        name: (getattr(before, name), getattr(after, name))
        for name in SETTINGS
        if getattr(before, name) != getattr(after, name)
    }
    if before.packs != after.packs:
        found["packs"] = (sorted(before.packs), sorted(after.packs))
    if before.allowed != after.allowed:
        found["allowed"] = (f"{len(before.allowed)} {_HIDDEN}", f"{len(after.allowed)} {_HIDDEN}")
    return found
