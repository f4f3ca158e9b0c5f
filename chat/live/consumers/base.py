"""What both sockets share: the parse, the rooms a socket is in, the messages it may send."""

from __future__ import annotations

import re
from abc import abstractmethod
from collections.abc import Callable, Sequence
from functools import lru_cache, partial
from time import perf_counter
from typing import ClassVar, Final
from uuid import UUID

from django.conf import settings
from django.utils import timezone

from chat.live.hub import Member, Place, RoomName, Side
from chat.live.protocol import ErrorCode, Frame, Registry, parse, server
from chat.live.protocol.fields import Masker
from chat.live.rules import TenantRules
from chat.live.runtime import Live, live
from security.masking import MaskedText
from security.net import client_ip_of_scope, networks
from security.revocation import Revoked
from security.sockets.codes import CloseCode
from security.sockets.consumer import GuardedConsumer
from security.sockets.limits import Rate
from security.sockets.refusals import FrameRefused
from tenants.rules import Masking, broken_masking

_HEAD: Final = re.compile(
    rb'\{"type":"(?:message|ack","client_id":"[0-9a-f-]{36})","conversation":"([0-9a-f-]{36})","id":"[0-9a-f-]{36}","seq":(\d+),'
)
"""The head of a `message` or `ack` frame as `protocol.server` writes it: nothing typed by anybody stands before it."""


_NONE: Final = broken_masking(0)
"""Before the tenant is known: nothing is read that is not withheld."""


@lru_cache(maxsize=4_096)
def _conversation(id: bytes) -> UUID:  # noqa: A002
    """Each is read from the head of every frame that is delivered in it."""
    return UUID(id.decode())


class ChatConsumer(GuardedConsumer):
    """A socket of one tenant. `hub_member` is how the fan-out knows it."""

    side: ClassVar[Side]
    registry_of_frames: ClassVar[Registry]
    error_codes = frozenset(ErrorCode)

    live: Live
    rules: TenantRules | None = None
    tenant_id: int | None = None
    hub_member: Member
    rate: Rate

    @property
    def masking(self) -> Masking:
        """The tenant's rules as they are at this moment."""
        return _NONE if self.rules is None else self.rules.current

    def parse(self, raw: str) -> Frame:
        return parse(raw, self.registry_of_frames, self._mask, self.charge, self._without)

    def charge(self, kind: str) -> float:  # noqa: ARG002
        """Count a frame of this type before it is read; the seconds to wait where it is one too many."""
        return 0.0

    def encode_error(self, refusal: FrameRefused) -> bytes:
        return server.error(
            ErrorCode(refusal.code),
            ref=refusal.ref,
            client_id=refusal.client_id,
            conversation=refusal.conversation,
            retry_after=refusal.retry_after,
        )

    async def opened(self) -> CloseCode | None:
        """Find the process's shared parts and the client's address, then authorise."""
        self.opened_at = timezone.now()
        self.live = await live()
        self.limits = self.live.limits.frames
        self.address = client_ip_of_scope(self.scope, networks(tuple(settings.TRUSTED_PROXIES)))
        self.rooms: dict[RoomName, Place] = {}
        self.last_seqs: dict[UUID, int] = {}
        return await self.admitted()

    @abstractmethod
    async def admitted(self) -> CloseCode | None:
        """Authorise; a code refuses the socket."""

    @abstractmethod
    def revoked_by(self, revoked: Revoked) -> None:
        """See `chat.live.registry.Revocable`."""

    async def enter(self, tenant_id: int, key: str, socket_limit: int) -> None:
        """Become `key` in this tenant: visible to the fan-out, counted, its oldest socket replaced where there are too many."""
        self.tenant_id = tenant_id
        self.hub_member = Member(tenant_id, self.side, key, self.deliver, self._fail)
        await self.live.enter(tenant_id)
        self.live.seats.take(key, self, socket_limit)

    async def ended(self) -> None:
        if self.tenant_id is None:
            return
        for name in list(self.rooms):
            self.leave(name)
        self.live.registry.leave(self)
        self.live.leave_seat(self.hub_member.key, self)
        self.live.leave(self.tenant_id)

    async def join(self, name: RoomName, member: Member | None = None) -> Place:
        """Be in a room; events are kept until `go_live`. In it already: the same place."""
        place = self.rooms.get(name)
        if place is None:
            place = self.rooms[name] = await self.live.hub.join(name, member or self.hub_member)
        return place

    def leave(self, name: RoomName) -> None:
        place = self.rooms.pop(name, None)
        if place is not None:
            self.live.hub.leave(name, place.member)

    def deliver(self, frame: bytes) -> bool:
        """A frame of a conversation; remembers how far the client was told."""
        head = _HEAD.match(frame)
        if head is not None:
            conversation, seq = _conversation(head[1]), int(head[2])
            self.last_seqs[conversation] = max(seq, self.last_seqs.get(conversation, 0))
        return self.send_frame(frame)

    def member_through(self, deliver: Callable[[bytes], object]) -> Member:
        """The same socket, in a room whose events it looks at before passing them on."""
        own = self.hub_member
        return Member(own.tenant_id, own.side, own.key, deliver, own.fail)

    def _fail(self) -> None:
        self.cut(CloseCode.SLOW_READER)

    def _without(self, packs: Sequence[str]) -> Masker:
        return partial(self._mask_by, self.masking.without(packs))

    def _mask(self, text: str) -> MaskedText:
        return self._mask_by(self.masking, text)

    def _mask_by(self, masking: Masking, text: str) -> MaskedText:
        begun = perf_counter()
        masked = masking.masked(text, is_agents=self.side is Side.AGENT)
        whose = None if self.rules is None else self.rules.tenant_id
        self.live.figures.looked_at(masked, perf_counter() - begun, whose)
        return masked
