"""A visitor's first message: visitor, token, conversation and message in one transaction."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime
from uuid import UUID

from django.db import transaction

from chat import access, events
from chat.live.protocol.shapes import Author, Masked, MessageView
from chat.live.protocol.shapes import AuthorKind as WireKind
from chat.live.writer.memory import Keeps
from chat.live.writer.orders import masked_in
from chat.models import Conversation, Message, Status, Visitor
from chat.personal import Page, Profile, shown_profile
from chat.services import blocking
from chat.services.across_conversations import Earlier, Joining, earlier
from chat.services.messages import append
from chat.services.visitors import VisitorSession, store_visitor
from chat.summaries import summary
from chat.unstored import talk
from chat.unstored.mode import nothing_is_stored, with_storage
from security.audit import Action, record
from security.errors import Conflict, Denied
from security.masking import MaskedText
from tenants.models import Department
from tenants.services.limits import may_begin


@dataclass(frozen=True, slots=True)
class Begun:
    """`message` is None where the visitor has a live conversation already, begun by another tab: the text belongs there.

    `keeps` is for the writer to remember, now that it is committed. `profile` is what may be known of the visitor from now on.
    """

    visitor_pk: int
    conversation_pk: int
    conversation: UUID
    message: MessageView | None
    is_unstored: bool
    profile: Profile
    keeps: Keeps = field(default_factory=dict, repr=False)


@dataclass(frozen=True, slots=True)
class Opening:
    """All that a first message brings along. What was told while nothing was to be stored, profile and page, is stored nowhere: `told_unstored`."""

    site_pk: int
    session: VisitorSession
    client_id: UUID
    text: MaskedText
    masked: Sequence[Masked] = ()
    department: UUID | None = None
    locale: str = ""
    page: Page | None = None
    address: str | None = None
    joining: Joining | None = None
    told_unstored: bool = False


@transaction.atomic
def begin_conversation(*, opening: Opening, now: datetime) -> Begun:
    """Begin a conversation with its first message; sent again (same client id), nothing new is stored.

    Denied for a blocked visitor or address, Conflict("plan_over") where the organisation was above its plan for too long. The visitor's row is
    locked, so two tabs that write at once begin one conversation.
    """
    department, is_unstored = _department(opening.department)
    if opening.told_unstored and not is_unstored:
        opening = replace(opening, session=_forgetful(opening.session), page=None)
    visitor = store_visitor(
        opening.session,
        site_id=opening.site_pk,
        locale=opening.locale,
        page=opening.page,
        address=opening.address,
        now=now,
        is_unstored=is_unstored,
    )
    visitor = Visitor.objects.select_for_update().get(pk=visitor.pk)
    if blocking.is_blocked(visitor_pk=visitor.pk, address=opening.address, now=now):
        raise Denied
    known = _already(visitor, opening.client_id)
    if known is not None:
        return Begun(visitor.pk, known.pk, known.public_id, None, known.is_unstored, opening.session.profile)
    if not may_begin(now=now):
        raise Conflict("plan_over")
    before = earlier(visitor, opening.text, opening.joining, now)  # read first: the new one is not among them
    conversation = Conversation.objects.create(
        site_id=opening.site_pk,
        visitor=visitor,
        department=department,
        is_unstored=is_unstored,
        created_at=now,
        waiting_since=now,
        last_message_at=now,
    )
    view = _first(conversation, visitor, opening, before, now)
    record(Action.CONVERSATION_CREATED, on=conversation)
    events.publish_began(conversation, summary(_with_people(conversation)))
    who, keeps = opening.session.profile, before.keeps if before else {}
    return Begun(visitor.pk, conversation.pk, conversation.public_id, view, is_unstored, who, keeps)


def _forgetful(session: VisitorSession) -> VisitorSession:
    """The same visitor, of whom no more is known than is stored already."""
    row = Visitor.objects.filter(public_id=session.public_id).first()
    return replace(session, profile=Profile() if row is None else shown_profile(row.public_id, row.profile))


def _first(
    conversation: Conversation, visitor: Visitor, opening: Opening, before: Earlier | None, now: datetime
) -> MessageView:
    """Store the first message, as it may be shown beside what the visitor wrote a moment ago."""
    if conversation.is_unstored:
        told = opening.session.profile, opening.page, opening.address or ""
        talk.tell(conversation.public_id, profile=told[0], page=told[1], address=told[2], begins=True)
    author = Author(WireKind.VISITOR, visitor.public_id, opening.session.profile.name)
    text, masked, typed = opening.text, opening.masked, None
    if before is not None and opening.joining is not None:
        verdict = before.judge(text, opening.joining.policy)
        if verdict.text != text:
            text, masked = verdict.text, masked_in(verdict.text)
        typed = verdict.typed
    view = append(conversation, author=author, text=text, masked=masked, now=now, client_id=opening.client_id)
    if before is not None:
        before.stored(view, typed)
    return view


def _already(visitor: Visitor, client_id: UUID) -> Conversation | None:
    """The conversation that this message is in already, or the live one that it belongs to."""
    sent = Message.objects.filter(author_kind=WireKind.VISITOR.value, author_id=visitor.public_id, client_id=client_id)
    stored = sent.select_related("conversation").first()
    if stored is not None:
        return stored.conversation
    return visitor.conversations.exclude(status=Status.CLOSED.value).first()


def _department(public_id: UUID | None) -> tuple[Department | None, bool]:
    """The one that was asked for, or the tenant's default; and whether nothing is stored of what is said there."""
    departments = with_storage(Department.objects.all())
    chosen = departments.filter(public_id=public_id).first() if public_id else None
    chosen = chosen or departments.filter(is_default=True).first()
    return chosen, nothing_is_stored() if chosen is None else chosen.is_unstored


def _with_people(conversation: Conversation) -> Conversation:
    return Conversation.objects.select_related(*access.WITH_PEOPLE).get(pk=conversation.pk)
