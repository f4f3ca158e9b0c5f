"""No colour a tenant chooses can make text unreadable, or break out of the style sheet."""

import random

import pytest

from chat.brand import DEFAULT_BRAND, brand_of, text_on, theme_css


def luminance(color: str) -> float:
    """By the definition in WCAG 2.2."""
    channels = [int(color[at : at + 2], 16) / 255 for at in (1, 3, 5)]
    linear = [value / 12.92 if value <= 0.04045 else ((value + 0.055) / 1.055) ** 2.4 for value in channels]
    return 0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2]


def contrast(one: str, other: str) -> float:
    light, dark = sorted((luminance(one), luminance(other)), reverse=True)
    return (light + 0.05) / (dark + 0.05)


def test_text_on_any_colour_passes_aa() -> None:
    chance = random.Random(7)  # noqa: S311
    for _ in range(5_000):
        color = f"#{chance.randrange(1 << 24):06x}"
        assert contrast(color, text_on(color)) >= 4.5, color


@pytest.mark.parametrize("color", ["", "red", "#fff", "#12345g", "#1f5fd6;}", "#1f5fd6\n", "url(x)"])
def test_what_is_no_colour_becomes_our_own(color: str) -> None:
    assert brand_of(color) == DEFAULT_BRAND
    assert theme_css(color) == theme_css(DEFAULT_BRAND)
