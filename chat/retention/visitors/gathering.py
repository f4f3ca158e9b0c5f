"""Everything that is kept about a visitor, in one document."""

from __future__ import annotations

from dataclasses import asdict
from datetime import datetime
from typing import Any, Final
from uuid import UUID

from django.db import transaction
from django.db.models import Exists, OuterRef, QuerySet

from chat.models import ArchivedConversation, Block, Conversation, Visitor
from chat.personal import shown_address, shown_block_reason, shown_page, shown_profile
from chat.retention.chunks import Damaged
from chat.retention.content import read_contents
from chat.retention.restore import opened_archived
from chat.retention.stores import Missing, Store
from chat.services.visitors import email_digest
from security.audit import Action, Extent, record
from security.errors import Denied, NotFound
from security.permissions import Grant, Permission, has, require

EXPORT: Final = Permission.AUDIT_EXPORT_VISITOR
ERASE: Final = Permission.AUDIT_ERASE_VISITOR
_MOST_FOUND: Final = 50


def access_visitor(*, grant: Grant, visitor: UUID) -> Visitor:
    """For who may export or erase. NotFound, Denied."""
    if not (has(grant, EXPORT) or has(grant, ERASE)):
        raise Denied
    found = Visitor.objects.select_related("site").filter(public_id=visitor).first()
    if found is None:
        raise NotFound
    return found


@transaction.atomic
def find_visitors(*, grant: Grant, email: str) -> list[Visitor]:
    """Those who gave this address, on all websites; whoever asks by mail is found so."""
    if not (has(grant, EXPORT) or has(grant, ERASE)):
        raise Denied
    digest = email_digest(email)
    rows = Visitor.objects.filter(email_digest=digest).select_related("site").order_by("-seen_at", "-pk")
    found = list(rows[:_MOST_FOUND]) if digest else []
    record(Action.VISITOR_SEARCHED, found=len(found))
    return found


@transaction.atomic
def read_visitor(*, grant: Grant, visitor: UUID) -> tuple[Visitor, int, int]:
    """With how many conversations in the primary store, and in the archive. As `access_visitor`."""
    found = access_visitor(grant=grant, visitor=visitor)
    record(Action.ADMIN_READ, on=found)
    return found, found.conversations.count(), only_archived(found).count()


def only_archived(visitor: Visitor) -> QuerySet[ArchivedConversation]:
    """His, as `moved`."""
    return moved().filter(visitor=visitor)


def moved() -> QuerySet[ArchivedConversation]:
    """What is not in the primary store any more: between a chunk's last two steps its conversations are in both."""
    live = Conversation.objects.filter(public_id=OuterRef("public_id"))
    return ArchivedConversation.objects.exclude(Exists(live))


def described(visitor: Visitor) -> dict[str, Any]:
    """What is known of him."""
    return {
        "id": str(visitor.public_id),
        "profile": asdict(shown_profile(visitor.public_id, visitor.profile)),
        "page": asdict(shown_page(visitor.public_id, visitor.page)),
        "address": shown_address(visitor.public_id, visitor.address),
        "locale": visitor.locale,
        "is_verified": visitor.is_verified,
        "created_at": visitor.created_at.isoformat(),
        "seen_at": visitor.seen_at.isoformat(),
    }


@transaction.atomic
def export_visitor(*, grant: Grant, visitor: UUID, store: Store, now: datetime) -> dict[str, Any]:
    """As `gathered`, for who may; how much it was stands in the trail."""
    require(grant, EXPORT)
    return gathered(access_visitor(grant=grant, visitor=visitor), store=store, now=now)


def gathered(visitor: Visitor, *, store: Store, now: datetime) -> dict[str, Any]:
    """Profile, where he was last, blocks, and every conversation, those of the archive too. In scope; for commands, too."""
    conversations = [*_live(visitor), *_archived(visitor, store)]
    conversations.sort(key=lambda content: str(content.get("created_at")))
    messages = sum(len(content.get("messages", ())) for content in conversations)
    record(Action.VISITOR_EXPORTED, on=visitor, extent=Extent(conversations=len(conversations), messages=messages))
    return {
        "format": "chatplatform visitor v1",
        "made_at": now.isoformat(),
        "visitor": {"website": visitor.site.name, **described(visitor)},
        "blocks": [
            {"since": block.created_at.isoformat(), "reason": shown_block_reason(visitor.public_id, block.reason)}
            for block in Block.objects.filter(visitor=visitor)
        ],
        "conversations": conversations,
    }


def _live(visitor: Visitor) -> list[dict[str, Any]]:
    rows = Conversation.objects.filter(visitor=visitor).select_related("site", "visitor", "department", "assigned_to")
    return [{"kept_in": "primary store", **(one.content or _unreadable(one.row))} for one in read_contents(list(rows))]


def _archived(visitor: Visitor, store: Store) -> list[dict[str, Any]]:
    found = []
    for row in only_archived(visitor).select_related("chunk"):
        try:
            found.append({"kept_in": "archive", **opened_archived(row, store)})
        except (Missing, Damaged, NotFound, OSError):
            found.append({"kept_in": "archive", **_unreadable(row)})
    return found


def _unreadable(row: Conversation | ArchivedConversation) -> dict[str, Any]:
    """What does not open is said to be there; the rest of the document stays true."""
    return {"id": str(row.public_id), "created_at": row.created_at.isoformat(), "is_unreadable": True}
