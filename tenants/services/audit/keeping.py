"""How long a trail is kept: as its organisation has set, a shorter time only after a week in which it can be undone."""

from __future__ import annotations

from calendar import monthrange
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime

from django.conf import settings
from django.db import transaction

from security.accounts.mail import send
from security.audit import Action, record
from security.audit.pruning import prune, sweep
from security.audit.term import MONTHS, Waiting, keep_for, keep_undone, term_in_force, waiting_term
from security.errors import Conflict, Invalid
from security.permissions import Grant, Permission, require, require_member
from security.scoping import tenant_scope
from tenants.models import Policy, Tenant
from tenants.services.audit.readers import readers

RIGHT = Permission.CONFIGURATION_RETENTION


@dataclass(frozen=True, slots=True)
class Kept:
    """For how many months, None for ever; and what it will be, if anything waits."""

    months: int | None
    waiting: Waiting | None


def read_kept(*, grant: Grant) -> Kept:
    """What holds and what waits, for who may change it."""
    require(grant, RIGHT)
    return Kept(term_in_force(), waiting_term())


@transaction.atomic
def change_kept(*, grant: Grant, months: int | None) -> Waiting | None:
    """Keep the trail so long: at once where that is longer; else it waits, and whoever may read the trail is told. What waits, or None.

    Conflict("keeping_same", "keeping_waits"), Invalid("keeping_term").
    """
    require(grant, RIGHT)
    require_member(grant)
    if months is not None and months not in MONTHS:
        raise Invalid("keeping_term")
    days = Policy.objects.select_for_update().get().retention_cooling_days
    before = term_in_force()
    if waiting_term() is not None:
        raise Conflict("keeping_waits")
    if months == before:
        raise Conflict("keeping_same")
    due_at = keep_for(months, days=days)
    waits = waiting_term()
    action = Action.AUDIT_KEEPING_CHANGED if waits is None else Action.AUDIT_KEEPING_ASKED
    record(action, changes={"months": (before, months)}, due_at=due_at)
    if waits is not None:
        _tell(before, months, due_at)
    return waits


@transaction.atomic
def undo_kept(*, grant: Grant) -> None:
    """What waits never holds. Conflict("keeping_taken") where nothing waits any more."""
    require(grant, RIGHT)
    Policy.objects.select_for_update().get()
    waits, months = waiting_term(), term_in_force()
    if waits is None or not keep_undone():
        raise Conflict("keeping_taken")
    record(Action.AUDIT_KEEPING_UNDONE, changes={"months": (waits.months, months)})


def prune_trail(tenant_id: int, *, now: datetime, keys: Iterable[bytes]) -> int | None:
    """Prune what is older than the term in force, and delete what a tombstone covers; up to where, None for nowhere. Opens scopes of its own."""
    with tenant_scope(tenant_id):
        months = term_in_force()
        upto = None if months is None else prune(before=months_before(now, months), keys=keys)
    sweep(tenant_id)
    return upto


def months_before(moment: datetime, months: int) -> datetime:
    """By the calendar, as PostgreSQL counts them: of 29 February the 28th in another year."""
    year, month = divmod(moment.year * 12 + moment.month - 1 - months, 12)
    return moment.replace(year=year, month=month + 1, day=min(moment.day, monthrange(year, month + 1)[1]))


def _tell(before: int | None, months: int | None, due_at: datetime) -> None:
    context = {
        "organisation": Tenant.objects.get().name,
        "before": before,
        "months": months,
        "due_at": due_at,
        "url": f"{settings.SITE_URL}/admin/audit/",
    }
    for address in readers():
        send("tenants/email/audit_keeping", address, context)
