"""The key of each such conversation: random, in Valkey only wrapped, in this process for a minute.

Danger: a key that outlives its conversation, or lies in clear beside what it seals. Rule: it is wrapped by what is derived from the organisation's
key, which is in no Valkey, and lies with the texts, which is in no database: who has one of the two has nothing. Each time something is kept it is wrapped
anew, so an organisation's key that goes is no longer needed KEPT_FOR later. Proof: tests/chat/unstored/test_writing.py.
"""

from __future__ import annotations

from typing import Final
from uuid import UUID

from chat.unstored.store import Place
from security.crypto import keyring
from security.crypto.cache import ShortLived
from security.crypto.envelope import bind, derive, new_key
from security.crypto.master import Ring
from security.scoping import current_tenant_id, tenant_scope

_rings: Final[ShortLived[int, Ring]] = ShortLived(capacity=5_000)
_clear: Final[ShortLived[Place, bytes]] = ShortLived()


def key_of(place: Place, key_id: bytes | None, wrapped: bytes | None) -> bytes:
    """The key that Valkey has for this conversation, or, where it has none, the one to begin with. Undecryptable."""
    known = _clear.get(place)
    if known is not None and key_id in (None, id_of(known)):
        return known
    read_at = _clear.now()
    key = new_key() if wrapped is None else _ring(place[0]).unwrap(wrapped, _bound(place))
    _clear.put(place, key, read_at)
    return key


def wrapped(place: Place, key: bytes) -> bytes:
    """As it may lie beside what it seals."""
    return _ring(place[0]).wrap(key, _bound(place))


def id_of(key: bytes) -> bytes:
    """By what two keys are told apart; it tells nothing of them."""
    return derive(key, b"unstored id", 16)


def forget(tenant_id: int, conversation: UUID) -> None:
    """Here, at once."""
    _clear.forget((tenant_id, conversation))


def forget_everything() -> None:
    """Empty the caches: between tests."""
    _rings.clear()
    _clear.clear()


def _ring(tenant_id: int) -> Ring:
    """What wraps; read from the database at most once a minute."""
    found = _rings.get(tenant_id)
    if found is None:
        read_at = _rings.now()
        if current_tenant_id() == tenant_id:
            found = Ring(tuple(keyring.derived_keys("unstored")))
        else:
            with tenant_scope(tenant_id):
                found = Ring(tuple(keyring.derived_keys("unstored")))
        _rings.put(tenant_id, found, read_at)
    return found


def _bound(place: Place) -> bytes:
    return bind("unstored key", *place)
