"""Back from the archive: to be read there, or into the primary store for a time."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any, Final
from uuid import UUID

from django.db import transaction

from chat.models import ArchivedConversation, Conversation
from chat.retention import chunks
from chat.retention.content import restored
from chat.retention.stores import Missing, Store, name_of
from security.audit import Action, Extent, Outcome, record
from security.crypto import keyring
from security.crypto.envelope import Undecryptable
from security.errors import Conflict, Invalid, NotFound
from security.models import KeySubject
from security.permissions import Grant, Permission, has, require, require_member
from security.scoping import require_tenant_id
from tenants.models import Tenant

KEPT_FOR: Final = timedelta(days=30)
"""So long retention leaves alone what was brought back."""


@transaction.atomic
def look_at_archived(
    *, grant: Grant, conversation: UUID, store: Store
) -> tuple[ArchivedConversation, dict[str, Any] | None]:
    """A transcript as it lies in the archive; None where that does not have it, or its key is no more, which the trail says. NotFound."""
    require(grant, Permission.CHAT_SEE_ALL)
    row = _found(conversation)
    try:
        content = _content(row, store)
    except (NotFound, Missing, chunks.Damaged, OSError):
        record(Action.ARCHIVE_READ, on=row, outcome=Outcome.FAILED)
        return row, None
    record(Action.ARCHIVE_READ, on=row, extent=Extent(conversations=1, messages=len(content["messages"])))
    return row, content


def may_bring_back(grant: Grant) -> bool:
    """Who reads it all and sets how long it is kept, and is no operator in for a time."""
    rights = (Permission.CHAT_SEE_ALL, Permission.CONFIGURATION_RETENTION)
    return grant.entry is None and all(has(grant, right) for right in rights)


@transaction.atomic
def bring_back(*, grant: Grant, conversation: UUID, now: datetime, store: Store) -> Conversation:
    """As `restore_archived`, for who may. NotFound, Conflict("live"), Invalid("archive_damaged")."""
    require(grant, Permission.CHAT_SEE_ALL)
    require(grant, Permission.CONFIGURATION_RETENTION)
    require_member(grant)
    try:
        return restore_archived(conversation=conversation, now=now, store=store)
    except (Missing, chunks.Damaged, OSError):
        raise Invalid("archive_damaged") from None


@transaction.atomic
def restore_archived(*, conversation: UUID, now: datetime, store: Store) -> Conversation:
    """Into the primary store, as it was, for `KEPT_FOR`; then retention takes it again. For commands and jobs. Conflict("live")."""
    if Conversation.objects.filter(public_id=conversation).exists():
        raise Conflict("live")
    row = _found(conversation, lock=True)
    content = _content(row, store)
    people = {
        "site_id": row.site_id,
        "visitor_id": row.visitor_id,
        "department_id": row.department_id,
        "assigned_to_id": row.assigned_to_id,
    }
    back = restored(content, people=people, key=_key(conversation), kept_until=now + KEPT_FOR)
    row.delete()
    record(Action.ARCHIVE_RESTORED, on=back, extent=Extent(conversations=1, messages=len(content["messages"])))
    return back


def is_archived(conversation: UUID) -> bool:
    """Whether the tenant in scope has it there. For commands."""
    return ArchivedConversation.objects.filter(public_id=conversation).exists()


def _found(conversation: UUID, *, lock: bool = False) -> ArchivedConversation:
    rows = ArchivedConversation.objects.select_related("chunk").filter(public_id=conversation)
    row = (rows.select_for_update(of=("self",)) if lock else rows).first()
    if row is None:
        raise NotFound
    return row


def opened_archived(row: ArchivedConversation, store: Store) -> dict[str, Any]:
    """What lies in the archive; who calls leaves the event. NotFound, Missing, Damaged."""
    return _content(row, store)


def _content(row: ArchivedConversation, store: Store) -> dict[str, Any]:
    tenant = Tenant.objects.values_list("public_id", flat=True).get()
    sealed = store.read(name_of(tenant, row.chunk.public_id), offset=row.offset, most=row.length)
    return chunks.unseal(
        sealed,
        tenant_id=require_tenant_id(),
        chunk=row.chunk.public_id,
        conversation=row.public_id,
        key=_key(row.public_id),
    )


def _key(conversation: UUID) -> bytes:
    try:
        key = keyring.stored_key(KeySubject.CONVERSATION, conversation)
    except Undecryptable:  # the key was tampered with, which is as good as the text
        raise chunks.Damaged from None
    if key is None:
        raise NotFound
    return key
