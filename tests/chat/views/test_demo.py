"""The demo shop: there in a demonstration, and nowhere else."""

import pytest
from django.test import Client
from pytest_django.fixtures import Settings

from tenants.access import SiteRef


@pytest.fixture
def demo(settings: Settings) -> None:
    settings.DEMO = True


@pytest.mark.parametrize("page", ["", "kettle/", "lamp/", "backpack/", "blanket/", "delivery/"])
def test_each_page_carries_the_snippet_and_may_hold_our_frame(
    client: Client, site: SiteRef, demo: None, page: str
) -> None:
    response = client.get(f"/demo/{site.key}/{page}")
    assert f'<script async src="http://testserver/w.js" data-key="{site.key}"></script>' in response.content.decode()
    assert "frame-src 'self'" in response.headers["Content-Security-Policy"]


@pytest.mark.parametrize("path", ["/demo/pk_nobody/", "/demo/{key}/nothing/"])
def test_what_the_shop_does_not_have_is_not_found(client: Client, site: SiteRef, demo: None, path: str) -> None:
    assert client.get(path.format(key=site.key)).status_code == 404


def test_without_demo_there_is_no_shop(client: Client, site: SiteRef, settings: Settings) -> None:
    settings.DEMO = False
    assert client.get(f"/demo/{site.key}/").status_code == 404
