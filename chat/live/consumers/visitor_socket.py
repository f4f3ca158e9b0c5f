"""Where a visitor's socket stands: who is on it, which conversation it shows, what it has been told.

Nothing is stored before the first message. The visitor's own room tells his other tabs that a conversation began or changed; the conversation's
room carries what is said in it.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Collection
from dataclasses import replace
from http.cookies import CookieError, SimpleCookie
from typing import Final, ParamSpec, TypeVar
from uuid import UUID

import orjson
from django.utils import timezone

from chat.cookies import visitor_cookie
from chat.live import answering, visiting
from chat.live.admission import Subject
from chat.live.consumers.base import ChatConsumer
from chat.live.hub import Side, rooms
from chat.live.previews import Shown
from chat.live.protocol import ErrorCode, server, visitor
from chat.live.protocol.shapes import Author, AuthorKind, MaskingView, SiteView
from chat.live.told import Origin
from chat.live.visiting import Resumed
from chat.live.work import in_scope, unscoped
from chat.live.writer import LockedConversation, Post
from chat.live.writer.orders import masked_in
from chat.models import Status
from chat.personal import Page, Profile
from chat.services import beginning, identity, visitors
from chat.services.across_conversations import Joining
from chat.services.beginning import Opening
from chat.services.visitors import VisitorSession
from chat.side_by_side import page_without_joined_numbers, without_joined_numbers
from security.context import Actor, ActorKind
from security.errors import Conflict, Denied, NotFound
from security.masking import MaskedText, MaskingPolicy
from security.models import RevocationKind
from security.revocation import Revoked
from security.sockets.codes import CloseCode
from security.sockets.consumer import log_failure
from security.sockets.limits import Rate
from security.sockets.refusals import FrameRefused

ACTS: Final = frozenset({"typing", "read", "profile", "page", "identify", "end", "rate"})
"""Frames that write, or that others are told of, and are no messages."""
P = ParamSpec("P")
T = TypeVar("T")


class VisitorSocket(ChatConsumer):
    """State and its changes; the frames are in `visitor.py`."""

    side = Side.VISITOR

    acts: Rate
    visit: visiting.Visit
    who: VisitorSession
    conversation: UUID | None = None
    page: Page | None = None
    locale: str = ""
    department: UUID | None = None
    _following: set[asyncio.Task[None]] | None = None
    _told: MaskingView | None = None
    told_unstored: bool = False
    """What `who` and `page` say was told, in part at least, while nothing was to be stored: no row may say it later."""

    async def admitted(self) -> CloseCode | None:
        """Anybody may come, so many from one address; the site says where he is."""
        self.beginning = asyncio.Lock()
        self._following = set()
        if not self.count_anonymous():
            return CloseCode.TOO_MANY
        try:
            site_key = self.scope["url_route"]["kwargs"]["site_key"]
            work, reaches = visiting.access_visit, self.live.reaches
            self.visit = await unscoped(work, site_key, address=self.address, reaches=reaches)
        except NotFound:
            return CloseCode.NO_SUCH_SITE
        self.live.registry.enter(self, self._places(), since=self.opened_at)
        site = self.visit.site
        self.rules = self.live.rules.enter(
            site.tenant_id, self.visit.tenant_public_id, self.visit.masking, since=self.opened_at
        )
        self.rules.followers.add(self._tell_masking)
        return None

    async def ended(self) -> None:
        if self._following is not None:
            for task in self._following:  # or it would join a room that nobody leaves
                task.cancel()
            self.live.registry.leave(self)
        if self.rules is not None:
            self.rules.followers.discard(self._tell_masking)
            self.live.rules.leave(self.rules)
            self.rules = None
        if self.tenant_id is not None:
            self.live.positions.unfollow(self.tenant_id, self)
        await super().ended()

    def charge(self, kind: str) -> float:
        if self.tenant_id is None:  # not greeted yet
            return 0.0
        if kind == "message":
            wait = self.rate.spend(self.live.loop.time())
            if wait or self.live.charge_tenant(self.tenant_id):
                return wait
            self.rate.give_back()  # others wrote too much, not he
            return 1.0
        return self.acts.spend(self.live.loop.time()) if kind in ACTS else 0.0

    def revoked_by(self, _: Revoked) -> None:
        self.revoke(CloseCode.FORBIDDEN)

    # Who

    def cookie(self) -> str | None:
        """The token that an earlier visit left in this browser."""
        name = visitor_cookie(self.visit.site.key)
        for header, value in self.scope["headers"]:
            if header == b"cookie":
                try:
                    morsel = SimpleCookie(value.decode("latin-1")).get(name)
                except CookieError:
                    continue
                if morsel is not None:
                    return morsel.value
        return None

    async def become(self, who: VisitorSession) -> None:
        """Be this visitor from now on."""
        if self.tenant_id is not None:
            await super().ended()
        self.who = who
        self.actor = Actor(ActorKind.VISITOR, id=str(who.public_id))
        site, key = self.visit.site, f"visitor:{who.public_id}"
        await self.enter(site.tenant_id, key, self.live.limits.visitor_sockets)
        self.rate, self.acts = self.live.visitor_rates.of(key), self.live.visitor_acts.of(key)
        self.live.registry.enter(
            self,
            {
                (RevocationKind.VISITOR, str(who.public_id)),
                (RevocationKind.VISITOR, who.token_digest.hex()[:32]),
                *self._places(),
            },
            since=self.opened_at,
        )
        place = await self.join(rooms.visitor(who.public_id), self.member_through(self._told_of_own))
        place.go_live()

    def _places(self) -> set[Subject]:
        """Where the visitor is, and where he comes from, whoever he is."""
        here = {
            (RevocationKind.SITE, str(self.visit.site.public_id)),
            (RevocationKind.TENANT, str(self.visit.tenant_public_id)),
        }
        return here if self.visit.address is None else {*here, (RevocationKind.ADDRESS, self.visit.address)}

    async def learn(self, profile: Profile) -> None:
        """What the visitor says of himself; kept in memory until his first message is stored."""
        masker = self.masking.masked
        merged = without_joined_numbers(self.who.profile.merged(profile), masker)
        if self.who.pk is not None:
            merged = await self.call(visitors.change_profile, visitor_id=self.who.pk, profile=profile, masker=masker)
            if self.conversation is not None:
                self.live.states.touch(self.visit.site.tenant_id, self.conversation)
        self.who = replace(self.who, profile=merged)

    async def identify(self, token: str) -> None:
        """Become the person whom the tenant's own server vouches for; known before or not, he may be in the middle of a number."""
        before = self.shown
        session = replace(self.who, profile=Profile()) if self.told_unstored else self.who
        try:
            who = await self.call(
                identity.identify_visitor, site=self.visit.site, session=session, token=token, now=timezone.now()
            )
        except Denied:
            await unscoped(answering.record_refusal, self.visit.site.tenant_id, "identify")
            raise
        self.forget_conversation()
        await self.become(who)
        if self.shown is not before:
            self.shown.follow(before, self.live.loop.time())

    @property
    def shown(self) -> Shown:
        """Which digits of this visitor agents have seen lately."""
        return self.live.previews.of(f"visitor:{self.who.public_id}", self.live.loop.time())

    def previewed(self, typed: MaskedText) -> MaskedText | None:
        """What agents may see of a text that is being typed."""
        if not self.masking.typing_preview:
            return None
        return self.shown.preview(typed, self.masking, self.live.loop.time())

    def author(self) -> Author:
        return Author(AuthorKind.VISITOR, self.who.public_id, self.who.profile.name)

    # What is hidden

    def site(self) -> SiteView:
        """The site for `welcome`, with the rules of this moment: they may be others than at the upgrade."""
        self._told = visiting.told_to_browsers(self.masking)
        return replace(self.visit.view, masking=self._told)

    def _tell_masking(self) -> None:
        """His browser runs packs of its own. Of rules that cannot be read it learns nothing: the server withholds by itself."""
        now = visiting.told_to_browsers(self.masking)
        if self._told is None or self._told == now or self.masking.is_broken:
            return
        self._told = now
        self.send_frame(server.masking(now))

    # Where

    async def resume(self, wanted: UUID | None, last_seq: int, last_rev: int) -> Resumed | None:
        """Join the visitor's conversation, if he has one, and read what his client has missed."""
        if self.who.pk is None:
            return None
        found = await self.call(visiting.find_conversation, self.who.pk, wanted)
        if found is None:
            return None
        self.conversation = found
        await self.join(rooms.conversation(found))
        is_same = found == wanted
        resumed = await self.call(
            visiting.resume, found, last_seq=last_seq if is_same else 0, last_rev=last_rev if is_same else 0
        )
        if resumed.told is not None:
            self.who = replace(self.who, profile=resumed.told.merged(self.who.profile))
            self.told_unstored |= resumed.status is not Status.CLOSED
        return resumed

    async def show(self, resumed: Resumed | None) -> None:
        """Send what was missed, then whatever came meanwhile, then live."""
        if resumed is None:
            return
        for frame in resumed.frames:
            if not await self.replay_frame(frame):
                return
        self.last_seqs[resumed.conversation] = resumed.last_visible_seq
        self.rooms[rooms.conversation(resumed.conversation)].go_live(resumed.last_rev)
        self._stand(resumed.conversation, resumed.status)
        is_unstored = resumed.told is not None
        self.send_frame(
            server.status(conversation=resumed.conversation, status=resumed.status.value, unstored=is_unstored)
        )

    async def begin(self, frame: visitor.SendMessage) -> bool:
        """Begin a conversation with this message; False where there is a live one already, and the message belongs there."""
        now = timezone.now()
        wait = await unscoped(self.live.openings.spend, self.visit.site.public_id, self.address, now=now)
        if wait:
            raise FrameRefused(ErrorCode.RATE_LIMITED, retry_after=wait)
        opening = Opening(
            site_pk=self.visit.site.site_id,
            session=self.who,
            client_id=frame.client_id,
            text=frame.text,
            masked=masked_in(frame.text),
            department=self.department,
            locale=self.locale,
            page=self.page,
            address=self.address,
            joining=self.joining(self.policy_for(frame)),
            told_unstored=self.told_unstored,
        )
        begun = await self.call(beginning.begin_conversation, opening=opening, now=now)
        self.who = replace(self.who, pk=begun.visitor_pk)
        if begun.message is None:
            await self.show(await self.resume(begun.conversation, 0, 0))
            return False
        if self.told_unstored and not begun.is_unstored:
            self.who, self.page = replace(self.who, profile=begun.profile), None
        self.told_unstored = begun.is_unstored
        self.live.writer.remember(begun.keeps)
        self.live.figures.hidden(self.visit.site.tenant_id, begun.message.text)
        self.conversation = begun.conversation
        place = await self.join(rooms.conversation(begun.conversation))
        self.send_frame(server.ack(begun.message, ref=frame.ref))
        self.last_seqs[begun.conversation] = begun.message.seq
        place.go_live(begun.message.rev)
        self._stand(begun.conversation, Status.WAITING)
        return True

    def policy_for(self, frame: visitor.SendMessage) -> MaskingPolicy:
        """By what this message is masked, beside those before it too: what the visitor took back stays so."""
        return self.masking.without(frame.unmasked).visitors

    def taken_back(self, frame: visitor.SendMessage) -> Collection[str]:
        """The packs that were switched on but for this message."""
        return set(self.masking.visitors.packs) - set(self.policy_for(frame).packs)

    def joining(self, policy: MaskingPolicy) -> Joining:
        """By what a first message, or a comment, is joined with what this visitor wrote a moment ago."""
        writer = self.live.writer
        return Joining(policy, writer.remembered(), writer.holds(self.who.public_id))

    async def post(self, frame: visitor.SendMessage) -> bool:
        """One more message of the present conversation; acknowledged when it is durable, by the fan-out, in order. False for a duplicate."""
        posted = await self.live.writer.put(
            Post(
                tenant_id=self.visit.site.tenant_id,
                conversation=self.require_conversation(),
                author=self.author(),
                client_id=frame.client_id,
                text=frame.text,
                check=self._may_write,
                origin=Origin(self.hub_member, frame.ref),
                policy=self.policy_for(frame),
            )
        )
        if posted.is_duplicate:
            self.send_frame(server.ack(posted.message, ref=frame.ref))
        return not posted.is_duplicate

    def forget_conversation(self) -> None:
        """It has ended, or is another person's now."""
        if self.conversation is not None:
            self.leave(rooms.conversation(self.conversation))
            self.live.positions.unfollow(self.visit.site.tenant_id, self)
            self.conversation = None

    def require_conversation(self) -> UUID:
        if self.conversation is None:
            raise NotFound
        return self.conversation

    def pk(self) -> int:
        if self.who.pk is None:
            raise NotFound
        return self.who.pk

    async def call(self, work: Callable[P, T], *args: P.args, **kwargs: P.kwargs) -> T:
        """A service, in this site's tenant."""
        return await in_scope(self.visit.site.tenant_id, work, *args, **kwargs)

    def _may_write(self, row: LockedConversation) -> str | None:
        if self.revoked is not None:
            return Conflict.code
        return None if row.visitor_id == self.who.pk else NotFound.code

    def _stand(self, conversation: UUID, status: Status) -> None:
        if status is Status.WAITING:
            self.live.positions.follow(self.visit.site.tenant_id, self, conversation)
        else:
            self.live.positions.unfollow(self.visit.site.tenant_id, self)

    def _told_of_own(self, frame: bytes) -> None:
        """The state of one of the visitor's conversations; one that this tab does not show yet is followed."""
        if self._following is None:
            return
        task = asyncio.get_running_loop().create_task(self._follow(frame))
        self._following.add(task)
        task.add_done_callback(self._following.discard)

    async def _follow(self, frame: bytes) -> None:
        state = orjson.loads(frame)
        conversation, status = UUID(state["conversation"]), Status(state["status"])
        async with self.beginning:  # if this very socket is beginning it, that comes first
            try:
                if conversation != self.conversation and status is not Status.CLOSED:
                    self.forget_conversation()
                    await self.show(await self.resume(conversation, 0, 0))
                elif conversation == self.conversation:
                    self._stand(conversation, status)
                    self.send_frame(frame)
            except Exception as error:  # noqa: BLE001 - the client learns it at its next hello
                log_failure("following", error)


def page_of(frame: visitor.Page, masked: Callable[[str], MaskedText]) -> Page:
    page = Page(url=frame.url or "", title=frame.title or "", referrer=frame.referrer or "")
    return page_without_joined_numbers(page, masked)


def profile_of(frame: visitor.Profile) -> Profile:
    return Profile(name=frame.name or "", email=frame.email or "", phone=frame.phone or "", fields=dict(frame.fields))
