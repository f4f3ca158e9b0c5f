"""The end of a conversation and what may follow it: close, end, reopen, rate, tag."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Final
from uuid import UUID

from django.db import transaction

from chat import access, events, sealing
from chat.live.writer.memory import Keeps
from chat.models import ArchivedConversation, Conversation, ConversationTag, Status, Tag, Visitor
from chat.services.across_conversations import Joining, joined_comment
from chat.services.messages import SystemCode, say
from chat.side_by_side import tags_without_joined_numbers
from chat.unstored import talk
from security.audit import Action, record
from security.errors import Conflict, NotFound
from security.masking import MaskedText
from security.permissions import Grant, Permission
from tenants.models import Department, Membership, Policy
from tenants.policies import masked_for_members

OUTCOMES: Final = frozenset({"resolved", "unresolved", "spam"})
"""What consoles offer; any other word is somebody's own, and so what was said."""
BLOCKED: Final = "blocked"
"""The outcome of a conversation whose visitor was blocked."""
REOPEN_WITHIN = timedelta(days=7)


@transaction.atomic
def close_conversation(*, grant: Grant, conversation: UUID, outcome: str, now: datetime) -> Conversation:
    """An agent closes; Conflict("closed") if it is closed already."""
    found = access.lock_to_answer(grant, conversation)
    access.require_on(grant, Permission.CHAT_CLOSE, found)
    found.outcome = "" if found.is_unstored and outcome not in OUTCOMES else outcome
    return _close(found, SystemCode.CLOSED, "Conversation closed", now=now)


def close_blocked(conversation: Conversation, *, now: datetime) -> None:
    """Its visitor was blocked: end it, whoever has it, as part of the caller's transaction. The row is locked."""
    conversation.outcome = BLOCKED
    _close(conversation, SystemCode.CLOSED, "Conversation closed", now=now)


@transaction.atomic
def end_conversation(*, visitor_pk: int, conversation: UUID, now: datetime) -> Conversation:
    """The visitor ends his own conversation."""
    return _close(_own(visitor_pk, conversation), SystemCode.ENDED, "The visitor ended the conversation", now=now)


@transaction.atomic
def close_idle(*, now: datetime) -> list[UUID]:
    """Close what had no message for the tenant's time (24 h). Idempotent; the ids of what was closed."""
    limit = now - timedelta(hours=Policy.objects.get().close_after_hours)
    idle = Conversation.objects.select_for_update(skip_locked=True).exclude(status=Status.CLOSED.value)
    return [
        _close(found, SystemCode.CLOSED, "Conversation closed", now=now).public_id
        for found in idle.filter(last_message_at__lte=limit).order_by("pk")[:200]
    ]


@transaction.atomic
def reopen_conversation(*, grant: Grant, conversation: UUID, now: datetime) -> Conversation:
    """Within 7 days, and only if the visitor has no newer one; else Conflict. The one who reopens answers."""
    # The visitor first, as where he begins a new one, which he may be doing at this moment: in the other order the two wait for each other.
    Visitor.objects.select_for_update().get(pk=access.access_conversation(grant, conversation).visitor_id)
    found = access.lock_conversation(grant, conversation)
    access.require_on(grant, Permission.CHAT_REOPEN, found)
    newer = Conversation.objects.filter(visitor=found.visitor_id, created_at__gt=found.created_at)
    if found.status != Status.CLOSED.value or found.closed_at is None or newer.exists():
        raise Conflict
    if now - found.closed_at > REOPEN_WITHIN:
        raise Conflict
    agent = Membership.objects.get(pk=grant.membership_id)
    found.status, found.assigned_to, found.assigned_at = Status.OPEN.value, agent, now
    found.closed_at, found.outcome = None, ""
    found.save(update_fields=["status", "assigned_to", "assigned_at", "closed_at", "outcome"])
    view = say(found, SystemCode.REOPENED, f"{agent.name} reopened the conversation", now=now)
    record(Action.CONVERSATION_REOPENED, on=found)
    events.publish_change(found, view)
    return found


@dataclass(frozen=True, slots=True)
class Rated:
    """`keeps` is for the writer to remember, now that it is committed."""

    status: str
    keeps: Keeps = field(default_factory=dict, repr=False)


@transaction.atomic
def rate_conversation(
    *,
    visitor_pk: int,
    conversation: UUID,
    score: int,
    comment: MaskedText | None,
    now: datetime,
    joining: Joining | None = None,
) -> Rated:
    """The visitor's opinion, 1–5; the last one counts. The same again changes nothing and is not recorded."""
    # The visitor first, as where he begins a conversation.
    visitor = Visitor.objects.select_for_update().get(pk=visitor_pk)
    text, keeps = joined_comment(visitor, comment, joining, now) if comment else (None, {})
    found = _own(visitor_pk, conversation)
    if found.rating == score and text == sealing.open_rating_comment(found):
        return Rated(found.status, keeps)
    found.rating = score
    found.rating_comment = sealing.seal_rating_comment(found, text) if text and not found.is_unstored else None
    found.save(update_fields=["rating", "rating_comment"])
    record(Action.CONVERSATION_RATED, on=found)
    events.publish_states([found.public_id])
    return Rated(found.status, keeps)


@transaction.atomic
def tag_conversation(
    *, grant: Grant, conversation: UUID, add: Sequence[MaskedText], remove: Sequence[MaskedText]
) -> Conversation:
    """Add and remove tags; unknown words become tags of the tenant. Those that spell a number together lose its digits."""
    found = access.lock_conversation(grant, conversation)
    access.require_on(grant, Permission.CHAT_TAG, found)
    if found.is_unstored and add:
        raise Conflict  # a word about it, which would be stored
    ConversationTag.objects.filter(conversation=found, tag__name__in=[str(name) for name in remove]).delete()
    had = ConversationTag.objects.filter(conversation=found).values_list("tag__name", flat=True)
    names = list(dict.fromkeys([*had, *map(str, add)]))
    hidden = tags_without_joined_numbers(names, masked_for_members)
    ConversationTag.objects.filter(conversation=found, tag__name__in=hidden).delete()
    for name in dict.fromkeys([*(hidden.get(str(name), name) for name in add), *hidden.values()]):
        tag, _ = Tag.objects.get_or_create(name=str(name))
        ConversationTag.objects.get_or_create(conversation=found, tag=tag)
    record(Action.CONVERSATION_TAGGED, on=found, added=len(add), removed=len(remove))
    events.publish_change(found)
    return found


def _own(visitor_pk: int, conversation: UUID) -> Conversation:
    mine = Conversation.objects.select_for_update().filter(visitor=visitor_pk, public_id=conversation)
    found = mine.first()
    if found is None:
        raise NotFound
    return found


def _close(found: Conversation, code: SystemCode, text: str, *, now: datetime) -> Conversation:
    if found.status == Status.CLOSED.value:
        raise Conflict("closed")
    found.status, found.closed_at, found.waiting_since = Status.CLOSED.value, now, None
    found.offered_to = found.offered_by = found.offer_expires_at = found.offer_note = None
    found.save(
        update_fields=[
            "status",
            "closed_at",
            "waiting_since",
            "outcome",
            "offered_to",
            "offered_by",
            "offer_expires_at",
            "offer_note",
        ]
    )
    view = say(found, code, text, now=now)
    talk.forget_after_commit(found)
    record(Action.CONVERSATION_CLOSED, on=found, how=code.value)
    events.publish_change(found, view)
    return found


def hand_over_department(old: Department, new: Department) -> None:
    """Conversations of a department that is being deleted belong to another one: without any they would be in everybody's reach."""
    Conversation.objects.filter(department=old).update(department=new)
    ArchivedConversation.objects.filter(department=old).update(department=new)
