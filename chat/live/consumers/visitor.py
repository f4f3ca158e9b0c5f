"""A visitor's frames: `/ws/visitor/<site key>/`. Each is one call, and its answer."""

from __future__ import annotations

from dataclasses import replace

from django.utils import timezone

from chat.live import visiting
from chat.live.consumers.visitor_socket import VisitorSocket, page_of, profile_of
from chat.live.hub import Audience, Event, rooms
from chat.live.protocol import VISITOR_FRAMES, server, visitor
from chat.live.writer import WriteRefused
from chat.models import Status
from chat.services import lifecycle, visitors
from security.masking.splitting.verdicts import alone
from security.sockets.codes import CloseCode


class VisitorConsumer(VisitorSocket):
    """One tab of one visitor on one site."""

    frames = VISITOR_FRAMES
    registry_of_frames = VISITOR_FRAMES

    async def on_hello(self, frame: visitor.Hello) -> None:
        site = self.visit.site
        token = frame.token or self.cookie()
        self.locale, self.department = frame.locale or "", frame.department
        self.told_unstored = visiting.is_promised(self.visit.view, frame.department)
        self.page = page_of(frame.page, self.masking.masked) if frame.page else None
        who = visitors.new_session()
        if token:
            who = await self.call(visitors.access_session, site_id=site.site_id, token=token, now=timezone.now())
        if who.is_blocked:
            self.revoke(CloseCode.FORBIDDEN)
            return
        await self.become(who)
        if frame.profile:
            await self.learn(profile_of(frame.profile))
        if frame.identity:
            await self.identify(frame.identity)
        resumed = await self.resume(frame.conversation, frame.last_seq, frame.last_rev)
        is_by_cookie = frame.token is None and token is not None and self.who.pk is not None
        self.send_frame(
            server.welcome_visitor(
                token=None if is_by_cookie else self.who.token,
                conversation=resumed.conversation if resumed else None,
                last_seq=resumed.last_visible_seq if resumed else 0,
                last_rev=resumed.last_rev if resumed else 0,
                more=resumed.has_more if resumed else False,
                site=self.site(),
                ref=frame.ref,
            )
        )
        await self.show(resumed)

    async def on_message(self, frame: visitor.SendMessage) -> None:
        async with self.beginning:
            shown, now = self.shown, self.live.loop.time()
            if shown.is_parted(now):  # his digits could go on from what he wrote a moment ago as another visitor
                frame = replace(frame, text=alone(frame.text))
            shown.said(frame.text, now)
            is_new = await self._store(frame)
        if is_new:
            self.live.figures.taken_back(self.visit.site.tenant_id, self.taken_back(frame))

    async def _store(self, frame: visitor.SendMessage) -> bool:
        """False for a message that was sent again and is stored already."""
        if self.conversation is None and await self.begin(frame):
            return True
        try:
            return await self.post(frame)
        except WriteRefused as refused:
            if refused.code != "closed":
                raise
            self.forget_conversation()  # what is written after the end begins a new one
            return await self.begin(frame) or await self.post(frame)

    async def on_typing(self, frame: visitor.Typing) -> None:
        if self.conversation is None:
            return
        preview = self.previewed(frame.preview) if frame.preview is not None else None
        told = server.typing(conversation=self.conversation, author=self.author(), active=frame.active, preview=preview)
        self.live.hub.publish(
            self.visit.site.tenant_id,
            rooms.conversation(self.conversation),
            Event(everyone=told, audience=Audience.AGENTS),
        )

    async def on_read(self, frame: visitor.Read) -> None:
        conversation = self.require_conversation()
        await self.call(
            visiting.mark_read, conversation=conversation, author=self.author(), seq=frame.seq, visitor_pk=self.pk()
        )

    async def on_profile(self, frame: visitor.Profile) -> None:
        await self.learn(profile_of(frame))

    async def on_page(self, frame: visitor.Page) -> None:
        self.page = page_of(frame, self.masking.masked)
        if self.who.pk is not None:
            await self.call(visitors.change_page, visitor_id=self.who.pk, page=self.page, now=timezone.now())

    async def on_identify(self, frame: visitor.Identify) -> None:
        await self.identify(frame.token)
        resumed = await self.resume(self.conversation, 0, 0)
        await self.show(resumed)
        status = resumed.status.value if resumed else "none"
        self.send_frame(server.status(conversation=self.conversation, status=status, ref=frame.ref))

    async def on_history(self, frame: visitor.ReadHistory) -> None:
        conversation = self.require_conversation()
        found = await self.call(
            visiting.read_history,
            conversation=conversation,
            visitor_pk=self.pk(),
            before_seq=frame.before_seq,
            limit=frame.limit,
        )
        self.send_frame(
            server.history(conversation=conversation, messages=found.messages, more=found.more, ref=frame.ref)
        )

    async def on_end(self, frame: visitor.End) -> None:
        conversation = self.require_conversation()
        await self.call(lifecycle.end_conversation, visitor_pk=self.pk(), conversation=conversation, now=timezone.now())
        self.send_frame(server.status(conversation=conversation, status=Status.CLOSED.value, ref=frame.ref))

    async def on_rate(self, frame: visitor.Rate) -> None:
        conversation = self.require_conversation()
        found = await self.call(
            lifecycle.rate_conversation,
            visitor_pk=self.pk(),
            conversation=conversation,
            score=frame.score,
            comment=frame.comment,
            now=timezone.now(),
            joining=self.joining(self.masking.visitors),
        )
        if found.keeps:
            self.live.writer.remember(found.keeps)
        self.send_frame(server.status(conversation=conversation, status=found.status, ref=frame.ref))

    async def on_ping(self, frame: visitor.Ping) -> None:
        last_seq = self.last_seqs.get(self.conversation, 0) if self.conversation else 0
        self.send_frame(server.pong(last_seq, ref=frame.ref))
