"""Mail domains: one organisation's each, proven by the domain's name servers, lost when the proof stays away."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from datetime import timedelta

import pytest
from django.core import mail
from django.utils import timezone
from pytest_django import DjangoCaptureOnCommitCallbacks, Settings

from security.errors import Conflict, Denied, Invalid, NotFound
from security.identity.domains import NAME
from security.scoping import tenant_scope
from tenants.models import EmailDomain
from tenants.services.sign_in import domains
from tenants.services.sign_in.domains import Asked, Seen

from ...security.identity.name_server import NameServer, running
from ..admin.pages import Browse, sign_in, text_of
from ..people import Organisation

pytestmark = pytest.mark.django_db
PAGE = "security_domains"


@pytest.fixture(scope="module")
def server() -> Iterator[NameServer]:
    with running() as names:
        yield names


@pytest.fixture
def names(server: NameServer, settings: Settings) -> NameServer:
    server.records, server.broken = {}, False
    settings.DNS_SERVERS = [server.address]
    return server


def claimed(of: Organisation, owner: str, domain: str = "acme.example") -> Asked:
    with tenant_scope(of.tenant_id):
        found = domains.claim_domain(grant=of.grant(owner), domain=domain)
        return domains.begin_check(grant=of.grant(owner), domain=found.public_id)


def checked(of: Organisation, owner: str, asked: Asked, is_there: bool | None = True) -> str:
    with tenant_scope(of.tenant_id):
        return domains.note_check(grant=of.grant(owner), seen=Seen(asked, is_there), now=timezone.now())


def is_own(of: Organisation, domain: str = "acme.example") -> bool:
    with tenant_scope(of.tenant_id):
        return domains.is_own(domain)


def test_an_owner_names_publishes_and_checks(acme: Organisation, names: NameServer) -> None:
    olga = sign_in(acme.user("olga"))
    assert olga.client.post("/admin/security/domains/", {"domain": " Acme.Example "}).status_code == 302
    with tenant_scope(acme.tenant_id):
        named = EmailDomain.objects.get()
    page = text_of(olga.get(PAGE, app=""))
    assert named.word in page
    assert f"{NAME}.acme.example" in page
    check = f"/admin/security/domains/{named.public_id}/check/"
    assert "do not show the record yet" in text_of(olga.client.post(check, follow=True))
    names.broken = True
    assert "None of the name servers answered" in text_of(olga.client.post(check, follow=True))
    assert not is_own(acme)
    names.broken, names.records = False, {f"{NAME}.acme.example": [named.word]}
    assert "Proven: acme.example is yours" in text_of(olga.client.post(check, follow=True))
    assert is_own(acme)
    assert domains.organisation_of("acme.example") == acme.tenant_id
    assert acme.actions()[-2:] == ["domain.claimed", "domain.verified"]
    olga.client.post(f"/admin/security/domains/{named.public_id}/remove/")
    assert domains.organisation_of("acme.example") is None
    assert acme.actions()[-1] == "domain.removed"


def test_what_is_no_domain_is_said_to_be_none(acme: Organisation) -> None:
    answer = sign_in(acme.user("olga")).client.post("/admin/security/domains/", {"domain": "https://acme"})
    assert "Enter a domain such as example.com" in text_of(answer)


@pytest.mark.parametrize("domain", ["4111111111111111.example", "mail.4111-1111-1111-1111.example"])
def test_a_number_that_is_masked_elsewhere_is_no_domain(acme: Organisation, domain: str) -> None:
    before = acme.actions()
    with pytest.raises(Invalid, match="domain_secret"):
        claimed(acme, "olga", domain)
    with tenant_scope(acme.tenant_id):
        assert not EmailDomain.objects.exists()
    assert acme.actions() == before
    answer = sign_in(acme.user("olga")).client.post("/admin/security/domains/", {"domain": domain})
    assert "must not be kept here" in text_of(answer)


def test_a_domain_is_one_organisations_alone(acme: Organisation, rival: Organisation) -> None:
    theirs, ours = claimed(rival, "mallory"), claimed(acme, "olga")
    assert theirs.word != ours.word, "what one publishes proves nothing for the other"
    assert checked(acme, "olga", ours) == ""
    assert checked(rival, "mallory", theirs) == "domain_taken"
    assert not is_own(rival)
    assert rival.actions()[-1] == "domain.refused"
    assert domains.organisation_of("acme.example") == acme.tenant_id


def test_an_unproven_domain_counts_for_nothing(acme: Organisation) -> None:
    claimed(acme, "olga")
    assert not is_own(acme)
    assert domains.organisation_of("acme.example") is None


def test_a_domain_is_named_once(acme: Organisation) -> None:
    claimed(acme, "olga")
    with pytest.raises(Conflict, match="domain_named"):
        claimed(acme, "olga", "ACME.example")


@pytest.mark.parametrize("person", ["ada", "alice"])
def test_owners_alone_decide(house_of: Callable[[str], Browse], acme: Organisation, person: str) -> None:
    assert house_of(person).get(PAGE, app="").status_code == 403
    with tenant_scope(acme.tenant_id), pytest.raises(Denied):
        domains.claim_domain(grant=acme.grant(person), domain="acme.example")


@pytest.fixture
def house_of(acme: Organisation) -> Callable[[str], Browse]:
    return lambda name: sign_in(acme.user(name))


def test_another_organisations_domain_does_not_exist(acme: Organisation, rival: Organisation) -> None:
    asked = claimed(acme, "olga")
    with tenant_scope(rival.tenant_id):
        for act in (domains.begin_check, domains.remove_domain):
            with pytest.raises(NotFound):
                act(grant=rival.grant("mallory"), domain=asked.public_id)


def test_a_proof_that_stays_away_loses_the_domain_after_a_week(
    acme: Organisation, django_capture_on_commit_callbacks: DjangoCaptureOnCommitCallbacks
) -> None:
    checked(acme, "olga", claimed(acme, "olga"))
    now = timezone.now()

    def recheck(after: timedelta, is_there: bool | None) -> int:
        with django_capture_on_commit_callbacks(execute=True):
            return domains.recheck_domains(acme.tenant_id, now=now + after, ask=lambda one: Seen(one, is_there))

    assert recheck(timedelta(days=1), False) == 0
    assert acme.actions()[-1] == "domain.missing"
    assert [letter.to for letter in mail.outbox] == [["olga@acme.example"]]
    assert "Put it back before" in mail.outbox[0].body
    assert is_own(acme), "it has a week"
    assert recheck(timedelta(days=2), True) == 0
    assert recheck(timedelta(days=3), None) == 0, "a name server that is silent is no proof"
    assert recheck(timedelta(days=9, hours=23), False) == 0
    assert is_own(acme)
    assert recheck(timedelta(days=10), False) == 1
    assert not is_own(acme)
    assert domains.organisation_of("acme.example") is None
    assert acme.actions()[-1] == "domain.lost"
    assert recheck(timedelta(days=11), False) == 0, "twice is nothing"
    assert mail.outbox[-1].subject == "acme.example is not proven any more"
