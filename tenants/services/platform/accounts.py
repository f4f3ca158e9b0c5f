"""Locking a person's account, whole and everywhere, and unlocking it: an operator's, with a reason, in every trail that it concerns.

Danger: an operator who is in an organisation locks out who would send him out. Rule: while he is in, or has asked, he locks no member of it
and no other operator. Proof: tests/tenants/test_entry_of_locked.py.

The lock after failed sign-ins is another thing and ends nothing: if it did, whoever knows an address could sign its owner out.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from django.db import transaction

from security.accounts.people import deactivate, person_with, reactivate
from security.audit import Action, record
from security.errors import Conflict, NotFound
from security.masking import MaskedText
from security.models import User
from security.scoping import tenant_scope, user_scope
from tenants.models import Membership
from tenants.services.platform.entering import end_entries_of
from tenants.services.platform.operators import require_operator, require_reason
from tenants.services.platform.stays import tenants_asked_or_entered


@dataclass(frozen=True, slots=True)
class Account:
    """A person as operators see him: nothing of what he does where."""

    public_id: UUID
    email: str
    full_name: str
    is_active: bool
    is_operator: bool
    created_at: datetime
    organisations: int


def find_account(*, operator: User, email: str) -> Account | None:
    """The account of exactly this address; there is no list of people. Leaves an event in the platform's trail."""
    require_operator(operator)
    found = person_with(email)
    record(Action.ADMIN_READ, on=found, accounts=0 if found is None else 1)
    return None if found is None else _account(found)


def access_account(*, operator: User, person: UUID) -> Account:
    """One account; NotFound for any other id."""
    return _account(_person(operator, person))


@transaction.atomic
def lock_account(*, operator: User, person: UUID, reason: MaskedText, now: datetime) -> int:
    """Nobody signs in with it, and what is open with it ends; how many sessions. Conflict("account_own"|"account_inactive"|"account_near")."""
    found = _locked(operator, person, reason)
    if found.pk == operator.pk:
        raise Conflict("account_own")
    if not found.is_active:
        raise Conflict("account_inactive")
    _require_no_guard(found, operator)
    tenants, entered = _tenants_of(found), tenants_asked_or_entered(operator=found)
    ended = deactivate(found)
    for tenant_id in sorted({*tenants, *entered}):
        with tenant_scope(tenant_id):
            end_entries_of(operator=found, now=now)
            if tenant_id in tenants:
                record(Action.ACCOUNT_DEACTIVATED, on=found)
    record(Action.ACCOUNT_DEACTIVATED, on=found, reason=reason, sessions=ended)
    return ended


@transaction.atomic
def unlock_account(*, operator: User, person: UUID, reason: MaskedText) -> None:
    """Let the person sign in again. Conflict("account_active")."""
    found = _locked(operator, person, reason)
    if found.is_active:
        raise Conflict("account_active")
    reactivate(found)
    for tenant_id in _tenants_of(found):
        with tenant_scope(tenant_id):
            record(Action.ACCOUNT_REACTIVATED, on=found)
    record(Action.ACCOUNT_REACTIVATED, on=found, reason=reason)


def _require_no_guard(person: User, operator: User) -> None:
    """Conflict for who could send the operator out, or refuse to let him in, at this moment: members of where he is, and his colleagues."""
    near = tenants_asked_or_entered(operator=operator)
    if near and (person.is_operator or not set(near).isdisjoint(_tenants_of(person))):
        raise Conflict("account_near")


def _locked(operator: User, person: UUID, reason: str) -> User:
    """The person, and the operator with him, in one order for all: nobody enters an organisation while he locks its owner."""
    require_reason(reason)
    found = _person(operator, person)
    both = User.objects.select_for_update(no_key=True).filter(pk__in=(operator.pk, found.pk)).order_by("pk")
    rows = {row.pk: row for row in both}
    require_operator(rows[operator.pk])  # his colleague may have been faster
    return rows[found.pk]


def _person(operator: User, person: UUID) -> User:
    require_operator(operator)
    found = User.objects.filter(public_id=person).first()
    if found is None:
        raise NotFound
    return found


def _tenants_of(person: User) -> list[int]:
    with user_scope(person.pk):
        return list(Membership.objects.filter(user=person).order_by("tenant_id").values_list("tenant_id", flat=True))


def _account(person: User) -> Account:
    return Account(
        public_id=person.public_id,
        email=person.email,
        full_name=person.full_name,
        is_active=person.is_active,
        is_operator=person.is_operator,
        created_at=person.created_at,
        organisations=len(_tenants_of(person)),
    )
