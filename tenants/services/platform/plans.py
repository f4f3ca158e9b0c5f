"""Operators' plans: what is offered, and who has which. Each change is in the platform's trail, and in the organisation's where it concerns one."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Final
from uuid import UUID

from django.db import IntegrityError, transaction

from security.audit import Action, record
from security.errors import Conflict, NotFound
from security.models import User
from security.scoping import tenant_scope
from tenants.models import Plan, Subscription
from tenants.services import limits
from tenants.services.limits import Limit, Limits, Used
from tenants.services.platform.operators import as_platform, find, require_operator

DAYS: Final = 60
_PER_DAY: Final = "SELECT day, messages FROM tenants_usage WHERE tenant_id = %s AND day > %s ORDER BY day"


@dataclass(frozen=True, slots=True)
class Standing:
    """What an organisation may have, has, and used by day: numbers alone."""

    limits: Limits
    used: Used
    own: dict[str, int | None]
    plan: UUID | None
    over: list[Limit]
    days: list[tuple[date, int]]


def list_plans(*, operator: User) -> list[Plan]:
    """All that are offered, by name."""
    require_operator(operator)
    return list(Plan.objects.order_by("name"))


def access_plan(*, operator: User, plan: UUID) -> Plan:
    """One of them."""
    require_operator(operator)
    found = Plan.objects.filter(public_id=plan).first()
    if found is None:
        raise NotFound
    return found


@transaction.atomic
def save_plan(*, operator: User, plan: Plan) -> Plan:
    """Store a new or changed plan; the default one is one. Conflict("plan_exists") for a name that is taken."""
    require_operator(operator)
    try:
        with transaction.atomic():
            if plan.is_default:
                Plan.objects.exclude(pk=plan.pk).filter(is_default=True).update(is_default=False)
            plan.save()
    except IntegrityError:
        raise Conflict("plan_exists") from None
    record(Action.PLAN_SAVED, plan=plan.public_id, title=plan.name, default=plan.is_default, limits=_shown(plan))
    return plan


@transaction.atomic
def assign_plan(
    *, operator: User, tenant: UUID, plan: Plan | None, own: Mapping[str, int | None], now: datetime
) -> list[Limit]:
    """Give an organisation a plan, or limits of its own; what is over then, which stays: nothing is taken away."""
    found, tenant_id = find(operator, tenant)
    with tenant_scope(tenant_id):
        row, _ = Subscription.objects.select_for_update(of=("self",)).get_or_create()
        row.plan = plan
        for limit in Limit:
            setattr(row, limit.value, own.get(limit.value))
        row.save(update_fields=["plan", *(limit.value for limit in Limit)])
        record(Action.PLAN_ASSIGNED, plan=plan and plan.name, limits=_shown(row))
        limits.look(now=now)
        over = limits.over()
    record(Action.PLAN_ASSIGNED, organisation=found.public_id, plan=plan and plan.name, limits=_shown(row))
    return over


def standing(*, operator: User, tenant: UUID, today: date) -> Standing:
    """For the organisation's page among operators: counted in its scope, nothing of it opened."""
    _, tenant_id = find(operator, tenant)
    with tenant_scope(tenant_id):
        row = Subscription.objects.select_related("plan").first()
        most, now, over = limits.limits(), limits.used(today), limits.over()
    with as_platform() as cursor:
        cursor.execute(_PER_DAY, [tenant_id, today - timedelta(days=DAYS)])
        counted = dict(cursor.fetchall())
    days = [today - timedelta(days=back) for back in reversed(range(DAYS))]
    return Standing(
        limits=most,
        used=now,
        own={limit.value: getattr(row, limit.value, None) for limit in Limit},
        plan=row.plan.public_id if row is not None and row.plan is not None else None,
        over=over,
        days=[(day, counted.get(day, 0)) for day in days],
    )


def _shown(row: Plan | Subscription) -> str:
    """Such as "members 3, sites 1"; what is not limited is left out."""
    return ", ".join(f"{limit.value} {most}" for limit in Limit if (most := getattr(row, limit.value)) is not None)
