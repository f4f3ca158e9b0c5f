"""A session that ends by itself: said a minute before, prolonged by a person, and the page gone after it."""

from __future__ import annotations

from datetime import timedelta

import pytest
from allauth.usersessions.models import UserSession
from django.utils import timezone
from playwright.sync_api import Page, expect

from tests.services.browser import Pages
from tests.services.web import WebServer
from tests.tenants.people import Organisation

from .sessions import sign_in

TEN_MINUTES = 600_000


def unused_for(**span: int) -> None:
    """As if the person had done nothing for so long."""
    UserSession.objects.update(last_seen_at=timezone.now() - timedelta(**span))


def let_pass(page: Page) -> None:
    """A quarter of an hour of the browser's clock: its timers fire, the server's limits are where they were set."""
    for _ in range(2):
        page.clock.fast_forward(TEN_MINUTES)


@pytest.mark.parametrize("path", ["/admin/tenants/site/", "/console/", "/get-started/"])
def test_a_person_is_warned_stays_and_is_signed_out(
    pages: Pages, acme: Organisation, server: WebServer, path: str
) -> None:
    page = pages.open()
    page.clock.install()
    sign_in(page, "olga@acme.example", server.url)
    page.goto(path)
    warning = page.get_by_text("because nothing was done here")
    expect(warning).to_be_hidden()
    page.wait_for_load_state("networkidle")  # what the page still asks for counts as use
    unused_for(minutes=14, seconds=20)
    let_pass(page)
    expect(warning).to_be_visible()
    page.get_by_role("button", name="Stay signed in").click()
    expect(warning).to_be_hidden()
    assert UserSession.objects.get().last_seen_at > timezone.now() - timedelta(minutes=1)
    unused_for(minutes=16)
    let_pass(page)
    page.wait_for_url("**/accounts/login/**")
    expect(page.get_by_text("your session was over")).to_be_visible()
    pages.forgive("401")  # what the console asked by itself in its last second


def test_what_others_tabs_did_is_asked_before_anything_is_said(
    pages: Pages, acme: Organisation, server: WebServer
) -> None:
    page = pages.open()
    page.clock.install()
    sign_in(page, "olga@acme.example", server.url)
    page.goto("/admin/tenants/site/")
    with page.expect_response("**/accounts/session/") as asked:
        let_pass(page)
    assert asked.value.json()["ends_in"] > 800
    expect(page.get_by_role("button", name="Stay signed in")).to_be_hidden()
