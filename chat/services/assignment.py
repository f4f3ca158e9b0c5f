"""Who answers: next, claim, transfer, offers, and back to the queue. One conversation has one owner; races end in Conflict."""

from __future__ import annotations

from datetime import datetime, timedelta
from uuid import UUID

from django.db import transaction
from django.db.models import Exists, OuterRef, Q

from chat import access, events, sealing
from chat.live.protocol.shapes import Author
from chat.live.protocol.shapes import AuthorKind as WireKind
from chat.live.writer.orders import masked_in
from chat.models import Conversation, Presence, Status
from chat.services.messages import SystemCode, append, say
from security import permissions
from security.audit import Action, Extent, record
from security.errors import Conflict, NotFound
from security.masking import MaskedText
from security.permissions import Grant, Permission
from tenants.access import grant_of, role_permissions
from tenants.models import Department, DepartmentRole, Membership, Role, usable

OFFER_FOR = timedelta(seconds=30)
GONE_AFTER = timedelta(seconds=60)
SWEPT_AT_ONCE = 50
"""Conversations that one sweep locks and moves; the next one is seconds away."""


@transaction.atomic
def take_next(*, grant: Grant, now: datetime) -> Conversation | None:
    """Give the longest waiting conversation of the agent's departments to him; None where nothing waits or he has enough."""
    permissions.require_somewhere(grant, Permission.CHAT_TAKE)
    me = Membership.objects.select_for_update().get(
        pk=grant.membership_id
    )  # two sockets of one agent: one after the other
    if Conversation.objects.filter(assigned_to=me, status=Status.OPEN.value).count() >= grant.capacity:
        return None
    found = (
        access.queue(grant).filter(_where_he_answers(grant)).select_for_update(of=("self",), skip_locked=True).first()
    )
    return None if found is None else _assign(found, me, now=now, code=SystemCode.ASSIGNED)


@transaction.atomic
def claim(*, grant: Grant, conversation: UUID, now: datetime) -> Conversation:
    """Take one waiting conversation; Conflict("already_assigned") if somebody was faster."""
    found = access.lock_conversation(grant, conversation)
    access.require_on(grant, Permission.CHAT_TAKE, found)
    if found.status == Status.CLOSED.value:
        raise Conflict("closed")
    if found.status != Status.WAITING.value:
        raise Conflict("already_assigned")
    return _assign(found, Membership.objects.get(pk=grant.membership_id), now=now, code=SystemCode.ASSIGNED)


@transaction.atomic
def transfer_to_department(
    *, grant: Grant, conversation: UUID, department: UUID, note: MaskedText | None, now: datetime
) -> Conversation:
    """Back to the queue, of another department; the visitor is told. `note` is kept as a note for whoever takes it."""
    found = _lock_open(grant, conversation)
    target = Department.objects.filter(public_id=department).first()
    if target is None:
        raise NotFound
    if note is not None:
        access.require_on(grant, Permission.CHAT_NOTE, found)
        author = Author(WireKind.NOTE, grant.membership_public_id, grant.name)
        events.publish_change(found, append(found, author=author, text=note, masked=masked_in(note), now=now))
    found.department = target
    _return_to_queue(found, now=now, code=SystemCode.TRANSFERRED, text=f"Transferred to {target.name}")
    record(Action.CONVERSATION_TRANSFERRED, on=found, to=str(target.public_id))
    return found


@transaction.atomic
def offer_to_agent(
    *, grant: Grant, conversation: UUID, agent: UUID, note: MaskedText | None, now: datetime
) -> Conversation:
    """Offer an open conversation to a colleague for 30 s; until he accepts it stays where it is."""
    found = _lock_open(grant, conversation)
    colleagues = Membership.objects.select_related("role", "user").filter(usable(now))
    target = colleagues.filter(public_id=agent).first()
    if target is None:
        raise NotFound
    may_take = access.may(grant_of(target), Permission.CHAT_TAKE, department_id=found.department_id, is_own=True)
    if target.pk == found.assigned_to_id or not may_take:
        raise Conflict
    if note is not None:
        access.require_on(grant, Permission.CHAT_NOTE, found)
    found.offered_to, found.offered_by_id = target, grant.membership_id
    found.offer_expires_at = now + OFFER_FOR
    # What is said beside it is told at once, and stored only where anything is.
    found.offer_note = sealing.seal_offer_note(found, note) if note and not found.is_unstored else None
    found.save(update_fields=["offered_to", "offered_by", "offer_expires_at", "offer_note"])
    record(Action.CONVERSATION_OFFERED, on=found, to=str(target.public_id))
    events.publish_offer(found, note=note)
    return found


@transaction.atomic
def accept_offer(*, grant: Grant, conversation: UUID, now: datetime) -> Conversation:
    """Take what was offered; Conflict when the offer has run out or was made to somebody else."""
    found = access.lock_conversation(grant, conversation)
    access.require_on(grant, Permission.CHAT_TAKE, found)
    is_mine = found.offered_to_id == grant.membership_id and found.status == Status.OPEN.value
    if not is_mine or found.offer_expires_at is None or found.offer_expires_at <= now:
        raise Conflict
    return _assign(found, Membership.objects.get(pk=grant.membership_id), now=now, code=SystemCode.ASSIGNED)


@transaction.atomic
def decline_offer(*, grant: Grant, conversation: UUID, now: datetime) -> Conversation:
    """Not me: back to the queue at once."""
    found = access.lock_conversation(grant, conversation)
    if found.offered_to_id != grant.membership_id:
        raise Conflict
    record(Action.CONVERSATION_DECLINED, on=found)
    _return_to_queue(found, now=now, code=SystemCode.RETURNED, text="Waiting for the next free agent")
    return found


@transaction.atomic
def return_expired_offers(*, now: datetime) -> list[UUID]:
    """Offers that nobody answered in 30 s go back to the queue. Idempotent; the ids of what moved."""
    offered = Conversation.objects.filter(status=Status.OPEN.value, offer_expires_at__lte=now)
    expired = offered.select_for_update(of=("self",), skip_locked=True)[:SWEPT_AT_ONCE]
    return [_give_up(found, "offer expired", now=now) for found in expired]


@transaction.atomic
def return_stranded(*, now: datetime) -> list[UUID]:
    """Open conversations go back to the queue whose agent has had no socket for 60 s, or may not answer there any more.

    Idempotent; the ids of what moved.
    """
    here = Presence.objects.filter(membership=OuterRef("assigned_to"), seen_at__gt=now - GONE_AFTER)
    open_ones = Conversation.objects.select_for_update(of=("self",), skip_locked=True).filter(status=Status.OPEN.value)
    refused = open_ones.exclude(_answered_by_whom_may(now))
    moved = [_give_up(found, "right lost", now=now) for found in refused[:SWEPT_AT_ONCE]]
    stranded = open_ones.filter(~Exists(here), assigned_at__lte=now - GONE_AFTER)
    return moved + [_give_up(found, "agent gone", now=now) for found in stranded[:SWEPT_AT_ONCE]]


def _answered_by_whom_may(now: datetime) -> Q:
    """Conversations whose agent may reply: by his role, or by a further one on their department."""
    replying = [role.pk for role in Role.objects.all() if Permission.CHAT_REPLY in role_permissions(role)]
    member = Membership.objects.filter(usable(now), pk=OuterRef("assigned_to"))
    further = DepartmentRole.objects.filter(
        membership=OuterRef("assigned_to"), department=OuterRef("department"), role__in=replying
    )
    return Q(Exists(member.filter(role__in=replying))) | Q(Exists(member), Exists(further))


def _give_up(found: Conversation, why: str, *, now: datetime) -> UUID:
    record(Action.CONVERSATION_REQUEUED, on=found, why=why)
    _return_to_queue(found, now=now, code=SystemCode.RETURNED, text="Waiting for the next free agent")
    return found.public_id


def _where_he_answers(grant: Grant) -> Q:
    """Who sees all is still asked for his own departments only."""
    reach = permissions.reach_of(grant, Permission.CHAT_TAKE)
    own = Q(department__in=reach.departments)
    return own | Q(department=None) if reach.is_general else own


def _lock_open(grant: Grant, conversation: UUID) -> Conversation:
    """To pass on."""
    found = access.lock_to_answer(grant, conversation)
    access.require_on(grant, Permission.CHAT_TRANSFER, found)
    if found.status == Status.CLOSED.value:
        raise Conflict("closed")
    if found.status != Status.OPEN.value:
        raise Conflict
    return found


def _clear_offer(found: Conversation) -> list[str]:
    found.offered_to = found.offered_by = found.offer_expires_at = found.offer_note = None
    return ["offered_to", "offered_by", "offer_expires_at", "offer_note"]


def _assign(found: Conversation, agent: Membership, *, now: datetime, code: SystemCode) -> Conversation:
    found.status, found.assigned_to = Status.OPEN.value, agent
    found.waiting_since, found.assigned_at = None, now
    found.first_assigned_at = found.first_assigned_at or now
    found.save(
        update_fields=[
            "status",
            "assigned_to",
            "waiting_since",
            "assigned_at",
            "first_assigned_at",
            *_clear_offer(found),
        ]
    )
    view = say(found, code, f"{agent.name} joined", now=now)
    record(Action.CONVERSATION_TAKEN, on=found, extent=Extent(conversations=1, messages=found.last_seq))
    events.publish_change(found, view)
    return found


def _return_to_queue(found: Conversation, *, now: datetime, code: SystemCode, text: str) -> None:
    found.status, found.assigned_to = Status.WAITING.value, None
    found.waiting_since, found.assigned_at = now, None
    found.save(
        update_fields=["status", "assigned_to", "waiting_since", "assigned_at", "department", *_clear_offer(found)]
    )
    events.publish_change(found, say(found, code, text, now=now))
