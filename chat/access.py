"""Fetch with permission, or raise. Another tenant's object, a missing one and one out of sight are the same NotFound."""

from __future__ import annotations

from collections.abc import Collection
from typing import Any
from uuid import UUID

from django.db.models import Count, Exists, OuterRef, Q, QuerySet

from chat.models import Block, CannedResponse, Conversation, ConversationTag, Status, Tag, Visitor
from security.errors import Denied, NotFound
from security.permissions import Grant, Permission, has, has_somewhere, reach_of
from tenants.access import role_permissions
from tenants.models import DepartmentRole, Membership, Role

WITH_PEOPLE = ("visitor", "department", "assigned_to", "site")
SEE = (Permission.CHAT_SEE_OWN, Permission.CHAT_SEE_DEPARTMENT, Permission.CHAT_SEE_ALL)
"""Who has one of these somewhere sees conversations."""
_SEE_OWN, *_SEE_OTHERS = SEE


def may(grant: Grant, permission: Permission, *, department_id: int | None, is_own: bool) -> bool:
    """Whether the right reaches a conversation: of a department in reach, of none, or one that this member answers or is offered.

    The role for the whole organisation goes with what is his wherever it is; one on a department holds in that department alone.
    """
    return has(grant, permission, department_id) or (is_own and has(grant, permission))


def has_on(grant: Grant, permission: Permission, found: Conversation) -> bool:
    """`may()` for a row."""
    is_own = grant.membership_id in (found.assigned_to_id, found.offered_to_id)
    return may(grant, permission, department_id=found.department_id, is_own=is_own)


def require_on(grant: Grant, permission: Permission, found: Conversation) -> None:
    """Denied unless the right reaches this conversation."""
    if not has_on(grant, permission, found):
        raise Denied


def visible(grant: Grant) -> QuerySet[Conversation]:
    """The conversations that this member may see: all, his departments' and undirected ones, or his own."""
    if has(grant, Permission.CHAT_SEE_ALL):
        return Conversation.objects.all()
    own = _own(grant) & _reached(grant, Permission.CHAT_SEE_OWN)
    in_departments = _reached(grant, Permission.CHAT_SEE_DEPARTMENT) | _reached(grant, Permission.CHAT_SEE_ALL)
    return Conversation.objects.filter(own | in_departments)


def queue(grant: Grant) -> QuerySet[Conversation]:
    """What waits and this member may see waiting, longest first."""
    waiting = visible(grant).filter(_reached(grant, Permission.CHAT_SEE_QUEUE), status=Status.WAITING.value)
    return waiting.order_by("waiting_since", "id")


def _own(grant: Grant) -> Q:
    return Q(assigned_to=grant.membership_id) | Q(offered_to=grant.membership_id)


def _reached(grant: Grant, permission: Permission) -> Q:
    """`may()` as a condition of a query."""
    reach = reach_of(grant, permission)
    if reach.is_everywhere:
        return Q(pk__isnull=False)  # an empty Q would vanish beside another
    found = Q(department__in=reach.departments)
    return found | Q(department=None) | _own(grant) if reach.is_general else found


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


def answerers(among: QuerySet[Any] | None = None) -> QuerySet[Membership]:
    """Members to narrow a list by: who may reply somewhere, and who answered, whatever he may by now."""
    answered = Conversation.objects.order_by() if among is None else among
    replying = [role.pk for role in Role.objects.all() if Permission.CHAT_REPLY in role_permissions(role)]
    further = DepartmentRole.objects.filter(membership=OuterRef("pk"), role__in=replying)
    # A stay of an operator's gives no right to reply, whatever its role holds.
    may_reply = Q(entry=None) & (Q(role__in=replying) | Exists(further))
    return Membership.objects.filter(may_reply | Exists(answered.filter(assigned_to=OuterRef("pk")))).order_by("name")


def may_answer(grant: Grant, *, status: str, department_id: int | None, assigned_to_id: int | None) -> bool:
    """Whether this member may speak for the tenant, close or pass on: his own conversations, one that waits, or any where he sees all."""
    is_free = status == Status.WAITING.value or assigned_to_id == grant.membership_id
    return is_free or has(grant, Permission.CHAT_SEE_ALL, department_id)


def lock_to_answer(grant: Grant, public_id: UUID) -> Conversation:
    """As `lock_conversation`; Denied for a colleague's, which this member may only look at."""
    found = lock_conversation(grant, public_id)
    is_his = may_answer(
        grant, status=found.status, department_id=found.department_id, assigned_to_id=found.assigned_to_id
    )
    if not is_his:
        raise Denied
    return found


def may_see(grant: Grant, *, department_id: int | None, assigned_to_id: int | None, offered_to_id: int | None) -> bool:
    """The same rule as `visible()` for one conversation whose row is in memory; for frames and the writer."""
    is_own = grant.membership_id in (assigned_to_id, offered_to_id)
    seen_by = (_SEE_OWN, *_SEE_OTHERS) if is_own else _SEE_OTHERS
    return any(may(grant, permission, department_id=department_id, is_own=is_own) for permission in seen_by)


def blocks(grant: Grant) -> QuerySet[Block]:
    """Blocked visitors of whom this member may see a conversation; all of them for who sees every conversation."""
    if not has(grant, Permission.CHAT_BLOCK_VISITOR):
        return Block.objects.none()
    found = Block.objects.select_related("visitor", "blocked_by")
    if has(grant, Permission.CHAT_SEE_ALL):
        return found
    return found.filter(Exists(visible(grant).filter(visitor=OuterRef("visitor"))))


def visitors_by_address(digests: Collection[bytes]) -> dict[bytes, int]:
    """How many visitors came from each of these addresses."""
    rows = Visitor.objects.filter(address_digest__in=digests).values_list("address_digest").annotate(Count("pk"))
    return {bytes(digest): count for digest, count in rows}


def canned_responses(grant: Grant) -> QuerySet[CannedResponse]:
    """The prepared replies of who answers: his own, those for everybody, and those of the departments in which he does."""
    found = CannedResponse.objects.filter(Q(owner=None) | Q(owner=grant.membership_id)).order_by("shortcut", "pk")
    reach = reach_of(grant, Permission.CHAT_REPLY)
    if reach.is_everywhere:
        return found
    if not has_somewhere(grant, Permission.CHAT_REPLY):
        return found.none()
    return found.filter(Q(department=None) | Q(department__in=reach.departments))


def tags_seen(grant: Grant) -> list[tuple[UUID, str]]:
    """Public id and name of the tags of conversations that this member may see: what others are sorted by may itself tell something."""
    on_seen = ConversationTag.objects.filter(
        tag=OuterRef("pk"), conversation__in=visible(grant).order_by().values("pk")
    )
    return list(Tag.objects.filter(Exists(on_seen)).order_by("name").values_list("public_id", "name"))
