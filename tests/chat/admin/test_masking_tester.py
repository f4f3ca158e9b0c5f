"""The Masking page's tester: the engine of production on a text that nobody keeps."""

from __future__ import annotations

import json
import logging

import pytest

from security.crypto import keyring
from tests import cast
from tests.cast import Organisation

from ..masking_cast import add_rule
from .masking_posts import post, shown, trying


@pytest.fixture
def acme(db: None) -> Organisation:
    keyring.forget_everything()
    return cast.acme()


def test_the_tester_says_what_the_allow_list_spares(acme: Organisation) -> None:
    ada = acme.client("ada")
    add_rule(acme, is_activated=False)
    allowed = "+1 202 555 0143\r\nEMP-000000"
    post(acme, ada, "settings/", packs=["phone"], allowed=allowed)
    tried = trying(acme, ada, text="I am EMP-000000, call +1 202 555 0143")
    assert tried["findings"] == []
    assert {(one["shape"], one["reason"]) for one in tried["left"]} == {
        ("AAA-999999", "it is listed as never masked"),
        ("+9 999 999 9999", "it is listed as never masked"),
    }


def test_the_tester_tells_what_is_hidden_and_why(acme: Organisation) -> None:
    ada = acme.client("ada")
    add_rule(acme, is_activated=False)
    tried = trying(acme, ada, text="EMP-123456 pays by card 4242 4242 4242 4242")
    assert tried["masked"] == "[staff] pays by card •••• •••• •••• 4242"
    assert [one["kind"] for one in tried["findings"]] == ["Your rule", "Card number"]
    assert all(one["reasons"] for one in tried["findings"])
    assert tried["findings"][1]["shape"] == "9999 9999 9999 9999"
    assert trying(acme, ada, text="EMP-123456", rules="active")["masked"] == "EMP-123456"
    clean = trying(acme, ada, text="See you at 10, order 4242 4242 4242 4241")
    assert clean["findings"] == []
    reason = "the check digit (Luhn) is not that of a card"
    assert clean["left"] == [{"shape": "9999 9999 9999 9999", "reason": reason, "points": []}]
    spared = trying(acme, ada, text="Reading 5.4242424242424242")["left"]
    assert [one["points"] for one in spared] == [["visa, 16 digits +5", "fraction -6", "-1 of 3"]]
    assert "Staff number" in clean["looked_for"]


def test_the_tester_answers_without_script_and_never_repeats_the_text(
    acme: Organisation, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.DEBUG)
    ada = acme.client("ada")
    page = shown(post(acme, ada, "try/", text="Wilhelmina 4242 4242 4242 4241 4242424242424242"))
    assert "•••• •••• •••• 4242" in page
    answer = json.dumps(trying(acme, ada, text="4242424242424242"))
    for said in (page, answer, caplog.text):
        assert "4242424242424242" not in said.replace(" ", "")
    assert "Wilhelmina" not in caplog.text


def test_a_text_that_is_too_long_is_refused(acme: Organisation) -> None:
    assert trying(acme, acme.client("ada"), text="x" * 8_001) == {"error": "At most 8,000 characters."}
