"""Ports for servers that are started for a while."""

import contextlib
import secrets
import socket
from typing import Final

_LOWEST: Final = 20_000
_BEYOND: Final = 32_000
_TRIES: Final = 200


def free_port() -> int:
    """One that nobody listens on, below those that the kernel gives to outgoing connections, so that none of them takes it meanwhile."""
    for _ in range(_TRIES):
        port = _LOWEST + secrets.randbelow(_BEYOND - _LOWEST)
        with socket.socket() as probe, contextlib.suppress(OSError):
            probe.bind(("127.0.0.1", port))
            return port
    raise RuntimeError(f"No free port between {_LOWEST} and {_BEYOND}.")
