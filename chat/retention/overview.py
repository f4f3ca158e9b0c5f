"""What the Retention page tells: what a run would do today, the rules, what waits, the last runs, and what is held."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Final
from uuid import UUID

from chat.models import ArchiveChunk, ArchivedConversation, ChunkState, LegalHold, RetentionChange, RetentionRun
from chat.retention.changing import RIGHT, department_pk, due_day
from chat.retention.holds import RIGHT as HOLD_RIGHT
from chat.retention.holds import reason_of
from chat.retention.preview import Effect, effect, forecast
from chat.retention.rules import changed, kept_by, term_in, terms, waiting
from chat.retention.servers.configured import has_server
from chat.retention.terms import DEFAULT, Term
from security.errors import Denied, Invalid
from security.masking import MaskedText
from security.permissions import Grant, has, require
from tenants.models import Department, Policy

DAYS: Final = 14
_LAST: Final = 7
_MOST_HOLDS: Final = 100


@dataclass(frozen=True, slots=True)
class Ruled:
    """A department, or the organisation (None), with its rule; without a term the organisation's holds for it."""

    department: Department | None
    term: Term | None
    waits: RetentionChange | None
    asked: Term | None
    """What waits; None where that takes the department's own rule away."""


@dataclass(frozen=True, slots=True)
class Held:
    """A legal hold with its reason; None where that does not open."""

    hold: LegalHold
    reason: MaskedText | None


@dataclass(frozen=True, slots=True)
class Overview:
    """All of the page."""

    today: Effect
    days: Sequence[tuple[date, int]]
    rules: Sequence[Ruled]
    runs: Sequence[RetentionRun]
    stuck: int
    """Objects of the archive that failed and are tried again."""
    in_archive: int
    cooling_days: int


@dataclass(frozen=True, slots=True)
class Outlook:
    """What another rule would do to what is stored now: today's run by the rules as they are, and by the other ones."""

    before: Term
    after: Term
    now: Effect
    then: Effect
    due_at: datetime | None
    """When it would hold; None for at once."""


def read_overview(*, grant: Grant, now: datetime) -> Overview:
    """For who sets the rules."""
    require(grant, RIGHT)
    unfinished = ArchiveChunk.objects.exclude(state=ChunkState.DELETED.value)
    return Overview(
        today=effect(now),
        days=forecast(now, days=DAYS),
        rules=_rules(),
        runs=list(RetentionRun.objects.order_by("-day")[:_LAST]),
        stuck=unfinished.filter(failures__gt=0).count(),
        in_archive=ArchivedConversation.objects.count(),
        cooling_days=Policy.objects.values_list("retention_cooling_days", flat=True).get(),
    )


def _rules() -> list[Ruled]:
    found = terms()
    changes = {change.department_id: change for change in waiting().select_related("asked_by")}
    departments: list[Department | None] = [None, *Department.objects.order_by("name")]
    rows = []
    for department in departments:
        pk = None if department is None else department.pk
        change = changes.get(pk)
        rows.append(Ruled(department, found.get(pk), change, None if change is None else term_in(change)))
    return rows


def read_rule(*, grant: Grant, department: UUID | None) -> tuple[Department | None, Term]:
    """What is in force for the organisation or a department. NotFound."""
    require(grant, RIGHT)
    pk, found = department_pk(department), terms()
    of = None if pk is None else Department.objects.get(pk=pk)
    return of, found.get(pk, found[None])


def read_outlook(*, grant: Grant, department: UUID | None, term: Term | None, now: datetime) -> Outlook:
    """Before it is saved: what today's run would do as it is, and what it would do by this rule. Invalid("no_server") for one that cannot be saved."""
    require(grant, RIGHT)
    if term is not None and term.afterwards.is_sent and not has_server():
        raise Invalid("no_server")
    pk, found = department_pk(department), terms()
    later = changed(found, pk, DEFAULT if term is None and pk is None else term)
    before, after = found.get(pk, found[None]), later.get(pk, later[None])
    days = Policy.objects.values_list("retention_cooling_days", flat=True).get()
    return Outlook(
        before=before,
        after=after,
        now=effect(now, by=kept_by(found)),
        then=effect(now, by=kept_by(later)),
        due_at=due_day(now, days) if after.keeps_less_than(before) else None,
    )


def read_holds(*, grant: Grant) -> list[Held]:
    """Those that keep something now, newest first. For who places them, or sets the rules that they stand above."""
    if not (has(grant, HOLD_RIGHT) or has(grant, RIGHT)):
        raise Denied
    active = LegalHold.objects.filter(released_at=None).select_related("placed_by", "visitor")
    return [Held(row, reason_of(row)) for row in active.order_by("-placed_at", "-pk")[:_MOST_HOLDS]]
