"""Why a socket is closed, as the client learns it."""

from __future__ import annotations

from enum import IntEnum


class CloseCode(IntEnum):
    """Close codes of both sockets; a client does not reconnect by itself after those in `FINAL`."""

    SILENT = 1001
    TOO_BIG = 1009
    RESTARTING = 1012
    BAD_CLIENT = 4400
    SIGNED_OUT = 4401
    FORBIDDEN = 4403
    NO_SUCH_SITE = 4404
    SLOW_READER = 4408
    REPLACED = 4409
    TOO_MANY = 4429


FINAL = frozenset(
    {CloseCode.BAD_CLIENT, CloseCode.SIGNED_OUT, CloseCode.FORBIDDEN, CloseCode.NO_SUCH_SITE, CloseCode.REPLACED}
)
