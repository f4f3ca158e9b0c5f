"""What is said in conversations of which nothing is stored: sealed for its place like a stored body, and found again by the rows that say where it stands.

Danger: as in `chat.unstored`. Rule: a text is kept before the row that names it is committed, so what is acknowledged can be read; a row whose text is not
there is shown as gone. A text that is changed lies beside the old one, under the number of its revision, until the change is committed; what comes late
changes nothing of what came after it, and brings nothing back. Proof: tests/chat/unstored/test_writing.py.
"""

from __future__ import annotations

import json
import logging
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Final
from uuid import UUID

from chat.sealing import body_place
from chat.unstored import keys
from chat.unstored.store import ID, KEY, Away, Place, Replaced, store
from security.crypto.envelope import Undecryptable
from security.crypto.sealed import SealedText, open_data, open_text, seal_data, seal_text
from security.masking import MaskedText

logger = logging.getLogger(__name__)

_SIZE: Final = 4
_CHANGED: Final = "+"
_ABOUT: Final = b"masked"


@dataclass(frozen=True, slots=True)
class Line:
    """Where a message stands, as its row says."""

    conversation: UUID
    message: UUID
    seq: int
    rev: int
    author_kind: str

    def place(self, tenant_id: int) -> bytes:
        """Associated data, as of a stored body."""
        return body_place(
            tenant_id=tenant_id,
            conversation=self.conversation,
            message=self.message,
            seq=self.seq,
            rev=self.rev,
            author_kind=self.author_kind,
        )


@dataclass(frozen=True, slots=True)
class Said:
    """What it says, and what was hidden in it, as the row of a stored one would have it."""

    text: MaskedText
    masked: list[dict[str, Any]]


@dataclass(frozen=True, slots=True)
class Found:
    """The keys of the conversations that were asked about, new ones too, and what is still there."""

    keys: dict[UUID, bytes] = field(default_factory=dict, repr=False)
    said: dict[UUID, Said] = field(default_factory=dict, repr=False)


def find(tenant_id: int, lines: Iterable[Line], *, also: Iterable[UUID] = ()) -> Found:
    """What these lines say, and the keys of their conversations and of others, in one round trip. Away."""
    asked: dict[UUID, list[Line]] = {conversation: [] for conversation in also}
    for line in lines:
        asked.setdefault(line.conversation, []).append(line)
    wanted = {(tenant_id, conversation): _names(its) for conversation, its in asked.items()}
    found = Found()
    for place, fields in (store().read(wanted) if wanted else {}).items():
        try:
            key = found.keys[place[1]] = keys.key_of(place, fields.get(ID), fields.get(KEY))
        except Undecryptable:
            logger.critical("The key of an unstored conversation does not open; conversation=%s", place[1])
            continue
        for line in asked[place[1]]:
            said = _opened(fields, key, line, tenant_id)
            if said is not None:
                found.said[line.message] = said
    return found


def _names(lines: Sequence[Line]) -> list[str]:
    return [ID, KEY, *(name for line in lines for name in (line.message.hex, _beside(line.message, line.rev)))]


def _beside(message: UUID, rev: int) -> str:
    """Where a changed text lies until it is settled."""
    return f"{message.hex}{_CHANGED}{rev}"


def _opened(fields: Mapping[str, bytes], key: bytes, line: Line, tenant_id: int) -> Said | None:
    """Whichever of its two texts belongs to the revision that is committed."""
    place = line.place(tenant_id)
    for name in (line.message.hex, _beside(line.message, line.rev)):
        both = fields.get(name)
        if both is None:
            continue
        size = int.from_bytes(both[:_SIZE], "big") + _SIZE
        try:
            text = open_text(both[_SIZE:size], key, place)
            return Said(text, json.loads(open_data(both[size:], key, place + _ABOUT)))
        except Undecryptable:
            continue
    return None


def sealed(text: MaskedText, masked: Sequence[Mapping[str, Any]], key: bytes, place: bytes) -> bytes:
    """A text with what was hidden in it, for its place alone."""
    body: SealedText = seal_text(text, key, place)
    return len(body).to_bytes(_SIZE, "big") + body + seal_data(json.dumps(list(masked)), key, place + _ABOUT)


def keep(
    tenant_id: int,
    clear: Mapping[UUID, bytes],
    texts: Mapping[UUID, Mapping[UUID, bytes]],
    changed: Mapping[UUID, int] | None = None,
) -> None:
    """Keep sealed texts, by conversation and message; those of `changed`, with its new `rev`, beside what they said before. Away, Replaced."""
    revs = changed or {}
    named = {
        conversation: {
            _beside(message, revs[message]) if message in revs else message.hex: text for message, text in its.items()
        }
        for conversation, its in texts.items()
    }
    put(tenant_id, clear, named)


def settle(tenant_id: int, texts: Mapping[UUID, Mapping[UUID, bytes]], changed: Mapping[UUID, int]) -> None:
    """Changes that are committed: what the messages said before is forgotten. One that was settled over, or is forgotten, stays so. Away."""
    store().settle(
        {
            (tenant_id, conversation): {message.hex: (changed[message], text) for message, text in its.items()}
            for conversation, its in texts.items()
        }
    )


def put(
    tenant_id: int, clear: Mapping[UUID, bytes], fields: Mapping[UUID, Mapping[str, bytes]], *, begins: bool = True
) -> None:
    """Keep sealed fields by conversation, with its key, which is `clear` here alone.

    Without `begins` only beside what is there: what has ended stays forgotten. Away, Replaced.
    """
    kept: dict[Place, tuple[bytes, dict[str, bytes]]] = {}
    for conversation, its in fields.items():
        place, key = (tenant_id, conversation), clear[conversation]
        kept[place] = keys.id_of(key), {KEY: keys.wrapped(place, key), **its}
    try:
        store().put(kept, begins=begins)
    except Replaced:
        for conversation in fields:
            keys.forget(tenant_id, conversation)
        raise


def forget(tenant_id: int, conversations: Iterable[UUID]) -> None:
    """Key and texts are no more. Without Valkey that is said: they go when their time is over, KEPT_FOR after the last word."""
    gone = list(conversations)
    for conversation in gone:
        keys.forget(tenant_id, conversation)
    try:
        store().remove((tenant_id, conversation) for conversation in gone)
    except Away:
        logger.warning("What was said in %s unstored conversations goes by itself: Valkey is away", len(gone))
