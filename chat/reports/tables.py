"""Numbers in rows: one table from which the page's table, its chart and the CSV are made, so that they cannot differ. Pure."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import date, datetime
from enum import StrEnum

from django.utils.formats import date_format, number_format
from django.utils.functional import Promise
from django.utils.translation import gettext as _

Cell = str | int | float | date | datetime | None
_MINUTE, _HOUR, _DAY = 60, 3_600, 86_400


class Kind(StrEnum):
    """How a cell is written for people."""

    TEXT = "text"
    COUNT = "count"
    SECONDS = "seconds"
    PERCENT = "percent"
    DAY = "day"
    MOMENT = "moment"
    """For programs: in CSV alone."""


@dataclass(frozen=True, slots=True)
class Column:
    """`key` heads the column in CSV and never changes; `label` is for readers."""

    key: str
    label: str | Promise
    kind: Kind = Kind.COUNT


@dataclass(frozen=True, slots=True)
class Table:
    """Rows whose first cell names them."""

    columns: tuple[Column, ...]
    rows: Sequence[tuple[Cell, ...]]

    @property
    def heads(self) -> list[str]:
        """For readers."""
        return [str(column.label) for column in self._shown]

    @property
    def shown(self) -> list[tuple[str, list[str]]]:
        """Each row's name and its other cells, written for readers."""
        kept = [number for number, column in enumerate(self.columns) if column.kind is not Kind.MOMENT]
        lines = [[written(row[number], self.columns[number].kind) for number in kept] for row in self.rows]
        return [(line[0], line[1:]) for line in lines]

    @property
    def _shown(self) -> list[Column]:
        return [column for column in self.columns if column.kind is not Kind.MOMENT]

    def column(self, key: str) -> list[Cell]:
        """All cells of one column."""
        number = [column.key for column in self.columns].index(key)
        return [row[number] for row in self.rows]


@dataclass(frozen=True, slots=True)
class Figure:
    """One number with the same of the period before. `is_good`: whether more is better; None where neither is."""

    label: str | Promise
    value: int | float | None
    before: int | float | None
    kind: Kind = Kind.COUNT
    is_good: bool | None = None
    compares: bool = True

    @property
    def shown(self) -> str:
        return written(self.value, self.kind)

    @property
    def delta(self) -> str:
        """By how much it differs from before, or that there is nothing to compare with."""
        if not self.compares:
            return ""
        if self.value is None or self.before is None:
            return _("nothing to compare with")
        if self.kind is Kind.PERCENT:
            points = self.value - self.before
            return _("as before") if not points else _("%(sign)s%(points)s points") % _signed("points", points)
        if not self.before:
            return _("before: none") if self.value else _("as before")
        share = round((self.value - self.before) / self.before * 100)
        return _("%(sign)s%(percent)s %%") % _signed("percent", share) if share else _("as before")

    @property
    def trend(self) -> str:
        """`better`, `worse` or nothing."""
        if self.is_good is None or self.value is None or self.before is None or self.value == self.before:
            return ""
        return "better" if (self.value > self.before) is self.is_good else "worse"


def _signed(name: str, value: float) -> dict[str, str]:
    return {"sign": "+" if value > 0 else "−", name: number_format(abs(value), use_l10n=True)}


@dataclass(frozen=True, slots=True)
class Section:
    """A part of a report: its figures, its chart and its table. `slug` names its CSV; `template` draws the chart."""

    slug: str
    title: str | Promise
    about: str | Promise
    table: Table | None = None
    figures: Sequence[Figure] = ()
    chart: object | None = None
    template: str = ""
    nothing: str | Promise = ""
    zone: str = ""
    """Where it is not the organisation's."""
    people: int = field(default=0)
    """How many persons the table names: such a report is read on the record."""


def written(cell: Cell, kind: Kind) -> str:
    """A cell for people; a dash where there is no number."""
    if cell is None:
        return "–"
    if kind is Kind.SECONDS and isinstance(cell, int | float):
        return duration(cell)
    if kind is Kind.PERCENT:
        return _("%(percent)s %%") % {"percent": cell}
    if kind is Kind.DAY and isinstance(cell, date):
        return date_format(cell, "D j M Y")
    if isinstance(cell, int | float):
        return str(number_format(cell, use_l10n=True))
    return str(cell)


def duration(seconds: float) -> str:
    """In the two largest units."""
    whole = round(seconds)
    if whole < _MINUTE:
        return _("%(s)s s") % {"s": whole}
    if whole < _HOUR:
        return _("%(m)s min %(s)s s") % {"m": whole // _MINUTE, "s": whole % _MINUTE}
    if whole < _DAY:
        return _("%(h)s h %(m)s min") % {"h": whole // _HOUR, "m": whole % _HOUR // _MINUTE}
    return _("%(d)s d %(h)s h") % {"d": whole // _DAY, "h": whole % _DAY // _HOUR}
