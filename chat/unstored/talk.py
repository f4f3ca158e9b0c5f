"""The same for services and readers: rows of the ORM, inside the tenant's scope. What a visitor tells of himself lies here too.

Danger: a profile that is written to the visitor's row while nothing of the conversation may be. Rule: what comes while his latest conversation is one of which
nothing is stored goes here as long as that lasts, and nowhere after it. Proof: tests/chat/unstored/test_sockets.py.
"""

from __future__ import annotations

import json
import logging
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import asdict, dataclass, field
from functools import partial
from typing import Any, Final
from uuid import UUID

from django.db import transaction

from chat.models import Conversation, Message
from chat.personal import Page, Profile
from chat.unstored import keys, memory
from chat.unstored.memory import Line, Said
from chat.unstored.store import ID, KEY, Away, store
from security.crypto.envelope import Undecryptable, bind
from security.crypto.sealed import open_data, seal_data
from security.masking import MaskedText
from security.scoping import require_tenant_id

logger = logging.getLogger(__name__)

NOTHING: Final[Mapping[UUID, Said]] = {}
_PROFILE, _PAGE, _ADDRESS = "profile", "page", "address"


@dataclass(frozen=True, slots=True)
class Told:
    """What the visitor of one conversation told of himself, and where he came from."""

    profile: Profile = field(default_factory=Profile)
    page: Page = field(default_factory=Page)
    address: str = ""


def said_in(conversation: Conversation, rows: Iterable[Message]) -> Mapping[UUID, Said]:
    """What these messages say, by their ids; nothing for a conversation that is stored, nothing of what is gone."""
    return said_in_all([conversation], rows) if conversation.is_unstored else NOTHING


def said_in_all(conversations: Iterable[Conversation], rows: Iterable[Message]) -> Mapping[UUID, Said]:
    """As `said_in`, for rows of many. Where Valkey is away all of it counts as gone: lists and pages are shown without."""
    unstored = {row.pk: row.public_id for row in conversations if row.is_unstored}
    lines = [
        Line(unstored[row.conversation_id], row.public_id, row.seq, row.rev, row.author_kind)
        for row in rows
        if row.conversation_id in unstored
    ]
    if not lines:
        return NOTHING
    try:
        return memory.find(require_tenant_id(), lines).said
    except Away:
        logger.warning("What is not stored could not be read: Valkey is away")
        return NOTHING


def keep_message(
    conversation: Conversation, message: Message, text: MaskedText, masked: Sequence[Mapping[str, Any]]
) -> None:
    """What a message says whose row, without it, is part of the caller's transaction. Away."""
    tenant_id = require_tenant_id()
    found = memory.find(tenant_id, (), also=[conversation.public_id])
    key = _of(found.keys, conversation)
    place = Line(conversation.public_id, message.public_id, message.seq, message.rev, message.author_kind)
    its = {message.public_id: memory.sealed(text, masked, key, place.place(tenant_id))}
    memory.keep(tenant_id, found.keys, {conversation.public_id: its})


def tell(
    conversation: UUID,
    *,
    profile: Profile | None = None,
    page: Page | None = None,
    address: str = "",
    begins: bool = False,
) -> None:
    """Keep what the visitor told, as long as the conversation; None leaves what was told before. Away.

    Only what `begins` a conversation is kept where nothing is: whoever saw it open may be overtaken by its end.
    """
    tenant_id = require_tenant_id()
    found = memory.find(tenant_id, (), also=[conversation])
    key = found.keys.get(conversation)
    if key is None:
        raise Away
    told = {
        _PROFILE: None if profile is None else asdict(profile),
        _PAGE: None if page is None else asdict(page),
        _ADDRESS: {_ADDRESS: address} if address else None,
    }
    fields = {
        name: bytes(seal_data(json.dumps(value), key, _place(tenant_id, conversation, name)))
        for name, value in told.items()
        if value is not None
    }
    if fields:
        memory.put(tenant_id, found.keys, {conversation: fields}, begins=begins)


def told_in(conversations: Iterable[Conversation]) -> dict[int, Told]:
    """By primary key, for those of which nothing is stored; whose is gone, or cannot be read now, is empty."""
    unstored = {row.public_id: row.pk for row in conversations if row.is_unstored}
    found = {pk: Told() for pk in unstored.values()}
    if not unstored:
        return found
    tenant_id = require_tenant_id()
    wanted = [ID, KEY, _PROFILE, _PAGE, _ADDRESS]
    try:
        answers = store().read({(tenant_id, public_id): wanted for public_id in unstored})
    except Away:
        return found
    for (_, public_id), fields in answers.items():
        if KEY in fields:
            found[unstored[public_id]] = _told(tenant_id, public_id, fields)
    return found


def forget_after_commit(conversation: Conversation) -> None:
    """It has ended: key and texts go when that is committed."""
    if conversation.is_unstored:
        forget = partial(memory.forget, require_tenant_id(), [conversation.public_id])
        transaction.on_commit(forget, robust=True)


def _told(tenant_id: int, conversation: UUID, fields: Mapping[str, bytes]) -> Told:
    try:
        key = keys.key_of((tenant_id, conversation), fields.get(ID), fields.get(KEY))
        values = {
            name: json.loads(open_data(fields[name], key, _place(tenant_id, conversation, name)))
            for name in (_PROFILE, _PAGE, _ADDRESS)
            if name in fields
        }
    except Undecryptable:
        logger.critical("What a visitor told does not open; conversation=%s", conversation)
        return Told()
    return Told(
        Profile(**values.get(_PROFILE, {})), Page(**values.get(_PAGE, {})), values.get(_ADDRESS, {}).get(_ADDRESS, "")
    )


def _of(found: Mapping[UUID, bytes], conversation: Conversation) -> bytes:
    key = found.get(conversation.public_id)
    if key is None:
        raise Away
    return key


def _place(tenant_id: int, conversation: UUID, name: str) -> bytes:
    return bind("unstored", tenant_id, conversation, name)
