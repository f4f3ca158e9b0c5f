"""Acme, whose shop has the widget in it, and doors to its people's browsers."""

from __future__ import annotations

from collections.abc import Callable, Iterator

import pytest

from security.crypto import keyring
from security.scoping import tenant_scope
from tenants.services.sites import add_site
from tests.services.browser import Pages
from tests.services.web import WebServer
from tests.tenants.people import Organisation, organisation

from .people import Agent, Visitor
from .sessions import sign_in
from .websites import Website, website

EnterConsole = Callable[..., Agent]
VisitShop = Callable[..., Visitor]


@pytest.fixture(scope="module")
def shop() -> Iterator[Website]:
    """Acme's own web server."""
    with website() as site:
        yield site


@pytest.fixture
def acme(server: WebServer, shop: Website) -> Iterator[Organisation]:
    """Olga owns it, Alice and Bob answer; its list of domains names its own web server."""
    keyring.forget_everything()
    made = organisation("acme", "olga")
    for name in ("alice", "bob"):
        made.join(name, "agent")
    with tenant_scope(made.tenant_id):
        key = add_site(name="Shop", websites=[shop.origin]).key
    yield Organisation(made.tenant_id, made.slug, key)
    keyring.forget_everything()


@pytest.fixture
def enter_console(pages: Pages, acme: Organisation, server: WebServer) -> EnterConsole:
    """`enter_console("alice")`: her console in a browser of her own, connected."""

    def enter(name: str, **options: object) -> Agent:
        page = pages.open(**options)
        sign_in(page, f"{name}@{acme.slug}.example", server.url)
        return Agent(page).enter()

    return enter


@pytest.fixture
def visit_shop(pages: Pages, acme: Organisation) -> VisitShop:
    """`visit_shop()`: a visitor on the demo shop's page, in a browser of her own."""

    def visit(address: str = "", **options: object) -> Visitor:
        return Visitor(pages.open(**options)).visit(address or f"/demo/{acme.site_key}/")

    return visit
