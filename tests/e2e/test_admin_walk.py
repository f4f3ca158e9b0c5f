"""Every page of the administration, as the table of addresses has it: no fault of axe's in either scheme, and nothing to scroll sideways on a phone."""

from __future__ import annotations

from typing import Final

import pytest
from playwright.sync_api import expect

from tests import cast
from tests.services.browser import Pages
from tests.services.web import WebServer
from tests.tenants.people import operator
from tests.test_url_matrix import SHOWN_TO
from tests.url_objects import address, objects

from .looks import CONTEXT, PHONE, faults, look_at, walk
from .sessions import sign_in

NO_PAGES: Final = {
    "admin/jsi18n/": "a catalogue of texts",
    "admin/audit/verifier/": "a file",
    "admin/audit/checks/<uuid:check>/": "figures, read by a script",
    "admin/masking/jobs/<uuid:job>/": "figures, read by a script",
    "admin/reports/csv/<slug:section>/": "a file",
}


@pytest.mark.parametrize(("who", "letter", "fewest"), [("olga", "O", 77), ("oscar", "P", 12)])
def test_no_page_has_faults(pages: Pages, server: WebServer, who: str, letter: str, fewest: int) -> None:
    acme = cast.acme()
    known = objects(acme)
    email = operator(who).email if letter == "P" else acme.user(who).email
    page = pages.open(**CONTEXT)
    sign_in(page, email, server.url)
    shown = [route for route, letters in SHOWN_TO.items() if letter in letters and route.startswith("admin/")]
    paths = [address(route, acme, known) for route in shown if route not in NO_PAGES]
    page.goto("/admin/")
    # Some lead to the one record that an organisation has.
    menu = page.locator("#menu a").evaluate_all("links => links.map((link) => link.pathname)")
    paths += [path for path in menu if path not in paths]
    assert len(paths) >= fewest
    assert walk(page, paths) == {}


def test_the_menu_is_behind_a_button_on_a_phone(pages: Pages, server: WebServer) -> None:
    acme = cast.acme()
    page = pages.open(viewport=PHONE, has_touch=True, **CONTEXT)
    sign_in(page, acme.user("olga").email, server.url)
    page.goto("/admin/tenants/site/")
    menu = page.get_by_role("navigation", name="Administration")
    expect(menu).to_be_hidden()
    page.get_by_role("button", name="Menu").focus()
    page.keyboard.press("Enter")
    expect(menu.get_by_role("link", name="Websites")).to_be_visible()
    assert faults(page) == []
    page.keyboard.press("Escape")
    expect(menu).to_be_hidden()
    page.get_by_role("button", name="Menu").tap()
    menu.get_by_role("link", name="Members", exact=True).tap()
    page.wait_for_url("**/membership/")
    assert look_at(page) == []
