"""What leaves for Valkey is sealed under a key of the tenant, for one room.

Opened in another room or tenant it is noise.
"""

from __future__ import annotations

import time
from collections.abc import Iterable
from contextlib import suppress
from typing import Final

from chat.live.hub.rooms import RoomName
from security.crypto import keyring
from security.crypto.envelope import Undecryptable, bind, open_sealed, seal
from security.scoping import current_tenant_id, tenant_scope

KEPT_FOR: Final = 60.0
"""Seconds that a derived key stays in memory; no cache of keys keeps one longer."""


class KeyNotLoaded(RuntimeError):
    """The tenant's key is not in memory.

    `load` first. The event is not sent; its readers find out from the database.
    """


class TenantSealer:
    """Seals and opens without I/O.

    `load` fetches a tenant's key beforehand, from a thread that may use the database.
    """

    def __init__(self) -> None:
        self._keys: dict[int, tuple[list[bytes], float]] = {}

    def load(self, tenant_id: int) -> None:
        """Fetch, or renew, the tenant's key."""
        if current_tenant_id() == tenant_id:
            self._remember(tenant_id)
        else:
            with tenant_scope(tenant_id):
                self._remember(tenant_id)

    def load_all(self, tenant_ids: Iterable[int]) -> None:
        """Renew the keys of these tenants, forget all others."""
        wanted = set(tenant_ids)
        for tenant_id in wanted:
            self.load(tenant_id)
        for tenant_id in self._keys.keys() - wanted:
            self._keys.pop(tenant_id, None)

    def seal(self, tenant_id: int, room: RoomName, plaintext: bytes, /) -> bytes:
        return seal(self._all(tenant_id)[0], plaintext, _place(tenant_id, room))

    def open(self, tenant_id: int, room: RoomName, sealed: bytes, /) -> bytes:
        first, *others = self._all(tenant_id)
        try:
            return open_sealed(first, sealed, _place(tenant_id, room))
        except Undecryptable:  # while a tenant's key is replaced, processes seal by either
            for key in others:
                with suppress(Undecryptable):
                    return open_sealed(key, sealed, _place(tenant_id, room))
            raise

    def is_loaded(self, tenant_id: int) -> bool:
        """Whether `seal` would work now."""
        found = self._keys.get(tenant_id)
        return found is not None and time.monotonic() < found[1]

    def _remember(self, tenant_id: int) -> None:
        self._keys[tenant_id] = (keyring.derived_keys("hub"), time.monotonic() + KEPT_FOR)

    def _all(self, tenant_id: int) -> list[bytes]:
        found = self._keys.get(tenant_id)
        if found is None or time.monotonic() >= found[1]:
            raise KeyNotLoaded
        return found[0]


def _place(tenant_id: int, room: RoomName) -> bytes:
    return bind("hub", tenant_id, str(room))
