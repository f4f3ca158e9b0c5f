"""One real OpenID provider and one real SAML provider a process; Acme with its domain."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from pytest_django import Settings

from ...security.identity import openid_provider
from ...security.identity.openid_provider import OpenIdProvider
from ..people import Organisation
from .providers import LOCAL, prove


@pytest.fixture(scope="module")
def provider() -> Iterator[OpenIdProvider]:
    with openid_provider.running() as found:
        yield found


@pytest.fixture(autouse=True)
def nearby(settings: Settings) -> None:
    """The operator allows providers on this machine."""
    settings.OUTGOING_NETWORKS = LOCAL


@pytest.fixture
def proven(acme: Organisation) -> Organisation:
    prove(acme, "olga", "acme.example")
    return acme
