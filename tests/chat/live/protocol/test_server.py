"""Each frame of the server has exactly the shape that the protocol shows."""

import json
from datetime import UTC, datetime, timedelta, timezone
from typing import Any
from uuid import UUID

import pytest

from chat.live.protocol import server
from chat.live.protocol.codes import DETAILS, ErrorCode
from chat.live.protocol.shapes import (
    AgentLoad,
    AgentView,
    Author,
    AuthorKind,
    ConversationView,
    DepartmentView,
    FieldView,
    Masked,
    MaskingView,
    MessageView,
    SiteView,
    VisitorView,
)
from security.masking import MaskedText, mask

ONE = UUID("7d8f0b64-0d2b-4e38-9d43-0b4b8b6c2a11")
TWO = UUID("0c9b5c1e-5b0e-4f4e-8a63-3f5f0a6c7b22")
NOON = datetime(2026, 1, 31, 13, 0, 0, 123_456, timezone(timedelta(hours=1)))
AT = "2026-01-31T12:00:00.123Z"
TEXT: MaskedText = mask("hello")
VERA = Author(AuthorKind.VISITOR, ONE, "Vera")
VIEW = MessageView(
    conversation=TWO,
    id=ONE,
    seq=3,
    prev_seq=2,
    rev=4,
    author=VERA,
    text=TEXT,
    sent_at=NOON,
    client_id=TWO,
    masked=[Masked("card", 1)],
)
MESSAGE: dict[str, Any] = {
    "conversation": str(TWO), "id": str(ONE), "seq": 3, "prev_seq": 2, "rev": 4, "client_id": str(TWO),
    "author": {"kind": "visitor", "id": str(ONE), "name": "Vera"}, "text": "hello", "sent_at": AT,
    "masked": [{"kind": "card", "count": 1}],
}  # fmt: skip
ALICE = AgentView(ONE, "Alice")
CONVERSATION = ConversationView(id=TWO, status="open", assigned_to=ALICE, department=ONE, tags=["vip"], last_text=TEXT)
SHOWN: dict[str, Any] = {
    "id": str(TWO), "status": "open", "assigned_to": {"id": str(ONE), "name": "Alice"}, "department": str(ONE), "tags": ["vip"],
    "waiting_since": None, "last_text": "hello",
}  # fmt: skip
WAITING = ConversationView(id=TWO, status="waiting", waiting_since=NOON, visitor=VisitorView(ONE, "Vera"))


def said(frame: bytes) -> dict[str, Any]:
    found: dict[str, Any] = json.loads(frame)
    return found


def test_welcome_to_a_visitor() -> None:
    site = SiteView(
        "Acme",
        "Hi",
        True,
        None,
        [DepartmentView(ONE, "Sales", False, NOON)],
        None,
        [FieldView("order", "Order", "text", True)],
    )
    frame = server.welcome_visitor(token="t", conversation=None, last_seq=0, last_rev=0, more=False, site=site, ref=1)
    assert said(frame) == {
        "type": "welcome", "token": "t", "conversation": None, "last_seq": 0, "last_rev": 0, "more": False, "ref": 1,
        "site": {
            "name": "Acme", "greeting": "Hi", "online": True, "back_at": None, "consent": None,
            "departments": [{"id": str(ONE), "name": "Sales", "online": False, "back_at": AT}],
            "fields": [{"name": "order", "label": "Order", "kind": "text", "required": True, "options": []}],
            "masking": {"packs": [], "keep_last_four": True, "may_undo": False},
        },
    }  # fmt: skip


def test_new_rules_for_a_visitors_browser() -> None:
    assert said(server.masking(MaskingView(("email", "phone"), False, True))) == {
        "type": "masking", "packs": ["email", "phone"], "keep_last_four": False, "may_undo": True
    }  # fmt: skip


def test_welcome_to_an_agent() -> None:
    frame = server.welcome_agent(
        agent=ALICE, tenant_slug="acme", tenant_name="Acme", permissions=["chat.reply"], capacity=5,
        departments=[DepartmentView(ONE, "Sales")], department_permissions={ONE: ["chat.watch"]},
    )  # fmt: skip
    assert said(frame) == {
        "type": "welcome", "agent": {"id": str(ONE), "name": "Alice"}, "tenant": {"slug": "acme", "name": "Acme"},
        "permissions": ["chat.reply"], "capacity": 5, "departments": [{"id": str(ONE), "name": "Sales"}],
        "department_permissions": {str(ONE): ["chat.watch"]},
    }  # fmt: skip


def test_messages_acknowledgements_and_revisions() -> None:
    assert said(server.message(VIEW)) == {"type": "message", **MESSAGE}
    without = ("prev_seq", "author")
    assert said(server.ack(VIEW, ref=9)) == {
        "type": "ack", "ref": 9, **{name: value for name, value in MESSAGE.items() if name not in without}
    }  # fmt: skip
    revised = {name: MESSAGE[name] for name in ("conversation", "id", "seq", "rev", "text", "masked")}
    assert said(server.revised(VIEW, reason="redacted")) == {"type": "revised", "reason": "redacted", **revised}


def test_a_body_that_is_gone_is_empty_and_says_so() -> None:
    gone = MessageView(
        conversation=TWO, id=ONE, seq=3, prev_seq=2, rev=4, author=VERA, text=TEXT, sent_at=NOON, gone=True
    )
    for frame in (server.message(gone), server.ack(gone), server.revised(gone, reason="erased")):
        assert (said(frame)["text"], said(frame)["gone"]) == ("", True)
        assert b"hello" not in frame


def test_a_system_message_carries_its_code() -> None:
    system = MessageView(
        conversation=TWO,
        id=ONE,
        seq=1,
        prev_seq=0,
        rev=1,
        author=Author(AuthorKind.SYSTEM),
        text=TEXT,
        sent_at=NOON,
        code="assigned",
    )
    frame = said(server.message(system))
    assert frame["code"] == "assigned"
    assert frame["author"] == {"kind": "system", "id": None, "name": ""}
    assert frame["client_id"] is None


def test_what_passes_by() -> None:
    author = MESSAGE["author"]
    assert said(server.typing(conversation=TWO, author=VERA, active=True)) == {
        "type": "typing", "conversation": str(TWO), "author": author, "active": True
    }  # fmt: skip
    assert said(server.typing(conversation=TWO, author=VERA, active=True, preview=TEXT))["preview"] == "hello"
    assert said(server.read(conversation=TWO, author=VERA, seq=3)) == {
        "type": "read", "conversation": str(TWO), "author": author, "seq": 3
    }  # fmt: skip


def test_conversations_in_queue_list_and_alone() -> None:
    waiting: dict[str, object] = {
        "id": str(TWO), "status": "waiting", "assigned_to": None, "department": None, "tags": [], "waiting_since": AT,
        "last_text": None, "visitor": {"id": str(ONE), "name": "Vera", "verified": False},
    }  # fmt: skip
    assert said(server.queue(total=12, conversations=[WAITING])) == {
        "type": "queue",
        "total": 12,
        "conversations": [waiting],
    }
    assert said(server.conversation(CONVERSATION, ref=2)) == {"type": "conversation", "conversation": SHOWN, "ref": 2}
    assert said(server.conversation_list(view="mine", conversations=[CONVERSATION], more=True)) == {
        "type": "list", "view": "mine", "conversations": [SHOWN], "more": True
    }  # fmt: skip


def test_assigned_history_and_offer() -> None:
    vera = VisitorView(ONE, "Vera", True)
    shown = {"id": str(ONE), "name": "Vera", "verified": True}
    frame = server.assigned(conversation=CONVERSATION, visitor=vera, messages=[VIEW], more=False)
    assert said(frame) == {
        "type": "assigned", "conversation": SHOWN, "visitor": shown, "messages": [MESSAGE], "more": False
    }  # fmt: skip
    watching = server.assigned(conversation=CONVERSATION, visitor=vera, messages=[], more=False, watching=True)
    assert said(watching)["watching"] is True
    assert said(server.history(conversation=TWO, messages=[VIEW], more=True)) == {
        "type": "history", "conversation": str(TWO), "messages": [MESSAGE], "more": True
    }  # fmt: skip
    assert said(server.offer(conversation=CONVERSATION, sender=ALICE, note=TEXT, expires_at=NOON)) == {
        "type": "offer", "conversation": SHOWN, "from": {"id": str(ONE), "name": "Alice"}, "note": "hello", "expires_at": AT
    }  # fmt: skip


def test_agents_availability_status_and_pong() -> None:
    assert said(server.agents([AgentLoad(ONE, "Bob", "online", 2, 5)])) == {
        "type": "agents", "agents": [{"id": str(ONE), "name": "Bob", "status": "online", "open": 2, "capacity": 5}]
    }  # fmt: skip
    assert said(server.availability(status="away", ref=1)) == {"type": "availability", "status": "away", "ref": 1}
    assert said(server.status(conversation=TWO, status="waiting", position=3)) == {
        "type": "status", "conversation": str(TWO), "status": "waiting", "position": 3
    }  # fmt: skip
    assert "position" not in said(server.status(conversation=TWO, status="closed"))
    assert said(server.pong(7)) == {"type": "pong", "last_seq": 7}
    assert said(server.pong({ONE: 7}, ref=4)) == {"type": "pong", "last_seq": {str(ONE): 7}, "ref": 4}


@pytest.mark.parametrize("code", ErrorCode)
def test_each_error_has_its_fixed_sentence(code: ErrorCode) -> None:
    assert said(server.error(code)) == {"type": "error", "code": code.value, "detail": DETAILS[code]}
    assert said(server.error(code, ref=17, client_id=ONE, conversation=TWO, retry_after=3)) == {
        "type": "error", "code": code.value, "detail": DETAILS[code], "ref": 17, "client_id": str(ONE), "conversation": str(TWO),
        "retry_after": 3,
    }  # fmt: skip


def test_times_are_utc_with_milliseconds() -> None:
    assert said(server.message(VIEW))["sent_at"] == AT
    whole = datetime(2026, 1, 1, tzinfo=UTC)
    view = MessageView(conversation=TWO, id=ONE, seq=1, prev_seq=0, rev=1, author=VERA, text=TEXT, sent_at=whole)
    assert said(server.message(view))["sent_at"] == "2026-01-01T00:00:00.000Z"
