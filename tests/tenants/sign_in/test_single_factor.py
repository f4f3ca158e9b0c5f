"""A sign-in by password at the provider is no second factor here, whatever an owner names."""

from __future__ import annotations

import pytest
from django.utils import timezone

from security.scoping import tenant_scope
from tenants.models import IdentityProvider
from tenants.services.sign_in.provider import access_provider, carry_out
from tenants.services.sign_in.single_factor import is_single_factor

from ...security.identity.openid_provider import OpenIdProvider
from ..admin.pages import sign_in
from ..people import Organisation
from .providers import connect, openid

pytestmark = pytest.mark.django_db
URN = "urn:oasis:names:tc:SAML:2.0:ac:classes:"


@pytest.mark.parametrize(
    ("word", "is_single"),
    [
        ("pwd", True),
        ("PWD", True),
        ("pin", True),
        ("password", True),
        ("PasswordProtectedTransport", True),
        (f"{URN}PasswordProtectedTransport", True),
        (f"{URN}Password", True),
        ("mfa", False),
        ("otp", False),
        (f"{URN}TimeSyncToken", False),
        ("https://refeds.org/profile/mfa", False),
    ],
)
def test_a_password_or_a_pin_alone_is_one_factor(word: str, is_single: bool) -> None:
    assert is_single_factor(word) is is_single


def test_the_page_refuses_it_at_its_field(proven: Organisation, provider: OpenIdProvider) -> None:
    given = openid(provider, second_factor_words=("mfa", "pwd"))
    assert carry_out(given, now=timezone.now()).code == "provider_single_factor"
    typed = {"kind": "openid", "issuer": given.issuer, "client_id": "acme-chat", "secret": "s", "is_on": "on"}
    typed |= {"second_factor_words": "mfa\npwd", "save": "1"}
    answer = sign_in(proven.user("olga")).client.post("/admin/security/provider/", typed)
    assert "alone is no second factor" in " ".join(answer.context["form"].errors["second_factor_words"])
    with tenant_scope(proven.tenant_id):
        assert not IdentityProvider.objects.exists()


def test_one_that_was_stored_before_does_not_count(proven: Organisation, provider: OpenIdProvider) -> None:
    entry = connect(proven, "olga", openid(provider, second_factor_words=("mfa",)))
    with tenant_scope(proven.tenant_id):
        IdentityProvider.objects.update(second_factor_words=["pwd", "mfa"])
    assert access_provider(entry).second_factor_words == {"mfa"}
