"""The verifier as auditors get it: one file in plain text, that needs nothing but Python.

It is `security.audit.offline` with each module of ours that it imports in the place of the import.
"""

from __future__ import annotations

import re
from pathlib import Path
from typing import Final

_IMPORT: Final = re.compile(r"^from security\.audit\.(\w+) import (?:\([^)]*\)|[^\n]*)\n", re.MULTILINE)
_HERE: Final = Path(__file__).parent
_FUTURE: Final = "from __future__ import annotations\n"


def verifier() -> str:
    """Its text."""
    return _whole("offline")


def _whole(name: str) -> str:
    text = (_HERE / f"{name}.py").read_text(encoding="utf-8")
    return _IMPORT.sub(lambda found: _whole(found[1]).replace(_FUTURE, "", 1), text)
