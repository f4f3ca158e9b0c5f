"""What an agent does with conversations: take, pass on, read along, end."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace
from uuid import UUID

from django.utils import timezone

from chat.live import answering
from chat.live.consumers.agent_socket import AgentSocket
from chat.live.protocol import ErrorCode, agent, server
from chat.live.protocol.shapes import ConversationView
from chat.services import assignment, blocking, lifecycle
from security.errors import NotFound
from security.sockets.refusals import FrameRefused


class AgentActs(AgentSocket):
    """Frames whose answer is a changed conversation."""

    def show_all(self, views: Iterable[ConversationView]) -> None:
        """The client knows of these from now on."""
        self._shown.update(view.id for view in views)

    async def resume(self, conversation: UUID, *, last_seq: int, last_rev: int) -> None:
        """Send what the client has missed of a conversation that it had open; one that it may not see any more is left out."""
        is_own = await self.call(answering.is_own, grant=self.grant, conversation=conversation)
        if is_own:
            await self.open(conversation)
        try:
            opened = await self.call(
                answering.resume, grant=self.grant, conversation=conversation, last_seq=last_seq, last_rev=last_rev
            )
        except NotFound:
            self.shut(conversation)
            return
        self.send_frame(server.conversation(replace(opened.conversation, visitor=opened.visitor)))
        for frame in opened.frames:
            if not await self.replay_frame(frame):
                return
        if is_own:
            self.go_live(opened)

    async def on_next(self, frame: agent.TakeNext) -> None:
        await self.note_activity()
        taken = await self.call(assignment.take_next, grant=self.grant, now=timezone.now())
        if taken is None:
            raise FrameRefused(ErrorCode.QUEUE_EMPTY)
        await self.assign(taken.public_id, ref=frame.ref)
        self.live.states.touch_agents(self.grant.tenant_id)

    async def on_claim(self, frame: agent.Claim) -> None:
        await self.note_activity()
        await self.call(assignment.claim, grant=self.grant, conversation=frame.conversation, now=timezone.now())
        await self.assign(frame.conversation, ref=frame.ref)
        self.live.states.touch_agents(self.grant.tenant_id)

    async def on_accept(self, frame: agent.Accept) -> None:
        await self.note_activity()
        await self.call(assignment.accept_offer, grant=self.grant, conversation=frame.conversation, now=timezone.now())
        await self.assign(frame.conversation, ref=frame.ref)
        self.live.states.touch_agents(self.grant.tenant_id)

    async def on_decline(self, frame: agent.Decline) -> None:
        await self.note_activity()
        await self.call(assignment.decline_offer, grant=self.grant, conversation=frame.conversation, now=timezone.now())

    async def on_transfer(self, frame: agent.Transfer) -> None:
        await self.note_activity()
        conversation, now = frame.conversation, timezone.now()
        if frame.department is not None:
            await self.call(
                assignment.transfer_to_department,
                grant=self.grant,
                conversation=conversation,
                department=frame.department,
                note=frame.note,
                now=now,
            )
        elif frame.agent is not None:
            await self.call(
                assignment.offer_to_agent,
                grant=self.grant,
                conversation=conversation,
                agent=frame.agent,
                note=frame.note,
                now=now,
            )
            self.live.return_offers_later(self.grant.tenant_id)
        await self._answer(conversation, frame.ref)

    async def on_tag(self, frame: agent.ChangeTags) -> None:
        await self.note_activity()
        await self.call(
            lifecycle.tag_conversation,
            grant=self.grant,
            conversation=frame.conversation,
            add=frame.add,
            remove=frame.remove,
        )
        await self._answer(frame.conversation, frame.ref)

    async def on_close(self, frame: agent.Close) -> None:
        await self.note_activity()
        await self.call(
            lifecycle.close_conversation,
            grant=self.grant,
            conversation=frame.conversation,
            outcome=frame.outcome or "",
            now=timezone.now(),
        )
        await self._answer(frame.conversation, frame.ref)

    async def on_reopen(self, frame: agent.Reopen) -> None:
        await self.note_activity()
        await self.call(
            lifecycle.reopen_conversation, grant=self.grant, conversation=frame.conversation, now=timezone.now()
        )
        await self._answer(frame.conversation, frame.ref)

    async def on_watch(self, frame: agent.Watch) -> None:
        await self.note_activity()
        await self.assign(frame.conversation, ref=frame.ref, is_watching=True)
        self.watching[frame.conversation] = self.last_seqs.get(frame.conversation, 0)

    async def on_unwatch(self, frame: agent.Unwatch) -> None:
        await self.note_activity()
        await self.unwatch(frame.conversation)

    async def on_block(self, frame: agent.Block) -> None:
        await self.note_activity()
        await self.call(
            blocking.block_visitor,
            grant=self.grant,
            conversation=frame.conversation,
            reason=frame.reason,
            days=frame.days,
            address=frame.address,
            now=timezone.now(),
        )
        await self._answer_in_full(frame.conversation, frame.ref)

    async def on_unblock(self, frame: agent.Unblock) -> None:
        await self.note_activity()
        await self.call(blocking.unblock_by_conversation, grant=self.grant, conversation=frame.conversation)
        await self._answer_in_full(frame.conversation, frame.ref)

    async def _answer_in_full(self, conversation: UUID, ref: int | None) -> None:
        """How it stands now, with the visitor."""
        view = await self.call(answering.view_in_full, grant=self.grant, conversation=conversation)
        self.send_frame(server.conversation(view, ref=ref))

    async def _answer(self, conversation: UUID, ref: int | None) -> None:
        """How it stands now. Who has just passed on his last right to see it is told only that it went."""
        self.live.states.touch_agents(self.grant.tenant_id)
        try:
            view = await self.call(answering.view, grant=self.grant, conversation=conversation)
        except NotFound:
            self._shown.discard(conversation)
            self.shut(conversation)
            self.send_frame(server.withdrawn(conversation, status="waiting", ref=ref))
        else:
            self.send_frame(server.conversation(view, ref=ref))
