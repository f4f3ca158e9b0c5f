"""The open sockets of this process, by what may be revoked, and the reader that ends them.

Danger: a socket that outlives its right. Rule: the table of revocations is read twice a second, with an overlap of 60 s since a transaction
commits later than its rows say; without a successful read for 15 s every socket is closed, for what cannot be checked is refused. Proof:
tests/chat/live/test_revocation.py.
"""

from __future__ import annotations

import asyncio
import logging
from collections import defaultdict
from collections.abc import Callable, Collection, Iterable
from datetime import datetime, timedelta
from typing import Protocol

from django.utils import timezone

from chat.live.admission import Subject
from chat.live.work import unscoped
from security.revocation import Revoked, revoked_since
from security.sockets.codes import CloseCode

logger = logging.getLogger(__name__)

READ_EVERY = 0.5
BLIND_FOR = 15.0
OVERLAP = timedelta(seconds=60)
LATE_COMMIT = timedelta(seconds=5)
"""How long before its commit a revocation may have been dated."""


class Revocable(Protocol):
    """A socket as the registry sees it."""

    def revoked_by(self, revoked: Revoked, /) -> None:
        """Something that this socket stands on was taken away: end, or ask again what is left."""

    def close(self, code: CloseCode, /) -> None: ...


class Registry:
    """Sockets by subject; one a process and event loop. In seconds: how often it reads, and how long it may fail to."""

    def __init__(self, *, read_every: float = READ_EVERY, blind_for: float = BLIND_FOR) -> None:
        self._read_every, self._blind_for = read_every, blind_for
        self._by_subject: dict[Subject, set[Revocable]] = defaultdict(set)
        self._sockets: dict[Revocable, frozenset[Subject]] = {}
        self._seen: set[Revoked] = set()
        self._wake = asyncio.Event()
        self._read_at = asyncio.get_running_loop().time()

    def enter(self, socket: Revocable, subjects: Iterable[Subject], *, since: datetime) -> None:
        """From now on whatever names one of `subjects` concerns `socket`; replaces what was said before.

        `since` is when its rights began to be read: what was revoked after that, and told before this, is told to it now.
        """
        self.leave(socket)
        own = self._sockets[socket] = frozenset(subjects)
        for subject in own:
            self._by_subject[subject].add(socket)
        for revoked in tuple(self._seen):
            if (revoked.kind, revoked.subject) in own and revoked.at >= since - LATE_COMMIT:
                socket.revoked_by(revoked)

    def leave(self, socket: Revocable) -> None:
        for subject in self._sockets.pop(socket, ()):
            self._by_subject[subject].discard(socket)
            if not self._by_subject[subject]:
                del self._by_subject[subject]

    def sockets(self) -> Collection[Revocable]:
        return tuple(self._sockets)

    def look_now(self) -> None:
        """Read at once; for this process's own event loop."""
        self._wake.set()

    async def watch(self) -> None:
        """Read until cancelled."""
        loop = asyncio.get_running_loop()
        while True:
            try:
                self._tell(await unscoped(revoked_since, timezone.now() - OVERLAP))
                self._read_at = loop.time()
            except asyncio.CancelledError:
                raise
            except Exception as error:  # noqa: BLE001 - whatever it is, after 15 s of it every socket ends
                logger.warning("Revocations could not be read: %s", type(error).__name__)
                if loop.time() - self._read_at > self._blind_for:
                    self._end_all()
            await self._pause()

    async def _pause(self) -> None:
        try:
            async with asyncio.timeout(self._read_every):
                await self._wake.wait()
        except TimeoutError:
            pass
        self._wake.clear()

    def _tell(self, found: list[Revoked]) -> None:
        for revoked in found:
            if revoked not in self._seen:
                for socket in tuple(self._by_subject.get((revoked.kind, revoked.subject), ())):
                    socket.revoked_by(revoked)
        self._seen = set(found)

    def _end_all(self) -> None:
        for socket in tuple(self._sockets):
            socket.close(CloseCode.RESTARTING)


def listener(registry: Registry, loop: asyncio.AbstractEventLoop) -> Callable[[Revoked], None]:
    """For `security.revocation.on_revoked`: what this process revoked itself is looked at without waiting."""

    def wake(_: Revoked) -> None:
        if not loop.is_closed():
            loop.call_soon_threadsafe(registry.look_now)

    return wake
