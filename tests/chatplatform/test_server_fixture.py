"""The server and the browser that other tests stand on."""

import httpx
from playwright.sync_api import Page

from tests.services.browser import Pages
from tests.services.web import WebServer


def test_server_answers_and_survives_being_killed(server: WebServer) -> None:
    assert httpx.get(f"{server.url}/readyz").json()["ready"] is True
    server.kill()
    server.start()
    assert httpx.get(f"{server.url}/healthz").text == "ok\n"


def test_what_a_page_reports_as_an_error_is_noted(page: Page, pages: Pages) -> None:
    page.set_content("<title>Nothing of ours</title>")
    with page.expect_console_message(lambda message: "thickens" in message.text):
        page.evaluate("console.error('the plot thickens')")
    assert "console: the plot thickens" in pages.problems
    pages.forgive("thickens")
