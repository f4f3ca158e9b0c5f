"""One order on its way through the writer."""

from __future__ import annotations

import asyncio
import uuid
from dataclasses import dataclass, field
from uuid import UUID

from chat.live.writer.orders import Order, Stored


@dataclass(slots=True, eq=False)
class Item:
    """`message_id` is chosen once, so that a retry after a commit of unknown result recognises its own row.

    `deadline` and `come_at` are the event loop's time.
    """

    order: Order
    future: asyncio.Future[Stored | None]
    deadline: float
    come_at: float = 0.0
    message_id: UUID = field(default_factory=uuid.uuid4)
    tries: int = 0

    def resolve(self, stored: Stored | None) -> None:
        """The caller may have gone away meanwhile; what was stored stays stored."""
        if not self.future.done():
            self.future.set_result(stored)

    def fail(self, error: Exception) -> None:
        if not self.future.done():
            self.future.set_exception(error)
