"""Who waits for a provider's server holds nothing that others need; who waits at ours comes in only if it still counts."""

from __future__ import annotations

import pytest
from allauth.mfa.totp.internal.auth import (
    TOTP,
    format_hotp_value,
    generate_totp_secret,
    hotp_value,
    yield_hotp_counters_from_time,
)
from django.db import connection
from django.test import Client

from security.errors import Invalid
from security.identity import oidc
from security.scoping import tenant_scope
from tenants.models import EmailDomain
from tenants.services.sign_in.domains import remove_domain
from tenants.services.sign_in.provider import remove_provider

from ...security.identity.openid_provider import OpenIdProvider
from ..admin.pages import text_of
from ..people import Organisation, organisation
from .providers import arrive, connect, openid, prove, sent_there


def test_no_connection_to_the_database_is_held_while_a_provider_is_asked(
    committed_db: None, provider: OpenIdProvider, monkeypatch: pytest.MonkeyPatch
) -> None:
    acme, held = organisation("acme", "olga"), []
    prove(acme, "olga", "acme.example")
    entry = connect(acme, "olga", openid(provider))

    def slow(*_: object, **__: object) -> bytes:
        held.append(connection.connection is not None)
        raise Invalid("provider_late")

    monkeypatch.setattr(oidc, "fetch", slow)
    client = Client()
    sent = sent_there(client, entry)
    provider.add("sub-1", email="olga@acme.example", email_verified=True)
    answer = client.get(f"/accounts/provider/{entry}/openid/", provider.answer(sent["Location"], "sub-1"))
    assert (answer.status_code, held) == (403, [False])


@pytest.mark.django_db
@pytest.mark.parametrize("change", ["provider", "domain"])
def test_a_sign_in_that_waits_for_a_second_factor_does_not_outlive_what_it_rests_on(
    proven: Organisation, provider: OpenIdProvider, change: str
) -> None:
    secret = generate_totp_secret()
    TOTP.activate(proven.user("alice"), secret)
    client, answer = arrive(provider, connect(proven, "olga", openid(provider)), "alice@acme.example")
    assert answer["Location"].startswith("/accounts/2fa/authenticate/")
    with tenant_scope(proven.tenant_id):
        if change == "provider":
            remove_provider(grant=proven.grant("olga"))
        else:
            remove_domain(grant=proven.grant("olga"), domain=EmailDomain.objects.get().public_id)
    code = format_hotp_value(hotp_value(secret, next(yield_hotp_counters_from_time())))
    answer = client.post("/accounts/2fa/authenticate/", {"code": code})
    assert answer.status_code == 403
    assert "Sign in again" in text_of(answer)
    assert "_auth_user_id" not in client.session
    assert proven.actions()[-1] == "session.provider_refused"


@pytest.mark.django_db
def test_sessions_end_with_the_domain_that_they_came_by(proven: Organisation, provider: OpenIdProvider) -> None:
    client, _ = arrive(provider, connect(proven, "olga", openid(provider)), "alice@acme.example")
    assert client.get("/console/").status_code == 200
    with tenant_scope(proven.tenant_id):
        remove_domain(grant=proven.grant("olga"), domain=EmailDomain.objects.get().public_id)
    assert client.get("/console/").status_code == 302
