"""What somebody tries who runs a provider of his own, or a page elsewhere: he signs in nobody, and leads nobody away."""

from __future__ import annotations

import json
from pathlib import Path
from urllib.parse import parse_qsl, urlencode, urlsplit, urlunsplit

import pytest
from django.test import Client
from django.utils import timezone
from pytest_django import Settings

from security.identity.metadata import ServiceProvider
from security.models import AuditEvent
from security.scoping import tenant_scope
from tenants.models import ProviderKind
from tenants.services.sign_in import provider as service
from tenants.services.sign_in.provider import Given, carry_out

from ...security.identity.openid_provider import OpenIdProvider
from ...security.identity.saml_provider import house, posted
from ..people import Organisation
from .providers import connect, openid, prove, sent_there

pytestmark = pytest.mark.django_db


def is_anonymous(client: Client) -> bool:
    return "_auth_user_id" not in client.session


def reason_of(of: Organisation) -> str:
    """Why the last one was refused, by the organisation's trail."""
    with tenant_scope(of.tenant_id):
        return str(json.loads(AuditEvent.objects.order_by("-seq")[0].entry)["detail"]["reason"])


def test_an_answer_to_one_organisations_question_is_none_at_anothers_door(
    proven: Organisation, rival: Organisation, provider: OpenIdProvider
) -> None:
    """Mix-up: Alice is led to Mallory's provider, and its answer to Acme's door; and the other way round."""
    prove(rival, "mallory", "rival.example")
    acmes, mallorys = connect(proven, "olga", openid(provider)), connect(rival, "mallory", openid(provider))
    provider.add("sub-mixed", email="alice@acme.example", email_verified=True)
    for asked, door in ((mallorys, acmes), (acmes, mallorys)):
        alice = Client()
        given = provider.answer(sent_there(alice, asked)["Location"], "sub-mixed")
        assert alice.get(f"/accounts/provider/{door}/openid/", given).status_code == 403
        assert is_anonymous(alice)
        assert reason_of(proven if door == acmes else rival) == "provider_state"
        assert alice.get(f"/accounts/provider/{asked}/openid/", given).status_code == 403, "it is used up"


def test_a_code_for_another_address_is_none(proven: Organisation, provider: OpenIdProvider) -> None:
    """Mallory has the provider send Alice's code elsewhere, and brings it into his own browser with his own state."""
    entry = connect(proven, "olga", openid(provider))
    provider.add("sub-elsewhere", email="alice@acme.example", email_verified=True)
    mallory, alice = Client(), Client()
    of_mallory = provider.answer(sent_there(mallory, entry)["Location"], "sub-elsewhere")
    parts = urlsplit(sent_there(alice, entry)["Location"])
    asked = {**dict(parse_qsl(parts.query)), "redirect_uri": "https://evil.example/"}
    stolen = provider.answer(urlunsplit(parts._replace(query=urlencode(asked))), "sub-elsewhere")
    given = {**of_mallory, "code": stolen["code"]}
    assert mallory.get(f"/accounts/provider/{entry}/openid/", given).status_code == 403
    assert is_anonymous(mallory)


def test_nobody_comes_in_by_an_answer_that_the_provider_sent_by_itself(proven: Organisation, tmp_path: Path) -> None:
    """IdP-initiated SAML, and an answer to a question of another browser: either would sign Alice in as whom somebody else likes."""
    first = house(tmp_path, ServiceProvider("https://unknown.example", "https://unknown.example"))
    entry = connect(proven, "olga", Given(ProviderKind.SAML, metadata=first.metadata.decode()))
    theirs = house(tmp_path, service.service_of(entry))
    told = proven.actions()
    for question in ("", "_" + "a" * 40):
        client = Client()
        answer = client.post(
            f"/accounts/provider/{entry}/saml/", {"SAMLResponse": posted(theirs.answer(question)), "RelayState": "/"}
        )
        assert client.get(answer["Location"]).status_code == 403
        assert is_anonymous(client)
    assert proven.actions() == told, "who asked nothing writes into no trail"
    client = Client()
    sent_there(client, entry)
    answer = client.post(f"/accounts/provider/{entry}/saml/", {"SAMLResponse": posted(theirs.answer(""))})
    assert client.get(answer["Location"]).status_code == 403, "one that names no question answers none"
    assert proven.actions()[-1] == "session.provider_refused"


def test_nobody_is_led_away_afterwards(proven: Organisation, provider: OpenIdProvider) -> None:
    entry = connect(proven, "olga", openid(provider))
    for to in (
        *("//evil.example", "/\\evil.example", "\\\\evil.example", "https:evil.example", "https:///evil.example"),
        *("javascript:alert(1)", "\t//evil.example", "/\t/evil.example", "///evil.example", "https://testserver@evil"),
        *("/console/\r\nX-Evil: 1", "http://testserver.evil.example/"),
    ):
        client = Client()
        sent_there(client, entry, next=to)
        assert client.session["provider_question"]["to"] == "", to
    client = Client()
    sent_there(client, entry, next="/console/?a=1")
    assert client.session["provider_question"]["to"] == "/console/?a=1"


@pytest.mark.parametrize(
    "address",
    [
        *("http://169.254.169.254/latest/", "https://127.0.0.1/", "https://[::1]/", "https://[::ffff:10.0.0.1]/"),
        *("https://0x7f000001/", "https://2130706433/", "https://localhost/", "https://10.0.0.1:8443/"),
    ],
)
def test_no_metadata_is_fetched_from_the_platforms_own_network(address: str, settings: Settings) -> None:
    settings.OUTGOING_NETWORKS = []
    for given in (Given(ProviderKind.SAML, metadata_url=address), Given(ProviderKind.OPENID, address, "client")):
        assert carry_out(given, now=timezone.now()).code in {"provider_private", "provider_clear"}
