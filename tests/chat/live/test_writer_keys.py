"""The writer seals with the key that the conversation has now, and with no other."""

from __future__ import annotations

import pytest
from asgiref.sync import sync_to_async

from chat import sealing
from chat.live.writer import WriteRefused
from security.crypto import keyring
from security.crypto.envelope import Undecryptable
from security.models import KeySubject, SubjectKey
from security.scoping import tenant_scope
from tests.chat.conversations import Talk
from tests.services import session

from .writing import post, rows, writing

CANARY = "CANARY-quux-marmalade"


def replace_key(talk: Talk) -> None:
    """As another process would: this one's memory knows nothing of it."""
    with tenant_scope(talk.tenant_id):
        keyring.data_key(KeySubject.CONVERSATION, talk.public_id)
        fresh = keyring.new_subject_key(talk.tenant_id, KeySubject.CONVERSATION, talk.public_id)
        row = SubjectKey.objects.get(subject_id=talk.public_id)
        row.wrapped, row.tenant_key_version = fresh.wrapped, fresh.tenant_key_version
        row.save(update_fields=["wrapped", "tenant_key_version"])


async def test_a_key_that_was_replaced_elsewhere_seals_from_the_next_message_on(talk: Talk) -> None:
    def check() -> None:
        keyring.forget_everything()
        with tenant_scope(talk.tenant_id):
            old, new = rows(talk)
            assert sealing.open_message(new, conversation=talk.public_id) == "under the new key"
            with pytest.raises(Undecryptable):
                sealing.open_message(old, conversation=talk.public_id)

    async with writing() as writer:
        await writer.put(post(talk, "under the old key"))
        await sync_to_async(replace_key)(talk)
        await writer.put(post(talk, "under the new key"))
    await sync_to_async(check)()


async def test_keys_that_are_not_in_memory_are_read(talk: Talk) -> None:
    async with writing() as writer:
        await sync_to_async(keyring.forget_everything)()
        assert (await writer.put(post(talk))).message.seq == 1


async def test_a_conversation_whose_key_was_destroyed_takes_nothing(talk: Talk) -> None:
    def destroy() -> None:
        with tenant_scope(talk.tenant_id):
            SubjectKey.objects.filter(subject_id=talk.public_id).delete()

    async with writing() as writer:
        await writer.put(post(talk))
        await sync_to_async(destroy)()
        with pytest.raises(WriteRefused, match="closed"):
            await writer.put(post(talk))
    assert len(await sync_to_async(rows)(talk)) == 1


async def test_what_is_stored_holds_no_text(talk: Talk) -> None:
    def stored() -> bytes:
        server, database = session.current()
        with server.superuser(database) as connection:
            query = "SELECT convert_to(m::text, 'UTF8') || m.body FROM chat_message m"
            return b"".join(row for (row,) in connection.execute(query))

    async with writing() as writer:
        await writer.put(post(talk, CANARY))
        await writer.put(post(talk, CANARY, talk.note))
    dump = await sync_to_async(stored)()
    assert dump.count(str(talk.agent.id).encode()) == 1
    assert CANARY.encode() not in dump
    assert CANARY.encode().hex().encode() not in dump
