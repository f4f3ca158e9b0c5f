"""Charts as numbers for an SVG: no library, no script, no style. Shapes alone stretch with the page; words stand beside them as text. Pure."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

from chat.reports.tables import Cell, Kind, Table, written

WIDTH: Final = 1_200
HEIGHT: Final = 160
MOST_ROWS: Final = 30
LEVELS: Final = 5
"""Shades of the heatmap besides none."""


@dataclass(frozen=True, slots=True)
class Rect:
    """`kind` is its class in the sheet, `title` what a pointer is told."""

    x: float
    y: float
    width: float
    height: float
    kind: str
    title: str


@dataclass(frozen=True, slots=True)
class Chart:
    """Shapes in a box of `width` × `height`, with the words around them."""

    width: int
    height: int
    rects: Sequence[Rect]
    top: str
    """What the full height stands for."""
    ends: tuple[str, str] = ("", "")
    """The first and the last place from left to right."""
    legend: Sequence[tuple[str, str]] = ()
    """Class and word."""
    sides: Sequence[str] = ()
    """Words of the rows, from above."""


def bars(table: Table, *shown: tuple[str, str]) -> Chart:
    """Bars side by side for each row of a table by day, one for each column that is shown."""
    kinds = {column.key: column.kind for column in table.columns}
    pairs = [(key, word, _numbers(table.column(key))) for key, word in shown]
    highest = max((value for _, _, values in pairs for value in values if value), default=0)
    step = WIDTH / max(1, len(table.rows))
    rects = []
    for which, (key, word, values) in enumerate(pairs):
        for number, value in enumerate(values):
            if value:
                width = step * 0.8 / len(pairs)
                x = step * (number + 0.1) + which * width
                named = f"{written(table.rows[number][0], Kind.DAY)}, {word}: {written(value, kinds[key])}"
                rects.append(_bar(x, width, value / highest, f"bar-{which + 1}", named))
    return Chart(
        WIDTH,
        HEIGHT,
        rects,
        top=written(highest, kinds[shown[0][0]]),
        ends=_ends(table),
        legend=[(f"bar-{which + 1}", word) for which, (_, word, _) in enumerate(pairs)],
    )


def layers(table: Table, *, behind: tuple[str, str], front: tuple[str, str]) -> Chart:
    """One bar before another for each row, such as a median before its 90th percentile."""
    kinds = {column.key: column.kind for column in table.columns}
    pairs = [(key, word, _numbers(table.column(key))) for key, word in (behind, front)]
    highest = max((value for _, _, values in pairs for value in values if value), default=0)
    step = WIDTH / max(1, len(table.rows))
    rects = []
    for which, (key, word, values) in enumerate(pairs):
        for number, value in enumerate(values):
            if value is not None and highest:
                named = f"{written(table.rows[number][0], Kind.DAY)}, {word}: {written(value, kinds[key])}"
                rects.append(
                    _bar(
                        step * (number + 0.15), step * 0.7, value / highest, ("layer-back", "layer-front")[which], named
                    )
                )
    return Chart(
        WIDTH,
        HEIGHT,
        rects,
        top=written(highest, kinds[front[0]]),
        ends=_ends(table),
        legend=[("layer-front", front[1]), ("layer-back", behind[1])],
    )


@dataclass(frozen=True, slots=True)
class Line:
    """One row with its bar: `share` of the width of the box."""

    name: str
    shown: str
    share: float


@dataclass(frozen=True, slots=True)
class Lines:
    """A bar to the right for each of the first rows."""

    rows: Sequence[Line]
    left: int
    """How many rows are in the table alone."""


def rows_of(table: Table, *, key: str) -> Lines:
    """Of one column, named by the first."""
    kind = next(column.kind for column in table.columns if column.key == key)
    values = [value or 0 for value in _numbers(table.column(key))]
    highest = max(values, default=0)
    rows = [
        Line(str(row[0]), written(value, kind), round(value / highest * WIDTH, 2) if highest else 0)
        for row, value in zip(table.rows, values, strict=True)
    ]
    return Lines(rows[:MOST_ROWS], max(0, len(rows) - MOST_ROWS))


def heatmap(table: Table) -> Chart:
    """A row for each row, a column for each column but the first; darker where there is more."""
    highest = max((value for _, *cells in table.rows for value in _numbers(cells) if value), default=0)
    columns = len(table.columns) - 1
    width, height = WIDTH / columns, 20
    rects = [
        Rect(
            round(place * width + 1, 2),
            line * height + 1,
            round(width - 2, 2),
            height - 2,
            f"heat-{_level(value or 0, highest)}",
            f"{row[0]} {table.columns[place + 1].label}: {written(value, Kind.COUNT)}",
        )
        for line, row in enumerate(table.rows)
        for place, value in enumerate(_numbers(row[1:]))
    ]
    return Chart(
        WIDTH,
        height * len(table.rows),
        rects,
        top=written(highest, Kind.COUNT),
        sides=[str(row[0]) for row in table.rows],
    )


def _level(value: float, highest: float) -> int:
    """0 for nothing; what is not nothing is always seen."""
    return 0 if not value else max(1, round(value / highest * LEVELS))


def _bar(x: float, width: float, share: float, kind: str, title: str) -> Rect:
    height = max(2.0, round(share * HEIGHT, 2))
    return Rect(round(x, 2), round(HEIGHT - height, 2), round(width, 2), height, kind, title)


def _ends(table: Table) -> tuple[str, str]:
    if not table.rows:
        return "", ""
    return written(table.rows[0][0], Kind.DAY), written(table.rows[-1][0], Kind.DAY)


def _numbers(cells: Sequence[Cell]) -> list[float | int | None]:
    return [cell if isinstance(cell, int | float) else None for cell in cells]
