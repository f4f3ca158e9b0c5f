"""Other rules: a longer time at once, a shorter one only after a cooling-off time in which it can be undone.

Danger: one wrong number, or one stolen session, that deletes years. Rule: what keeps anything less long than before is typed twice, waits for its day
and is taken up by that day's run alone; whoever changes, undoes or takes up holds the lock on the organisation's policy, so that each is done once.
Proof: tests/chat/retention/test_changing.py.
"""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Final
from uuid import UUID

from django.db import transaction

from chat.models import RetentionChange, RetentionRule
from chat.retention.calendar import begins
from chat.retention.rules import changed, lock_rules, term_in, terms, waiting, zone_of_tenant
from chat.retention.servers.configured import has_server
from chat.retention.terms import DEFAULT, Term
from chat.unstored.store import keeps_nothing_on_disk
from security.audit import Action, record
from security.errors import Conflict, Invalid, NotFound
from security.permissions import Grant, Permission, require, require_member
from tenants.models import Department, Policy, Tenant

RIGHT: Final = Permission.CONFIGURATION_RETENTION


@transaction.atomic
def change_rule(
    *, grant: Grant, department: UUID | None, term: Term | None, seen: str, typed: str, now: datetime
) -> RetentionChange | None:
    """Give the organisation (None) or a department this rule; without a term a department loses its own, the organisation gets the default.

    `seen`: what was in force when the person decided, as str(Term). `typed`: the organisation's name, where less is kept. The change that waits,
    or None where it holds at once. Conflict("retention_waits", "retention_moved", "retention_same"),
    Invalid("retention_term", "typed_name", "no_server", "memory_persists").
    """
    require(grant, RIGHT)
    require_member(grant)
    lock_rules()
    days = Policy.objects.values_list("retention_cooling_days", flat=True).get()
    of = department_pk(department)
    if term is None and of is None:
        term = DEFAULT
    if term is not None and not term.is_sound:
        raise Invalid("retention_term")
    if term is not None and term.afterwards.is_sent and not has_server():
        raise Invalid("no_server")
    if term is not None and term.stores_nothing and not keeps_nothing_on_disk():
        raise Invalid("memory_persists")
    if waiting().filter(department=of).exists():
        raise Conflict("retention_waits")
    before, after = _in_force(of), term or terms()[None]
    if str(before) != seen:
        raise Conflict("retention_moved")
    if before == after and (term is not None) == (of in terms()):
        raise Conflict("retention_same")
    if after.keeps_less_than(before):
        if not is_confirmed(typed):
            raise Invalid("typed_name")
        return _wait(grant, of, term, now=now, days=days)
    _put(of, term)
    return None


@transaction.atomic
def undo_change(*, grant: Grant, change: UUID, now: datetime) -> RetentionChange:
    """It never comes into force. Conflict("retention_taken") where a run took it up, or somebody undid it."""
    require(grant, RIGHT)
    require_member(grant)
    lock_rules()
    row = RetentionChange.objects.filter(public_id=change).first()
    if row is None:
        raise NotFound
    if not waiting().filter(pk=row.pk).update(undone_at=now, undone_by_id=grant.membership_id):
        raise Conflict("retention_taken")
    record(Action.RETENTION_CHANGE_UNDONE, on=row, changes=_changes(row.department_id, term_in(row)))
    return row


def undo_waiting(*, department: int, now: datetime) -> None:
    """As part of the caller's transaction, who holds the lock: the department goes, and what waits for it with it."""
    for row in waiting().filter(department=department):
        waiting().filter(pk=row.pk).update(undone_at=now)
        record(Action.RETENTION_CHANGE_UNDONE, on=row, changes=_changes(department, term_in(row)))


@transaction.atomic
def take_up(*, now: datetime) -> int:
    """Put into force what has waited for its day; how many. For the day's run."""
    lock_rules()
    due = list(waiting().filter(due_at__lte=now).order_by("due_at", "pk"))
    for row in due:
        waiting().filter(pk=row.pk).update(taken_at=now)
        _put(row.department_id, term_in(row), change=row.public_id)
    return len(due)


def is_confirmed(typed: str) -> bool:
    """Whether somebody typed the organisation's name; who copies it from the page has read which one."""
    return typed.strip().casefold() == Tenant.objects.values_list("name", flat=True).get().strip().casefold()


def department_pk(department: UUID | None) -> int | None:
    """Of the department of this id. NotFound."""
    if department is None:
        return None
    found = Department.objects.filter(public_id=department).values_list("pk", flat=True).first()
    if found is None:
        raise NotFound
    return found


def due_day(now: datetime, days: int) -> datetime:
    """When the day begins, where the organisation is, that comes after so many whole ones: the run of that day takes it up."""
    zone = zone_of_tenant()
    return begins(now.astimezone(zone).date() + timedelta(days=days + 1), zone)


def _in_force(department: int | None) -> Term:
    found = terms()
    return found.get(department, found[None])


def _wait(grant: Grant, department: int | None, term: Term | None, *, now: datetime, days: int) -> RetentionChange:
    row = RetentionChange.objects.create(
        department_id=department,
        primary_months=None if term is None else term.primary_months,
        afterwards="" if term is None else term.afterwards.value,
        archive_months=None if term is None else term.archive_months,
        asked_by_id=grant.membership_id,
        asked_at=now,
        due_at=due_day(now, days),
    )
    record(
        Action.RETENTION_CHANGE_ASKED,
        on=row,
        changes=_changes(department, term),
        department=row.department,
        due_at=row.due_at,
    )
    return row


def _put(department: int | None, term: Term | None, *, change: UUID | None = None) -> None:
    changes = _changes(department, term)
    of = None if department is None else Department.objects.get(pk=department)
    if term is None:
        RetentionRule.objects.filter(department=department).delete()
    else:
        values = {
            "primary_months": term.primary_months,
            "afterwards": term.afterwards.value,
            "archive_months": term.archive_months,
        }
        RetentionRule.objects.update_or_create(department=of, defaults=values)
    record(Action.RETENTION_CHANGED, on=of, changes=changes, change=change)


def _changes(department: int | None, term: Term | None) -> dict[str, tuple[object, object]]:
    """Before and after, for the trail: what a department has no rule of its own for, the organisation's says."""
    before, later = _in_force(department), changed(terms(), department, term)
    after = later.get(department, later[None])
    names = ("primary_months", "afterwards", "archive_months")
    return {
        name: (getattr(before, name), getattr(after, name))
        for name in names
        if getattr(before, name) != getattr(after, name)
    }
