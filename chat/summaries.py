"""Conversations as agents see them in lists: a fixed number of queries, however many rows."""

from __future__ import annotations

import logging
from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import asdict
from uuid import UUID

from django.utils import timezone

from chat import sealing
from chat.live.protocol.shapes import AgentView, ConversationView, RatingView, VisitorView
from chat.models import AuthorKind, Conversation, ConversationTag, Message, Visitor, unended
from chat.personal import shown_address, shown_page, shown_profile
from chat.unstored import talk
from security.crypto import keyring
from security.crypto.envelope import Undecryptable
from security.masking import MaskedText
from security.models import KeySubject

logger = logging.getLogger(__name__)


def summarize(conversations: Iterable[Conversation]) -> list[ConversationView]:
    """Views in the same order; the rows must come with `access.WITH_PEOPLE`."""
    rows = list(conversations)
    visitors = keyring.existing_keys(KeySubject.VISITOR, [row.visitor.public_id for row in rows])
    keys = keyring.existing_keys(KeySubject.CONVERSATION, [row.public_id for row in rows])
    tags, texts, told = _tags(rows), _last_texts(rows, keys), talk.told_in(rows)
    return [
        _view(
            row,
            name=(row.pk in told and told[row.pk].profile.name)
            or _name(row.visitor, visitors.get(row.visitor.public_id)),
            tags=tags[row.pk],
            last_text=texts.get(row.pk),
            rating=_rating(row, keys.get(row.public_id)),
        )
        for row in rows
    ]


def summary(conversation: Conversation) -> ConversationView:
    """The view of one conversation."""
    return summarize([conversation])[0]


def visitor_view(conversation: Conversation) -> VisitorView:
    """All that an agent who answers may know of the visitor."""
    visitor = conversation.visitor
    profile, page = shown_profile(visitor.public_id, visitor.profile), shown_page(visitor.public_id, visitor.page)
    address = shown_address(visitor.public_id, visitor.address)
    for told in talk.told_in([conversation]).values():  # one, if nothing of it is stored
        profile, page, address = profile.merged(told.profile), told.page, told.address
    return VisitorView(
        id=visitor.public_id,
        name=profile.name,
        verified=visitor.is_verified,
        blocked=visitor.blocks.filter(unended(timezone.now())).exists(),
        email=profile.email,
        phone=profile.phone,
        fields=profile.fields,
        page={name: value for name, value in asdict(page).items() if value} if page.url else None,
        locale=visitor.locale,
        address=address,
    )


def _view(
    row: Conversation, *, name: str, tags: Sequence[str], last_text: MaskedText | None, rating: RatingView | None
) -> ConversationView:
    visitor, assigned = row.visitor, row.assigned_to
    return ConversationView(
        id=row.public_id,
        status=row.status,
        assigned_to=AgentView(assigned.public_id, assigned.name) if assigned else None,
        department=row.department.public_id if row.department else None,
        tags=tags,
        waiting_since=row.waiting_since,
        last_text=last_text,
        last_at=row.last_message_at,
        visitor=VisitorView(visitor.public_id, name, visitor.is_verified),
        last_seq=row.last_seq,
        last_rev=row.last_rev,
        outcome=row.outcome,
        rating=rating,
        unstored=row.is_unstored,
    )


def _tags(rows: Sequence[Conversation]) -> dict[int, list[str]]:
    found: dict[int, list[str]] = defaultdict(list)
    pairs = ConversationTag.objects.filter(conversation__in=rows).order_by("tag__name")
    for conversation_id, name in pairs.values_list("conversation_id", "tag__name"):
        found[conversation_id].append(name)
    return found


def _last_texts(rows: Sequence[Conversation], keys: Mapping[UUID, bytes]) -> dict[int, MaskedText]:
    """The latest thing that a person said to the other side: no notes, no system messages."""
    spoken = Message.objects.filter(
        conversation__in=rows, author_kind__in=[AuthorKind.VISITOR.value, AuthorKind.AGENT.value]
    )
    latest = list(spoken.order_by("conversation", "-seq").distinct("conversation"))
    public_ids = {row.pk: row.public_id for row in rows}
    said, texts = talk.said_in_all(rows, latest), {}
    for message in latest:
        conversation = public_ids[message.conversation_id]
        if message.public_id in said:
            texts[message.conversation_id] = said[message.public_id].text
            continue
        try:
            text = _text(keys.get(conversation), message, conversation)
        except Undecryptable:  # one row that was tampered with does not take the tenant's lists away
            logger.critical("A message does not open; conversation=%s seq=%s", conversation, message.seq)
            continue
        if text is not None:
            texts[message.conversation_id] = text
    return texts


def _rating(row: Conversation, key: bytes | None) -> RatingView | None:
    if row.rating is None:
        return None
    try:
        return RatingView(row.rating, _comment(key, row))
    except Undecryptable:
        logger.critical("The comment of a rating does not open; conversation=%s", row.public_id)
        return RatingView(row.rating)


def _comment(key: bytes | None, row: Conversation) -> MaskedText | None:
    try:
        return sealing.open_rating_with(key, row)
    except Undecryptable:  # as below
        return sealing.open_rating_with(sealing.newest_key(row.public_id), row)


def _text(key: bytes | None, message: Message, conversation: UUID) -> MaskedText | None:
    try:
        return sealing.open_with(key, message, conversation=conversation)
    except Undecryptable:  # perhaps under a key that this process does not know yet
        return sealing.open_with(sealing.newest_key(conversation), message, conversation=conversation)


def _name(visitor: Visitor, key: bytes | None) -> str:
    return "" if key is None else shown_profile(visitor.public_id, visitor.profile, key=key).name
