"""Several Valkeys behind the interface of one hub: each organisation's events go through one of them, always the same.

Which one is drawn by the organisation's number and each Valkey's address (rendezvous hashing), so every process draws alike, and a Valkey more takes
over its share from all others and moves nothing else. A Valkey that is away concerns its own organisations alone: theirs are stored and found in the
database, the others' do not notice. Processes with different lists, as while a new one is rolled out, hear of each other's messages late, by the
database; nothing is lost. Proof: tests/chat/live/hub/test_sharded.py.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import lru_cache
from hashlib import blake2b
from typing import Final
from urllib.parse import urlsplit
from uuid import UUID

from chat.live.hub.event import Event, Member
from chat.live.hub.fanout import Hub
from chat.live.hub.room import Place
from chat.live.hub.rooms import RoomName

_REMEMBERED: Final = 100_000


def place_of(url: str) -> str:
    """What a Valkey is known by: where it is, not how one signs in there."""
    split = urlsplit(url)
    return f"{split.scheme}://{split.netloc.rpartition('@')[2]}{split.path}?{split.query}"


@lru_cache(maxsize=_REMEMBERED)
def shard_of(tenant_id: int, places: tuple[str, ...]) -> int:
    """The number of the Valkey among `places` that passes on this organisation's events."""

    def weight(number: int) -> bytes:
        return blake2b(f"{tenant_id} {places[number]}".encode(), digest_size=8).digest()

    return max(range(len(places)), key=weight)


class ShardedHub:
    """As `Hub`, over as many as there are Valkeys; `make` makes the one for an address."""

    def __init__(self, urls: Sequence[str], make: Callable[[str], Hub]) -> None:
        self._places = tuple(place_of(url) for url in urls)
        self._hubs = [make(url) for url in urls]

    def of(self, tenant_id: int) -> Hub:
        """The one that this organisation's rooms are in."""
        return self._hubs[shard_of(tenant_id, self._places) if len(self._hubs) > 1 else 0]

    @property
    def is_connected(self) -> bool:
        """Whether other processes' events arrive, all of them."""
        return all(hub.is_connected for hub in self._hubs)

    @property
    def waiting(self) -> int:
        """Events that other processes have not been told yet."""
        return sum(hub.waiting for hub in self._hubs)

    @property
    def unreadable(self) -> int:
        """Envelopes that could not be opened."""
        return sum(hub.unreadable for hub in self._hubs)

    async def start(self) -> None:
        """Begin; does not wait for any Valkey."""
        for hub in self._hubs:
            await hub.start()

    async def stop(self) -> None:
        """End, with nothing left running."""
        for hub in self._hubs:
            await hub.stop()

    async def join(self, name: RoomName, member: Member) -> Place:
        """As `Hub.join`."""
        return await self.of(member.tenant_id).join(name, member)

    def leave(self, name: RoomName, member: Member) -> None:
        """As `Hub.leave`."""
        self.of(member.tenant_id).leave(name, member)

    def publish(
        self,
        tenant_id: int,
        name: RoomName,
        event: Event,
        *,
        sender: Member | None = None,
        ack: bytes | None = None,
    ) -> None:
        """As `Hub.publish`."""
        self.of(tenant_id).publish(tenant_id, name, event, sender=sender, ack=ack)

    def hint(self, tenant_id: int, conversation_id: UUID, rev: int) -> None:
        """As `Hub.hint`."""
        self.of(tenant_id).hint(tenant_id, conversation_id, rev)
