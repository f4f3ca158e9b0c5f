"""The one door to the fan-out for services: what was done is told after the commit, to every server process.

What is told is put together inside the transaction, while the rows are locked, and sent when it has committed; a rolled-back act tells nothing. In
a server process the hub takes it (`attach`), anywhere else an Announcer publishes it over Valkey. A failure to tell loses nothing: clients and
servers find out by `seq` and `rev`.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from functools import cache, partial
from uuid import UUID

import redis
from django.conf import settings
from django.db import transaction

from chat import access
from chat.live.hub import Announcer, Audience, Event, RoomName, rooms
from chat.live.hub.sharded import place_of, shard_of
from chat.live.protocol import server
from chat.live.protocol.shapes import AgentView, Author, AuthorKind, ConversationView, MessageView
from chat.live.sealing import TenantSealer
from chat.models import Conversation, Message
from chat.summaries import summarize, summary
from chat.transcript import Change, changes_after, changes_at_hand
from security.masking import MaskedText
from security.scoping import require_tenant_id

Publish = Callable[[int, RoomName, Event], None]

_attached: list[Publish] = []


def attach(publish: Publish) -> Callable[[], None]:
    """Let this process's hub take events; it must be safe to call from any thread. Returns what undoes it."""
    _attached.append(publish)
    return partial(_attached.remove, publish)


def message_event(view: MessageView, *, visible_prev_seq: int, author_key: str | None = None) -> Event:
    """A message in the variants that its readers get: visitors count only what they may see, its author's sockets know their `client_id`."""
    rest = server.message_rest(view)
    own_prev_seq = visible_prev_seq if view.author.kind is AuthorKind.VISITOR else view.seq - 1
    is_alike = visible_prev_seq == view.seq - 1  # no note stands between: one encoding for both sides
    return Event(
        everyone=server.message_as_seen(view, rest, prev_seq=view.seq - 1),
        visitor=None if is_alike else server.message_as_seen(view, rest, prev_seq=visible_prev_seq),
        own=server.message_as_seen(view, rest, prev_seq=own_prev_seq, client_id=view.client_id) if author_key else None,
        audience=Audience.AGENTS if view.author.kind is AuthorKind.NOTE else Audience.ALL,
        author=author_key,
        rev=view.rev,
    )


def stored_event(change: Change) -> Event:
    """A row that the fan-out has missed: the message, or what became of it."""
    view = change.message
    if change.is_new:
        return message_event(view, visible_prev_seq=change.prev_visible_seq, author_key=author_key(view.author))
    audience = Audience.ALL if change.is_visible else Audience.AGENTS
    return Event(everyone=server.revised(view, reason=change.reason or "revised"), audience=audience, rev=view.rev)


def author_key(author: Author) -> str | None:
    """The hub's name of a person: all his sockets are his. The system has none."""
    if author.id is None:
        return None
    return f"visitor:{author.id}" if author.kind is AuthorKind.VISITOR else f"member:{author.id}"


def conversation_event(view: ConversationView) -> Event:
    """The state of a conversation, for the agents' lists."""
    return Event(everyone=server.conversation(view), audience=Audience.AGENTS)


def status_event(conversation: Conversation) -> Event:
    """The state of his conversation, for the visitor."""
    return Event(
        everyone=server.status(
            conversation=conversation.public_id, status=conversation.status, unstored=conversation.is_unstored
        ),
        audience=Audience.ALL,
    )


def publish_began(conversation: Conversation, state: ConversationView) -> None:
    """A conversation began: the visitor's other tabs learn of it and read it, and the queue shows it."""
    _after_commit(rooms.visitor(conversation.visitor.public_id), status_event(conversation))
    _after_commit(rooms.agents(require_tenant_id()), conversation_event(state))


def publish_change(conversation: Conversation, *views: MessageView) -> None:
    """A conversation's state changed, with the system messages that say so."""
    for view in views:
        _after_commit(rooms.conversation(view.conversation), message_event(view, visible_prev_seq=view.prev_seq))
    fresh = Conversation.objects.select_related(*access.WITH_PEOPLE).get(pk=conversation.pk)
    _after_commit(rooms.visitor(fresh.visitor.public_id), status_event(fresh))
    _after_commit(rooms.agents(require_tenant_id()), conversation_event(summary(fresh)))


def publish_states(conversations: Iterable[UUID]) -> None:
    """Tell the lists how these conversations stand now."""
    rows = Conversation.objects.select_related(*access.WITH_PEOPLE).filter(public_id__in=tuple(conversations))
    for view in summarize(rows):
        _after_commit(rooms.agents(require_tenant_id()), conversation_event(view))


def publish_revised(conversation: Conversation, *, after_rev: int) -> None:
    """Messages of a conversation whose row is locked say something else since `after_rev`, in the order of `rev`."""
    for change in changes_after(conversation, rev=after_rev):
        _after_commit(rooms.conversation(conversation.public_id), stored_event(change))


def publish_rewritten(
    revised: Sequence[tuple[Conversation, Sequence[Message], int]], keys: Mapping[UUID, bytes]
) -> None:
    """As `publish_revised`, for rows of many locked conversations that were just written, each with the `rev` before."""
    for conversation, changes in changes_at_hand(revised, keys):
        for change in changes:
            _after_commit(rooms.conversation(conversation.public_id), stored_event(change))


def publish_offer(conversation: Conversation, *, note: MaskedText | None) -> None:
    """An agent is offered a conversation by a colleague."""
    fresh = Conversation.objects.select_related(*access.WITH_PEOPLE, "offered_to", "offered_by").get(pk=conversation.pk)
    if fresh.offered_to is None or fresh.offered_by is None or fresh.offer_expires_at is None:
        return
    frame = server.offer(
        conversation=summary(fresh),
        sender=AgentView(fresh.offered_by.public_id, fresh.offered_by.name),
        note=note,
        expires_at=fresh.offer_expires_at,
    )
    _after_commit(rooms.member(fresh.offered_to.public_id), Event(everyone=frame, audience=Audience.AGENTS))


def publish_agents(frame: bytes) -> None:
    """Who is there, and how busy."""
    _after_commit(rooms.agents(require_tenant_id()), Event(everyone=frame, audience=Audience.AGENTS))


def publish_read(conversation: UUID, frame: bytes) -> None:
    """Somebody has read up to a message."""
    _after_commit(rooms.conversation(conversation), Event(everyone=frame, audience=Audience.ALL))


def _after_commit(room: RoomName, event: Event) -> None:
    tenant_id = require_tenant_id()
    if not _attached:
        _sealer().load(tenant_id)  # sealing itself does no I/O
    transaction.on_commit(lambda: _send(tenant_id, room, event), robust=True)


def _send(tenant_id: int, room: RoomName, event: Event) -> None:
    if _attached:
        for publish in _attached:
            publish(tenant_id, room, event)
    else:
        _announcer(tenant_id).announce(tenant_id, room, event)


@cache
def _sealer() -> TenantSealer:
    return TenantSealer()


def _announcer(tenant_id: int) -> Announcer:
    places = tuple(place_of(url) for url in settings.REDIS_URLS)
    return _announcer_at(settings.REDIS_URLS[shard_of(tenant_id, places)])


@cache
def _announcer_at(url: str) -> Announcer:
    client = redis.Redis.from_url(url, socket_timeout=2, socket_connect_timeout=2)
    return Announcer(client, _sealer(), settings.HUB_PREFIX)
