"""The prepared replies that an agent has at hand while he writes, and those that he keeps for himself.

One's own are seen by nobody else, in no list of the administration either, and go with the membership. Their text is masked as everything is that
is typed; whoever saves a message as one is told to take the visitor out of it.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Final
from uuid import UUID

from django.db import transaction
from django.utils import timezone

from chat import access
from chat.models import CannedResponse
from security.audit import Action, record
from security.errors import Conflict, Denied, NotFound
from security.masking import MaskedText
from security.permissions import Grant, Permission, require_somewhere
from tenants.models import Membership, Tenant, unexpired

MOST_OWN: Final = 200


@dataclass(frozen=True, slots=True)
class PreparedReply:
    """One of them, as the composer's menu shows it; `department` is None where it is for everybody, or the member's `own`."""

    id: UUID
    shortcut: str
    title: str
    text: str
    department: str | None
    own: bool


@dataclass(frozen=True, slots=True)
class PreparedReplies:
    """What one member may insert, by shortcut.

    `tenant` is the slug of their organisation: another tab may have switched to one that is not the console's, and its replies must not get
    into this one's conversations.
    """

    tenant: str
    responses: Sequence[PreparedReply]


def prepared_replies(*, grant: Grant) -> PreparedReplies:
    """Those of the organisation in scope."""
    rows = access.canned_responses(grant).values_list(
        "public_id", "shortcut", "title", "body", "department__name", "owner"
    )
    slug = Tenant.objects.values_list("slug", flat=True).get()
    return PreparedReplies(slug, [PreparedReply(*row[:5], own=row[5] is not None) for row in rows])


@transaction.atomic
def keep_own_response(*, grant: Grant, shortcut: str, title: MaskedText, text: MaskedText) -> CannedResponse:
    """Keep a reply for oneself. Conflict("shortcut_own") where one has such a shortcut; Conflict("own_many") beyond `MOST_OWN`.

    One after the other for each member, as by a double click; Denied for who was removed by the time it is his turn.
    """
    require_somewhere(grant, Permission.CHAT_REPLY)
    if not Membership.objects.select_for_update(no_key=True).filter(unexpired(timezone.now()), pk=grant.membership_id):
        raise Denied
    own = CannedResponse.objects.filter(owner=grant.membership_id)
    if own.filter(shortcut=shortcut).exists():
        raise Conflict("shortcut_own")
    if own.count() >= MOST_OWN:
        raise Conflict("own_many")
    kept = CannedResponse.objects.create(
        owner_id=grant.membership_id, shortcut=shortcut, title=str(title), body=str(text)
    )
    record(Action.CANNED_RESPONSE_CREATED, on=kept, own=True)
    return kept


def remove_all_of(membership: Membership) -> Mapping[str, int]:
    """All that a member kept for himself, as he is removed: nobody else could see or remove it."""
    count, _ = CannedResponse.objects.filter(owner=membership).delete()
    return {"canned_responses": count}


@transaction.atomic
def remove_own_response(*, grant: Grant, response: UUID) -> None:
    """Remove one of one's own; NotFound for every other."""
    require_somewhere(grant, Permission.CHAT_REPLY)
    found = CannedResponse.objects.filter(owner=grant.membership_id, public_id=response).first()
    if found is None:
        raise NotFound
    record(Action.CANNED_RESPONSE_DELETED, on=found, own=True)
    found.delete()
