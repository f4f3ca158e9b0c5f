"""Message bodies and what else is typed into a conversation: sealed under the conversation's own key, each for exactly one place.

Danger: a ciphertext that opens elsewhere lets whoever can write to the table swap messages, conversations or tenants, turn a note into a
message, or put an older text back. Rule: the place (tenant, conversation, message, seq, rev, field) goes into every sealing. Proof:
tests/chat/test_sealing.py.
"""

from __future__ import annotations

from typing import Final
from uuid import UUID

from chat.models import AuthorKind, Conversation, Message
from security.crypto import keyring
from security.crypto.envelope import AAD_VERSION, Undecryptable, aad
from security.crypto.sealed import SealedText, open_text, seal_text
from security.masking import MaskedText, mask
from security.models import KeySubject
from security.scoping import require_tenant_id

GONE: Final = mask("")
"""What stands for a body that is no more."""


def body_place(
    *, tenant_id: int, conversation: UUID, message: UUID, seq: int, rev: int, author_kind: AuthorKind | str
) -> bytes:
    """Associated data of a message's body; pure, for those who hold the key themselves."""
    field = "note" if author_kind == AuthorKind.NOTE.value else "body"
    return aad(AAD_VERSION, tenant_id, conversation, message, seq, rev, field)


def seal_message(message: Message, text: MaskedText, *, conversation: UUID) -> SealedText:
    """The body of a message whose numbers are given already, under the lock of its conversation; makes that one's key if there is none."""
    return seal_text(text, _sealing_key(conversation), place_of(message, conversation))


def seal_with(key: bytes, message: Message, text: MaskedText, *, conversation: UUID) -> SealedText:
    """As `seal_message`, for many messages under one key."""
    return seal_text(text, key, place_of(message, conversation))


def open_message(message: Message, *, conversation: UUID) -> MaskedText:
    """What a message says; `GONE` where its body, or the key to it, is no more. Undecryptable in any other place than its own."""
    found = open_if_kept(message, conversation=conversation)
    return GONE if found is None else found


def open_if_kept(message: Message, *, conversation: UUID) -> MaskedText | None:
    """As `open_message`, telling an empty body from none. Reading makes no keys."""
    key = None if message.body is None else keyring.existing_key(KeySubject.CONVERSATION, conversation)
    try:
        return open_with(key, message, conversation=conversation)
    except Undecryptable:
        return open_with(newest_key(conversation), message, conversation=conversation)


def open_with(key: bytes | None, message: Message, *, conversation: UUID) -> MaskedText | None:
    """As `open_if_kept`, for many messages under one key; None is a key that was destroyed."""
    if key is None or message.body is None:
        return None
    return open_text(message.body, key, place_of(message, conversation))


def newest_key(conversation: UUID) -> bytes | None:
    """The key as it is stored now, for who could not open something: re-masking replaces it, and this process may remember the old one."""
    return keyring.stored_key(KeySubject.CONVERSATION, conversation)


def seal_offer_note(conversation: Conversation, note: MaskedText, *, key: bytes | None = None) -> SealedText:
    """What the one who offers a conversation says to the one who shall take it. `key` saves looking it up."""
    return _seal_field(conversation, "offer_note", note, key)


def open_offer_note(conversation: Conversation) -> MaskedText | None:
    """None where there is none, or where the key is no more."""
    return _open_field(conversation, "offer_note", conversation.offer_note)


def seal_rating_comment(conversation: Conversation, comment: MaskedText, *, key: bytes | None = None) -> SealedText:
    """What a visitor says beside his score. `key` saves looking it up."""
    return _seal_field(conversation, "rating_comment", comment, key)


def open_rating_comment(conversation: Conversation) -> MaskedText | None:
    """None where there is none, or where the key is no more."""
    return _open_field(conversation, "rating_comment", conversation.rating_comment)


def open_note_with(key: bytes | None, conversation: Conversation) -> MaskedText | None:
    """As `open_offer_note`, for many conversations whose keys are at hand; None is a key that was destroyed."""
    if key is None or conversation.offer_note is None:
        return None
    return open_text(conversation.offer_note, key, _field_place(conversation, "offer_note"))


def open_rating_with(key: bytes | None, conversation: Conversation) -> MaskedText | None:
    """As `open_rating_comment`, for many conversations whose keys are at hand; None is a key that was destroyed."""
    if key is None or conversation.rating_comment is None:
        return None
    return open_text(conversation.rating_comment, key, _field_place(conversation, "rating_comment"))


def place_of(message: Message, conversation: UUID) -> bytes:
    """Associated data of a stored message's body."""
    return body_place(
        tenant_id=require_tenant_id(),
        conversation=conversation,
        message=message.public_id,
        seq=message.seq,
        rev=message.rev,
        author_kind=message.author_kind,
    )


def _field_place(conversation: Conversation, field: str) -> bytes:
    return aad(AAD_VERSION, require_tenant_id(), conversation.public_id, conversation.public_id, 0, 0, field)


def _seal_field(conversation: Conversation, field: str, text: MaskedText, key: bytes | None) -> SealedText:
    return seal_text(text, key or _sealing_key(conversation.public_id), _field_place(conversation, field))


def _sealing_key(conversation: UUID) -> bytes:
    """Read anew each time: what is sealed under a key that was replaced meanwhile could be read by nobody."""
    return newest_key(conversation) or keyring.data_key(KeySubject.CONVERSATION, conversation)


def _open_field(conversation: Conversation, field: str, sealed: bytes | None) -> MaskedText | None:
    if sealed is None:
        return None
    place = _field_place(conversation, field)
    key = keyring.existing_key(KeySubject.CONVERSATION, conversation.public_id)
    try:
        return None if key is None else open_text(sealed, key, place)
    except Undecryptable:
        key = newest_key(conversation.public_id)
        return None if key is None else open_text(sealed, key, place)
