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


def test_what_a_token_spells_by_chance_is_no_word() -> None:
    assert not spells_secret("/invitations/MUII-Ev9Z9zu2e_7cvD230BgHqyeUQD8NjIEYZdDQt8/")
    assert not spells_secret(f"/invitations/{'Ab_cvv123-ssn-pin4321_'.ljust(43, 'q')}/")


def test_nor_does_a_number_hide_in_what_looks_like_a_token(client: Client) -> None:
    for hidden in ("Ab-4242-4242-4242-4242", "Ab_4242424242424242", "Ab-536-90-4399"):
        assert spells_secret(f"/invitations/{hidden + '_'}{'q' * (42 - len(hidden))}/"), hidden


def test_a_providers_answer_is_taken_whatever_its_code_spells(db: None, client: Client) -> None:
    """By chance: it was refused now and then. Its path, and any other page, are looked at as ever."""
    provider = "6f1c2a9e-3b4d-4c5e-8f60-718293a4b5c6"
    asked = {"code": "4242424242424242", "state": "cvc230"}
    assert client.get(f"/accounts/provider/{provider}/openid/", asked).status_code == 404, "it came to the page"
    for path in (f"/accounts/provider/{provider}/", "/accounts/provider/4242424242424242/openid/"):
        assert client.get(path, asked).status_code == 400


def test_neither_does_a_form_lead_on_to_one(client: Client) -> None:
    for path in ("/theme/", "/accounts/login/"):
        answer = client.post(path, {"next": f"/{CARD.replace(' ', '')}", "theme": "dark"})
        assert answer.status_code == 400
        assert b"4242" not in answer.content + str(answer.headers).encode()
