"""From which networks members work: the list, what it closes, and the way in for who locked himself out."""

from __future__ import annotations

import re
from datetime import timedelta
from typing import Any

import pytest
from django.core import mail
from django.test import Client
from django.utils import timezone
from pytest_django import DjangoCaptureOnCommitCallbacks

from chat.live.admission import Admitted, admit_staff
from security.errors import Denied, Invalid, NotFound
from security.models import Revocation
from security.scoping import tenant_scope
from security.sockets.codes import CloseCode
from tenants.models import Policy
from tenants.networks import PASS_KEY, contains, parse_networks
from tenants.services import networks

from ..people import Organisation
from .pages import FormClient, errors_of, text_of

pytestmark = pytest.mark.django_db
PAGE = "/admin/security/networks/"
OFFICE, HOME = "203.0.113.7", "198.51.100.9"


def at(address: str, house: Organisation, name: str) -> Client:
    """A browser of this member's at an address."""
    client = FormClient(REMOTE_ADDR=address)
    client.force_login(house.user(name), "allauth.account.auth_backends.AuthenticationBackend")
    return client


def allow(house: Organisation, *wanted: str) -> None:
    with tenant_scope(house.tenant_id):
        Policy.objects.update(allowed_networks=list(wanted))


def allowed(house: Organisation) -> list[str]:
    with tenant_scope(house.tenant_id):
        return list(Policy.objects.get().allowed_networks)


@pytest.mark.parametrize(
    ("address", "is_in"),
    [
        ("203.0.113.7", True),
        ("203.0.114.7", False),
        ("::ffff:203.0.113.7", True),
        ("2001:db8:1::5", True),
        ("2001:db8:2::5", False),
        ("fe80::1%eth0", False),
        (None, False),
        ("nonsense", False),
    ],
)
def test_an_address_is_in_a_network_or_not(address: str | None, is_in: bool) -> None:
    assert contains(["203.0.113.0/24", "2001:db8:1::/48"], address) is is_in


def test_networks_have_one_spelling() -> None:
    typed = ["203.0.113.7", " 198.51.100.9/24 ", "", "2001:DB8::1/32", "203.0.113.7/32"]
    assert parse_networks(typed) == ["203.0.113.7/32", "198.51.100.0/24", "2001:db8::/32"]


@pytest.mark.parametrize(
    "line", ["acme.example", "0.0.0.0/0", "::/0", "203.0.113.7/33", "1" * 100_000, "203.0.113.7-9"]
)
def test_what_is_no_network_is_refused(line: str) -> None:
    with pytest.raises(Invalid):
        parse_networks([line])


def test_too_many_are_refused() -> None:
    with pytest.raises(Invalid, match="too_many"):
        parse_networks([f"10.0.{index}.0/24" for index in range(101)])


def test_pages_and_sockets_answer_listed_networks_alone(house: Organisation, rival: Organisation) -> None:
    allow(house, "203.0.113.0/24")
    office, home = at(OFFICE, house, "alice"), at(HOME, house, "alice")
    assert office.get("/console/").status_code == 200
    refused = home.get("/console/")
    assert refused.status_code == 403
    assert HOME in text_of(refused)
    assert "Send me a link" not in text_of(refused), "she may not change the list"
    assert home.get("/console/visits/", headers={"accept": "application/json"}).json() == {"code": "network"}
    assert house.actions()[-1] == "access.denied"
    key = str(office.session.session_key)
    assert isinstance(admit_staff(key, OFFICE), Admitted)
    assert admit_staff(key, HOME) is CloseCode.FORBIDDEN
    assert admit_staff(key, None) is CloseCode.FORBIDDEN
    assert at(HOME, rival, "mallory").get("/console/").status_code == 200, "another organisation's list"


def test_a_forged_header_is_no_way_in(house: Organisation) -> None:
    allow(house, "203.0.113.0/24")
    home = at(HOME, house, "alice")
    assert home.get("/console/", headers={"x-forwarded-for": OFFICE}).status_code == 403


def save(client: Client, typed: str, sure: str = "") -> Any:
    return client.post(PAGE, {"networks": typed, "sure": sure})


def test_the_list_is_saved_and_open_sockets_ask_again(house: Organisation, rival: Organisation) -> None:
    ada = at(OFFICE, house, "ada")
    assert OFFICE in text_of(ada.get(PAGE))
    assert save(ada, "203.0.113.0/24\n2001:db8::/32").status_code == 302
    assert allowed(house) == ["203.0.113.0/24", "2001:db8::/32"]
    assert allowed(rival) == []
    assert house.actions()[-1] == "policy.changed"
    asked = set(Revocation.objects.filter(kind="membership").values_list("subject", flat=True))
    assert str(house.member("alice").public_id) in asked
    before = house.actions()
    save(ada, "203.0.113.0/24\n2001:db8::/32")
    assert house.actions().count("policy.changed") == before.count("policy.changed"), "nothing changed"
    assert save(ada, "").status_code == 302
    assert allowed(house) == []


def test_nobody_writes_himself_out_by_mistake(house: Organisation) -> None:
    ada = at(HOME, house, "ada")
    assert "exclude me" in errors_of(save(ada, "203.0.113.0/24"))
    assert allowed(house) == []
    with tenant_scope(house.tenant_id), pytest.raises(Invalid, match="excludes_you"):
        networks.change_networks(grant=house.grant("ada"), networks=["203.0.113.0/24"], address=HOME, is_sure=False)
    assert save(ada, "203.0.113.0/24", sure="Exclude me").status_code == 302
    assert ada.get(PAGE).status_code == 403


def test_a_wrong_line_is_said(house: Organisation) -> None:
    assert "no network" in errors_of(save(at(HOME, house, "ada"), "the office"))


def test_who_may_not_change_the_list_does_not(house: Organisation) -> None:
    assert at(HOME, house, "sam").get(PAGE).status_code == 403
    with tenant_scope(house.tenant_id), pytest.raises(Denied):
        networks.change_networks(grant=house.grant("sam"), networks=[], address=HOME, is_sure=True)


def ask(client: Client, capture: DjangoCaptureOnCommitCallbacks) -> str:
    """The link that comes by mail."""
    with capture(execute=True):
        assert client.post("/accounts/network/").status_code == 303
    found = re.search(r"(/accounts/network/\S+/)", str(mail.outbox[-1].body))
    assert found
    return found[1]


def test_who_locked_himself_out_gets_in_by_mail(
    house: Organisation, django_capture_on_commit_callbacks: DjangoCaptureOnCommitCallbacks
) -> None:
    allow(house, "203.0.113.0/24")
    ada = at(HOME, house, "ada")
    assert "Send me a link" in text_of(ada.get(PAGE))
    link = ask(ada, django_capture_on_commit_callbacks)
    assert mail.outbox[-1].to == ["ada@acme.example"]
    assert "Let me in" in text_of(ada.get(link))
    assert ada.get(PAGE).status_code == 403, "looking at the link lets nobody in"
    stolen = ada.session.session_key
    with django_capture_on_commit_callbacks(execute=True):
        assert ada.post(link).status_code == 303
    assert ada.session.session_key != stolen, "a key that may do more is a new one"
    assert mail.outbox[-1].to == ["olga@acme.example"], "the owners are told"
    assert house.actions()[-1] == "session.network_pass_used"
    assert ada.get(PAGE).status_code == 200
    assert admit_staff(str(ada.session.session_key), HOME) is not CloseCode.FORBIDDEN
    assert ada.post(link).status_code == 404, "once"
    session = ada.session
    session[PASS_KEY] = [house.tenant_id, int((timezone.now() - timedelta(seconds=1)).timestamp())]
    session.save()
    assert ada.get(PAGE).status_code == 403, "for an hour"


def test_a_pass_is_for_one_session_one_person_and_one_organisation(
    house: Organisation, rival: Organisation, django_capture_on_commit_callbacks: DjangoCaptureOnCommitCallbacks
) -> None:
    for each in (house, rival):
        allow(each, "203.0.113.0/24")
    ada = at(HOME, house, "ada")
    link = ask(ada, django_capture_on_commit_callbacks)
    for other in (at(HOME, house, "ada"), at(HOME, house, "olga"), at(HOME, rival, "mallory")):
        assert other.get(link).status_code == 404
        assert other.post(link).status_code == 404
    ada.post(link)
    session = ada.session
    session[PASS_KEY] = [rival.tenant_id, session[PASS_KEY][1]]
    session.save()
    assert ada.get(PAGE).status_code == 403


def test_who_may_not_change_the_list_is_sent_nothing(house: Organisation) -> None:
    allow(house, "203.0.113.0/24")
    alice = at(HOME, house, "alice")
    assert alice.post("/accounts/network/").status_code == 403
    with pytest.raises(NotFound):
        networks.check_pass(token="x", user=house.user("alice"), session=alice.session)
    assert mail.outbox == []
