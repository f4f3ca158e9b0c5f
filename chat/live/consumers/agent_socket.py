"""Where an agent's socket stands: his grant, the conversations he has open, what of the tenant's events he may see."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Coroutine
from datetime import timedelta
from http.cookies import CookieError, SimpleCookie
from typing import Any, ParamSpec, TypeVar
from uuid import UUID

import orjson
from django.conf import settings
from django.utils import timezone

from chat.access import may_see
from chat.live import answering
from chat.live.admission import Admitted, admit_staff
from chat.live.answering import Opened
from chat.live.consumers.base import ChatConsumer
from chat.live.hub import Side, rooms
from chat.live.protocol import ErrorCode, server
from chat.live.protocol.shapes import Author, AuthorKind
from chat.live.work import in_scope, unscoped
from chat.live.writer import LockedConversation
from security.accounts.sessions import note_activity
from security.context import Actor, ActorKind
from security.errors import Denied
from security.models import RevocationKind
from security.permissions import Grant, Permission, has
from security.revocation import Revoked
from security.sockets.codes import CloseCode
from security.sockets.consumer import log_failure
from tenants.policies import masking_policy

P = ParamSpec("P")
T = TypeVar("T")

ACTIVITY_EVERY = timedelta(seconds=30)


class AgentSocket(ChatConsumer):
    """State and its changes; the frames are in `agent.py` and its neighbours."""

    side = Side.AGENT

    admitted_as: Admitted
    _recheck: asyncio.Task[None] | None = None
    _is_present = False
    _is_again_due = False

    @property
    def grant(self) -> Grant:
        return self.admitted_as.grant

    async def admitted(self) -> CloseCode | None:
        """The session cookie of a member who answers chats."""
        self.watching: dict[UUID, int] = {}
        self._shown: set[UUID] = set()
        self._departments: dict[UUID, int] = {}
        self._tasks: set[asyncio.Task[None]] = set()
        self._active_at = 0.0
        found = await unscoped(admit_staff, self._session_key())
        if isinstance(found, CloseCode):
            return found
        self._be(found)
        self.policy = await self.call(masking_policy)
        await self.enter(self.grant.tenant_id, self.key, self.live.limits.agent_sockets)
        self.rate = self.live.agent_rates.of(self.key)
        self.live.registry.enter(self, found.subjects)
        await self.live.presence.enter(self.grant.tenant_id, self.grant.membership_id)
        self._is_present = True
        return None

    async def ended(self) -> None:
        if self.tenant_id is None:
            return
        for task in self._tasks:
            task.cancel()
        try:
            for conversation in tuple(self.watching):
                await self.unwatch(conversation)
            if self._is_present:
                await self.live.presence.leave(self.grant.tenant_id, self.grant.membership_id)
        finally:  # the rooms are left, whatever the database says
            await super().ended()

    @property
    def key(self) -> str:
        return f"member:{self.grant.membership_public_id}"

    def author(self, kind: AuthorKind = AuthorKind.AGENT) -> Author:
        return Author(kind, self.grant.membership_public_id, self.grant.name)

    async def call(self, work: Callable[P, T], *args: P.args, **kwargs: P.kwargs) -> T:
        """A service, in this member's tenant. What it refuses is recorded after its transaction is gone."""
        try:
            return await in_scope(self.grant.tenant_id, work, *args, **kwargs)
        except Denied:
            await unscoped(answering.record_refusal, self.grant.tenant_id, getattr(work, "__name__", ""))
            raise

    # Rights

    def revoked_by(self, revoked: Revoked) -> None:
        """Ask again what is left; until the answer is there nothing is written."""
        if revoked.kind is RevocationKind.TENANT:
            self.revoke(CloseCode.FORBIDDEN)
        elif self._recheck is None or self._recheck.done():
            self._recheck = self.spawn(self._ask_again())
        else:
            self._is_again_due = True

    async def _ask_again(self) -> None:
        try:
            found = await unscoped(admit_staff, self.admitted_as.session_key)
        except Exception as error:  # noqa: BLE001 - what cannot be checked is refused
            log_failure("checking", error)
            self.revoke(CloseCode.RESTARTING)
            return
        if isinstance(found, CloseCode):
            self.revoke(found)
        elif found.grant.tenant_id != self.grant.tenant_id:
            self.revoke(CloseCode.SIGNED_OUT)
        elif found.grant != self.grant:
            self.revoke(CloseCode.RESTARTING)  # narrowed or widened: the client comes back with what it has now
        elif self._is_again_due:
            self._is_again_due = False
            self._recheck = self.spawn(self._ask_again())

    def may_write(self, permission: Permission) -> Callable[[LockedConversation], str | None]:
        """For the writer: the grant, evaluated under the conversation's lock."""

        def check(row: LockedConversation) -> str | None:
            if self.revoked is not None:
                return ErrorCode.FORBIDDEN.value
            if self._recheck is not None and not self._recheck.done():
                return ErrorCode.UNAVAILABLE.value
            if not may_see(
                self.grant,
                department_id=row.department_id,
                assigned_to_id=row.assigned_to_id,
                offered_to_id=row.offered_to_id,
            ):
                return ErrorCode.NOT_FOUND.value
            return None if has(self.grant, permission) else ErrorCode.FORBIDDEN.value

        return check

    async def note_activity(self) -> None:
        """A person is at the keyboard; written down at most every 30 s."""
        now = self.live.loop.time()
        if now - self._active_at >= ACTIVITY_EVERY.total_seconds():
            self._active_at = now
            await unscoped(note_activity, self.admitted_as.session_key, timezone.now())

    # Conversations

    async def open(self, conversation: UUID) -> None:
        """Join its room; events are kept until `opened` is sent and the place goes live."""
        await self.join(rooms.conversation(conversation))

    def go_live(self, opened: Opened) -> None:
        """Everything up to `opened.last_rev` was sent."""
        self.last_seqs[opened.conversation.id] = opened.conversation.last_seq or 0
        self._shown.add(opened.conversation.id)
        self.rooms[rooms.conversation(opened.conversation.id)].go_live(opened.last_rev)

    def shut(self, conversation: UUID) -> None:
        """Nothing more of it, unless it is watched."""
        if conversation not in self.watching:
            self.leave(rooms.conversation(conversation))
            self.last_seqs.pop(conversation, None)

    async def assign(self, conversation: UUID, *, ref: int | None, is_watching: bool = False) -> None:
        """Open a conversation with its latest page, and say so."""
        await self.open(conversation)
        work = answering.open_watched if is_watching else answering.open_assigned
        opened = await self.call(work, grant=self.grant, conversation=conversation)
        self.send_frame(
            server.assigned(
                conversation=opened.conversation,
                visitor=opened.visitor,
                messages=opened.messages,
                more=opened.has_more,
                watching=is_watching,
                ref=ref,
            )
        )
        self.go_live(opened)

    async def unwatch(self, conversation: UUID) -> None:
        """Stop reading along; how much was seen is recorded."""
        first_seq = self.watching.pop(conversation, None)
        if first_seq is not None:
            seen = self.last_seqs.get(conversation, first_seq) - first_seq
            await self.call(answering.end_watching, conversation=conversation, seen=seen)
            self.shut(conversation)

    async def join_tenant(self) -> None:
        """The rooms of the tenant's agents and of this member's own sockets."""
        self._departments = await self.call(answering.department_keys)
        tenant = await self.join(rooms.agents(self.grant.tenant_id), self.member_through(self._told_of_tenant))
        own = await self.join(rooms.member(self.grant.membership_public_id))
        tenant.go_live()
        own.go_live()

    def _told_of_tenant(self, frame: bytes) -> None:
        """An event of the tenant: passed on as far as this member may see it."""
        event = orjson.loads(frame)
        if event["type"] != "conversation":
            self.send_frame(frame)
            return
        state = event["conversation"]
        conversation = UUID(state["id"])
        if self._sees(state):
            self._shown.add(conversation)
            self.send_frame(frame)
            self._follow_assignment(conversation, state)
        elif conversation in self._shown:
            self._shown.discard(conversation)
            self.send_frame(server.withdrawn(conversation, status=state["status"]))
            self.shut(conversation)

    def _sees(self, state: dict[str, object]) -> bool:
        assigned = state["assigned_to"]
        is_mine = isinstance(assigned, dict) and assigned["id"] == str(self.grant.membership_public_id)
        department = state["department"]
        return may_see(
            self.grant,
            department_id=self._departments.get(UUID(str(department)), -1) if department else None,
            assigned_to_id=self.grant.membership_id if is_mine else None,
            offered_to_id=None,
        )

    def _follow_assignment(self, conversation: UUID, state: dict[str, object]) -> None:
        """What another of this member's sockets took or lost is open or shut here too."""
        assigned = state["assigned_to"]
        is_mine = isinstance(assigned, dict) and assigned["id"] == str(self.grant.membership_public_id)
        if is_mine and state["status"] == "open" and rooms.conversation(conversation) not in self.rooms:
            self.spawn(self._open_quietly(conversation))

    async def _open_quietly(self, conversation: UUID) -> None:
        """Be told of a conversation that this member has, without showing it: its console asks when it is looked at."""
        try:
            place = await self.join(rooms.conversation(conversation))
            rev = await self.call(answering.newest_rev, grant=self.grant, conversation=conversation)
            place.go_live(rev)
        except Exception as error:  # noqa: BLE001 - the console asks for what it shows
            log_failure("following", error)

    def spawn(self, work: Coroutine[Any, Any, None]) -> asyncio.Task[None]:
        """Run beside the frames, and end with the socket."""
        task = asyncio.get_running_loop().create_task(work)
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)
        return task

    def _be(self, found: Admitted) -> None:
        self.admitted_as = found
        self.session = found.session
        self.actor = Actor(
            ActorKind.PERSON,
            id=str(found.grant.user_public_id),
            name=found.grant.name,
            role=found.grant.role,
            user_id=found.grant.user_id,
        )

    def _session_key(self) -> str | None:
        for header, value in self.scope["headers"]:
            if header == b"cookie":
                try:
                    morsel = SimpleCookie(value.decode("latin-1")).get(settings.SESSION_COOKIE_NAME)
                except CookieError:
                    continue
                if morsel is not None:
                    return morsel.value
        return None
