"""The verifier as auditors get it: one file in plain text, that needs nothing but Python.

It is `security.audit.offline` with the module that it imports in the place of the import.
"""

from __future__ import annotations

from pathlib import Path
from typing import Final

_IMPORT: Final = "from security.audit.ed25519 import is_signature\n"
_HERE: Final = Path(__file__).parent
_FUTURE: Final = "from __future__ import annotations\n"


def verifier() -> str:
    """Its text."""
    whole, part = ((_HERE / name).read_text(encoding="utf-8") for name in ("offline.py", "ed25519.py"))
    return whole.replace(_IMPORT, part.replace(_FUTURE, "", 1), 1)
