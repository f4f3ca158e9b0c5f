"""What an agent's socket asks the database for. Each reading of a transcript leaves its event, with how much was shown."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from uuid import UUID

from django.db.models import Q

from chat import access, events, summaries, transcript
from chat.live.protocol import agent, server
from chat.live.protocol.shapes import AgentLoad, Author, ConversationView, DepartmentView, MessageView, VisitorView
from chat.models import Conversation, Message, Status
from chat.services import presence
from chat.transcript import Audience, Page, Reader
from security.audit import Action, Extent, record, record_denied, record_failed
from security.errors import Conflict, NotFound
from security.masking import MaskedText
from security.permissions import Grant, Permission
from tenants.models import Department

QUEUE_SHOWN = 200
OPENED_PAGE = 50


@dataclass(frozen=True, slots=True)
class Start:
    """What a console shows first; `mine` is [last_seq, last_rev] of the open conversations of this agent."""

    departments: Sequence[DepartmentView]
    queue: Sequence[ConversationView]
    waiting: int
    agents: Sequence[AgentLoad]
    mine: Mapping[UUID, tuple[int, int]]


@dataclass(frozen=True, slots=True)
class Opened:
    """A conversation with a page of its messages; for a resume, `frames` that were missed."""

    conversation: ConversationView
    visitor: VisitorView
    messages: Sequence[MessageView]
    last_rev: int
    has_more: bool
    frames: Sequence[bytes] = ()


@dataclass(frozen=True, slots=True)
class Listed:
    conversations: Sequence[ConversationView]
    has_more: bool


@dataclass(frozen=True, slots=True)
class Wanted:
    """How a list is narrowed; `before` is the time of the last message of the last one shown."""

    before: datetime | None
    limit: int
    department: UUID | None
    tag: MaskedText | None
    agent: UUID | None


def start(*, grant: Grant, now: datetime) -> Start:
    """The queue, the colleagues, and where the agent's own conversations stand: those are known to his client by nothing yet."""
    waiting = access.queue(grant)
    shown = summaries.summarize(waiting.select_related(*access.WITH_PEOPLE)[:QUEUE_SHOWN])
    mine = Conversation.objects.filter(assigned_to=grant.membership_id, status=Status.OPEN.value)
    record(Action.CONVERSATION_SEARCHED, extent=_texts_in(shown), view="queue")
    stands = {row[0]: (row[1], row[2]) for row in mine.values_list("public_id", "last_seq", "last_rev")}
    return Start(presence.departments(now=now), shown, waiting.count(), presence.colleagues(now=now), stands)


def department_keys() -> dict[UUID, int]:
    """Public ids of departments and their primary keys, for what an event may be shown to."""
    return dict(Department.objects.values_list("public_id", "pk"))


def set_availability(*, grant: Grant, is_away: bool, now: datetime) -> None:
    presence.set_availability(membership_pk=grant.membership_id, is_away=is_away)
    events.publish_agents(server.agents(presence.colleagues(now=now)))


def list_conversations(*, grant: Grant, view: agent.View, wanted: Wanted) -> Listed:
    """Conversations that this member may see, the latest first."""
    rows = access.visible(grant).select_related(*access.WITH_PEOPLE)
    match view:
        case agent.View.MINE:
            rows = rows.filter(assigned_to=grant.membership_id, status=Status.OPEN.value)
        case agent.View.ALL:
            rows = rows.exclude(status=Status.CLOSED.value)
        case agent.View.CLOSED:
            rows = rows.filter(status=Status.CLOSED.value)
    rows = rows.filter(_narrowed(wanted)).order_by("-last_message_at", "-pk")
    found = summaries.summarize(rows[: wanted.limit + 1])
    shown = found[: wanted.limit]
    record(Action.CONVERSATION_SEARCHED, extent=_texts_in(shown), view=view.value)
    return Listed(shown, len(found) > wanted.limit)


def is_own(*, grant: Grant, conversation: UUID) -> bool:
    """Whether this member hears what is said in it as it is said: what he answers, no colleague's (those are watched, which is recorded)."""
    mine = access.visible(grant).filter(public_id=conversation, assigned_to=grant.membership_id)
    return mine.exclude(status=Status.CLOSED.value).exists()


def view(*, grant: Grant, conversation: UUID) -> ConversationView:
    """How a conversation stands."""
    return summaries.summary(access.access_conversation(grant, conversation))


def view_in_full(*, grant: Grant, conversation: UUID) -> ConversationView:
    """The same with what may be known of the visitor, for the one who looks at it."""
    opened = _opened(grant, access.access_conversation(grant, conversation), messages=())
    return replace(opened.conversation, visitor=opened.visitor)


def newest_rev(*, grant: Grant, conversation: UUID) -> int:
    """Up to where a client that shows nothing of it yet needs nothing."""
    return access.access_conversation(grant, conversation).last_rev


def open_assigned(*, grant: Grant, conversation: UUID) -> Opened:
    """The latest page of what the agent has just taken; the taking is the event, and its extent the whole transcript."""
    return _opened(grant, access.access_conversation(grant, conversation))


def open_watched(*, grant: Grant, conversation: UUID) -> Opened:
    """The latest page for a supervisor who reads along; Denied without the right to."""
    row = access.access_conversation(grant, conversation)
    access.require_on(grant, Permission.CHAT_WATCH, row)
    if row.assigned_to_id == grant.membership_id:
        raise Conflict
    if row.status == Status.CLOSED.value:
        raise Conflict("closed")
    opened = _opened(grant, row)
    record(Action.CONVERSATION_WATCHED, on=row, extent=Extent(conversations=1, messages=len(opened.messages)))
    return opened


def end_watching(*, conversation: UUID, seen: int) -> None:
    """The watching ends: how many messages came while it lasted."""
    row = Conversation.objects.get(public_id=conversation)
    record(Action.CONVERSATION_WATCHED, on=row, extent=Extent(conversations=1, messages=seen), phase="ended")


def resume(*, grant: Grant, conversation: UUID, last_seq: int, last_rev: int) -> Opened:
    """What a client with these numbers has missed of a conversation that it shows."""
    row = access.access_conversation(grant, conversation)
    last_seq, last_rev = min(last_seq, row.last_seq), min(last_rev, row.last_rev)
    reader = _reader(grant)
    missed = transcript.messages_after(row, seq=last_seq, reader=reader)
    revised = transcript.revisions_after(row, rev=last_rev, up_to_seq=last_seq, reader=reader)
    shown = len(missed.messages) + len(revised)
    if shown:
        record(Action.CONVERSATION_READ, on=row, extent=Extent(conversations=1, messages=shown))
    frames = [
        *(server.message(entry) for entry in missed.messages),
        *(server.revised(entry, reason=entry.reason) for entry in revised),
    ]
    return replace(_opened(grant, row, messages=()), frames=frames, has_more=missed.more)


def read_history(*, grant: Grant, conversation: UUID, before_seq: int | None, limit: int) -> Page:
    """An older page; each is a reading."""
    row = access.access_conversation(grant, conversation)
    page = transcript.messages_before(row, seq=before_seq, reader=_reader(grant), limit=limit)
    record(Action.CONVERSATION_READ, on=row, extent=Extent(conversations=1, messages=len(page.messages)))
    return page


def mark_read(*, grant: Grant, conversation: UUID, author: Author, seq: int) -> None:
    """The answering agent has seen everything up to `seq`; what a colleague looks at tells the visitor nothing."""
    row = access.access_conversation(grant, conversation)
    if seq > row.last_seq:
        raise Conflict
    if row.assigned_to_id != grant.membership_id:
        return
    if Conversation.objects.filter(pk=row.pk, agent_read_seq__lt=seq).update(agent_read_seq=seq):
        events.publish_read(conversation, server.read(conversation=conversation, author=author, seq=seq))


def record_edit(*, grant: Grant, conversation: UUID, message: UUID) -> None:
    """An agent changes what he wrote: said before it is done, so that no edit is without its event."""
    found = Message.objects.filter(conversation__public_id=conversation, public_id=message).first()
    if found is None:
        raise NotFound
    record(Action.MESSAGE_EDITED, on=access.access_conversation(grant, conversation), seq=found.seq)


def record_edit_failed(tenant_id: int, code: str) -> None:
    """What was announced by `record_edit` was not done."""
    record_failed(Action.MESSAGE_EDITED, tenant_id=tenant_id, code=code)


def record_previews(*, conversations: int, messages: int) -> None:
    """What a console's lists have shown of conversations while it was open: a socket's worth at a time."""
    record(
        Action.CONVERSATION_SEARCHED,
        extent=Extent(conversations=conversations, messages=messages),
        view="live",
    )


def record_refusal(tenant_id: int, what: str) -> None:
    """Something was refused for lack of a right; its own transaction was rolled back."""
    record_denied(Action.ACCESS_DENIED, tenant_id=tenant_id, act=what)


def _opened(grant: Grant, row: Conversation, *, messages: Sequence[MessageView] | None = None) -> Opened:
    page = (
        transcript.messages_before(row, seq=None, reader=_reader(grant), limit=OPENED_PAGE)
        if messages is None
        else None
    )
    visitor = summaries.visitor_view(row)
    if not access.has_on(grant, Permission.CHAT_SEE_CONTACT, row):
        visitor = VisitorView(visitor.id, visitor.name, visitor.verified, visitor.blocked)
    return Opened(
        conversation=summaries.summary(row),
        visitor=visitor,
        messages=page.messages if page else (),
        last_rev=row.last_rev,
        has_more=page.more if page else False,
    )


def _texts_in(views: Sequence[ConversationView]) -> Extent:
    """A list shows the last text of each conversation that has one."""
    return Extent(conversations=len(views), messages=sum(view.last_text is not None for view in views))


def _reader(grant: Grant) -> Reader:
    return Reader(Audience.AGENTS, grant.membership_public_id)


def _narrowed(wanted: Wanted) -> Q:
    found = Q()
    if wanted.before is not None:
        found &= Q(last_message_at__lt=wanted.before)
    if wanted.department is not None:
        found &= Q(department__public_id=wanted.department)
    if wanted.tag is not None:
        found &= Q(tagged__tag__name=str(wanted.tag))
    if wanted.agent is not None:
        found &= Q(assigned_to__public_id=wanted.agent)
    return found
