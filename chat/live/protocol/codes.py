"""Error and close codes, and the fixed sentences that go with them: an error never repeats input."""

from __future__ import annotations

from collections.abc import Mapping
from enum import StrEnum
from types import MappingProxyType

from security.sockets.codes import FINAL, CloseCode

__all__ = ["DETAILS", "FINAL", "CloseCode", "ErrorCode"]


class ErrorCode(StrEnum):
    """Why one frame was not done; the socket stays."""

    BAD_FRAME = "bad_frame"
    TOO_LONG = "too_long"
    RATE_LIMITED = "rate_limited"
    NOT_FOUND = "not_found"
    FORBIDDEN = "forbidden"
    ALREADY_ASSIGNED = "already_assigned"
    QUEUE_EMPTY = "queue_empty"
    CLOSED = "closed"
    CONFLICT = "conflict"
    UNAVAILABLE = "unavailable"


DETAILS: Mapping[ErrorCode, str] = MappingProxyType(
    {
        ErrorCode.BAD_FRAME: "The frame is not one of this protocol.",
        ErrorCode.TOO_LONG: "A text is longer than its field allows.",
        ErrorCode.RATE_LIMITED: "Too many frames of this kind; wait and send it again.",
        ErrorCode.NOT_FOUND: "There is no such object.",
        ErrorCode.FORBIDDEN: "This is not allowed to you.",
        ErrorCode.ALREADY_ASSIGNED: "Somebody else has this conversation.",
        ErrorCode.QUEUE_EMPTY: "Nobody is waiting.",
        ErrorCode.CLOSED: "The conversation is closed.",
        ErrorCode.CONFLICT: "The state has changed; this cannot be done now.",
        ErrorCode.UNAVAILABLE: "Nothing was stored; send it again.",
    }
)
