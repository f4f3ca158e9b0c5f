"""Lines of CSV that no spreadsheet runs.

Danger: a cell that a spreadsheet runs as a formula, a name that breaks out of its line. Rule: every cell goes through `guarded`, every line
through the csv module with everything quoted. Proof: tests/chat/reports/test_sheets.py.
"""

from __future__ import annotations

import csv
import io
import unicodedata
from collections.abc import Sequence
from typing import Final

_FORMULA: Final = frozenset("=+-@|%")
"""What begins a formula or a call of another program; full-width forms are these after normalization."""
_BREAKS: Final = ("\t", "\r", "\n")
_UNSEEN: Final = frozenset({"Cc", "Cf", "Zl", "Zp", "Zs"})
"""Some spreadsheets leave these out before they look."""


def guarded(text: str) -> str:
    """The text, with an apostrophe before it where a spreadsheet could take it for a formula: it shows what follows as text."""
    seen = next((char for char in text if unicodedata.category(char) not in _UNSEEN), "")
    is_formula = unicodedata.normalize("NFKC", seen)[:1] in _FORMULA if seen else False
    return f"'{text}" if text[:1] in _BREAKS or is_formula else text


def line(cells: Sequence[str]) -> str:
    """One line, each cell guarded and quoted."""
    target = io.StringIO()
    csv.writer(target, quoting=csv.QUOTE_ALL, lineterminator="\r\n").writerow([guarded(cell) for cell in cells])
    return target.getvalue()
