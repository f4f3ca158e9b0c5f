"""Acme with its domain, and where its provider may be."""

from __future__ import annotations

import pytest
from pytest_django import Settings

from ...security.identity.openid_provider import OpenIdProvider
from ..people import Organisation
from .providers import LOCAL, prove


@pytest.fixture
def provider(openid_house: OpenIdProvider) -> OpenIdProvider:
    return openid_house


@pytest.fixture(autouse=True)
def nearby(settings: Settings) -> None:
    """The operator allows providers on this machine."""
    settings.OUTGOING_NETWORKS = LOCAL


@pytest.fixture
def proven(acme: Organisation) -> Organisation:
    prove(acme, "olga", "acme.example")
    return acme
