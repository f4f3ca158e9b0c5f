"""Who waits for a provider's server holds nothing that others need."""

from __future__ import annotations

import pytest
from django.db import connection
from django.test import Client

from security.errors import Invalid
from security.identity import oidc

from ...security.identity.openid_provider import OpenIdProvider
from ..people import organisation
from .providers import connect, openid, prove


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
    sent = client.get(f"/accounts/provider/{entry}/")
    provider.add("sub-1", email="olga@acme.example", email_verified=True)
    answer = client.get(f"/accounts/provider/{entry}/openid/", provider.answer(sent["Location"], "sub-1"))
    assert (answer.status_code, held) == (403, [False])
