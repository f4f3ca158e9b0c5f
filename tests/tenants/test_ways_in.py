"""Each way into an organisation leaves an event there, and is told where it comes from a new place."""

from __future__ import annotations

import pytest
from django.test import Client
from django.utils import timezone

from chat.live.admission import Admitted, admit_staff
from chat.live.protocol import CloseCode
from security.models import User
from security.scoping import tenant_scope
from tenants.models import AlertKind, Membership, Role
from tenants.services import remove_member
from tenants.services.audit.alerts import Wanted, change_rules, raise_alerts
from tenants.services.people.members import end_member_sessions
from tenants.services.people.switching import TENANT_KEY

from .people import PASSWORD, Organisation
from .staying import public_id

pytestmark = pytest.mark.django_db
SWITCHED = "session.tenant_switched"


@pytest.fixture
def alice(acme: Organisation, rival: Organisation) -> User:
    """Belongs to both; Acme has itself told of new places."""
    alice = acme.user("alice")
    with tenant_scope(rival.tenant_id):
        Membership.objects.create(user=alice, role=Role.objects.get(slug="agent"), name="Alice")
    with tenant_scope(acme.tenant_id):
        change_rules(grant=acme.grant("olga"), wanted=[Wanted(AlertKind.NEW_PLACE, True, 1, 60)])
    return alice


def signed_in(of: Organisation, person: User, address: str) -> Client:
    """The browser says where it worked last, which nobody checks."""
    client = Client(REMOTE_ADDR=address)
    client.cookies["tenant"] = str(public_id(of))
    assert client.post("/accounts/login/", {"login": person.email, "password": PASSWORD}).status_code == 302
    return client


def switch(client: Client, to: Organisation) -> None:
    assert client.post(f"/tenants/{public_id(to)}/switch/").status_code == 303


def alerts(of: Organisation) -> int:
    with tenant_scope(of.tenant_id):
        return len(raise_alerts(now=timezone.now()))


def test_a_new_place_is_told_whichever_organisation_one_signs_in_to(
    acme: Organisation, rival: Organisation, alice: User
) -> None:
    signed_in(acme, alice, "203.0.113.7")
    assert alerts(acme) == 0
    away = signed_in(rival, alice, "198.51.100.77")
    assert alerts(acme) == 0
    switch(away, acme)
    assert alerts(acme) == 1


def test_a_network_from_which_one_switched_is_known(acme: Organisation, rival: Organisation, alice: User) -> None:
    switch(signed_in(rival, alice, "203.0.113.7"), acme)
    signed_in(acme, alice, "203.0.113.8")
    assert alerts(acme) == 0


def test_a_session_that_lost_its_organisation_is_told_of_in_the_next(
    acme: Organisation, rival: Organisation, alice: User
) -> None:
    client = signed_in(rival, alice, "198.51.100.77")
    with tenant_scope(rival.tenant_id):
        theirs = Membership.objects.get(user=alice).public_id
        remove_member(grant=rival.grant("mallory"), member=theirs)
    before = acme.actions().count(SWITCHED)
    for _ in range(2):
        client.get("/console/")
    assert acme.actions().count(SWITCHED) == before + 1, "once, at the first page that is Acme's"


def end_sessions_of(alice: User, at: Organisation) -> int:
    with tenant_scope(at.tenant_id):
        theirs = Membership.objects.get(user=alice).public_id
        return end_member_sessions(grant=at.grant("olga"), member=theirs)


def socket_of(client: Client) -> Admitted | CloseCode:
    return admit_staff(str(client.session.session_key), "203.0.113.7")


def test_a_session_that_works_elsewhere_comes_back_to_no_organisation_that_ended_it(
    acme: Organisation, rival: Organisation, alice: User
) -> None:
    client = signed_in(acme, alice, "203.0.113.7")
    assert isinstance(socket_of(client), Admitted)
    switch(client, rival)
    assert end_sessions_of(alice, acme) == 0
    assert client.post(f"/tenants/{public_id(acme)}/switch/").status_code == 404
    session = client.session
    session[TENANT_KEY] = acme.tenant_id  # as a request that was under way may have left it
    session.save()
    assert socket_of(client) is CloseCode.FORBIDDEN
    assert client.get("/console/").status_code == 200
    assert client.session[TENANT_KEY] == rival.tenant_id
    anew = signed_in(acme, alice, "203.0.113.7")
    assert anew.get("/console/").status_code == 200
    assert isinstance(socket_of(anew), Admitted)
    assert acme.actions().count("member.sessions_ended") == 1
