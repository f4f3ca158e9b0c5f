"""Whether a place does what it has to: an object is written, named, read again, and taken away."""

from __future__ import annotations

import os
from typing import Final
from uuid import UUID

from security.stores.store import Failed, Missing, Store

_BYTES: Final = 4096


def try_out(store: Store, *, token: UUID) -> None:
    """Failed, with the code of what does not work; nothing is left behind where deleting works."""
    name, data = f"connection-test/{token.hex}.bin", os.urandom(_BYTES)
    try:
        store.write(name, data)
        store.named(name)
        if store.read(name, most=_BYTES + 1) != data:
            raise Failed("differs")
        store.delete(name)
    except Missing:
        raise Failed("no_bucket") from None
    try:
        store.read(name, most=1)
    except Missing:
        return
    raise Failed("not_deleted")
