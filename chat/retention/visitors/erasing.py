"""Everything that is kept about a visitor is destroyed: rows, and the keys without which no copy can be read.

Danger: everything here is final. Rule: who erases holds the lock that holds are placed under, and asks for holds after that; the event, which says how
much it was, is in the same transaction, and so is the row that names who was erased, for the day a backup is restored. Proof:
tests/chat/retention/test_visitors_rights.py.
"""

from __future__ import annotations

from datetime import datetime
from typing import Final
from uuid import UUID

from django.db import OperationalError, transaction
from django.db.models import Q

from chat.models import (
    ArchivedConversation,
    Block,
    Conversation,
    Erasure,
    LegalHold,
    Status,
    Visitor,
    VisitorToken,
)
from chat.retention.changing import is_confirmed
from chat.retention.purge import destroy_keys, destroy_visitor_key, remove_rows
from chat.retention.rules import held, lock_deletions
from chat.retention.visitors.gathering import ERASE, access_visitor, only_archived
from security.audit import Action, Extent, record
from security.errors import Conflict, Invalid
from security.models import RevocationKind
from security.permissions import Grant, require, require_member
from security.revocation import revoke

_HIS: Final = (
    *("profile", "page", "address"),
    *("address_digest", "email_digest", "external_id_digest"),
    *("is_verified", "locale"),
)


@transaction.atomic
def erase_visitor(*, grant: Grant, visitor: UUID, typed: str, now: datetime) -> Erasure:
    """Erase; the certificate. Invalid("typed_name"), Conflict("visitor_held", "visitor_in_chat", "deleting"), NotFound."""
    require(grant, ERASE)
    require_member(grant)
    found = access_visitor(grant=grant, visitor=visitor)
    if not is_confirmed(typed):
        raise Invalid("typed_name")
    return erased(found, now=now, by=grant.membership_id)


@transaction.atomic
def erased(visitor: Visitor, *, now: datetime, by: int | None = None) -> Erasure:
    """As `erase_visitor`, for commands. What was sent to the organisation's own server is the organisation's to erase."""
    try:
        with transaction.atomic():
            lock_deletions()
    except OperationalError:
        raise Conflict("deleting") from None
    visitor = Visitor.objects.select_for_update(of=("self",)).get(pk=visitor.pk)
    live = list(Conversation.objects.select_for_update(of=("self",)).filter(visitor=visitor))
    archived = list(only_archived(visitor))
    _require_erasable(visitor, held())
    messages = remove_rows(live) + sum(row.messages for row in archived)
    ArchivedConversation.objects.filter(visitor=visitor).delete()
    ids = [row.public_id for row in (*live, *archived)]
    destroy_keys(ids)
    row = Erasure.objects.create(
        visitor=visitor.public_id,
        conversations=[str(one) for one in ids],
        messages=messages,
        erased_by_id=by,
        erased_at=now,
    )
    _forget(visitor)
    extent = Extent(conversations=len(ids), messages=messages)
    record(Action.VISITOR_ERASED, on=visitor, extent=extent, certificate=row.public_id)
    destroy_visitor_key(visitor.public_id)
    return row


def is_erasable(visitor: Visitor) -> bool:
    """Whether `erased` would not refuse, as things are now."""
    try:
        _require_erasable(visitor, held())
    except Conflict:
        return False
    return True


def _require_erasable(visitor: Visitor, by_holds: Q) -> None:
    if _is_held(visitor, by_holds):
        raise Conflict("visitor_held")
    if Conversation.objects.filter(visitor=visitor).exclude(status=Status.CLOSED.value).exists():
        raise Conflict("visitor_in_chat")


def _is_held(visitor: Visitor, by_holds: Q) -> bool:
    everything = LegalHold.objects.filter(released_at=None).filter(
        Q(visitor=visitor) | Q(visitor=None, conversation=None)
    )
    return (
        everything.exists()
        or Conversation.objects.filter(by_holds, visitor=visitor).exists()
        or ArchivedConversation.objects.filter(by_holds, visitor=visitor).exists()
    )


def _forget(visitor: Visitor) -> None:
    """His browsers' proofs, blocks and data. A row without anything of his stays where a released hold names it."""
    for digest in VisitorToken.objects.filter(visitor=visitor).values_list("digest", flat=True):
        revoke(RevocationKind.VISITOR, bytes(digest).hex()[:32])
    VisitorToken.objects.filter(visitor=visitor).delete()
    Block.objects.filter(visitor=visitor).delete()
    visitor.profile = visitor.page = visitor.address = None
    visitor.address_digest = visitor.email_digest = visitor.external_id_digest = None
    visitor.is_verified, visitor.locale = False, ""
    visitor.save(update_fields=_HIS)
    if not LegalHold.objects.filter(visitor=visitor).exists():
        visitor_id, public_id = visitor.pk, visitor.public_id
        visitor.delete()
        visitor.pk, visitor.public_id = visitor_id, public_id
