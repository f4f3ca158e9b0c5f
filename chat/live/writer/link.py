"""The writer's own connection to PostgreSQL, as the application's role; renewed when it breaks."""

from __future__ import annotations

import asyncio
import logging
import os
import socket
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Final

import psycopg
from django.db import connections
from psycopg import AsyncConnection
from psycopg.conninfo import make_conninfo
from psycopg.types.numeric import Int8BinaryDumper

logger = logging.getLogger(__name__)

CONNECT_WITHIN: Final = 3
REPLAN_AFTER: Final = 10.0
"""Seconds. A plan that was made while a table was small is kept until somebody analyses the table; a busy tenant does not wait for that."""
_ONLY_ASKED_FOR: Final = 1_000_000_000
"""Uses after which a statement is prepared unasked. None would refuse those that are sent with `prepare=True` as well: each would be planned anew."""
_NOT_LIBPQ: Final = frozenset({"context", "cursor_factory", "prepare_threshold", "row_factory", "autocommit"})
# Every statement of the writer is a look-up by index. A plan made while a table was still empty would scan it from then on, so the planner is told;
# a short lock is waited for, a long one is not (`lock_timeout`), and a commit is durable whatever the role's default says.
_SETTINGS: Final = """
SELECT set_config('application_name', 'chatplatform writer', false), set_config('TimeZone', 'UTC', false),
       set_config('lock_timeout', '200ms', false), set_config('jit', 'off', false),
       set_config('plan_cache_mode', 'force_generic_plan', false), set_config('enable_seqscan', 'off', false),
       set_config('enable_hashjoin', 'off', false), set_config('enable_mergejoin', 'off', false),
       CASE WHEN current_setting('synchronous_commit') = 'off' THEN set_config('synchronous_commit', 'on', false) END
"""


def default_conninfo() -> str:
    """Where Django's alias `default` connects to, as libpq writes it."""
    parameters = connections["default"].get_connection_params()
    return make_conninfo(**{name: value for name, value in parameters.items() if name not in _NOT_LIBPQ})


class Link:
    """At most one connection at a time."""

    def __init__(self, conninfo: str) -> None:
        self._conninfo = conninfo
        self._connection: AsyncConnection | None = None
        self._replan_at = 0.0

    async def connection(self) -> AsyncConnection:
        """The present connection or a new one; psycopg.Error where there is none to be had."""
        now = asyncio.get_running_loop().time()
        if self._connection is None:
            connection = await AsyncConnection.connect(
                self._conninfo, autocommit=True, connect_timeout=CONNECT_WITHIN, prepare_threshold=_ONLY_ASKED_FOR
            )
            connection.adapters.register_dumper(int, Int8BinaryDumper)  # one type, hence one prepared statement
            await connection.execute(_SETTINGS)
            self._connection = connection
            self._replan_at = now + REPLAN_AFTER
        elif now >= self._replan_at:
            self._replan_at = now + REPLAN_AFTER
            await self._connection.execute("DISCARD PLANS")
        return self._connection

    @contextmanager
    def cut_after(self, seconds: float) -> Iterator[None]:
        """Shut the socket when the work inside takes longer, so that it fails by itself.

        Cancelling would ask the server to cancel the statement and wait for its answer, which a server that hangs does not give.
        """
        handle = asyncio.get_running_loop().call_later(seconds, self._shut)
        try:
            yield
        finally:
            handle.cancel()

    async def recover(self) -> bool:
        """After an error: True where the connection is good for another transaction; otherwise it is dropped."""
        if self._connection is not None and not self._connection.closed:
            try:
                await self._connection.execute("ROLLBACK")
            except psycopg.Error:
                logger.info("The writer's connection was lost")
            else:
                return True
        await self.close()
        return False

    async def close(self) -> None:
        if self._connection is not None:
            await self._connection.close()
            self._connection = None

    def _shut(self) -> None:
        if self._connection is not None and not self._connection.closed:
            logger.warning("The database did not answer the writer in time")
            with socket.socket(fileno=os.dup(self._connection.fileno())) as own:
                own.shutdown(socket.SHUT_RDWR)
