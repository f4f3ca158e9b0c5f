"""Tags that mean the same become one."""

from __future__ import annotations

from uuid import UUID

from django.db import transaction
from django.db.models import Exists, OuterRef

from chat.models import ConversationTag, Tag
from security.audit import Action, record
from security.errors import Conflict, NotFound
from security.permissions import Grant, Permission, require, require_member


@transaction.atomic
def merge_tags(*, grant: Grant, tag: UUID, into: UUID) -> Tag:
    """Whatever has `tag` has `into` instead, once; `tag` is no more. NotFound for either; Conflict("same_tag")."""
    require(grant, Permission.CONFIGURATION_TAGS)
    require_member(grant)
    if tag == into:
        raise Conflict("same_tag")
    rows = {
        row.public_id: row for row in Tag.objects.select_for_update().filter(public_id__in=(tag, into)).order_by("pk")
    }
    if len(rows) < 2:  # noqa: PLR2004 - one of the two is missing
        raise NotFound
    merged, kept = rows[tag], rows[into]
    has_both = ConversationTag.objects.filter(tag=kept, conversation=OuterRef("conversation"))
    moved = ConversationTag.objects.filter(~Exists(has_both), tag=merged).update(tag=kept)
    record(Action.TAG_MERGED, on=kept, changes={"name": (merged.name, kept.name)}, conversations=moved)
    merged.delete()
    return kept
