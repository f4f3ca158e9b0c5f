"""What an agent's socket may do: its session and grant, asked again while it is open.

Danger: a console that stays open on a machine that everybody has left, or with a right that is no more. Rule: a revocation makes the socket ask at
once, and without one it asks every 30 s and when the session would end, by time alone; until the answer is there nothing is written. Proof:
tests/chat/live/test_revocation.py.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Coroutine
from dataclasses import replace
from datetime import datetime, timedelta
from http.cookies import CookieError, SimpleCookie
from typing import Any, ParamSpec, TypeVar

from django.conf import settings
from django.utils import timezone

from chat.access import may, may_answer, may_see
from chat.live import answering
from chat.live.admission import Admitted, actor_of, admit_staff
from chat.live.consumers.base import ChatConsumer
from chat.live.hub import Side
from chat.live.protocol import ErrorCode
from chat.live.protocol.shapes import Author, AuthorKind
from chat.live.work import in_scope, unscoped
from chat.live.writer import LockedConversation, Post, Posted, WriteRefused
from chat.models import Status
from security.accounts.sessions import note_activity
from security.errors import Denied
from security.models import RevocationKind
from security.permissions import Grant, Permission
from security.revocation import Revoked
from security.sockets.codes import CloseCode
from security.sockets.consumer import log_failure
from tenants.policies import current_masking
from tenants.services.people.last_seen import note_seen

P = ParamSpec("P")
T = TypeVar("T")

ACTIVITY_EVERY = timedelta(seconds=30)
ASK_EVERY = 30.0
AT_LEAST = 0.05
MEMBERS_ARE_GIVEN = 10
"""So many times what an anonymous socket may send and cost: whoever leafs through conversations asks for each of them."""
SAID = frozenset({"message", "note", "edit"})


class AgentRights(ChatConsumer):
    """Who is on the socket, and what of his is still true."""

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
        self._tasks: set[asyncio.Task[None]] = set()
        self._active_at = float("-inf")
        found = await unscoped(admit_staff, self._session_key(), self.address)
        if isinstance(found, CloseCode):
            return found
        self._be(found)
        anonymous = self.limits
        self.limits = replace(
            anonymous, frames=anonymous.frames * MEMBERS_ARE_GIVEN, work=anonymous.work * MEMBERS_ARE_GIVEN
        )
        masking = await self.call(current_masking)
        await self.enter(self.grant.tenant_id, self.key, self.live.limits.agent_sockets)
        self.rules = self.live.rules.enter(self.grant.tenant_id, found.tenant_public_id, masking, since=self.opened_at)
        self.rate = self.live.agent_rates.of(self.key)
        self.live.registry.enter(self, found.subjects, since=self.opened_at)
        self._is_present = True  # before waiting: what is counted has to be counted off, whatever the database says
        await self.live.presence.enter(self.grant.tenant_id, self.grant.membership_id)
        self.live.reaches.forget(self.grant.tenant_id)
        self.spawn(self._keep_asking())
        if self.grant.until is not None:
            self.spawn(self._ask_at(self.grant.until))
        return None

    async def ended(self) -> None:
        for task in self._tasks:
            task.cancel()
        if self.rules is not None:
            self.live.rules.leave(self.rules)
            self.rules = None
        try:
            if self._is_present:
                await self.live.presence.leave(self.grant.tenant_id, self.grant.membership_id)
                self.live.reaches.forget(self.grant.tenant_id)
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

    async def write(self, post: Post) -> Posted:
        """Store a message; a refusal for lack of a right is recorded."""
        try:
            return await self.live.writer.put(post)
        except WriteRefused as refused:
            if refused.code == ErrorCode.FORBIDDEN.value:
                await unscoped(answering.record_refusal, self.grant.tenant_id, "write")
            raise

    def charge(self, kind: str) -> float:
        """Counted before anything is masked."""
        return self.rate.spend(self.live.loop.time()) if kind in SAID else 0.0

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
            found = await unscoped(admit_staff, self.admitted_as.session_key, self.address)
        except Exception as error:  # noqa: BLE001 - what cannot be checked is refused
            log_failure("checking", error)
            self.revoke(CloseCode.RESTARTING)
            return
        self._compare(found)
        if self._is_again_due:
            self._is_again_due = False
            self._recheck = self.spawn(self._ask_again())

    async def _keep_asking(self) -> None:
        """A session ends by time too. A failure to ask is the registry's to judge, which closes everything after 15 s of it."""
        while self.revoked is None:
            left = (self.admitted_as.ends_at - timezone.now()).total_seconds()
            await asyncio.sleep(min(max(left, AT_LEAST), ASK_EVERY))
            try:
                self._compare(await unscoped(admit_staff, self.admitted_as.session_key, self.address))
            except Exception as error:  # noqa: BLE001 - asked again in 30 s
                log_failure("checking", error)

    async def _ask_at(self, until: datetime) -> None:
        """A membership for a time ends with its time: no row is written for that, so nobody else would tell."""
        while self.revoked is None:
            left = (until - timezone.now()).total_seconds()
            await asyncio.sleep(max(left, AT_LEAST))
            await self._ask_again()

    def _compare(self, found: Admitted | CloseCode) -> None:
        if isinstance(found, CloseCode):
            self.revoke(found)
        elif found.grant.tenant_id != self.grant.tenant_id:
            self.revoke(CloseCode.SIGNED_OUT)
        elif found.grant != self.grant:
            self.revoke(CloseCode.RESTARTING)  # narrowed or widened: the client comes back with what it has now
        else:
            self.admitted_as = found  # somebody was active elsewhere: it ends later

    def may_write(self, permission: Permission) -> Callable[[LockedConversation], str | None]:
        """For the writer: the grant, evaluated under the conversation's lock."""

        def check(row: LockedConversation) -> str | None:
            if self.revoked is not None:
                return ErrorCode.FORBIDDEN.value
            if self._recheck is not None and not self._recheck.done():
                return ErrorCode.UNAVAILABLE.value
            refusal = _refusal(self.grant, permission, row)
            return refusal.value if refusal else None

        return check

    async def note_activity(self) -> None:
        """A person is at the keyboard; written down at most every 30 s."""
        now = self.live.loop.time()
        if now - self._active_at >= ACTIVITY_EVERY.total_seconds():
            self._active_at = now
            at, grant = timezone.now(), self.grant
            await unscoped(note_activity, self.admitted_as.session_key, at)
            await unscoped(note_seen, tenant_id=grant.tenant_id, member=grant.membership_public_id, now=at)

    def spawn(self, work: Coroutine[Any, Any, None]) -> asyncio.Task[None]:
        """Run beside the frames, and end with the socket."""
        task = asyncio.get_running_loop().create_task(work)
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)
        return task

    def _be(self, found: Admitted) -> None:
        self.admitted_as = found
        self.session = found.session
        self.actor = actor_of(found.grant)

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


def _refusal(grant: Grant, permission: Permission, row: LockedConversation) -> ErrorCode | None:
    is_seen = may_see(
        grant, department_id=row.department_id, assigned_to_id=row.assigned_to_id, offered_to_id=row.offered_to_id
    )
    if not is_seen:
        return ErrorCode.NOT_FOUND
    is_own = grant.membership_id in (row.assigned_to_id, row.offered_to_id)
    if not may(grant, permission, department_id=row.department_id, is_own=is_own):
        return ErrorCode.FORBIDDEN
    if permission is Permission.CHAT_NOTE:
        return None
    if row.status is Status.WAITING:
        return ErrorCode.CONFLICT  # it has to be taken before it is answered
    is_his = may_answer(
        grant, status=row.status.value, department_id=row.department_id, assigned_to_id=row.assigned_to_id
    )
    return None if is_his else ErrorCode.FORBIDDEN
