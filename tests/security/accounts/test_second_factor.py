"""The second factor at sign-in: asked for, counted, good once, sealed where it lies."""

from __future__ import annotations

import re
from typing import Any

import pytest
from allauth.mfa.models import Authenticator
from allauth.mfa.totp.internal.auth import TOTP, format_hotp_value, hotp_value, yield_hotp_counters_from_time
from allauth.mfa.webauthn.views import AddWebAuthnView, EditWebAuthnView
from django.core.exceptions import ValidationError
from django.test import Client
from pytest_django import DjangoCaptureOnCommitCallbacks

from security.accounts.second_factor import SecondFactorAdapter
from security.crypto.envelope import Undecryptable
from security.models import User
from tests.tenants.people import PASSWORD, Organisation

pytestmark = pytest.mark.django_db
SECRET = "JBSWY3DPEHPK3PXPJBSWY3DPEHPK3PXP"
FORM = {"login": "alice@acme.example", "password": PASSWORD}
CODE = "/accounts/2fa/authenticate/"


def codes(secret: str = SECRET) -> list[str]:
    """Of the steps that are good now, the present one in the middle."""
    return [format_hotp_value(hotp_value(secret, counter)) for counter in yield_hotp_counters_from_time()]


def wrong() -> str:
    return next(code for code in ("000000", "111111", "222222", "333333") if code not in codes())


@pytest.fixture
def alice(acme: Organisation) -> User:
    user = acme.user("alice")
    TOTP.activate(user, SECRET)
    return user


def halfway() -> Client:
    client = Client()
    assert client.post("/accounts/login/", FORM).headers["Location"] == CODE
    return client


def test_the_password_alone_lets_nobody_in(alice: User) -> None:
    client = halfway()
    assert client.get("/console/").status_code == 302
    assert "authenticator app" in client.get(CODE).content.decode()


def test_the_code_lets_in_once(alice: User, acme: Organisation) -> None:
    code = codes()[1]
    client = halfway()
    assert client.post(CODE, {"code": code}).status_code == 302
    assert client.get("/console/").status_code == 200
    assert acme.actions()[-2:] == ["account.second_factor_used", "session.signed_in"]
    again = halfway()
    assert again.post(CODE, {"code": code}).status_code == 200, "a code that was read over a shoulder"
    assert again.get("/console/").status_code == 302


def test_wrong_codes_are_counted_whatever_browser_they_come_from(alice: User, acme: Organisation) -> None:
    for _ in range(5):
        halfway().post(CODE, {"code": wrong()})
    client = halfway()
    client.post(CODE, {"code": codes()[1]})
    assert client.get("/console/").status_code == 302
    assert acme.actions().count("account.second_factor_failed") == 5


def test_the_secret_is_not_in_the_database(alice: User) -> None:
    stored = repr(list(Authenticator.objects.values_list("data", flat=True)))
    assert SECRET not in stored
    assert Authenticator.objects.get(user=alice).wrap().validate_code(codes()[1])


def test_what_was_changed_does_not_open() -> None:
    adapter = SecondFactorAdapter()
    sealed = adapter.encrypt(SECRET)
    assert adapter.decrypt(sealed) == SECRET
    assert adapter.encrypt(SECRET) != sealed
    with pytest.raises(Undecryptable):
        adapter.decrypt(sealed[:-8] + "AAAAAAA=")


def test_an_app_is_set_up_after_the_password_was_given_again(
    acme: Organisation, django_capture_on_commit_callbacks: DjangoCaptureOnCommitCallbacks
) -> None:
    client = Client()
    client.post("/accounts/login/", FORM)
    assert client.get("/accounts/2fa/totp/activate/").headers["Location"].startswith("/accounts/reauthenticate/")
    client.post("/accounts/reauthenticate/", {"password": PASSWORD})
    page = client.get("/accounts/2fa/totp/activate/").content.decode()
    secret = re.findall(r"<code>([A-Z2-7]{32})</code>", page)[0]
    assert "Incorrect code" in client.post("/accounts/2fa/totp/activate/", {"code": "000000"}).content.decode()
    with django_capture_on_commit_callbacks(execute=True):
        response = client.post("/accounts/2fa/totp/activate/", {"code": codes(secret)[1]})
    assert response.headers["Location"] == "/accounts/2fa/recovery-codes/"
    assert acme.actions().count("account.second_factor_added") == 2, "the app, and recovery codes with it"
    shown = re.findall(r"<code>(\d{8})</code>", client.get("/accounts/2fa/recovery-codes/").content.decode())
    assert len(shown) == 10
    for number, status in enumerate((302, 200)):
        with_code = halfway()
        assert with_code.post(CODE, {"code": shown[0]}).status_code == status, number


@pytest.mark.parametrize("path", ["", "webauthn/", "webauthn/add/", "totp/activate/"])
def test_the_pages_are_ours(acme: Organisation, path: str) -> None:
    client = Client()
    client.post("/accounts/login/", FORM)
    client.post("/accounts/reauthenticate/", {"password": PASSWORD})
    page = client.get(f"/accounts/2fa/{path}")
    assert page.status_code == 200
    assert "site-header" in page.content.decode()


@pytest.mark.parametrize("view", [AddWebAuthnView, EditWebAuthnView])
def test_a_passkeys_name_is_masked_and_short(view: Any) -> None:
    """Of the form that the page takes, whatever allauth's own would let through."""
    name = view().get_form_class().base_fields["name"]
    assert name.clean("Key 4242 4242 4242 4242") == "Key •••• •••• •••• 4242"
    with pytest.raises(ValidationError):
        name.clean("k" * 61)
