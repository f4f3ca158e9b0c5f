"""What is wrong with a page as it stands: by axe at a desk in the light and on a phone in the dark, and by its width.

Axe's rules speak of structure once and of colours in each scheme, so the second look asks for what a scheme or a width can change.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any, Final

from axe_playwright_python.base import AXE_SCRIPT
from playwright.sync_api import Frame, Page

TAGS: Final = ["wcag2a", "wcag2aa", "wcag21aa", "wcag22aa", "best-practice"]
OPTIONS: Final[dict[str, Any]] = {
    "runOnly": TAGS,
    "resultTypes": ["violations"],
    "iframes": False,
    # Preloading reads style sheets anew, and looks for what they import beside the page.
    "preload": False,
}
OF_A_SCHEME: Final[dict[str, Any]] = {
    **OPTIONS,
    "runOnly": ["color-contrast", "link-in-text-block", "target-size", "scrollable-region-focusable"],
}
# axe builds code from strings, which our policy forbids to everybody.
CONTEXT: Final[dict[str, Any]] = {"bypass_csp": True, "reduced_motion": "reduce"}
DESK: Final = {"width": 1360, "height": 900}
PHONE: Final = {"width": 390, "height": 844}
_FAULTS = """(options) => axe.run(options).then((found) => found.violations.flatMap((one) =>
    one.nodes.map((node) => `${one.id}: ${node.html.slice(0, 160)}`)))"""
# What goes on for ever, such as a line that pulses while something loads, is not waited for.
_SETTLED = """() => Promise.allSettled(document.getAnimations()
    .filter((one) => Number.isFinite(one.effect.getComputedTiming().endTime)).map((one) => one.finished)).then(() => undefined)"""
_WIDTH = "() => document.documentElement.scrollWidth - document.documentElement.clientWidth"


def faults(place: Page | Frame, options: dict[str, Any] = OPTIONS) -> list[str]:
    """What axe finds, one line each."""
    if not place.evaluate("() => 'axe' in window"):
        place.evaluate(AXE_SCRIPT)
    found: list[str] = place.evaluate(_FAULTS, options)
    return found


def look_at(page: Page) -> list[str]:
    """What is wrong with it; afterwards it stands on a desk in the light."""
    page.set_viewport_size(DESK)
    page.emulate_media(color_scheme="light")
    found = faults(page)
    page.set_viewport_size(PHONE)
    page.emulate_media(color_scheme="dark")
    # Colours that fade are neither those before nor those after.
    page.evaluate(_SETTLED)
    found += [f"dark, on a phone: {one}" for one in faults(page, OF_A_SCHEME)]
    beyond = page.evaluate(_WIDTH)
    found += [f"{beyond} px wider than a phone"] if beyond > 0 else []
    page.set_viewport_size(DESK)
    page.emulate_media(color_scheme="light")
    return found


def walk(page: Page, paths: Iterable[str]) -> dict[str, list[str]]:
    """What is wrong, by path; a path that is answered otherwise than by a page is wrong too."""
    found = {}
    for path in paths:
        answer = page.goto(path)
        status = answer.status if answer else 0
        found[path] = look_at(page) if status == 200 else [f"answered {status}"]
    return {path: those for path, those in found.items() if those}
