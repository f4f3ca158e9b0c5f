"""Chromium for the tests, and the errors that a page must not have."""

import os
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field
from typing import Any

from playwright.sync_api import Browser, BrowserContext, ConsoleMessage, Page, expect, sync_playwright

from chatplatform import tools
from tests.missing import missing

_FLAGS = (
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-default-apps",
    "--disable-dev-shm-usage",
    "--disable-extensions",
    "--disable-sync",
    "--no-default-browser-check",
    "--no-first-run",
)
_TIMEOUT = 15_000
# How long something may take says nothing on shared processors: what does not come at all is what fails.
expect.set_options(timeout=_TIMEOUT)


@dataclass(slots=True)
class Pages:
    """Opens pages, each a person of his own, and notes what went wrong on any of them."""

    browser: Browser
    base_url: str
    problems: list[str] = field(default_factory=list)
    stack: ExitStack = field(default_factory=ExitStack)

    def open(self, **options: Any) -> Page:
        """An empty page in a fresh context; `options` are Playwright's for a context."""
        context = self.browser.new_context(base_url=self.base_url, **options)
        self.stack.callback(context.close)
        context.set_default_timeout(_TIMEOUT)
        self._listen(context)
        return context.new_page()

    def forgive(self, text: str) -> None:
        """A problem that holds `text` was meant to happen."""
        self.problems[:] = [problem for problem in self.problems if text not in problem]

    def _listen(self, context: BrowserContext) -> None:
        """Chromium reports violations of the policy on the console, those in frames too."""

        def said(message: ConsoleMessage) -> None:
            if message.type == "error":
                self.problems.append(f"console: {message.text}")

        context.on("console", said)
        context.on("weberror", lambda error: self.problems.append(f"exception: {error.error}"))


@contextmanager
def chromium() -> Iterator[Browser]:
    """The system's Chromium; without one the test fails in CI and is left out elsewhere."""
    program = tools.path_of(tools.CHROMIUM)
    if program is None:
        missing("Chromium is not installed.")
    arguments = [*_FLAGS, *(["--no-sandbox"] if os.geteuid() == 0 else [])]
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=program, args=arguments)
        try:
            yield browser
        finally:
            browser.close()
