"""An agent's frames: `/ws/agent/`. Each is one call, and its answer."""

from __future__ import annotations

from django.utils import timezone

from chat.live import answering
from chat.live.consumers.agent_acts import AgentActs
from chat.live.hub import Audience, Event, rooms
from chat.live.hub.event import NOT_FOR_ITS_AUTHOR
from chat.live.protocol import AGENT_FRAMES, agent, server
from chat.live.protocol.shapes import AgentView, AuthorKind
from chat.live.told import Origin
from chat.live.work import unscoped
from chat.live.writer import Post, Revise, WriteRefused
from security.permissions import Permission


class AgentConsumer(AgentActs):
    """One console of one member: greeting, lists, and what is said."""

    frames = AGENT_FRAMES
    registry_of_frames = AGENT_FRAMES

    async def on_hello(self, frame: agent.Hello) -> None:
        await self.join_tenant()
        start = await self.call(answering.start, grant=self.grant, now=timezone.now())
        self.send_frame(
            server.welcome_agent(
                agent=AgentView(self.grant.membership_public_id, self.grant.name),
                tenant_slug=self.admitted_as.tenant_slug,
                tenant_name=self.admitted_as.tenant_name,
                permissions=sorted(self.grant.permissions),
                capacity=self.grant.capacity,
                departments=start.departments,
                department_permissions=self.department_permissions(),
                ref=frame.ref,
            )
        )
        self.show_all(start.queue)
        self.send_frame(server.queue(total=start.waiting, conversations=start.queue))
        self.send_frame(server.agents(start.agents))
        for conversation in start.mine.keys() | frame.open.keys():
            last_seq, last_rev = frame.open.get(conversation, start.mine.get(conversation, (0, 0)))
            await self.resume(conversation, last_seq=last_seq, last_rev=last_rev)

    async def on_availability(self, frame: agent.SetAvailability) -> None:
        await self.note_activity()
        is_away = frame.status is agent.Availability.AWAY
        await self.call(answering.set_availability, grant=self.grant, is_away=is_away, now=timezone.now())
        self.live.reaches.forget(self.grant.tenant_id)
        self.send_frame(server.availability(status=frame.status.value, ref=frame.ref))

    async def on_list(self, frame: agent.ListConversations) -> None:
        await self.note_activity()
        found = await self.call(
            answering.list_conversations,
            grant=self.grant,
            view=frame.view,
            wanted=answering.Wanted(frame.before, frame.limit, frame.department, frame.tag, frame.agent),
        )
        self.show_all(found.conversations)
        self.send_frame(
            server.conversation_list(
                view=frame.view.value, conversations=found.conversations, more=found.has_more, ref=frame.ref
            )
        )

    async def on_message(self, frame: agent.SendMessage) -> None:
        await self._say(frame, AuthorKind.AGENT, Permission.CHAT_REPLY)

    async def on_note(self, frame: agent.SendNote) -> None:
        await self._say(frame, AuthorKind.NOTE, Permission.CHAT_NOTE)

    async def on_edit(self, frame: agent.Edit) -> None:
        await self.note_activity()
        await self.call(answering.record_edit, grant=self.grant, conversation=frame.conversation, message=frame.id)
        try:
            await self.live.writer.revise(
                Revise(
                    tenant_id=self.grant.tenant_id,
                    conversation=frame.conversation,
                    message=frame.id,
                    author_id=self.grant.membership_public_id,
                    text=frame.text,
                    check=self.may_write(Permission.CHAT_REPLY),
                    origin=Origin(self.hub_member, frame.ref),
                )
            )
        except WriteRefused as refused:
            await unscoped(answering.record_edit_failed, self.grant.tenant_id, refused.code)
            raise

    async def on_typing(self, frame: agent.Typing) -> None:
        name = rooms.conversation(frame.conversation)
        if name not in self.rooms or frame.conversation in self.watching:
            return  # who watches is unseen
        await self.note_activity()
        told = server.typing(conversation=frame.conversation, author=self.author(), active=frame.active)
        event = Event(everyone=told, own=NOT_FOR_ITS_AUTHOR, author=self.key, audience=Audience.ALL)
        self.live.hub.publish(self.grant.tenant_id, name, event)

    async def on_read(self, frame: agent.Read) -> None:
        if frame.conversation in self.watching:
            return
        await self.call(
            answering.mark_read,
            grant=self.grant,
            conversation=frame.conversation,
            author=self.author(),
            seq=frame.seq,
        )

    async def on_history(self, frame: agent.ReadHistory) -> None:
        await self.note_activity()
        found = await self.call(
            answering.read_history,
            grant=self.grant,
            conversation=frame.conversation,
            before_seq=frame.before_seq,
            limit=frame.limit,
        )
        self.send_frame(
            server.history(conversation=frame.conversation, messages=found.messages, more=found.more, ref=frame.ref)
        )
        if frame.before_seq is None:
            full = await self.call(answering.view_in_full, grant=self.grant, conversation=frame.conversation)
            self.show_all([full])
            self.send_frame(server.conversation(full))

    async def on_ping(self, frame: agent.Ping) -> None:
        self.send_frame(server.pong(self.last_seqs, ref=frame.ref))

    async def _say(self, frame: agent.SendMessage, kind: AuthorKind, permission: Permission) -> None:
        await self.note_activity()
        posted = await self.write(
            Post(
                tenant_id=self.grant.tenant_id,
                conversation=frame.conversation,
                author=self.author(kind),
                client_id=frame.client_id,
                text=frame.text,
                check=self.may_write(permission),
                origin=Origin(self.hub_member, frame.ref),
            )
        )
        if posted.is_duplicate:
            self.send_frame(server.ack(posted.message, ref=frame.ref))
