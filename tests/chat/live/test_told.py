"""What is stored is acknowledged, whatever becomes of telling the others."""

from __future__ import annotations

import json
import logging
from datetime import UTC, datetime
from uuid import UUID, uuid4

import pytest

from chat.live.hub import Member, Side, rooms
from chat.live.protocol.shapes import Author, AuthorKind, MessageView
from chat.live.runtime import Live
from chat.live.told import Origin
from chat.live.writer import Posted
from chat.models import Status
from security.masking import mask

TENANT = 1


class Tab:
    """A visitor's socket, or one that fails."""

    def __init__(self, *, is_broken: bool = False) -> None:
        self.got: list[dict[str, object]] = []
        self.is_broken = is_broken
        self.member = Member(TENANT, Side.VISITOR, f"visitor:{uuid4()}", self._take, lambda: None)

    def _take(self, frame: bytes) -> None:
        if self.is_broken:
            raise ValueError("4242 4242 4242 4242")
        self.got.append(json.loads(frame))


def posted(by: Tab, conversation: UUID | None = None) -> Posted:
    view = MessageView(
        conversation=conversation or uuid4(),
        id=uuid4(),
        seq=1,
        prev_seq=0,
        rev=1,
        author=Author(AuthorKind.VISITOR, uuid4(), "Vera"),
        text=mask("Hello"),
        sent_at=datetime(2026, 1, 31, tzinfo=UTC),
        client_id=uuid4(),
    )
    return Posted(tenant_id=TENANT, message=view, status=Status.OPEN, is_visible=True, origin=Origin(by.member, 7))


async def test_a_message_that_cannot_be_told_takes_no_other_with_it(caplog: pytest.LogCaptureFixture) -> None:
    live = Live()
    await live.hub.start()
    broken, vera, listening = Tab(is_broken=True), Tab(), Tab(is_broken=True)
    conversation = uuid4()
    try:
        (await live.hub.join(rooms.conversation(conversation), listening.member)).go_live()
        with caplog.at_level(logging.ERROR):
            live._committed([posted(broken), posted(vera, conversation), posted(vera)])
    finally:
        await live.hub.stop()
    assert [frame["type"] for frame in vera.got][-2:] == ["ack", "ack"]
    assert {frame["ref"] for frame in vera.got} == {7}
    assert "telling failed: ValueError" in caplog.text
    assert "4242" not in caplog.text


async def test_the_sender_is_acknowledged_while_there_is_no_fan_out(caplog: pytest.LogCaptureFixture) -> None:
    live, vera = Live(), Tab()
    with caplog.at_level(logging.ERROR):
        live._committed([posted(vera), posted(vera)])
    assert [frame["type"] for frame in vera.got] == ["ack", "ack"]
