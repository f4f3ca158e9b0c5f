"""Legal holds: what they keep is deleted by nobody, by no rule, no erasure and no closing of the account.

Danger: a hold that comes a moment too late. Rule: who deletes and who places a hold take the same lock first, `rules.lock_deletions()`, so a deletion
that has begun is over before the hold is placed, which then finds nothing, and one that begins later asks `rules.held()` and finds the hold. Proof:
tests/chat/retention/test_holds.py.
"""

from __future__ import annotations

from datetime import datetime
from uuid import UUID

from django.db import OperationalError, transaction

from chat.models import ArchivedConversation, Conversation, LegalHold, Visitor
from chat.retention.rules import lock_deletions
from security.audit import Action, record
from security.crypto import keyring
from security.crypto.envelope import AAD_VERSION, Undecryptable, record_aad
from security.crypto.replacing import UnderTenantKey
from security.crypto.sealed import SealedText, open_text_by_any, seal_text
from security.errors import Conflict, Invalid, NotFound
from security.masking import MaskedText
from security.permissions import Grant, Permission, require
from security.scoping import require_tenant_id

RIGHT = Permission.AUDIT_LEGAL_HOLD


@transaction.atomic
def place_hold(
    *, grant: Grant, reason: MaskedText, now: datetime, conversation: UUID | None = None, visitor: UUID | None = None
) -> LegalHold:
    """Keep a conversation, live or archived, all of a visitor's, or (neither named) everything.

    NotFound; Invalid("reason") for an empty one; Conflict("deleting") where something is being deleted for longer than a lock is waited for.
    """
    require(grant, RIGHT)
    if not reason.strip():
        raise Invalid("reason")
    try:
        with transaction.atomic():
            lock_deletions()
    except OperationalError:
        raise Conflict("deleting") from None
    row = LegalHold(placed_by_id=grant.membership_id, placed_at=now)
    if conversation is not None:
        row.conversation = _conversation(conversation)
    elif visitor is not None:
        row.visitor = Visitor.objects.filter(public_id=visitor).first()
        if row.visitor is None:
            raise NotFound
    row.reason = _sealed(row, reason)
    row.save(force_insert=True)
    record(Action.HOLD_PLACED, on=row, conversation=conversation, visitor=visitor)
    return row


def _conversation(public_id: UUID) -> UUID:
    for model in (Conversation, ArchivedConversation):
        if model.objects.filter(public_id=public_id).exists():
            return public_id
    raise NotFound


def access_hold(*, grant: Grant, hold: UUID) -> LegalHold:
    """One, to ask about. NotFound."""
    require(grant, RIGHT)
    row = LegalHold.objects.select_related("visitor", "placed_by").filter(public_id=hold).first()
    if row is None:
        raise NotFound
    return row


@transaction.atomic
def release_hold(*, grant: Grant, hold: UUID, now: datetime) -> LegalHold:
    """From now on the rules apply again. Conflict("released") the second time."""
    require(grant, RIGHT)
    row = LegalHold.objects.select_for_update(of=("self",)).filter(public_id=hold).first()
    if row is None:
        raise NotFound
    if row.released_at is not None:
        raise Conflict("released")
    row.released_at, row.released_by_id = now, grant.membership_id
    row.save(update_fields=["released_at", "released_by"])
    record(Action.HOLD_RELEASED, on=row)
    return row


def reason_of(hold: LegalHold) -> MaskedText | None:
    """Why it was placed; None where that was tampered with."""
    try:
        return open_text_by_any(hold.reason, keyring.tenant_keys(), _reason_place(hold))
    except Undecryptable:
        return None


def _sealed(hold: LegalHold, reason: MaskedText) -> SealedText:
    return seal_text(reason, keyring.tenant_key(), _reason_place(hold))


def under_tenant_key() -> UnderTenantKey:
    """What is sealed anew when an organisation's key is replaced."""
    return UnderTenantKey(LegalHold, "reason", None, _reason_place)


def _reason_place(hold: LegalHold) -> bytes:
    return record_aad(AAD_VERSION, require_tenant_id(), "legal hold", hold.public_id, "reason")
