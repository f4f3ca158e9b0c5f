"""Light or dark as chosen, known before the first paint: a cookie, read by the template of every page."""

from __future__ import annotations

from typing import Final

from django.http import HttpRequest

COOKIE: Final = "theme"
THEMES: Final = ("light", "dark")


def theme(request: HttpRequest) -> dict[str, str]:
    """Context processor: `theme` is "light", "dark", or "" where the system decides."""
    chosen = request.COOKIES.get(COOKIE, "")
    return {"theme": chosen if chosen in THEMES else ""}
