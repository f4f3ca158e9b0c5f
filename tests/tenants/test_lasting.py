"""What is made during an operator's stay ends with it: nobody makes a lasting right of it, the operator or an owner."""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import replace
from uuid import UUID

import pytest
from django.core import mail
from django.utils import timezone
from pytest_django import DjangoCaptureOnCommitCallbacks

from chat.retention.changing import change_rule
from security.errors import Conflict, Denied
from security.models import User
from security.permissions import Grant, Permission
from security.scoping import tenant_scope
from tenants.access import access_invitation
from tenants.models import (
    Department,
    Membership,
    OperatorEntry,
    Policy,
    Site,
    Tenant,
)
from tenants.roles import ENTRY_MAY
from tenants.services import departments, settings
from tenants.services.identity import renew_identity_secret
from tenants.services.masking import drafting
from tenants.services.people import members
from tenants.services.people.invitations import accept_invitation, invite_member
from tenants.services.platform import entering, stays

from .people import Organisation
from .staying import enter, grant_of, public_id


def _alice() -> UUID:
    return Membership.objects.get(user__email="alice@acme.example").public_id


def _keep_for_ever(grant: Grant) -> object:
    return change_rule(grant=grant, department=None, term=None, seen="", typed="", now=timezone.now())


LASTING: dict[str, Callable[[Grant], object]] = {
    "inviting": lambda grant: invite_member(grant=grant, email="friend@platform.example", role="agent"),
    "another role": lambda grant: members.change_role(grant=grant, member=_alice(), role="admin"),
    "a member let in again": lambda grant: members.resume_member(grant=grant, member=_alice()),
    "a member kept out": lambda grant: members.suspend_member(grant=grant, member=_alice()),
    "a member removed": lambda grant: members.remove_member(grant=grant, member=_alice()),
    "a member changed": lambda grant: members.change_member(
        grant=grant, member=_alice(), name="Mine", capacity=1, departments=()
    ),
    "sessions ended": lambda grant: members.end_member_sessions(grant=grant, member=_alice()),
    "a password asked for": lambda grant: members.require_password_change(grant=grant, member=_alice()),
    "a department made": lambda grant: departments.create_department(grant=grant, name="Ours", members=()),
    "a department changed": lambda grant: departments.change_department(
        grant=grant, department=Department.objects.get(), name="Ours", members=()
    ),
    "the secret of identities": lambda grant: renew_identity_secret(grant=grant, site=Site.objects.get().public_id),
    "the organisation's name": lambda grant: settings.change_tenant(
        grant=grant, tenant=Tenant.objects.get(), fields=["name"]
    ),
    "the question before an entry": lambda grant: settings.change_policy(
        grant=grant, policy=Policy.objects.get(), fields=["entry_needs_consent"]
    ),
    "the idle limit": lambda grant: settings.change_policy(
        grant=grant, policy=Policy.objects.get(), fields=["session_idle_minutes"]
    ),
    "his own stay ended as a member would": lambda grant: entering.end_entry(
        grant=grant, entry=OperatorEntry.objects.get().public_id, now=timezone.now()
    ),
    "what is masked": lambda grant: drafting.restore(grant=grant, version=None),
    "where the widget may stand": lambda grant: settings.change_site(
        grant=grant, site=Site.objects.get(), fields=["allowed_origins"]
    ),
    "an entry allowed": lambda grant: entering.allow_entry(
        grant=grant, entry=OperatorEntry.objects.get().public_id, now=timezone.now()
    ),
}
"""What outlasts a stay or gives rights, and so is nobody's who is in for a time."""


@pytest.mark.parametrize("act", LASTING)
def test_nothing_lasting_is_made_of_a_stay(acme: Organisation, oscar: User, act: str) -> None:
    enter(oscar, acme, "admin")
    grant = grant_of(oscar, acme)
    with tenant_scope(acme.tenant_id), pytest.raises(Denied):
        LASTING[act](grant)


@pytest.mark.parametrize("act", ["the secret of identities", "the rule of retention"])
def test_the_most_lasting_is_refused_even_to_a_stay_that_held_every_right(
    acme: Organisation, oscar: User, act: str
) -> None:
    """Two walls: should `ENTRY_MAY` ever grow, these still stand."""
    enter(oscar, acme, "admin")
    grant = replace(grant_of(oscar, acme), permissions=frozenset(Permission))
    acts = {**LASTING, "the rule of retention": _keep_for_ever}
    with tenant_scope(acme.tenant_id), pytest.raises(Denied):
        acts[act](grant)


def test_no_right_that_gives_rights_is_among_what_a_stay_may() -> None:
    assert not {one for one in Permission if one.tier == "configuration"} & ENTRY_MAY, "It outlasts the stay"
    assert not {one for one in ENTRY_MAY if "export" in one or "erase" in one or "hold" in one or "mail" in one}


@pytest.mark.parametrize(
    "act",
    [members.resume_member, members.suspend_member, members.remove_member, members.end_member_sessions,
     lambda **who: members.change_role(**who, role="owner"),
     lambda **who: members.change_member(**who, name="Ours", capacity=None, departments=())],
    ids=["resume", "suspend", "remove", "end sessions", "promote", "rename"],
)  # fmt: skip
def test_an_owner_makes_no_member_of_who_is_in_for_a_time(
    acme: Organisation, oscar: User, act: Callable[..., object]
) -> None:
    enter(oscar, acme)
    with tenant_scope(acme.tenant_id):
        member = Membership.objects.get(user=oscar).public_id
        with pytest.raises(Conflict, match="operator_entry"):
            act(grant=acme.grant("olga"), member=member)
        with pytest.raises(Conflict, match="already_member"):
            invite_member(grant=acme.grant("olga"), email=oscar.email, role="agent")


def test_who_was_in_for_a_time_is_invited_as_anybody_afterwards(
    acme: Organisation, oscar: User, django_capture_on_commit_callbacks: DjangoCaptureOnCommitCallbacks
) -> None:
    entry = enter(oscar, acme)
    stays.leave(operator=oscar, tenant=public_id(acme), entry=entry.public_id, now=timezone.now())
    mail.outbox.clear()
    with django_capture_on_commit_callbacks(execute=True), tenant_scope(acme.tenant_id):
        invite_member(grant=acme.grant("olga"), email=oscar.email, role="agent")
    (token,) = re.findall(r"/invitations/(\S+)/", str(mail.outbox[0].body))
    accept_invitation(invitation=access_invitation(token), user=oscar)
    grant = grant_of(oscar, acme)
    assert (grant.entry, grant.until, grant.role) == (None, None, "agent")
