"""Visitors of whom no conversation is left, here or in the archive: their data has nothing to follow any more, and is erased.

Danger: somebody who is on the website at this moment, or who is kept out by a block that would be forgotten with him. Rule: one query, `left_behind`, says
who, to the preview and to the run; `erasing.erased` asks for holds under the lock once more, and leaves the event that keeps the trail whole. Proof:
tests/chat/retention/test_visitors_ending.py.
"""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Final

from django.db.models import Exists, OuterRef, Q, QuerySet

from chat.models import ArchivedConversation, Block, Conversation, LegalHold, Visitor, VisitorToken
from chat.retention.visitors.erasing import erased
from chat.services.visitors import TOKEN_LIFE
from security.errors import Conflict
from security.scoping import tenant_scope

QUIET_FOR: Final = timedelta(days=2)
"""Since he was on a page, or his browser showed its token, which is noted once a day."""
AT_ONCE: Final = 50
"""In one transaction: holds, and whoever deletes something else, wait for it."""


def left_behind(now: datetime) -> QuerySet[Visitor]:
    """In scope; held ones not among them, nor those of whom nothing is left but what a released hold names."""
    of = {"visitor": OuterRef("pk")}
    active = LegalHold.objects.filter(released_at=None)
    here = VisitorToken.objects.filter(**of, expires_at__gt=now + TOKEN_LIFE - QUIET_FOR)
    sealed = ("profile", "page", "address", "email_digest", "external_id_digest", "address_digest")
    empty = Q(**{f"{name}__isnull": True for name in sealed})
    return (
        Visitor.objects.filter(seen_at__lte=now - QUIET_FOR)
        .exclude(Exists(Conversation.objects.filter(**of)))
        .exclude(Exists(ArchivedConversation.objects.filter(**of)))
        .exclude(Exists(Block.objects.filter(**of)))
        .exclude(Exists(here))
        .exclude(Exists(active.filter(Q(**of) | Q(visitor=None, conversation=None))))
        .exclude(empty & Exists(LegalHold.objects.filter(**of)))
    )


def forget_left_behind(tenant_id: int, now: datetime, *, goes_on: Callable[[], bool]) -> int:
    """Erase them, some in each transaction; how many."""
    done, after = 0, 0
    while goes_on():
        with tenant_scope(tenant_id):
            found = list(left_behind(now).filter(pk__gt=after).order_by("pk")[:AT_ONCE])
            for visitor in found:
                try:
                    erased(visitor, now=now)
                    done += 1
                except Conflict:  # held, or in a conversation, since a moment ago
                    continue
        if len(found) < AT_ONCE:
            break
        after = found[-1].pk
    return done
