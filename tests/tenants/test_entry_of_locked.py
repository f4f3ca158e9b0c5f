"""Whose account is locked, or who works for the platform no more, is let in by nobody: his question ends with his right to ask it."""

from __future__ import annotations

import pytest
from django.utils import timezone

from security.errors import Conflict
from security.models import User
from security.scoping import tenant_scope
from tenants.access import active_grant
from tenants.models import EntryStatus, OperatorEntry
from tenants.services.platform import accounts, entering, stays

from .people import Organisation, operator
from .staying import WHY, ask_first, enter, public_id


def allow(of: Organisation, entry: OperatorEntry) -> None:
    with tenant_scope(of.tenant_id):
        entering.allow_entry(grant=of.grant("olga"), entry=entry.public_id, now=timezone.now())


def status(of: Organisation) -> str:
    with tenant_scope(of.tenant_id):
        return OperatorEntry.objects.get().status


def test_a_locked_account_takes_its_question_with_it(acme: Organisation, oscar: User) -> None:
    ask_first(acme)
    entry = enter(oscar, acme)
    boss = operator("boss")
    accounts.lock_account(operator=boss, person=oscar.public_id, reason=WHY, now=timezone.now())
    assert status(acme) == EntryStatus.ENDED.value
    assert acme.actions()[-1] == "operator.left"
    accounts.unlock_account(operator=boss, person=oscar.public_id, reason=WHY)
    with pytest.raises(Conflict, match="entry_not_asked"):
        allow(acme, entry)
    assert active_grant(oscar.pk, acme.tenant_id) is None


@pytest.mark.parametrize("lost", ["is_active", "is_operator"])
def test_an_owner_lets_nobody_in_who_is_no_operator_any_more(acme: Organisation, oscar: User, lost: str) -> None:
    ask_first(acme)
    entry = enter(oscar, acme)
    User.objects.filter(pk=oscar.pk).update(**{lost: False})
    with pytest.raises(Conflict, match="entry_not_asked"):
        allow(acme, entry)
    assert status(acme) == EntryStatus.ASKED.value


@pytest.mark.parametrize("is_in", [True, False])
def test_who_is_in_locks_nobody_who_could_send_him_out(acme: Organisation, oscar: User, is_in: bool) -> None:
    if not is_in:
        ask_first(acme)
    entry, boss = enter(oscar, acme), operator("boss")
    for near in (acme.user("olga"), acme.user("alice"), boss):
        with pytest.raises(Conflict, match="account_near"):
            accounts.lock_account(operator=oscar, person=near.public_id, reason=WHY, now=timezone.now())
        near.refresh_from_db()
        assert near.is_active
    stays.leave(operator=oscar, tenant=public_id(acme), entry=entry.public_id, now=timezone.now())
    accounts.lock_account(operator=oscar, person=acme.user("alice").public_id, reason=WHY, now=timezone.now())
    assert not acme.user("alice").is_active


def test_who_is_in_locks_strangers_and_his_colleague_locks_anybody(
    acme: Organisation, rival: Organisation, oscar: User
) -> None:
    enter(oscar, acme)
    accounts.lock_account(operator=oscar, person=rival.user("mallory").public_id, reason=WHY, now=timezone.now())
    boss = operator("boss")
    accounts.lock_account(operator=boss, person=acme.user("alice").public_id, reason=WHY, now=timezone.now())
    assert [acme.user("alice").is_active, rival.user("mallory").is_active] == [False, False]
