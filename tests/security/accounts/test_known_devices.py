"""A browser in which somebody signed in before is not locked by what others do; the cookie lets nobody in."""

from __future__ import annotations

import pytest
from django.conf import settings
from django.core import mail, signing
from django.test import Client
from pytest_django import DjangoCaptureOnCommitCallbacks

from security.accounts import lockout
from tests.tenants.people import PASSWORD, Organisation

OLGA, ADA = "olga@acme.example", "ada@acme.example"
NAME = settings.DEVICE_COOKIE_NAME
WRONG = "what-nobody-would-have-chosen"
HERE = "198.51.100.7"


def attempt(client: Client, email: str, password: str = WRONG) -> int:
    return client.post("/accounts/login/", {"login": email, "password": password}).status_code


def browser(*, address: str = HERE) -> Client:
    return Client(REMOTE_ADDR=address)


def known(email: str = OLGA) -> Client:
    client = browser()
    assert attempt(client, email, PASSWORD) == 302
    client.post("/accounts/logout/")
    return client


def test_others_at_the_same_address_lock_nobody_out_of_it(acme: Organisation) -> None:
    own = known()
    attacker = browser()
    assert [attempt(attacker, OLGA) for _ in range(6)][-1] == 429
    assert attempt(browser(), OLGA, PASSWORD) == 429
    assert attempt(own, OLGA, PASSWORD) == 302


def test_ten_failures_from_anywhere_leave_known_devices(acme: Organisation) -> None:
    own = known()
    for number in range(10):
        attempt(browser(address=f"203.0.113.{number}"), OLGA)
    assert attempt(browser(address="203.0.113.99"), OLGA, PASSWORD) == 429
    assert attempt(own, OLGA, PASSWORD) == 302


def test_it_is_known_for_who_signed_in_there_and_nobody_else(acme: Organisation) -> None:
    own = known(ADA)
    attacker = browser()
    for _ in range(6):
        attempt(attacker, OLGA)
    assert attempt(own, OLGA, PASSWORD) == 429


def test_a_known_device_has_five_tries_as_well(acme: Organisation) -> None:
    own = known()
    assert [attempt(own, OLGA) for _ in range(6)] == [200] * 5 + [429]
    assert attempt(own, OLGA, PASSWORD) == 429


NEW = "quiet-lantern-orbit-marble"


def change_password(client: Client) -> None:
    assert attempt(client, OLGA, PASSWORD) == 302
    form = {"oldpassword": PASSWORD, "password1": NEW, "password2": NEW}
    assert client.post("/accounts/password/change/", form).status_code == 302


def locked_for_strangers(email: str = OLGA) -> None:
    stranger = browser()
    assert [attempt(stranger, email) for _ in range(6)][-1] == 429


def test_a_new_password_makes_other_browsers_strange(acme: Organisation) -> None:
    stolen, own = known(), browser()
    change_password(own)
    locked_for_strangers()
    assert attempt(stolen, OLGA, NEW) == 429
    own.post("/accounts/logout/")
    assert attempt(own, OLGA, NEW) == 302


def test_a_password_that_was_reset_makes_every_browser_strange(acme: Organisation) -> None:
    own = known()
    change_password_of(acme)
    locked_for_strangers()
    assert attempt(own, OLGA, NEW) == 429


def change_password_of(acme: Organisation) -> None:
    user = acme.user("olga")
    user.set_password(NEW)
    user.save(update_fields=["password", "password_changed_at"])


def test_one_persons_new_password_makes_the_browser_strange_for_nobody_else(acme: Organisation) -> None:
    own = known()
    assert attempt(own, ADA, PASSWORD) == 302
    own.post("/accounts/logout/")
    change_password_of(acme)
    locked_for_strangers(ADA)
    assert attempt(own, ADA, PASSWORD) == 302


def test_a_cookie_of_before_the_stamps_is_a_strangers(acme: Organisation) -> None:
    client = browser()
    value = {"id": "d", "names": [lockout.name_digest(OLGA)]}
    client.cookies[NAME] = signing.dumps(value, salt="security.accounts.known_devices")
    locked_for_strangers()
    assert attempt(client, OLGA, PASSWORD) == 429


def test_the_cookie_alone_lets_nobody_in_and_names_nobody(acme: Organisation) -> None:
    own = known()
    cookie = own.cookies[NAME]
    assert (cookie["httponly"], cookie["samesite"], cookie["max-age"]) == (True, "Lax", 180 * 86400)
    assert own.get("/console/").status_code == 302
    assert "olga" not in cookie.value


@pytest.mark.parametrize("value", ["", "x", "a:b:c", "eyJpZCI6IngifQ:1abcde:" + "A" * 43])
def test_one_that_was_made_up_is_none(acme: Organisation, value: str) -> None:
    client = browser()
    client.cookies[NAME] = value
    for _ in range(5):
        attempt(client, OLGA)
    assert attempt(client, OLGA, PASSWORD) == 429


def test_a_failed_sign_in_makes_no_device_known(acme: Organisation) -> None:
    client = browser()
    attempt(client, OLGA)
    assert NAME not in client.cookies


def test_the_person_is_told_once(
    acme: Organisation, django_capture_on_commit_callbacks: DjangoCaptureOnCommitCallbacks
) -> None:
    client = browser()
    with django_capture_on_commit_callbacks(execute=True):
        for _ in range(8):
            attempt(client, OLGA)
            attempt(client, "nobody@acme.example")
    [letter] = mail.outbox
    assert (letter.to, letter.subject) == ([OLGA], "Somebody tried to sign in as you")
    assert HERE in letter.body


def test_the_old_password_before_a_new_one_is_counted_too(acme: Organisation) -> None:
    client = browser()
    attempt(client, OLGA, PASSWORD)
    client.cookies.pop(NAME)
    form = {
        "oldpassword": "wrong",
        "password1": "quiet-lantern-orbit-marble",
        "password2": "quiet-lantern-orbit-marble",
    }
    assert [client.post("/accounts/password/change/", form).status_code for _ in range(5)][:4] == [200] * 4
    assert client.post("/accounts/password/change/", {**form, "oldpassword": PASSWORD}).status_code == 429
    assert attempt(browser(), OLGA, PASSWORD) == 429


def test_being_asked_again_is_counted_too(acme: Organisation) -> None:
    client = browser()
    attempt(client, OLGA, PASSWORD)
    client.cookies.pop(NAME)
    for _ in range(5):
        client.post("/accounts/reauthenticate/", {"password": "wrong"})
    assert client.post("/accounts/reauthenticate/", {"password": PASSWORD}).status_code == 429
    assert lockout.unlock(OLGA) >= 5
    assert client.post("/accounts/reauthenticate/", {"password": PASSWORD}).status_code == 302
