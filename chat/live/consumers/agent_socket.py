"""Where an agent's socket stands: the conversations he has open, what of the tenant's events he may see."""

from __future__ import annotations

from collections import Counter, defaultdict
from uuid import UUID

import orjson

from chat.access import may_see
from chat.live import answering
from chat.live.answering import Opened
from chat.live.consumers.agent_rights import AgentRights
from chat.live.hub import rooms
from chat.live.protocol import server
from security.sockets.codes import CloseCode
from security.sockets.consumer import log_failure


class AgentSocket(AgentRights):
    """State and its changes; the frames are in `agent.py` and its neighbours."""

    async def admitted(self) -> CloseCode | None:
        """Nothing is shown yet."""
        self.watching: dict[UUID, int] = {}
        self._shown: set[UUID] = set()
        self._previewed: Counter[UUID] = Counter()
        self._departments: dict[UUID, int] = {}
        return await super().admitted()

    async def ended(self) -> None:
        if self.tenant_id is None:
            return
        try:
            for conversation in tuple(self.watching):
                await self.unwatch(conversation)
            if self._previewed:
                told, self._previewed = self._previewed, Counter()
                await self.call(answering.record_previews, conversations=len(told), messages=told.total())
        finally:  # the rooms are left, whatever the database says
            await super().ended()

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
        was_open = rooms.conversation(conversation) in self.rooms
        if is_watching:  # only what exists has a room: an id that nobody checked is told to nobody, Valkey included
            await self.call(answering.newest_rev, grant=self.grant, conversation=conversation)
        else:
            await self.end_watching(conversation)
        await self.open(conversation)
        work = answering.open_watched if is_watching else answering.open_assigned
        try:
            opened = await self.call(work, grant=self.grant, conversation=conversation)
        except BaseException:
            if not was_open:  # who may not see it is not left in its room
                self.leave(rooms.conversation(conversation))
            raise
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
        """Stop reading along, and hear no more of it."""
        if await self.end_watching(conversation):
            self.shut(conversation)

    async def end_watching(self, conversation: UUID) -> bool:
        """Whether it was watched; how much was seen is recorded."""
        first_seq = self.watching.pop(conversation, None)
        if first_seq is None:
            return False
        seen = self.last_seqs.get(conversation, first_seq) - first_seq
        await self.call(answering.end_watching, conversation=conversation, seen=seen)
        return True

    async def join_tenant(self) -> None:
        """The rooms of the tenant's agents and of this member's own sockets."""
        self._departments = await self.call(answering.department_keys)
        tenant = await self.join(rooms.agents(self.grant.tenant_id), self.member_through(self._told_of_tenant))
        own = await self.join(rooms.member(self.grant.membership_public_id))
        tenant.go_live()
        own.go_live()

    def department_permissions(self) -> dict[UUID, list[str]]:
        """What roles on single departments give, by the departments' public ids."""
        known = {pk: public_id for public_id, pk in self._departments.items()}
        found = defaultdict(list)
        for department, permission in sorted(self.grant.further):
            if department in known:
                found[known[department]].append(permission.value)
        return dict(found)

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
            self._previewed[conversation] += state["last_text"] is not None
            self.send_frame(frame)
            self._follow_assignment(conversation, state)
        elif conversation in self._shown:
            self._shown.discard(conversation)
            self.send_frame(server.withdrawn(conversation, status=state["status"]))
            if conversation in self.watching:
                self.spawn(self._end_unseen(conversation))
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
        is_joined = rooms.conversation(conversation) in self.rooms
        if is_mine and state["status"] == "open" and not is_joined:
            self.spawn(self._open_quietly(conversation))
        elif not is_mine and is_joined:
            self.shut(conversation)

    async def _end_unseen(self, conversation: UUID) -> None:
        """What is watched went out of sight."""
        self.leave(rooms.conversation(conversation))
        await self.end_watching(conversation)

    async def _open_quietly(self, conversation: UUID) -> None:
        """Be told of a conversation that this member has, without showing it: its console asks when it is looked at."""
        try:
            place = await self.join(rooms.conversation(conversation))
            rev = await self.call(answering.newest_rev, grant=self.grant, conversation=conversation)
            place.go_live(rev)
        except Exception as error:  # noqa: BLE001 - the console asks for what it shows
            log_failure("following", error)
            self.leave(rooms.conversation(conversation))
