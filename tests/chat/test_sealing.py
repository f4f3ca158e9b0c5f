"""A sealed text opens in its own place only, and leaves nothing readable in the database."""

from __future__ import annotations

import uuid
from collections.abc import Callable

import pytest

from chat import sealing
from chat.models import AuthorKind, Conversation, Message
from security.crypto import keyring
from security.crypto.envelope import Undecryptable
from security.masking import mask
from security.models import KeySubject, SubjectKey
from security.scoping import tenant_scope
from tests.services import session

from .conversations import House, Talk


def message(talk: Talk, text: str = "hello", seq: int = 1, kind: AuthorKind = AuthorKind.AGENT) -> Message:
    """A sealed row that is not stored yet. Inside the tenant's scope."""
    row = Message(
        conversation_id=talk.pk,
        seq=seq,
        rev=seq,
        first_rev=seq,
        prev_visible_seq=0,
        author_kind=kind.value,
        author_id=talk.agent.id,
        sent_at=talk.row().created_at,
        is_visible=kind is not AuthorKind.NOTE,
    )
    row.body = sealing.seal_message(row, mask(text), conversation=talk.public_id)
    return row


def test_what_was_sealed_opens_again(talk: Talk) -> None:
    with tenant_scope(talk.tenant_id):
        row = message(talk, "card 4242 4242 4242 4242")
        row.save()
        stored = Message.objects.get(pk=row.pk)
        assert sealing.open_message(stored, conversation=talk.public_id) == "card •••• •••• •••• 4242"


def test_only_masked_text_is_sealed(talk: Talk) -> None:
    with tenant_scope(talk.tenant_id), pytest.raises(TypeError):
        sealing.seal_message(message(talk), "plain", conversation=talk.public_id)


def _byte_flipped(row: Message) -> None:
    assert row.body is not None
    row.body = type(row.body)(row.body[:-1] + bytes([row.body[-1] ^ 1]))


def _moved(row: Message) -> None:
    row.seq += 1


def _put_back(row: Message) -> None:
    row.rev += 1


def _renamed(row: Message) -> None:
    row.public_id = uuid.uuid4()


def _made_a_note(row: Message) -> None:
    row.author_kind = AuthorKind.NOTE.value


@pytest.mark.parametrize("tamper", [_byte_flipped, _moved, _put_back, _renamed, _made_a_note])
def test_a_row_that_was_changed_does_not_open(talk: Talk, tamper: Callable[[Message], None]) -> None:
    with tenant_scope(talk.tenant_id):
        row = message(talk)
        tamper(row)
        with pytest.raises(Undecryptable):
            sealing.open_message(row, conversation=talk.public_id)


def test_a_note_that_is_passed_off_as_a_message_does_not_open(talk: Talk) -> None:
    with tenant_scope(talk.tenant_id):
        row = message(talk, kind=AuthorKind.NOTE)
        row.author_kind = AuthorKind.AGENT.value
        with pytest.raises(Undecryptable):
            sealing.open_message(row, conversation=talk.public_id)


def test_swapped_bodies_do_not_open(acme: House) -> None:
    talk, other = acme.talk(), acme.talk()
    with tenant_scope(talk.tenant_id):
        first, second, elsewhere = message(talk, "1"), message(talk, "2", seq=2), message(other, "3")
        first.body, second.body = second.body, first.body
        for row in (first, second):
            with pytest.raises(Undecryptable):
                sealing.open_message(row, conversation=talk.public_id)
        with pytest.raises(Undecryptable):
            sealing.open_message(elsewhere, conversation=talk.public_id)


def test_another_tenant_cannot_open_a_body_even_with_its_key(acme: House, rival: House) -> None:
    talk = acme.talk()
    with tenant_scope(acme.tenant_id):
        row = message(talk)
        key = keyring.existing_key(KeySubject.CONVERSATION, talk.public_id)
        assert sealing.open_with(key, row, conversation=talk.public_id) == "hello"
    with tenant_scope(rival.tenant_id):
        assert sealing.open_if_kept(row, conversation=talk.public_id) is None  # it has no such key
        with pytest.raises(Undecryptable):
            sealing.open_with(key, row, conversation=talk.public_id)


def test_what_was_erased_is_gone_and_reading_makes_no_key(talk: Talk) -> None:
    with tenant_scope(talk.tenant_id):
        row = message(talk)
        SubjectKey.objects.all().delete()
    keyring.forget_everything()
    with tenant_scope(talk.tenant_id):
        assert sealing.open_if_kept(row, conversation=talk.public_id) is None
        assert sealing.open_message(row, conversation=talk.public_id) is sealing.GONE
        assert not SubjectKey.objects.filter(subject_id=talk.public_id).exists()


def test_offers_and_ratings_are_bound_to_their_field_and_conversation(acme: House) -> None:
    with tenant_scope(acme.tenant_id):
        row, other = (Conversation.objects.get(pk=talk.pk) for talk in (acme.talk(), acme.talk()))
        assert sealing.open_offer_note(row) is None
        assert sealing.open_rating_comment(row) is None
        row.offer_note = sealing.seal_offer_note(row, mask("please take"))
        row.rating_comment = sealing.seal_rating_comment(row, mask("kind"))
        assert (sealing.open_offer_note(row), sealing.open_rating_comment(row)) == ("please take", "kind")
        row.rating_comment, other.offer_note = row.offer_note, row.offer_note
        with pytest.raises(Undecryptable):
            sealing.open_rating_comment(row)
        with pytest.raises(Undecryptable):
            sealing.open_offer_note(other)


def test_the_database_holds_no_text(talk: Talk) -> None:
    canary = "CANARY-quux-marmalade"
    with tenant_scope(talk.tenant_id):
        message(talk, canary).save()
    server, database = session.current()
    with server.superuser(database) as connection:
        found = connection.execute(
            "SELECT string_agg(m::text || encode(m.body, 'escape'), '') FROM chat_message m"
        ).fetchone()
    assert found is not None
    dump = found[0]
    assert str(talk.agent.id) in dump  # the row is in it
    assert canary not in dump
    assert canary.encode().hex() not in dump
