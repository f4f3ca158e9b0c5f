"""Who counts as there: members who may answer at this moment, and nobody else."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from uuid import uuid4

import pytest
from django.utils import timezone

from chat.models import Conversation, Status, Visitor
from chat.services import assignment, presence
from security.crypto import keyring
from security.errors import NotFound
from security.models import KeySubject, User
from security.scoping import tenant_scope
from tenants.models import Membership, MembershipStatus, Site
from tests.cast import Organisation, organisation

NOW = timezone.now()
MOMENT = timedelta(seconds=1)


def run_out(of: Organisation) -> None:
    Membership.objects.filter(pk=of.member("bob").pk).update(expires_at=NOW - MOMENT)


def suspend(of: Organisation) -> None:
    Membership.objects.filter(pk=of.member("bob").pk).update(status=MembershipStatus.SUSPENDED.value)


def close_account(of: Organisation) -> None:
    User.objects.filter(pk=of.user("bob").pk).update(is_active=False)


GONE = pytest.mark.parametrize("lose", [run_out, suspend, close_account])
Lose = Callable[[Organisation], None]


@pytest.fixture
def acme(db: None) -> Organisation:
    """Bob is alone in a department; he and Alice have sockets."""
    keyring.forget_everything()
    acme = organisation("acme", "olga", {"alice": "agent", "bob": "agent"})
    acme.add_department("Billing", "bob")
    with tenant_scope(acme.tenant_id):
        members = [acme.member(name).pk for name in ("alice", "bob")]
        presence.renew_presence(process_id=uuid4(), membership_pks=members, now=NOW)
    return acme


def shown(of: Organisation) -> tuple[list[str], list[str]]:
    """Colleagues, and departments in which somebody is there."""
    with tenant_scope(of.tenant_id):
        colleagues = [entry.name for entry in presence.colleagues(now=NOW)]
        return colleagues, [entry.name for entry in presence.departments(now=NOW) if entry.online]


def test_who_has_a_socket_is_there(acme: Organisation) -> None:
    colleagues, departments = shown(acme)
    assert colleagues == ["Alice", "Bob"]
    assert "Billing" in departments


@GONE
def test_who_may_not_answer_is_not_there(acme: Organisation, lose: Lose) -> None:
    with tenant_scope(acme.tenant_id):
        lose(acme)
    colleagues, departments = shown(acme)
    assert colleagues == ["Alice"]
    assert departments
    assert "Billing" not in departments


def test_who_is_away_keeps_no_department_open(acme: Organisation) -> None:
    with tenant_scope(acme.tenant_id):
        presence.set_availability(membership_pk=acme.member("bob").pk, is_away=True)
    colleagues, departments = shown(acme)
    assert colleagues == ["Alice", "Bob"]
    assert "Billing" not in departments


@GONE
def test_nothing_is_offered_to_who_may_not_answer(acme: Organisation, lose: Lose) -> None:
    with tenant_scope(acme.tenant_id):
        site, alice, bob = Site.objects.get(), acme.member("alice"), acme.member("bob")
        found = Conversation.objects.create(
            site=site, visitor=Visitor.objects.create(site=site), status=Status.OPEN.value, assigned_to=alice
        )
        keyring.data_key(KeySubject.CONVERSATION, found.public_id)
        lose(acme)
        offer = {"conversation": found.public_id, "agent": bob.public_id, "note": None, "now": NOW}
        with pytest.raises(NotFound):
            assignment.offer_to_agent(grant=acme.grant("alice"), **offer)
