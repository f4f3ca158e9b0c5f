"""What is done to an account stands in the trail of every organisation that it opens."""

from __future__ import annotations

from typing import Any

import pytest
from allauth.account.models import EmailAddress, EmailConfirmationHMAC
from django.test import Client

from security.scoping import tenant_scope
from tenants.models import Membership, Role

from .people import PASSWORD, Organisation
from .sign_in.providers import by_password

pytestmark = pytest.mark.django_db


@pytest.fixture
def alice(acme: Organisation, rival: Organisation) -> Any:
    """She works in both."""
    with tenant_scope(rival.tenant_id):
        Membership.objects.create(user=acme.user("alice"), role=Role.objects.get(slug="agent"), name="Alice")
    return acme.user("alice")


def test_a_new_password_is_in_both_trails(alice: Any, acme: Organisation, rival: Organisation) -> None:
    client = by_password("alice@acme.example")
    new = "another-correct-horse-battery"
    client.post("/accounts/password/change/", {"oldpassword": PASSWORD, "password1": new, "password2": new})
    assert "account.password_changed" in acme.actions()
    assert "account.password_changed" in rival.actions()


def test_a_new_address_is_in_both_trails(alice: Any, acme: Organisation, rival: Organisation) -> None:
    client = by_password("alice@acme.example")
    client.post("/accounts/reauthenticate/", {"password": PASSWORD})
    client.post("/accounts/email/", {"action_add": "", "email": "alice@private.example"})
    key = EmailConfirmationHMAC(EmailAddress.objects.get(email="alice@private.example")).key
    Client().post(f"/accounts/confirm-email/{key}/")
    assert "account.email_changed" in acme.actions()
    assert "account.email_changed" in rival.actions()


def test_a_failed_sign_in_is_in_both_trails(alice: Any, acme: Organisation, rival: Organisation) -> None:
    Client().post("/accounts/login/", {"login": "alice@acme.example", "password": "not-her-password-at-all"})
    assert acme.actions()[-1] == rival.actions()[-1] == "session.sign_in_failed"


def test_a_sign_in_is_where_it_leads_alone(alice: Any, acme: Organisation, rival: Organisation) -> None:
    client = by_password("alice@acme.example")
    led_to, other = (acme, rival) if client.session["tenant_id"] == acme.tenant_id else (rival, acme)
    assert "session.signed_in" in led_to.actions()
    assert "session.signed_in" not in other.actions()
