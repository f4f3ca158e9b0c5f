"""Finding events for those who may read the trail; that they looked, and for what, is an event of the trail."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final
from uuid import UUID

from django.db import transaction
from django.db.models import Q

from security.audit.search import Filter, Found, find
from security.permissions import Grant, Permission, require
from tenants.models import Membership
from tenants.services.audit.trail import Line, read_trail

MOST_PEOPLE: Final = 500
"""In the list to choose an actor from; others are reached by the link of what they did."""


@dataclass(frozen=True, slots=True)
class Page:
    """Some entries, newest first, and where the next page begins."""

    lines: list[Line]
    before: int | None
    is_cut: bool


def search_trail(*, grant: Grant, wanted: Filter, before: int | None = None) -> Page:
    """One page of what fits; one event, which says by what was narrowed and nobody's address or name."""
    require(grant, Permission.AUDIT_READ)
    found: Found = find(wanted, before=before)
    lines = read_trail(grant=grant, events=found.events, **told_filter(wanted))
    return Page(lines, found.before, found.is_cut)


def told_filter(wanted: Filter) -> dict[str, str | int]:
    """A filter, as the event of who used it tells it."""
    given: Mapping[str, object] = {
        "by": wanted.actor,
        "kind": wanted.kind,
        "actions": ", ".join(wanted.actions) if len(wanted.actions) == 1 else None,
        "some_actions": len(wanted.actions) if len(wanted.actions) > 1 else None,
        "of": wanted.record or next(iter(wanted.about), None),
        "outcome_of": wanted.outcome,
        "address": wanted.address,
        "since": wanted.since and wanted.since.isoformat(),
        "until": wanted.until and wanted.until.isoformat(),
    }
    return {name: value if isinstance(value, int) else str(value) for name, value in given.items() if value}


def about(record: UUID) -> tuple[UUID, ...]:
    """All ids by which the trail speaks of this one: a member acts as a person, and is changed as a member."""
    found = Membership.objects.filter(Q(public_id=record) | Q(user__public_id=record))
    pair = found.values_list("public_id", "user__public_id").first()
    return (record,) if pair is None else pair


def people(*, grant: Grant) -> list[tuple[UUID, str]]:
    """Everybody who is or was a member, by name, under the id that the trail knows an actor by."""
    require(grant, Permission.AUDIT_READ)
    with transaction.atomic():
        rows = Membership.objects.order_by("name", "pk").values_list("user__public_id", "name")[:MOST_PEOPLE]
        return list(rows)
