"""`python -m chatplatform.bench.chaos.unsafe`: the web server without one of its safeguards, to show that `bench chaos` would notice.

Which one stands in a file of the installation under test; without it none is missing. Each is taken away from outside; nothing in the product knows
of this.
"""

from __future__ import annotations

import asyncio
import os
import sys
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from types import MappingProxyType
from typing import Any, Final

import django

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "chatplatform.settings")
django.setup()  # what follows imports models

from django.core.management import execute_from_command_line

from chat.live.writer import link, statements, turn
from chat.live.writer.item import Item
from chat.live.writer.writer import Writer
from chatplatform.bench.chaos.house import MISSING

_A_MOMENT: Final = 0.2
"""Seconds by which the time between commit and acknowledgement is made longer, so that few kills are enough to fall into it."""
_LONGER: Final = 0.3
"""The same where no lock is held meanwhile."""


def without_durable_commit() -> None:
    """PostgreSQL says that it has committed before it has written so."""
    link._SETTINGS = f"{link._SETTINGS}, set_config('synchronous_commit', 'off', false)"  # type: ignore[misc]


def without_waiting_for_commit() -> None:
    """Senders are told that their messages are stored, then they are stored."""
    statements.COMMIT = "SELECT 1"  # type: ignore[misc]
    store = Writer._store

    async def told_first(self: Writer, items: Sequence[Item]) -> None:
        await store(self, items)
        await asyncio.sleep(_A_MOMENT)
        await (await self._link.connection()).execute("COMMIT")

    Writer._store = told_first  # type: ignore[method-assign]


def without_idempotency_key() -> None:
    """What is sent again is stored again. The index that would refuse it is dropped by who starts this."""
    statements.KNOWN = f"{statements.KNOWN} WHERE false"  # type: ignore[misc]
    write = turn._write

    async def told_later(connection: Any, books: Sequence[Any]) -> None:
        await write(connection, books)
        await asyncio.sleep(_LONGER)

    turn._write = told_later


_TAKEN: Final[Mapping[str, Callable[[], None]]] = MappingProxyType(
    {
        "durable-commit": without_durable_commit,
        "ack-after-commit": without_waiting_for_commit,
        "idempotency-key": without_idempotency_key,
    }
)


if __name__ == "__main__":
    missing = Path(os.environ["VAR_DIR"]) / MISSING
    if missing.exists():
        _TAKEN[missing.read_text()]()
    execute_from_command_line(["manage.py", "serve", *sys.argv[1:]])
