"""The database, as the hub asks it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime
from uuid import UUID

from django.utils import timezone

from chat import events, transcript
from chat.live.hub import Audience, CatchUp, Event, RoomName
from chat.live.hub.rooms import agents
from chat.live.protocol import server
from chat.live.work import in_scope
from chat.models import Conversation
from chat.services import presence


class DatabaseTruth:
    """Short reads in the tenant's scope, in a thread; see `chat.live.hub.Truth`."""

    async def catch_up(self, tenant_id: int, conversation: UUID, after_rev: int) -> CatchUp:
        return await in_scope(tenant_id, _catch_up, conversation, after_rev)

    async def newest(self, tenant_id: int, conversations: Sequence[UUID]) -> Mapping[UUID, int]:
        return await in_scope(tenant_id, _newest, conversations)

    async def current(self, tenant_id: int, room: RoomName) -> Sequence[Event]:
        if room != agents(tenant_id):
            return ()
        return await in_scope(tenant_id, _agents_room, timezone.now())


def _catch_up(conversation: UUID, after_rev: int) -> CatchUp:
    row = Conversation.objects.get(public_id=conversation)
    changes = transcript.changes_after(row, rev=after_rev)
    newest = max((change.message.rev for change in changes), default=after_rev)
    return CatchUp(events=[events.stored_event(change) for change in changes], rev=max(newest, row.last_rev))


def _newest(conversations: Sequence[UUID]) -> dict[UUID, int]:
    return dict(Conversation.objects.filter(public_id__in=conversations).values_list("public_id", "last_rev"))


def _agents_room(now: datetime) -> list[Event]:
    """Who is there; lists of conversations are asked for by the consoles when they reconnect."""
    return [Event(everyone=server.agents(presence.colleagues(now=now)), audience=Audience.AGENTS)]
