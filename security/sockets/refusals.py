"""A frame that is refused: what the sender may learn about it."""

from __future__ import annotations

from uuid import UUID


class FrameRefused(Exception):
    """One frame is answered with an error and the socket stays.

    `code` is from a fixed catalogue. `ref`, `client_id` and `conversation` are the sender's own, and were parsed as
    their types: nothing else of the input is kept, so neither an answer nor a log line can carry it. `retry_after` is
    in seconds.
    """

    def __init__(
        self,
        code: str,
        *,
        ref: int | None = None,
        client_id: UUID | None = None,
        conversation: UUID | None = None,
        retry_after: int | None = None,
    ) -> None:
        super().__init__(code)
        self.code = code
        self.ref = ref
        self.client_id = client_id
        self.conversation = conversation
        self.retry_after = retry_after
