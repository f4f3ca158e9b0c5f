"""What the Masking page shows: the draft, what is active, how they differ, the versions before, and how much was hidden."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Final
from uuid import UUID

from django.db.models import Sum

from security.masking import PatternRefused, UnknownPack
from security.permissions import Grant, require
from tenants.models import MaskingCount, MaskingDraft, MaskingVersion
from tenants.policies import FIRST_VERSION, rules_key
from tenants.rules import Difference, Masking, Rule, RulesBroken, RuleSet, differences, masking_of
from tenants.services.masking.counts import UNDONE
from tenants.services.masking.drafting import RIGHT, active_rules, drafted_rules

SHOWN_VERSIONS: Final = 20


@dataclass(frozen=True, slots=True)
class Version:
    """One line of the history. `changes` is None where it, or the one before, cannot be read."""

    public_id: UUID | None
    number: int
    activated_at: datetime | None
    by: str
    changes: Sequence[Difference] | None
    is_broken: bool = False


@dataclass(frozen=True, slots=True)
class Rulebook:
    """Everything at once. `draft` and `active` are None where they cannot be read; `revision` is 0 where nothing was ever drafted."""

    revision: int
    draft: RuleSet | None
    active: RuleSet | None
    pending: Sequence[Difference]
    versions: Sequence[Version]
    unusable: str = ""
    """Why the active rules, though they can be read, cannot be run: a sentence."""

    @property
    def current(self) -> Version:
        """What masks now."""
        return self.versions[0]

    @property
    def is_pending(self) -> bool:
        """Whether activating would change something: rules that cannot be read are replaced by any."""
        return bool(self.pending) or (self.active is None and self.draft is not None)


def read_rulebook(*, grant: Grant) -> Rulebook:
    """The draft and the latest versions."""
    require(grant, RIGHT)
    rows = list(MaskingVersion.objects.select_related("activated_by").order_by("-number")[: SHOWN_VERSIONS + 1])
    key = rules_key()
    opened = [active_rules(row, key=key) for row in rows]
    has_first = len(rows) <= SHOWN_VERSIONS and (not rows or rows[-1].number != FIRST_VERSION)
    before = [*opened[1:], RuleSet() if has_first else None]
    versions = [_version(row, rules, previous) for row, rules, previous in zip(rows, opened, before, strict=False)][
        :SHOWN_VERSIONS
    ]
    if has_first:
        versions.append(Version(None, FIRST_VERSION, None, "", ()))
    active = opened[0] if opened else RuleSet()
    row = MaskingDraft.objects.first()
    draft = active if row is None else drafted_rules(row, key=key)
    pending = differences(active, draft) if active is not None and draft is not None else ()
    unusable = "" if active is None else _unusable(active)
    return Rulebook(0 if row is None else row.revision, draft, active, pending, versions, unusable)


def _unusable(rules: RuleSet) -> str:
    try:
        rules.policy(FIRST_VERSION)
    except PatternRefused as refused:
        return refused.reason
    except UnknownPack:
        return "There is a pack that is not known."
    return ""


def _version(row: MaskingVersion, rules: RuleSet | None, previous: RuleSet | None) -> Version:
    changes = None if rules is None or previous is None else differences(previous, rules)
    by = row.activated_by.name if row.activated_by else ""
    return Version(row.public_id, row.number, row.activated_at, by, changes, is_broken=rules is None)


def read_rule(*, grant: Grant, rule: UUID) -> Rule | None:
    """A drafted rule; None where there is none of this id."""
    require(grant, RIGHT)
    row = MaskingDraft.objects.first()
    rules = None if row is None else drafted_rules(row)
    return next((found for found in rules.rules if found.public_id == rule), None) if rules else None


def masking_to_try(*, grant: Grant, is_draft: bool) -> Masking:
    """The drafted rules, or those that are active, for the page's tester; RulesBroken where they cannot be run."""
    require(grant, RIGHT)
    row = MaskingDraft.objects.first() if is_draft else None
    newest = None if row is not None else MaskingVersion.objects.order_by("-number").first()
    rules = active_rules(newest) if row is None else drafted_rules(row)
    if rules is None:
        raise RulesBroken
    try:
        return masking_of(rules, newest.number if newest else FIRST_VERSION)
    except PatternRefused as refused:
        raise RulesBroken from refused


@dataclass(frozen=True, slots=True)
class Hidden:
    """What was hidden in a span of days: each day's number, and each rule's; and what visitors took back."""

    days: Sequence[tuple[date, int]]
    rules: Sequence[tuple[str, str, int]]
    undone: Sequence[tuple[str, int]] = ()
    """Packs, and in how many messages a visitor took them back."""

    @property
    def total(self) -> int:
        return sum(hits for _, hits in self.days)


def read_hidden(*, grant: Grant, today: date, days: int = 30) -> Hidden:
    """The days up to `today`, the empty ones too; rules by how often they hid something."""
    require(grant, RIGHT)
    since = today - timedelta(days=days - 1)
    counts = MaskingCount.objects.filter(day__gte=since, day__lte=today).order_by()
    rows, undone = counts.exclude(kind=UNDONE), counts.filter(kind=UNDONE)
    by_day = dict(rows.values_list("day").annotate(sum=Sum("hits")))
    by_rule = rows.values_list("kind", "rule").annotate(sum=Sum("hits"))
    by_pack = undone.values_list("rule").annotate(sum=Sum("hits"))
    all_days = [since + timedelta(days=number) for number in range(days)]
    return Hidden(
        [(day, int(by_day.get(day, 0))) for day in all_days],
        sorted(((kind, rule, int(hits)) for kind, rule, hits in by_rule), key=lambda row: (-row[2], row[0], row[1])),
        sorted(((pack, int(messages)) for pack, messages in by_pack), key=lambda row: (-row[1], row[0])),
    )
