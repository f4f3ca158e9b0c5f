"""An address with a secret in it is answered before anything reads it; every address of ours passes."""

import secrets
import uuid
from urllib.parse import quote

import pytest
from django.test import Client

from security.addresses import spells_secret

CARD = "4242 4242 4242 4242"


@pytest.mark.parametrize(
    "address",
    [
        f"/admin/?q={CARD.replace(' ', '+')}",
        f"/admin/?q={quote(CARD)}",
        f"/accounts/login/?next={quote(quote('/admin/?q=' + CARD))}",
        f"/start/?q={quote(quote(quote(CARD)))}",
        "/console/4242424242424242/",
        "/nothing/4242-4242-4242-4242",
        "/start/?a=4242&b=4242&c=4242&d=4242",
        "/start/?ssn=536-90-4399",
        "/start/?first=42424&second=24242&third=42&fourth=4242",
    ],
)
def test_it_is_refused_and_not_repeated(address: str, client: Client) -> None:
    answer = client.get(address)
    assert answer.status_code == 400
    assert b"4242" not in answer.content + str(answer.headers).encode()
    assert "Location" not in answer.headers


def test_ids_and_tokens_pass() -> None:
    for _ in range(2_000):
        token, digest = secrets.token_urlsafe(32), secrets.token_hex(16)
        for address in (
            f"/console/c/{uuid.uuid4()}",
            f"/admin/tenants/site/{uuid.uuid4()}/change/?p=2",
            f"/invitations/{token}/",
            f"/accounts/password/reset/key/1-d0mhv7-{digest}/",
            f"/static/css/base.{digest[:12]}.css",
        ):
            assert not spells_secret(address), address


def test_neither_does_a_form_lead_on_to_one(client: Client) -> None:
    for path in ("/theme/", "/accounts/login/"):
        answer = client.post(path, {"next": f"/{CARD.replace(' ', '')}", "theme": "dark"})
        assert answer.status_code == 400
        assert b"4242" not in answer.content + str(answer.headers).encode()
