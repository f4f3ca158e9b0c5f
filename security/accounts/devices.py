"""What a browser calls itself, in the words of the person who sits before it. Pure; a guess, shown to that person alone."""

from __future__ import annotations

import re
from typing import Final

from django.utils.translation import gettext as _

# The first that is found counts: each of these names itself after others.
_BROWSERS: Final = (
    ("Edge", re.compile(r"Edg(?:e|A|iOS)?/(\d{1,4})")),
    ("Opera", re.compile(r"OPR/(\d{1,4})")),
    ("Samsung Internet", re.compile(r"SamsungBrowser/(\d{1,4})")),
    ("Firefox", re.compile(r"(?:Firefox|FxiOS)/(\d{1,4})")),
    ("Chrome", re.compile(r"(?:Chrome|HeadlessChrome|CriOS)/(\d{1,4})")),
    ("Safari", re.compile(r"Version/(\d{1,4})[\d.]* (?:Mobile/\S+ )?Safari/")),
)
_SYSTEMS: Final = (
    ("iPhone", re.compile(r"iPhone")),
    ("iPad", re.compile(r"iPad")),
    ("Android", re.compile(r"Android")),
    ("ChromeOS", re.compile(r"CrOS")),
    ("Windows", re.compile(r"Windows NT")),
    ("macOS", re.compile(r"Mac OS X")),
    ("Linux", re.compile(r"Linux|X11")),
)
_READ: Final = 500
"""Characters that are looked at; what comes after them names nobody."""


def device_of(user_agent: str) -> str:
    """Such as "Firefox 140 on Windows", or as much of it as is known."""
    said = user_agent[:_READ]
    browser = next((f"{name} {match[1]}" for name, pattern in _BROWSERS if (match := pattern.search(said))), "")
    system = next((name for name, pattern in _SYSTEMS if pattern.search(said)), "")
    if browser and system:
        return _("%(browser)s on %(system)s") % {"browser": browser, "system": system}
    return browser or system or _("Unknown device")
