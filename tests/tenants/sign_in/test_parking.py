"""What a provider has posted lies nowhere in clear, and is read once, for the provider that it came from."""

from __future__ import annotations

from dataclasses import replace
from uuid import uuid4

import pytest
import redis

from tenants.services.sign_in.parking import park, take
from tenants.services.sign_in.provider import ProviderRef, access_provider
from tests.services import session

from ...security.identity.openid_provider import OpenIdProvider
from ..people import Organisation
from .providers import connect, openid

pytestmark = pytest.mark.django_db


@pytest.fixture
def ref(proven: Organisation, provider: OpenIdProvider) -> ProviderRef:
    return access_provider(connect(proven, "olga", openid(provider)))


def test_it_is_read_once(ref: ProviderRef) -> None:
    handle = park(ref, "<answer/>")
    assert take(ref, handle) == "<answer/>"
    assert take(ref, handle) == ""


def test_nobody_reads_it_in_valkey(ref: ProviderRef) -> None:
    handle = park(ref, "vera@acme.example")
    client = redis.Redis.from_url(session.urls().redis)
    (name,) = [key for key in client.scan_iter() if handle.encode() in key]
    assert b"vera" not in (client.get(name) or b"vera")
    assert 0 < client.ttl(name) <= 60


def test_it_is_nothing_for_another_provider_or_under_another_handle(ref: ProviderRef) -> None:
    assert take(replace(ref, public_id=uuid4()), park(ref, "<answer/>")) == ""
    assert take(ref, "another") == ""
