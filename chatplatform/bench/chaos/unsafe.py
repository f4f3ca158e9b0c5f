"""`python -m chatplatform.bench.chaos.unsafe`: the web server without one of its safeguards, to show that `bench chaos` would notice.

Which one stands in a file of the installation under test; without it none is missing. Each is taken away from outside; nothing in the product knows
of this.
"""

from __future__ import annotations

import asyncio
import os
import signal
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
from chat.live.writer.book import Book
from chat.live.writer.item import Item
from chat.live.writer.orders import Post
from chat.live.writer.writer import Writer
from chatplatform.bench.chaos.house import DOOM, MISSING

_FOLDER: Final = Path(os.environ["VAR_DIR"])
_HEARD_WITHIN: Final = 0.5
"""Seconds in which clients read what they were told, before whoever told them dies."""


def without_durable_commit() -> None:
    """PostgreSQL says that it has committed before it has written so."""
    link._SETTINGS = f"{link._SETTINGS}, set_config('synchronous_commit', 'off', false)"  # type: ignore[misc]


def without_waiting_for_commit() -> None:
    """Senders are told that their messages are stored, then they are stored."""
    statements.COMMIT = "SELECT 1"  # type: ignore[misc]
    store = Writer._store

    async def told_first(self: Writer, items: Sequence[Item]) -> None:
        await store(self, items)
        if _is_doomed() and any(isinstance(item.order, Post) for item in items):
            await asyncio.sleep(_HEARD_WITHIN)
            _die()
        await (await self._link.connection()).execute("COMMIT")

    Writer._store = told_first  # type: ignore[method-assign]


def without_idempotency_key() -> None:
    """What is sent again is stored again. The index that would refuse it is dropped by who starts this."""
    statements.KNOWN = f"{statements.KNOWN} WHERE false"  # type: ignore[misc]
    write = turn._write

    async def dies_before_telling(connection: Any, books: Sequence[Book]) -> None:
        await write(connection, books)
        if _is_doomed() and any(book.inserts for book in books):
            _die()

    turn._write = dies_before_telling


def _is_doomed() -> bool:
    return (_FOLDER / DOOM).exists()


def _die() -> None:
    """As `House.kill_in_its_moment` wants it: a kill -9 that chance would seldom place here."""
    (_FOLDER / DOOM).unlink(missing_ok=True)
    os.kill(os.getpid(), signal.SIGKILL)


_TAKEN: Final[Mapping[str, Callable[[], None]]] = MappingProxyType(
    {
        "durable-commit": without_durable_commit,
        "ack-after-commit": without_waiting_for_commit,
        "idempotency-key": without_idempotency_key,
    }
)


if __name__ == "__main__":
    missing = _FOLDER / MISSING
    if missing.exists():
        _TAKEN[missing.read_text()]()
    execute_from_command_line(["manage.py", "serve", *sys.argv[1:]])
