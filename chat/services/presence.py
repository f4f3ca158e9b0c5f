"""Which agents have a socket. Each server process renews its own rows; beat sweeps what stopped being renewed."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from django.db import transaction
from django.db.models import Count, Exists, OuterRef, Q, QuerySet

from chat.live.protocol.shapes import AgentLoad, DepartmentView
from chat.models import Presence, Status
from chat.services.assignment import GONE_AFTER
from chat.unstored.mode import with_storage
from security.permissions import Permission
from tenants.access import role_permissions
from tenants.models import Department, DepartmentMembership, DepartmentRole, Membership, Policy, Role, usable
from tenants.services.hours import openings


@transaction.atomic
def renew_presence(*, process_id: UUID, membership_pks: Collection[int], now: datetime) -> None:
    """Say that these members have a socket in this process. The rows of those who left stay: their 60 s run from when they left."""
    Presence.objects.bulk_create(
        [Presence(membership_id=pk, process_id=process_id, seen_at=now) for pk in sorted(membership_pks)],
        update_conflicts=True,
        unique_fields=["tenant_id", "membership", "process_id"],
        update_fields=["seen_at"],
    )


@transaction.atomic
def leave(*, process_id: UUID, membership_pk: int, now: datetime) -> None:
    """The last socket of a member in this process closed: the 60 s run from now."""
    Presence.objects.filter(process_id=process_id, membership=membership_pk).update(seen_at=now)


@transaction.atomic
def set_availability(*, membership_pk: int, is_away: bool) -> None:
    Membership.objects.filter(pk=membership_pk).update(is_away=is_away)


def colleagues(*, now: datetime) -> list[AgentLoad]:
    """Members who answer chats and have a socket, with their load; by name."""
    capacity = Policy.objects.get().agent_capacity
    members = (
        Membership.objects.filter(Exists(_here(now)), usable(now), entry=None)
        .annotate(load=Count("conversations", filter=Q(conversations__status=Status.OPEN.value)))
        .order_by("name", "pk")
    )
    return [
        AgentLoad(
            id=member.public_id,
            name=member.name,
            status="away" if member.is_away else "online",
            open=member.load,
            capacity=member.capacity or capacity,
        )
        for member in members
    ]


@dataclass(frozen=True, slots=True)
class Reach:
    """What visitors are told of who is there.

    `online` and `back_at` are those of the department that a chat goes to which names none; `back_at` is None where it is open, or nobody knows
    when it will be.
    """

    departments: Sequence[DepartmentView]
    online: bool
    back_at: datetime | None
    unstored: bool = False


def reach(*, now: datetime) -> Reach:
    """Online is a department in its business hours in which somebody is there; what is closed says when it opens."""
    hours, views, default = openings(now), [], None
    for row in _present(now):
        opening = hours.of(row.pk)
        back_at = None if opening.is_open else opening.back_at
        is_online = row.is_online and opening.is_open
        views.append(DepartmentView(row.public_id, row.name, is_online, back_at, row.is_unstored))
        if row.is_default:
            default = views[-1]
    return Reach(
        departments=views,
        online=default is not None and bool(default.online),
        back_at=None if default is None else default.back_at,
        unstored=default is not None and default.unstored,
    )


def departments(*, now: datetime) -> list[DepartmentView]:
    """The tenant's departments as colleagues see them; online is one in which somebody is there and not away, whatever the hour."""
    return [DepartmentView(row.public_id, row.name, row.is_online) for row in _present(now)]


def _present(now: datetime) -> QuerySet[Department, Any]:
    """Who takes conversations of a department by a further role is there for it too."""
    here = Membership.objects.filter(Exists(_here(now)), usable(now), is_away=False)
    there = DepartmentMembership.objects.filter(department=OuterRef("pk"), membership__in=here)
    taking = [role.pk for role in Role.objects.all() if Permission.CHAT_TAKE in role_permissions(role)]
    further = DepartmentRole.objects.filter(department=OuterRef("pk"), role__in=taking, membership__in=here)
    return with_storage(Department.objects.annotate(is_online=Exists(there) | Exists(further))).order_by("name")


def sweep_presence(*, now: datetime) -> int:
    """Remove rows of processes that are gone, long after they count for anything; how many."""
    return Presence.objects.filter(seen_at__lte=now - timedelta(hours=1)).delete()[0]


def _here(now: datetime) -> QuerySet[Presence]:
    return Presence.objects.filter(membership=OuterRef("pk"), seen_at__gt=now - GONE_AFTER)
