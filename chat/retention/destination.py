"""What a chunk's way asks of the place that it goes to: the platform's archive, or the organisation's own server."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from datetime import datetime
from typing import ClassVar, Protocol

from chat.models import Afterwards, ArchiveChunk, Conversation, Place
from chat.retention.chunks import Placed
from chat.retention.content import Read
from chat.retention.stores import Store


class Destination(Protocol):
    """Each is called in the organisation's scope, but for what `naming` and `opening` return: that is done outside of any transaction."""

    place: ClassVar[Place]
    afterwards: ClassVar[frozenset[Afterwards]]
    """Rules that bring conversations there."""

    def store(self) -> Store:
        """Ready to be spoken to for one step. OSError where it cannot be."""

    def name(self, chunk: ArchiveChunk) -> str:
        """What the object is called there."""

    def pack(self, chunk: ArchiveChunk, read: Sequence[Read]) -> tuple[bytes, list[Placed]]:
        """The object's bytes, and where each conversation lies in them."""

    def naming(self, chunk: ArchiveChunk) -> Callable[[], None]:
        """What gives the object its name, and does nothing where it has it."""

    def note_written(self, chunk: ArchiveChunk) -> None:
        """Its bytes are there, if only under a temporary name."""

    def opening(self, chunk: ArchiveChunk, placed: Sequence[Placed]) -> Callable[[bytes], None]:
        """What opens all of an object that was read again, so far as it can be opened here. Damaged."""

    def note_verified(self) -> None:
        """It was read again, and is right."""

    def index(self, chunk: ArchiveChunk, placed: Sequence[Placed], rows: Sequence[Conversation]) -> None:
        """These can be found there from now on."""

    def remove_from_primary(self, chunk: ArchiveChunk, rows: Sequence[Conversation]) -> None:
        """The place has what it should of these: they go from the primary store, with their event."""

    def note_failure(self, error: Exception, *, now: datetime) -> None:
        """It did not work once more."""
