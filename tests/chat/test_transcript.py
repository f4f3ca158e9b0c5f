"""What is read of a conversation, by whom, and that nothing is missed."""

from __future__ import annotations

import logging

import pytest
from asgiref.sync import async_to_sync
from django.db import connection
from django.test.utils import CaptureQueriesContext

from chat import personal, transcript
from chat.live.protocol.shapes import Author, Masked
from chat.live.writer import Posted
from chat.models import Conversation, Message, Visitor
from chat.transcript import Audience, Reader
from security.crypto import keyring
from security.models import KeySubject, SubjectKey
from security.scoping import tenant_scope
from tests.chat.live.writing import edit, post, writing

from .conversations import House, Talk, spoil

AGENTS = Reader(Audience.AGENTS)
VISITOR = Reader(Audience.VISITOR)


@async_to_sync
async def spoken(talk: Talk, *lines: tuple[Author, str]) -> list[Posted]:
    """The lines as stored, one after the other."""
    async with writing() as writer:
        return [await writer.put(post(talk, text, author)) for author, text in lines]


@async_to_sync
async def edited(talk: Talk, message: Posted, text: str) -> None:
    async with writing() as writer:
        await writer.revise(edit(talk, message.message.id, text))


@pytest.fixture
def lines(talk: Talk) -> list[Posted]:
    """1 Vera, 2 a note, 3 Alice, 4 a note, 5 Vera; nothing was revised."""
    with tenant_scope(talk.tenant_id):
        visitor = Visitor.objects.get(public_id=talk.visitor.id)
        visitor.profile = personal.seal_profile(visitor.public_id, personal.Profile(name="Vera Vane"))
        visitor.save(update_fields=["profile"])
    return spoken(
        talk,
        (talk.visitor, "my card is 4242 4242 4242 4242"),
        (talk.note, "a secret"),
        (talk.agent, "hello"),
        (talk.note, "another secret"),
        (talk.visitor, "bye"),
    )


def test_agents_read_everything_with_names(talk: Talk, lines: list[Posted]) -> None:
    with tenant_scope(talk.tenant_id):
        page = transcript.messages_after(talk.row(), seq=0, reader=AGENTS)
    assert not page.more
    assert [(one.seq, one.prev_seq, one.rev) for one in page.messages] == [(n, n - 1, n) for n in range(1, 6)]
    assert [one.author.name for one in page.messages] == ["Vera Vane", "Alice", "Alice", "Alice", "Vera Vane"]
    assert page.messages[0].text == "my card is •••• •••• •••• 4242"
    assert page.messages[0].masked == [Masked("card", 1)]
    assert [one.id for one in page.messages] == [line.message.id for line in lines]
    assert all(one.client_id is None for one in page.messages)


def test_a_visitor_reads_no_note_and_counts_without_them(talk: Talk, lines: list[Posted]) -> None:
    with tenant_scope(talk.tenant_id):
        everything = transcript.messages_after(talk.row(), seq=0, reader=VISITOR).messages
        rest = transcript.messages_after(talk.row(), seq=1, reader=VISITOR).messages
        before = transcript.messages_before(talk.row(), seq=5, reader=VISITOR, limit=10).messages
    assert [(one.seq, one.prev_seq) for one in everything] == [(1, 0), (3, 1), (5, 3)]
    assert [one.seq for one in rest] == [3, 5]
    assert [one.seq for one in before] == [1, 3]
    assert "secret" not in repr(everything)


def test_a_reader_finds_the_client_ids_of_his_own_messages_alone(talk: Talk, lines: list[Posted]) -> None:
    with tenant_scope(talk.tenant_id):
        vera = transcript.messages_after(talk.row(), seq=0, reader=Reader(Audience.VISITOR, talk.visitor.id)).messages
        alice = transcript.messages_after(talk.row(), seq=0, reader=Reader(Audience.AGENTS, talk.agent.id)).messages
    assert [one.seq for one in vera if one.client_id] == [1, 5]
    assert [one.seq for one in alice if one.client_id] == [2, 3, 4]
    assert vera[0].client_id == lines[0].message.client_id


def test_the_latest_come_first_when_there_are_too_many(talk: Talk, lines: list[Posted]) -> None:
    with tenant_scope(talk.tenant_id):
        row = talk.row()
        latest = transcript.messages_after(row, seq=1, reader=AGENTS, limit=3)
        exact = transcript.messages_after(row, seq=2, reader=AGENTS, limit=3)
        older = transcript.messages_before(row, seq=3, reader=AGENTS, limit=1)
        oldest = transcript.messages_before(row, seq=2, reader=AGENTS, limit=1)
        last = transcript.messages_before(row, seq=None, reader=VISITOR, limit=1)
    assert ([one.seq for one in latest.messages], latest.more) == ([3, 4, 5], True)
    assert ([one.seq for one in exact.messages], exact.more) == ([3, 4, 5], False)
    assert ([one.seq for one in older.messages], older.more) == ([2], True)
    assert ([one.seq for one in oldest.messages], oldest.more) == ([1], False)
    assert ([one.seq for one in last.messages], last.more) == ([5], True)


def test_who_was_away_learns_what_was_changed_in_what_he_has(talk: Talk, lines: list[Posted]) -> None:
    edited(talk, lines[1], "a milder secret")
    edited(talk, lines[2], "good day")
    with tenant_scope(talk.tenant_id):
        row = talk.row()
        agents = transcript.revisions_after(row, rev=5, up_to_seq=5, reader=AGENTS)
        visitor = transcript.revisions_after(row, rev=5, up_to_seq=5, reader=VISITOR)
        assert transcript.revisions_after(row, rev=7, up_to_seq=5, reader=AGENTS) == []
        assert transcript.revisions_after(row, rev=2, up_to_seq=2, reader=VISITOR) == []  # 3 comes as a message
        assert [one.text for one in transcript.messages_after(row, seq=2, reader=VISITOR).messages] == [
            "good day",
            "bye",
        ]
    assert [(one.seq, one.rev, one.text) for one in agents] == [(2, 6, "a milder secret"), (3, 7, "good day")]
    assert [(one.seq, one.rev, one.reason, one.gone) for one in visitor] == [(3, 7, "edited", False)]


def test_what_a_client_says_it_has_opens_no_more_than_it_knows(talk: Talk, lines: list[Posted]) -> None:
    """A client may claim any `last_seq`: what it has not been told of by its `last_rev` is not revised, it is missing."""
    edited(talk, lines[1], "a milder secret")
    edited(talk, lines[2], "good day")
    with tenant_scope(talk.tenant_id):
        row = talk.row()
        assert transcript.revisions_after(row, rev=0, up_to_seq=2**53 - 1, reader=AGENTS) == []
        known = transcript.revisions_after(row, rev=2, up_to_seq=2**53 - 1, reader=AGENTS)
        assert [one.seq for one in known] == [2]
        assert transcript.revisions_after(row, rev=5, up_to_seq=1, reader=AGENTS) == []


def test_of_many_revisions_the_latest_are_told(talk: Talk, lines: list[Posted]) -> None:
    for line, text in ((lines[3], "forgotten"), (lines[1], "a milder secret"), (lines[2], "good day")):
        edited(talk, line, text)
    with tenant_scope(talk.tenant_id):
        latest = transcript.revisions_after(talk.row(), rev=5, up_to_seq=5, reader=AGENTS, limit=2)
    assert [(one.seq, one.rev) for one in latest] == [(2, 7), (3, 8)]


def test_a_profile_that_was_tampered_with_hides_nothing_that_was_said(
    talk: Talk, lines: list[Posted], caplog: pytest.LogCaptureFixture
) -> None:
    spoil(talk, "chat_visitor", "profile", "public_id", talk.visitor.id)
    with tenant_scope(talk.tenant_id):
        page = transcript.messages_after(talk.row(), seq=0, reader=AGENTS)
    assert [one.author.name for one in page.messages] == ["", "Alice", "Alice", "Alice", ""]
    assert [one.text for one in page.messages][-1] == "bye"
    assert [record.levelno for record in caplog.records] == [logging.CRITICAL]


def test_a_process_that_missed_something_finds_every_row_by_rev(talk: Talk, lines: list[Posted]) -> None:
    edited(talk, lines[2], "good day")
    (after,) = spoken(talk, (talk.visitor, "still there?"))
    with tenant_scope(talk.tenant_id):
        changes = transcript.changes_after(talk.row(), rev=3)
        assert transcript.changes_after(talk.row(), rev=after.message.rev) == []
    assert [(one.message.seq, one.message.rev, one.is_new, one.is_visible) for one in changes] == [
        (4, 4, True, False),
        (5, 5, True, True),
        (3, 6, False, True),
        (6, 7, True, True),
    ]
    assert [one.reason for one in changes] == [None, None, "edited", None]
    assert (changes[1].prev_visible_seq, changes[1].message.prev_seq) == (3, 4)
    assert changes[-1].message.client_id == after.message.client_id


def test_what_was_erased_is_gone(talk: Talk, lines: list[Posted]) -> None:
    with tenant_scope(talk.tenant_id):
        row = Message.objects.get(seq=1)
        row.body = None
        row.save(update_fields=["body"])
        first, *rest = transcript.messages_after(talk.row(), seq=0, reader=AGENTS).messages
        assert (first.gone, first.text) == (True, "")
        assert not any(one.gone for one in rest)
        SubjectKey.objects.filter(kind=KeySubject.CONVERSATION.value).delete()
        keyring.forget_everything()
    with tenant_scope(talk.tenant_id):
        assert all(one.gone for one in transcript.messages_after(talk.row(), seq=0, reader=AGENTS).messages)


def test_one_row_that_was_tampered_with_hides_no_other(
    talk: Talk, lines: list[Posted], caplog: pytest.LogCaptureFixture
) -> None:
    with tenant_scope(talk.tenant_id):
        first, third = Message.objects.get(seq=1), Message.objects.get(seq=3)
        first.body = third.body
        first.save(update_fields=["body"])
        page = transcript.messages_after(talk.row(), seq=0, reader=AGENTS)
    assert [one.gone for one in page.messages] == [True, False, False, False, False]
    assert [record.levelno for record in caplog.records] == [logging.CRITICAL]


def test_a_key_that_was_replaced_elsewhere_is_read_again(talk: Talk) -> None:
    with tenant_scope(talk.tenant_id):
        old = keyring.existing_key(KeySubject.CONVERSATION, talk.public_id)
    assert old is not None
    with tenant_scope(talk.tenant_id):
        fresh = keyring.new_subject_key(talk.tenant_id, KeySubject.CONVERSATION, talk.public_id)
        row = SubjectKey.objects.get(subject_id=talk.public_id)
        row.wrapped, row.tenant_key_version = fresh.wrapped, fresh.tenant_key_version
        row.save(update_fields=["wrapped", "tenant_key_version"])
    spoken(talk, (talk.visitor, "under the new key"))
    with tenant_scope(talk.tenant_id):
        assert keyring.existing_key(KeySubject.CONVERSATION, talk.public_id) == old  # remembered here
        (one,) = transcript.messages_after(talk.row(), seq=0, reader=AGENTS).messages
    assert (one.text, one.gone) == ("under the new key", False)


def test_another_tenants_conversation_has_no_messages(rival: House, talk: Talk, lines: list[Posted]) -> None:
    row = talk.row()
    with tenant_scope(rival.tenant_id):
        assert transcript.messages_after(row, seq=0, reader=AGENTS).messages == []
        assert transcript.changes_after(row, rev=0) == []


def test_the_number_of_queries_does_not_grow(talk: Talk, lines: list[Posted]) -> None:
    counts = []
    for _ in range(2):
        keyring.forget_everything()
        with tenant_scope(talk.tenant_id), CaptureQueriesContext(connection) as queries:
            transcript.messages_after(Conversation.objects.get(pk=talk.pk), seq=0, reader=AGENTS)
        counts.append(len(queries))
        spoken(talk, *[(talk.visitor, "more"), (talk.agent, "and more")] * 10)
    assert counts[0] == counts[1]
