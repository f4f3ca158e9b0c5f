"""The console on a desk, on a laptop and on a phone."""

from __future__ import annotations

import pytest
from playwright.sync_api import Locator, Page, expect

from tests.tenants.people import Organisation

from .conftest import EnterConsole
from .people import Agent
from .talks import begin

LONG_WORD = "Donaudampfschifffahrtsgesellschaftskapitänskajütenschlüssel" * 4


def panes(page: Page) -> tuple[Locator, Locator, Locator]:
    return page.locator("[data-inbox]"), page.locator("[data-thread]"), page.locator("[data-visitor-pane]")


def fits(page: Page) -> bool:
    """Whether nothing is wider than the window."""
    return bool(
        page.evaluate("document.documentElement.scrollWidth <= innerWidth && document.body.scrollWidth <= innerWidth")
    )


@pytest.fixture
def console_of_width(acme: Organisation, enter_console: EnterConsole, request: pytest.FixtureRequest) -> Agent:
    begin(acme, f"Vera {LONG_WORD}"[:110], LONG_WORD)
    return enter_console("alice", viewport={"width": request.param, "height": 800})


@pytest.mark.parametrize("console_of_width", [1360], indirect=True)
def test_a_desk_shows_everything_side_by_side(console_of_width: Agent) -> None:
    page = console_of_width.take_next().page
    for pane in panes(page):
        expect(pane).to_be_in_viewport(ratio=0.9)
    assert fits(page)


@pytest.mark.parametrize("console_of_width", [1024], indirect=True)
def test_a_laptop_folds_the_visitor_away(console_of_width: Agent) -> None:
    page = console_of_width.take_next().page
    inbox, thread, visitor = panes(page)
    expect(inbox).to_be_visible()
    expect(thread).to_be_visible()
    expect(visitor).to_be_hidden()
    page.get_by_role("button", name="Visitor details").click()
    expect(visitor).to_be_visible()
    assert fits(page)
    console_of_width.field.blur()
    page.keyboard.press("Escape")
    expect(visitor).to_be_hidden()


@pytest.mark.parametrize("console_of_width", [390], indirect=True)
def test_a_phone_shows_one_pane_and_the_way_back(console_of_width: Agent) -> None:
    page = console_of_width.page
    inbox, thread, visitor = panes(page)
    expect(thread).to_be_hidden()
    console_of_width.rows.first.click()
    expect(thread).to_be_visible()
    expect(inbox).to_be_hidden()
    assert fits(page)
    page.get_by_role("button", name="Visitor details").click()
    expect(visitor).to_be_visible()
    expect(thread).to_be_hidden()
    assert fits(page)
    page.get_by_role("button", name="Hide visitor details").click()
    page.get_by_role("button", name="Back to the list").click()
    expect(inbox).to_be_visible()
    assert fits(page)
