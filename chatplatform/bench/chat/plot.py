"""The medians of a run as an SVG: throughput and processor time beside those of the others, for the documentation."""

from __future__ import annotations

from collections.abc import Sequence
from html import escape
from typing import Final

from chatplatform.bench.chat.figures import Row

_WIDTH, _LEFT, _BAR, _GAP, _TOP = 760, 96, 18, 10, 44
_COLOURS: Final = {"ours": "#1f6f54"}
_OTHERS: Final = "#8a8f98"
_STYLE: Final = (
    "text{font:13px system-ui,sans-serif;fill:#1d2026}"
    "@media (prefers-color-scheme:dark){text{fill:#e8eaed}}"
    ".head{font-weight:600}"
)


def svg(rows: Sequence[Row]) -> str:
    """Two groups of bars. The floor does no work: its bar would dwarf the others, so its throughput is only written."""
    bars = [row for row in rows if row.name != "raw"]
    floor = next((f"; the floor without work: {row.per_second:,.0f}" for row in rows if row.name == "raw"), "")
    height = _group_height(len(bars))
    parts = [
        *_group(f"messages a second, more is better{floor}", [(row.name, row.per_second) for row in bars], 0),
        *_group(
            "µs of processor time a message on the server's side, less is better",
            [(row.name, row.cpu or 0.0) for row in bars],
            height,
        ),
    ]
    head = (
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {_WIDTH} {2 * height}" width="{_WIDTH}" '
        f'height="{2 * height}" role="img" aria-label="Throughput and processor time of the contenders">'
    )
    return "\n".join([head, f"<style>{_STYLE}</style>", *parts, "</svg>", ""])


def _group_height(count: int) -> int:
    return _TOP + count * (_BAR + _GAP)


def _group(title: str, values: Sequence[tuple[str, float]], top: int) -> list[str]:
    most = max((value for _, value in values), default=0.0) or 1.0
    room = _WIDTH - _LEFT - 90
    found = [f'<text class="head" x="8" y="{top + 26}">{escape(title)}</text>']
    for place, (name, value) in enumerate(values):
        y, width = top + _TOP + place * (_BAR + _GAP), max(1.0, value / most * room)
        colour = _COLOURS.get(name, _OTHERS)
        found.append(f'<text x="8" y="{y + 14}">{escape(name)}</text>')
        found.append(f'<rect x="{_LEFT}" y="{y}" width="{width:.1f}" height="{_BAR}" rx="2" fill="{colour}"/>')
        found.append(f'<text x="{_LEFT + width + 6:.1f}" y="{y + 14}">{value:,.0f}</text>')
    return found
