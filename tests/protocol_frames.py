"""Each frame of the server as `docs/reference/protocol.md` shows it, made by the functions that make the real ones."""

import json
from datetime import UTC, datetime
from typing import Any
from uuid import UUID

from chat.live.protocol import server
from chat.live.protocol.codes import ErrorCode
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
    RatingView,
    SiteView,
    VisitorView,
)
from security.masking import mask

CONVERSATION = UUID("0d5f9a3e-6f0b-4a52-9c54-2f7c9b1e8a10")
MESSAGE = UUID("6f1c2b7a-3d7e-4b57-8f0e-51a2c9d4e611")
CLIENT = UUID("b3e0c1d2-94f5-4a6b-8c7d-0e1f2a3b4c12")
VERA = UUID("91a7e6d5-c4b3-4291-8a7f-6e5d4c3b2a13")
ALICE = UUID("3c2b1a09-f8e7-4d6c-9b5a-4f3e2d1c0b14")
BOB = UUID("e7d6c5b4-a392-4817-b6f5-e4d3c2b1a015")
SALES = UUID("58c7b6a5-9483-4726-a150-4f3e2d1c0b16")
NOON = datetime(2026, 1, 31, 12, 0, tzinfo=UTC)
LATER = datetime(2026, 1, 31, 12, 0, 30, tzinfo=UTC)
TEXT = mask("My card is 4242 4242 4242 4242")
HIDDEN = (Masked("card", 1),)

vera = Author(AuthorKind.VISITOR, VERA, "Vera")
alice = Author(AuthorKind.AGENT, ALICE, "Alice")
sales = DepartmentView(SALES, "Sales", online=True)
said = MessageView(
    conversation=CONVERSATION, id=MESSAGE, seq=3, prev_seq=2, rev=3, author=vera, text=TEXT, sent_at=NOON, masked=HIDDEN
)
waiting = ConversationView(
    id=CONVERSATION,
    status="waiting",
    department=SALES,
    waiting_since=NOON,
    last_text=TEXT,
    visitor=VisitorView(VERA, "Vera"),
    last_seq=3,
    last_rev=3,
)
taken = ConversationView(
    id=CONVERSATION,
    status="open",
    assigned_to=AgentView(ALICE, "Alice"),
    department=SALES,
    tags=("billing",),
    last_text=TEXT,
)
done = ConversationView(
    id=CONVERSATION,
    status="closed",
    department=SALES,
    tags=("billing",),
    last_text=TEXT,
    outcome="resolved",
    rating=RatingView(4, mask("Faster on Mondays, please")),
)
known = VisitorView(
    VERA,
    "Vera",
    verified=True,
    blocked=False,
    email="vera@shop.example",
    locale="en",
    address="203.0.113.7",
    page={"url": "https://shop.example/kettle", "title": "Harbour kettle", "referrer": ""},
)
site = SiteView(
    name="Acme",
    greeting="How can we help?",
    online=True,
    departments=(sales,),
    fields=(FieldView("order", "Order number"),),
    masking=MaskingView(packs=("phone",), may_undo=True),
)

EXAMPLES: dict[str, list[bytes]] = {
    "welcome": [
        server.welcome_visitor(token="x" * 43, conversation=None, last_seq=0, last_rev=0, more=False, site=site, ref=1),
        server.welcome_agent(
            agent=AgentView(ALICE, "Alice"),
            tenant_slug="acme",
            tenant_name="Acme",
            permissions=["chat.note", "chat.reply"],
            capacity=5,
            departments=[DepartmentView(SALES, "Sales")],
            department_permissions={SALES: ["chat.watch"]},
        ),
    ],
    "masking": [server.masking(site.masking)],
    "ack": [server.ack(said.seen(prev_seq=2, client_id=CLIENT), ref=17)],
    "message": [server.message(said)],
    "revised": [server.revised(said, reason="edited")],
    "typing": [server.typing(conversation=CONVERSATION, author=alice, active=True)],
    "read": [server.read(conversation=CONVERSATION, author=alice, seq=3)],
    "queue": [server.queue(total=1, conversations=[waiting])],
    "conversation": [
        server.conversation(taken, ref=18),
        server.conversation(done),
        server.withdrawn(CONVERSATION, status="waiting", ref=19),
    ],
    "assigned": [
        server.assigned(conversation=taken, visitor=known, messages=[said], more=False, ref=20),
    ],
    "history": [server.history(conversation=CONVERSATION, messages=[said], more=True, ref=21)],
    "list": [server.conversation_list(view="mine", conversations=[taken], more=False, ref=22)],
    "agents": [server.agents([AgentLoad(BOB, "Bob", "online", 2, 5)])],
    "availability": [server.availability(status="away", ref=23)],
    "offer": [
        server.offer(
            conversation=taken, sender=AgentView(BOB, "Bob"), note=mask("Please take this one."), expires_at=LATER
        )
    ],
    "status": [server.status(conversation=CONVERSATION, status="waiting", position=3)],
    "error": [server.error(ErrorCode.RATE_LIMITED, ref=24, client_id=CLIENT, conversation=CONVERSATION, retry_after=3)],
    "pong": [server.pong(7, ref=25), server.pong({CONVERSATION: 7})],
}


def examples() -> dict[str, list[dict[str, Any]]]:
    """The frames by type, decoded."""
    return {kind: [json.loads(frame) for frame in frames] for kind, frames in EXAMPLES.items()}
