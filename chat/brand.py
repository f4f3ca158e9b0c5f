"""A tenant's colour, made safe to read on. Pure."""

from __future__ import annotations

import re

DEFAULT_BRAND = "#1f5fd6"
_HEX = re.compile(r"#[0-9a-fA-F]{6}", re.ASCII)
_EQUAL_CONTRAST = 0.179
"""Relative luminance at which black and white text contrast alike: 4.58 to 1, so one of them always passes AA."""
_NEAR_BLACK = 0.04045


def brand_of(color: str) -> str:
    """The colour, or the platform's own for anything that is no `#rrggbb`."""
    return color if _HEX.fullmatch(color) else DEFAULT_BRAND


def text_on(color: str) -> str:
    """Black or white, whichever is better to read on `#rrggbb`."""
    red, green, blue = (_linear(int(color[at : at + 2], 16) / 255) for at in (1, 3, 5))
    luminance = 0.2126 * red + 0.7152 * green + 0.0722 * blue
    return "#000000" if luminance > _EQUAL_CONTRAST else "#ffffff"


def theme_css(color: str) -> str:
    """The style sheet of one site: two variables over the tokens."""
    brand = brand_of(color)
    return f":root{{--brand:{brand};--on-brand:{text_on(brand)}}}\n"


def _linear(channel: float) -> float:
    # The sRGB curve of WCAG 2: linear near black, a power above.
    return channel / 12.92 if channel <= _NEAR_BLACK else ((channel + 0.055) / 1.055) ** 2.4
