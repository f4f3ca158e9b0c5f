"""Durable storage of messages: what gathers while the last commit runs becomes the next one.

    writer = Writer(on_committed=publish)
    posted = await writer.put(Post(...))          # durable; or WriteRefused, or Unavailable

Danger: a message that is acknowledged and lost, stored twice, out of order, or in another tenant's conversation. Rule:
numbers are given, the grant is checked and the idempotency key is looked up under the lock of the conversation's row,
in the transaction that stores; nothing is acknowledged before its commit was confirmed. Proof:
tests/chat/live/test_writer*.py.
"""

from __future__ import annotations

from chat.live.writer.orders import (
    Check,
    LockedConversation,
    Order,
    Post,
    Posted,
    Release,
    Revise,
    Revised,
    Stored,
    Unavailable,
    WriteRefused,
)
from chat.live.writer.writer import Bounds, Writer

__all__ = [
    "Bounds",
    "Check",
    "LockedConversation",
    "Order",
    "Post",
    "Posted",
    "Release",
    "Revise",
    "Revised",
    "Stored",
    "Unavailable",
    "WriteRefused",
    "Writer",
]
