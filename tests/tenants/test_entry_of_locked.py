"""Whose account is locked, or who works for the platform no more, is let in by nobody: his question ends with his right to ask it."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor

import pytest
from django.db import transaction
from django.utils import timezone

from security.crypto import keyring
from security.errors import Conflict, Denied
from security.models import User
from security.scoping import tenant_scope
from tenants.access import active_grant
from tenants.models import EntryStatus, OperatorEntry
from tenants.services.platform import accounts, entering, stays

from .people import Organisation, operator, organisation
from .staying import HOUR, WHY, ask_first, enter, public_id
from .test_races import begun


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


def test_who_locks_the_only_owner_enters_nothing_meanwhile(committed_db: None) -> None:
    """One operator in two tabs: the second waits for the first, and finds nobody who could be told."""
    keyring.forget_everything()
    acme, oscar = organisation("acme", "olga"), operator("oscar")
    with ThreadPoolExecutor(1) as pool:
        with transaction.atomic():
            accounts.lock_account(operator=oscar, person=acme.user("olga").public_id, reason=WHY, now=timezone.now())
            entering_too = begun(pool, acme, lambda: enter_in_scope(oscar))
            assert not entering_too.done()
        with pytest.raises(Conflict, match="entry_untold"):
            entering_too.result(timeout=30)
    assert active_grant(oscar.pk, acme.tenant_id) is None


def test_who_has_just_been_locked_locks_nobody(acme: Organisation, oscar: User) -> None:
    User.objects.filter(pk=oscar.pk).update(is_active=False)  # since his request began
    with pytest.raises(Denied):
        accounts.lock_account(operator=oscar, person=acme.user("olga").public_id, reason=WHY, now=timezone.now())
    assert acme.user("olga").is_active


def enter_in_scope(oscar: User) -> OperatorEntry:
    return entering.ask_to_enter(operator=oscar, role="auditor", reason=WHY, stay=HOUR, now=timezone.now())
