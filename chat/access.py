"""Fetch with permission, or raise. Another tenant's object, a missing one and one out of sight are the same NotFound."""

from __future__ import annotations

from uuid import UUID

from django.db.models import Q, QuerySet

from chat.models import Conversation, Status
from security.errors import Denied, NotFound
from security.permissions import Grant, Permission, has

WITH_PEOPLE = ("visitor", "department", "assigned_to", "site")


def visible(grant: Grant) -> QuerySet[Conversation]:
    """The conversations that this member may see: all, his departments' and undirected ones, or his own."""
    everything = Conversation.objects.all()
    if has(grant, Permission.CHAT_SEE_ALL):
        return everything
    own = Q(assigned_to=grant.membership_id) | Q(offered_to=grant.membership_id)
    if has(grant, Permission.CHAT_SEE_DEPARTMENT):
        return everything.filter(own | Q(department__in=grant.department_ids) | Q(department=None))
    if has(grant, Permission.CHAT_SEE_OWN):
        return everything.filter(own)
    return everything.none()


def queue(grant: Grant) -> QuerySet[Conversation]:
    """What waits and this member may take or see waiting, longest first."""
    if not has(grant, Permission.CHAT_SEE_QUEUE):
        return Conversation.objects.none()
    waiting = visible(grant).filter(status=Status.WAITING.value)
    return waiting.order_by("waiting_since", "id")


def access_conversation(grant: Grant, public_id: UUID) -> Conversation:
    """One conversation with its people, to look at."""
    found = visible(grant).select_related(*WITH_PEOPLE).filter(public_id=public_id).first()
    if found is None:
        raise NotFound
    return found


def lock_conversation(grant: Grant, public_id: UUID) -> Conversation:
    """One conversation whose row is locked until the transaction ends, to change."""
    found = visible(grant).select_for_update(of=("self",)).filter(public_id=public_id).first()
    if found is None:
        raise NotFound
    return found


def may_answer(grant: Grant, *, status: str, assigned_to_id: int | None) -> bool:
    """Whether this member may speak for the tenant, close or pass on: his own conversations, one that waits, or any for who sees all."""
    return (
        has(grant, Permission.CHAT_SEE_ALL) or status == Status.WAITING.value or assigned_to_id == grant.membership_id
    )


def lock_to_answer(grant: Grant, public_id: UUID) -> Conversation:
    """As `lock_conversation`; Denied for a colleague's, which this member may only look at."""
    found = lock_conversation(grant, public_id)
    if not may_answer(grant, status=found.status, assigned_to_id=found.assigned_to_id):
        raise Denied
    return found


def may_see(grant: Grant, *, department_id: int | None, assigned_to_id: int | None, offered_to_id: int | None) -> bool:
    """The same rule as `visible()` for one conversation whose row is in memory; for frames and the writer."""
    if has(grant, Permission.CHAT_SEE_ALL):
        return True
    if grant.membership_id in (assigned_to_id, offered_to_id):
        return has(grant, Permission.CHAT_SEE_OWN) or has(grant, Permission.CHAT_SEE_DEPARTMENT)
    in_reach = department_id is None or department_id in grant.department_ids
    return in_reach and has(grant, Permission.CHAT_SEE_DEPARTMENT)
