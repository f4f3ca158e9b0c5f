"""Lists of conversations: what was tampered with in one row shows there, and takes no other row with it."""

from __future__ import annotations

import logging

import pytest
from asgiref.sync import async_to_sync
from django.utils import timezone

from chat import access, personal
from chat.live.protocol.shapes import ConversationView, VisitorView
from chat.models import Conversation, Message, Visitor
from chat.services.lifecycle import rate_conversation
from chat.summaries import summarize, visitor_view
from security.crypto import keyring
from security.masking import mask
from security.models import KeySubject, SubjectKey
from security.scoping import tenant_scope
from tests.chat.live.writing import post, writing

from .conversations import House, Talk, spoil

NAMES = ("Vera", "Victor", "Wanda")


@async_to_sync
async def said(talk: Talk, text: str) -> None:
    async with writing() as writer:
        await writer.put(post(talk, text))


@pytest.fixture
def talks(acme: House) -> list[Talk]:
    """Three visitors, each of whom has said his name; the second one's rows are for the tests to spoil."""
    found = [acme.talk(name) for name in NAMES]
    for talk, name in zip(found, NAMES, strict=True):
        with tenant_scope(acme.tenant_id):
            visitor = Visitor.objects.get(public_id=talk.visitor.id)
            visitor.profile = personal.seal_profile(visitor.public_id, personal.Profile(name=name))
            visitor.page = personal.seal_page(visitor.public_id, personal.Page(url="https://acme.example/"))
            visitor.address = personal.seal_address(visitor.public_id, "203.0.113.7")
            visitor.save(update_fields=["profile", "page", "address"])
        said(talk, f"I am {name}")
    keyring.forget_everything()
    return found


def listed(talks: list[Talk]) -> list[ConversationView]:
    with tenant_scope(talks[0].tenant_id):
        return summarize(Conversation.objects.select_related(*access.WITH_PEOPLE).order_by("pk"))


def shown(views: list[ConversationView]) -> list[tuple[str, str | None]]:
    return [(view.visitor.name if view.visitor else "", view.last_text) for view in views]


def test_everybody_is_listed_with_what_he_said(talks: list[Talk]) -> None:
    assert shown(listed(talks)) == [(name, f"I am {name}") for name in NAMES]


def test_a_message_that_does_not_open_is_left_out(talks: list[Talk], caplog: pytest.LogCaptureFixture) -> None:
    with tenant_scope(talks[1].tenant_id):
        message = Message.objects.get(conversation=talks[1].pk)
    spoil(talks[1], "chat_message", "body", "id", message.pk)
    assert shown(listed(talks)) == [("Vera", "I am Vera"), ("Victor", None), ("Wanda", "I am Wanda")]
    assert [record.levelno for record in caplog.records] == [logging.CRITICAL]


def test_a_profile_that_does_not_open_has_no_name(talks: list[Talk], caplog: pytest.LogCaptureFixture) -> None:
    spoil(talks[1], "chat_visitor", "profile", "public_id", talks[1].visitor.id)
    assert shown(listed(talks)) == [("Vera", "I am Vera"), ("", "I am Victor"), ("Wanda", "I am Wanda")]
    assert [record.levelno for record in caplog.records] == [logging.CRITICAL]


def test_a_comment_that_does_not_open_leaves_its_score(talks: list[Talk], caplog: pytest.LogCaptureFixture) -> None:
    with tenant_scope(talks[0].tenant_id):
        for talk in talks:
            visitor = Conversation.objects.get(pk=talk.pk).visitor_id
            rate_conversation(
                visitor_pk=visitor, conversation=talk.public_id, score=4, comment=mask("Kind"), now=timezone.now()
            )
    spoil(talks[1], "chat_conversation", "rating_comment", "id", talks[1].pk)
    told = [(view.rating.score, view.rating.comment) for view in listed(talks) if view.rating]
    assert told == [(4, "Kind"), (4, None), (4, "Kind")]
    assert [record.levelno for record in caplog.records] == [logging.CRITICAL]


@pytest.mark.parametrize(
    ("kind", "left"),
    [(KeySubject.CONVERSATION, ("Victor", None)), (KeySubject.VISITOR, ("", "I am Victor"))],
)
def test_a_key_that_does_not_open_hides_no_other(
    talks: list[Talk], caplog: pytest.LogCaptureFixture, kind: KeySubject, left: tuple[str, str | None]
) -> None:
    subject = talks[1].public_id if kind is KeySubject.CONVERSATION else talks[1].visitor.id
    with tenant_scope(talks[1].tenant_id):
        row = SubjectKey.objects.get(kind=kind.value, subject_id=subject)
    spoil(talks[1], "security_subjectkey", "wrapped", "id", row.pk)
    assert shown(listed(talks)) == [("Vera", "I am Vera"), left, ("Wanda", "I am Wanda")]
    assert [record.levelno for record in caplog.records] == [logging.CRITICAL]


def test_a_visitor_whose_data_does_not_open_can_still_be_answered(talks: list[Talk]) -> None:
    for column in ("profile", "page", "address"):
        spoil(talks[1], "chat_visitor", column, "public_id", talks[1].visitor.id)
    with tenant_scope(talks[1].tenant_id):
        row = Conversation.objects.select_related(*access.WITH_PEOPLE).get(pk=talks[1].pk)
        seen = visitor_view(row)
    assert seen == VisitorView(
        id=seen.id,
        name="",
        verified=False,
        email="",
        phone="",
        fields={},
        page=None,
        locale=row.visitor.locale,
        blocked=False,
    )
