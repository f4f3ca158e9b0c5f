"""Acme's website, with the key that stands in its snippet."""

import pytest

from security.scoping import tenant_scope
from tenants.access import SiteRef, access_site
from tenants.services.sites import add_site
from tests.chat.conversations import House

SHOP = "https://shop.acme.example"


@pytest.fixture
def site(acme: House) -> SiteRef:
    """A site whose list names one origin."""
    return _site(acme, "Acme shop", SHOP)


@pytest.fixture
def rivals_site(rival: House) -> SiteRef:
    return _site(rival, "Rival shop", "https://rival.example")


def _site(house: House, name: str, website: str) -> SiteRef:
    with tenant_scope(house.tenant_id):
        key = add_site(name=name, websites=[website]).key
    return access_site(key)
