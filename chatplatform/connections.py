"""HTTP connections that hold no more than they may: a head within a deadline, so many connections from one address.

uvicorn waits for ever for a head that never ends, and takes as many connections as there are files. The address is the peer's, since nothing
else is known yet; trusted proxies are not counted. Proof: tests/chatplatform/test_connections.py.
"""

from __future__ import annotations

import asyncio
from collections import Counter
from dataclasses import dataclass, field
from typing import Any

import h11
from uvicorn.protocols.http.h11_impl import H11Protocol

from security.net import Networks, client_ip, parse_address

_TOO_SLOW = b"HTTP/1.1 408 Request Timeout\r\nconnection: close\r\ncontent-length: 0\r\n\r\n"


@dataclass(slots=True)
class Bounds:
    """What one connection, and one address, may hold in this process."""

    head_seconds: float = 10.0
    per_address: int = 500
    trusted: Networks = ()
    open: Counter[str] = field(default_factory=Counter)

    def enter(self, address: str | None) -> bool:
        """Count one more connection; False for one too many."""
        if address is not None and self.open[address] >= self.per_address:
            return False
        if address is not None:
            self.open[address] += 1
        return True

    def leave(self, address: str | None) -> None:
        """Count one less."""
        if address is not None:
            self.open[address] -= 1
            if not self.open[address]:
                del self.open[address]

    def address_of(self, client: tuple[str, int] | None) -> str | None:
        """The peer to be counted, None for a trusted proxy or a unix socket."""
        peer = parse_address(client[0]) if client else None
        if peer is None or any(peer in network for network in self.trusted):
            return None
        return client_ip(str(peer), (), ())


class BoundedProtocol(H11Protocol):
    """uvicorn's protocol on h11, which bounds a head's size; `config.bounds` bounds the rest."""

    _address: str | None = None
    _is_counted = False
    _head: asyncio.TimerHandle | None = None

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]
        """Refuse one too many; else the first head may begin."""
        super().connection_made(transport)
        bounds = self._bounds
        self._address = bounds.address_of(self.client)
        if not bounds.enter(self._address):
            transport.abort()
            return
        self._is_counted = True
        self._await_head()

    def connection_lost(self, exc: Exception | None) -> None:
        """It holds nothing any more."""
        self._release()
        super().connection_lost(exc)

    def data_received(self, data: bytes) -> None:
        """Each head has its deadline, however many bytes come meanwhile."""
        super().data_received(data)
        if self.conn.their_state is not h11.IDLE:
            self._stop_waiting()
        elif self._head is None and not self.transport.is_closing():
            self._await_head()

    def handle_websocket_upgrade(self, event: Any) -> None:
        """A socket is counted elsewhere, by whose it is."""
        self._release()
        super().handle_websocket_upgrade(event)

    @property
    def _bounds(self) -> Bounds:
        bounds: Bounds = self.config.bounds  # type: ignore[attr-defined]
        return bounds

    def _await_head(self) -> None:
        self._head = self.loop.call_later(self._bounds.head_seconds, self._give_up)

    def _give_up(self) -> None:
        self._head = None
        self.transport.write(_TOO_SLOW)
        self.transport.close()

    def _stop_waiting(self) -> None:
        if self._head is not None:
            self._head.cancel()
            self._head = None

    def _release(self) -> None:
        self._stop_waiting()
        if self._is_counted:
            self._is_counted = False
            self._bounds.leave(self._address)
