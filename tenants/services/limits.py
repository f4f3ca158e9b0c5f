"""How much a tenant may have, asked at the moment when something is added. Everything here runs in the tenant's scope.

Who is over a limit that was lowered loses nothing: nothing more is added until he is below it. Members, sites and departments are refused at the
limit, one after the other, under a lock of the tenant's row. Messages are never refused: the owners are told at 80 and at 100 %, and only after two
weeks above the limit does no new conversation begin.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from enum import StrEnum
from typing import Final

from django.db.models import F, Sum
from django.utils import timezone

from security.accounts.mail import send
from security.audit import Action, record
from security.errors import Conflict
from tenants.access import owners_to_tell
from tenants.models import (
    Department,
    Invitation,
    Membership,
    MembershipStatus,
    Plan,
    Site,
    Subscription,
    Tenant,
    Usage,
    unexpired,
)

GRACE: Final = timedelta(days=14)
WARN_AT: Final = (100, 80)
MEGABYTE: Final = 1_000_000


class Limit(StrEnum):
    """What is limited."""

    MEMBERS = "members"
    SITES = "sites"
    DEPARTMENTS = "departments"
    MESSAGES = "messages"
    MEGABYTES = "megabytes"


@dataclass(frozen=True, slots=True)
class Limits:
    """Of one tenant at this moment; None is no limit. `messages` are those of a month."""

    plan: str
    members: int | None
    sites: int | None
    departments: int | None
    messages: int | None
    megabytes: int | None
    over_since: datetime | None

    def of(self, limit: Limit) -> int | None:
        """One of them."""
        found: int | None = getattr(self, limit.value)
        return found


@dataclass(frozen=True, slots=True)
class Used:
    """What there is now, and what was written this month."""

    members: int
    sites: int
    departments: int
    messages: int
    megabytes: int
    messages_last_month: int

    def of(self, limit: Limit) -> int:
        """One of them."""
        found: int = getattr(self, limit.value)
        return found


def limits() -> Limits:
    """The tenant's own limits, else those of its plan, else of the default plan."""
    own = Subscription.objects.select_related("plan").first()
    plan = own.plan if own is not None and own.plan is not None else Plan.objects.filter(is_default=True).first()
    found = {
        limit.value: value
        if (value := getattr(own, limit.value, None)) is not None
        else getattr(plan, limit.value, None)
        for limit in Limit
    }
    return Limits(plan="" if plan is None else plan.name, over_since=None if own is None else own.over_since, **found)


def members_now(now: datetime) -> int:
    """Who may work here. Operators who are in for a time, and who is suspended, take nobody's place."""
    rows = Membership.objects.filter(unexpired(now), status=MembershipStatus.ACTIVE.value, entry=None)
    return rows.count()


def invited_now(now: datetime, *, but: str) -> int:
    """Places that are promised: open invitations of others than this address, and of nobody who confirms his own sign-up."""
    rows = Invitation.objects.filter(accepted_at=None, expires_at__gt=now).exclude(email=but)
    return rows.exclude(invited_by__user__email=F("email")).count()


_COUNTS: Final[Mapping[Limit, Callable[[], int]]] = {
    Limit.MEMBERS: lambda: members_now(timezone.now()),
    Limit.SITES: lambda: Site.objects.filter(is_active=True).count(),
    Limit.DEPARTMENTS: lambda: Department.objects.all().count(),
}


def require_room(limit: Limit, *, also: int = 0) -> None:
    """Conflict("limit_…") where one more would be too many; `also` counts what was promised, such as invitations.

    Called before any other row is locked: the tenant's row comes first, so that two who add wait for one another and cannot both take the last place.
    """
    if limits().of(limit) is None:
        return
    Tenant.objects.select_for_update(no_key=True).get()
    most = limits().of(limit)  # again: it may have been lowered while this waited
    if most is not None and _COUNTS[limit]() + also >= most:
        raise Conflict(f"limit_{limit.value}")


def used(today: date) -> Used:
    """Counted now where that is cheap, else as it was counted last."""
    month = today.replace(day=1)
    last_month = (month - timedelta(days=1)).replace(day=1)
    counted = {
        "messages": Usage.objects.filter(day__gte=month).aggregate(n=Sum("messages"))["n"] or 0,
        "messages_last_month": Usage.objects.filter(day__gte=last_month, day__lt=month).aggregate(n=Sum("messages"))[
            "n"
        ]
        or 0,
        "megabytes": (Usage.objects.aggregate(n=Sum("stored_bytes"))["n"] or 0) // MEGABYTE,
    }
    return Used(**{limit.value: count() for limit, count in _COUNTS.items()}, **counted)


def over() -> list[Limit]:
    """What is above its limit: after a plan was lowered, or where messages went on."""
    most, now = limits(), used(timezone.now().date())
    return [limit for limit in Limit if (bound := most.of(limit)) is not None and now.of(limit) > bound]


def look(*, now: datetime) -> int:
    """After counting: begin or end the grace, and tell the owners once a month for each of 80 and 100 %; the per cent used."""
    most, month = limits(), now.date().replace(day=1)
    found = used(now.date())
    shares = [found.of(one) * 100 // bound for one in (Limit.MESSAGES, Limit.MEGABYTES) if (bound := most.of(one))]
    share = max(shares, default=0)
    level = next((at for at in WARN_AT if share >= at), 0)
    row, _ = Subscription.objects.select_for_update(of=("self",)).get_or_create()
    row.over_since = None if share < WARN_AT[0] else row.over_since or now
    before = row.warned if row.warned_on == month else 0
    row.warned, row.warned_on = max(level, before), month
    row.save(update_fields=["over_since", "warned", "warned_on"])
    if level > before:
        record(Action.PLAN_WARNED, percent=share, plan=most.plan)
        context = {
            "organisation": Tenant.objects.get().name,
            "percent": share,
            "days": GRACE.days,
            "is_over": level >= WARN_AT[0],
        }
        for address in owners_to_tell():
            send("tenants/email/plan_warning", address, context)
    return share


def may_begin(*, now: datetime) -> bool:
    """Whether new conversations begin: not after two weeks above the limit. What has begun goes on."""
    over_since = Subscription.objects.values_list("over_since", flat=True).first()
    return over_since is None or now < over_since + GRACE
