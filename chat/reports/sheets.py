"""Tables as CSV; what keeps a spreadsheet from running a cell is in `security.sheets`."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import date, datetime
from typing import Final
from zoneinfo import ZoneInfo

from chat.reports.clock import zone_of
from chat.reports.tables import Cell, Kind, Table
from security.sheets import line

BOM: Final = "\ufeff"


def lines(table: Table, *, zone: str) -> Iterable[str]:
    """The head and all rows."""
    yield line([column.key for column in table.columns])
    here = zone_of(zone)
    for row in table.rows:
        yield line([plain(cell, column.kind, here) for cell, column in zip(row, table.columns, strict=True)])


def plain(cell: Cell, kind: Kind, zone: ZoneInfo) -> str:
    """A cell for programs: ISO 8601 with its offset, numbers without separators, nothing for what there is not."""
    if cell is None:
        return ""
    if isinstance(cell, datetime):
        return cell.astimezone(zone).isoformat(timespec="seconds")
    if isinstance(cell, date):
        return cell.isoformat()
    if isinstance(cell, float) and (kind is Kind.SECONDS or cell.is_integer()):
        return str(round(cell))
    return str(cell)
