"""Looking at conversations outside the console: what was shown, and how much of it, is in the trail."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final
from uuid import UUID

from django.db import transaction

from chat import access, summaries, transcript
from chat.live.protocol.shapes import ConversationView, VisitorView
from chat.models import Conversation
from chat.transcript import Audience, Page, Reader
from security.audit import Action, Extent, record
from security.errors import NotFound
from security.permissions import Grant, Permission

PAGE: Final = 100
"""Messages of a transcript that are shown at once."""


@dataclass(frozen=True, slots=True)
class Reading:
    """One page of a transcript. `contact` is None for those who may not see how to reach the visitor."""

    conversation: Conversation
    summary: ConversationView
    contact: VisitorView | None
    page: Page

    @property
    def visitor_name(self) -> str:
        """As he gave it; empty where he did not."""
        return self.summary.visitor.name if self.summary.visitor else ""

    @property
    def before(self) -> int | None:
        """Where the page before this one ends; None where there is none."""
        return self.page.messages[0].seq if self.page.more else None


@transaction.atomic
def read_list(*, grant: Grant, conversations: Sequence[Conversation]) -> list[ConversationView]:
    """Summaries of conversations, which must come with `access.WITH_PEOPLE`; NotFound if one is not this member's to see."""
    if not all(_may_see(grant, row) for row in conversations):
        raise NotFound
    views = summaries.summarize(conversations)
    shown = sum(view.last_text is not None for view in views)
    record(Action.CONVERSATION_SEARCHED, extent=Extent(conversations=len(views), messages=shown), view="admin")
    return views


@transaction.atomic
def read_transcript(*, grant: Grant, conversation: UUID, before: int | None = None) -> Reading:
    """The latest messages, or those before `before`, notes included. NotFound for what this member may not see."""
    found = access.access_conversation(grant, conversation)
    reader = Reader(Audience.AGENTS, grant.membership_public_id)
    page = transcript.messages_before(found, seq=before, reader=reader, limit=PAGE)
    contact = summaries.visitor_view(found) if access.has_on(grant, Permission.CHAT_SEE_CONTACT, found) else None
    extent = Extent(conversations=1, messages=len(page.messages))
    record(Action.CONVERSATION_READ, on=found, extent=extent, contact=contact is not None, view="admin")
    return Reading(found, summaries.summary(found), contact, page)


def _may_see(grant: Grant, row: Conversation) -> bool:
    return access.may_see(
        grant, department_id=row.department_id, assigned_to_id=row.assigned_to_id, offered_to_id=row.offered_to_id
    )
