"""A month of Acme's that is the same in every run, and what it adds up to, told by Python alone."""

from __future__ import annotations

import random
import uuid
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from statistics import median
from typing import Any
from uuid import UUID
from zoneinfo import ZoneInfo

from chat.models import Conversation, Message, Status, Visitor
from security.scoping import tenant_scope
from tenants.models import Department, Membership, Site, Tenant
from tests.cast import Organisation

ZONE = "Europe/Vienna"
HERE = ZoneInfo(ZONE)
NOW = datetime(2026, 4, 10, 13, 30, tzinfo=UTC)
AGENTS = ("alice", "bob", "sam")


@dataclass(slots=True)
class Told:
    """One conversation, as Python remembers it."""

    created: datetime
    department: str
    site: str
    agent: str | None
    replied: datetime | None = None
    replied_by: str | None = None
    closed: datetime | None = None
    outcome: str = ""
    rating: int | None = None
    said: list[tuple[str, datetime]] = field(default_factory=list)
    public_id: UUID = field(default_factory=uuid.uuid4)

    @property
    def first_response(self) -> float | None:
        return None if self.replied is None else (self.replied - self.created).total_seconds()

    @property
    def resolution(self) -> float | None:
        return None if self.closed is None else (self.closed - self.created).total_seconds()


def made_up(count: int = 300, *, seed: int = 7, days: int = 60) -> list[Told]:
    """Conversations of the days before NOW; the change to summer time on 29 March is among them."""
    chance = random.Random(seed)  # noqa: S311 - the same in every run
    found = []
    for _ in range(count):
        created = NOW - timedelta(seconds=chance.randrange(days * 86_400))
        one = Told(created, chance.choice(["Support", "Sales"]), chance.choice(["Shop", "Help"]), None)
        if chance.random() < 0.8:
            one.agent = chance.choice(AGENTS)
            one.replied_by = chance.choice([one.agent, one.agent, *AGENTS])
            one.replied = created + timedelta(seconds=chance.randrange(5, 4_000))
            at = one.replied
            for turn in range(chance.randrange(1, 5)):
                one.said.append((one.replied_by if not turn else one.agent, at))
                at += timedelta(seconds=chance.randrange(20, 900))
            if chance.random() < 0.85:
                one.closed = at + timedelta(seconds=chance.randrange(10, 90_000))
                one.outcome = chance.choice(["resolved", "resolved", "unresolved", "", "spam"])
                one.rating = chance.choice([None, None, 1, 2, 3, 4, 5, 5])
        found.append(one)
    return [one for one in found if one.closed is None or one.closed <= NOW]


def store(of: Organisation, told: Iterable[Told], *, zone: str = ZONE) -> None:
    """Rows as the product would leave them, a statement for each table; departments and sites are made by name."""
    told = list(told)
    with tenant_scope(of.tenant_id):
        Tenant.objects.update(time_zone=zone)
        members = {row.name.lower(): row for row in Membership.objects.all()}
        departments = {
            name: Department.objects.get_or_create(name=name)[0] for name in {one.department for one in told}
        }
        sites = {name: _site(of, name) for name in {one.site for one in told}}
        visitors = Visitor.objects.bulk_create([Visitor(site=sites[one.site]) for one in told])
        rows = Conversation.objects.bulk_create(
            [
                Conversation(
                    public_id=one.public_id,
                    site=sites[one.site],
                    visitor=visitor,
                    department=departments[one.department],
                    status=_status(one).value,
                    assigned_to=members[one.agent] if one.agent else None,
                    created_at=one.created,
                    waiting_since=None if one.agent or one.closed else one.created,
                    first_replied_at=one.replied,
                    last_message_at=max([one.created, *(at for _, at in one.said)]),
                    closed_at=one.closed,
                    outcome=one.outcome,
                    rating=one.rating,
                )
                for one, visitor in zip(told, visitors, strict=True)
            ]
        )
        Message.objects.bulk_create(
            [
                _said(row, members[who], seq, at)
                for row, one in zip(rows, told, strict=True)
                for seq, (who, at) in enumerate(one.said, start=1)
            ]
        )


def _site(of: Organisation, name: str) -> Site:
    return Site.objects.get_or_create(name=name, defaults={"key": f"pk_{of.slug}_{name.lower()}"})[0]


def _status(one: Told) -> Status:
    if one.closed is not None:
        return Status.CLOSED
    return Status.OPEN if one.agent else Status.WAITING


def _said(row: Conversation, who: Membership, seq: int, at: datetime) -> Message:
    return Message(
        conversation=row,
        seq=seq,
        rev=seq,
        first_rev=seq,
        prev_visible_seq=seq - 1,
        author_kind="agent",
        author_id=who.public_id,
        sent_at=at,
        is_visible=True,
    )


def percentile(values: list[float], share: float) -> float | None:
    """Between the neighbours, as percentile_cont."""
    if not values:
        return None
    ordered = sorted(values)
    place = (len(ordered) - 1) * share
    low = int(place)
    high = min(low + 1, len(ordered) - 1)
    return ordered[low] + (ordered[high] - ordered[low]) * (place - low)


def middle(values: list[float]) -> float | None:
    return median(values) if values else None


def between(
    told: Iterable[Told], when: Callable[[Told], datetime | None], since: datetime, until: datetime
) -> list[Told]:
    """Those whose moment lies in the span."""
    return [one for one in told if (at := when(one)) is not None and since <= at < until]


def cells(table: Any, key: str) -> list[Any]:
    return list(table.column(key))
