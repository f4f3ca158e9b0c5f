"""Frame × role × tenant: who may say what to a conversation of his own tenant, and that nobody else can do anything to it.

The frames come from the registries, so a new one without a line here fails; each pair is said on a conversation of its own.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta
from uuid import UUID, uuid4

import pytest
from django.utils import timezone

from chat.live.consumers import AgentConsumer, VisitorConsumer
from chat.live.protocol import AGENT_FRAMES, VISITOR_FRAMES
from chat.live.protocol.shapes import Author, AuthorKind
from chat.live.work import unscoped
from chat.models import Conversation, Status, Visitor
from chat.services.messages import append
from security.crypto import keyring
from security.masking import mask
from security.models import KeySubject
from security.scoping import tenant_scope
from tenants.models import Department, Membership, Site
from tests.cast import Organisation

from .sockets import Door, Frame, Socket
from .test_hostile import naming

STAFF = {"owner": "olga", "admin": "ada", "supervisor": "sam", "agent": "alice"}
SHUT_OUT = {"analyst": "rita", "auditor": "audrey"}
ALL = frozenset(STAFF)
ABOVE = ALL - {"agent"}

AGENT_MATRIX: dict[str, frozenset[str]] = {
    "hello": ALL, "availability": ALL, "list": ALL, "next": ALL, "claim": ALL, "message": ALL, "note": ALL, "edit": ALL,
    "typing": ALL, "read": ALL, "history": ALL, "transfer": ALL, "accept": ALL, "decline": ALL, "tag": ALL,
    "close": ALL, "reopen": ALL, "watch": ABOVE, "unwatch": ALL, "block": ABOVE, "unblock": ABOVE, "ping": ALL,
}  # fmt: skip
"""Who is not answered with `forbidden`. Analysts and auditors have no socket at all."""

VISITOR_MATRIX = {
    "hello": "a greeted socket", "message": "his own", "typing": "his own", "read": "his own", "profile": "himself",
    "page": "himself", "identify": "proven by a token", "history": "his own", "end": "his own", "rate": "his own",
    "ping": "nothing",
}  # fmt: skip
"""What a visitor's frame touches: none of them names a conversation, so none can name another's."""


def test_every_frame_has_its_line() -> None:
    assert set(AGENT_MATRIX) == set(AGENT_FRAMES) == set(AgentConsumer.frames)
    assert set(VISITOR_MATRIX) == set(VISITOR_FRAMES) == set(VisitorConsumer.frames)


def test_no_visitors_frame_names_a_conversation() -> None:
    """But `hello`, whose conversation is only taken for where his client left off."""
    naming = {name for name, frame in VISITOR_FRAMES.items() if "conversation" in frame.readers}
    assert naming == {"hello"}


@dataclass(frozen=True, slots=True)
class Target:
    conversation: UUID
    message: UUID
    department: UUID


def target(of: Organisation, *, agent: str, status: Status, offered_to: str | None = None) -> Target:
    """A conversation of the tenant with one message of the agent's."""
    with tenant_scope(of.tenant_id):
        member = Membership.objects.get(user__email=f"{agent}@{of.slug}.example")
        department = Department.objects.get(is_default=True)
        row = Conversation.objects.create(
            site=Site.objects.get(),
            visitor=Visitor.objects.create(site=Site.objects.get()),
            department=department,
            status=status.value,
            assigned_to=None if status is Status.WAITING else member,
            waiting_since=timezone.now(),
            closed_at=timezone.now() if status is Status.CLOSED else None,
        )
        if offered_to:
            row.offered_to = Membership.objects.get(user__email=f"{offered_to}@{of.slug}.example")
            row.offer_expires_at = timezone.now() + timedelta(minutes=1)
            row.save(update_fields=["offered_to", "offer_expires_at"])
        keyring.data_key(KeySubject.CONVERSATION, row.public_id)
        author = Author(AuthorKind.AGENT, member.public_id, member.name)
        said = append(row, author=author, text=mask("Good day"), now=timezone.now())
        return Target(row.public_id, said.id, department.public_id)


@dataclass(frozen=True, slots=True)
class Scene:
    """What a frame is said on, and what answers it; None for a frame without an answer."""

    answer: str | None
    status: Status = Status.OPEN
    by: str = "me"
    offered: bool = False


SCENES: dict[str, Scene] = {
    "availability": Scene("availability"),
    "list": Scene("list"),
    "next": Scene("assigned", Status.WAITING),
    "claim": Scene("assigned", Status.WAITING),
    "message": Scene("ack"),
    "note": Scene("ack"),
    "edit": Scene("revised"),
    "typing": Scene(None),
    "read": Scene(None),
    "history": Scene("history"),
    "transfer": Scene("conversation"),
    "accept": Scene("assigned", by="bob", offered=True),
    "decline": Scene(None, by="bob", offered=True),
    "tag": Scene("conversation"),
    "close": Scene("conversation"),
    "reopen": Scene("conversation", Status.CLOSED),
    "watch": Scene("assigned", by="bob"),
    "unwatch": Scene(None),
    "block": Scene("conversation"),
    "unblock": Scene("error"),  # nobody is blocked
    "ping": Scene("pong"),
}


def fields_of(kind: str, on: Target) -> dict[str, object]:
    own: dict[str, object] = {"conversation": on.conversation} if "conversation" in AGENT_FRAMES[kind].readers else {}
    text = {"client_id": uuid4(), "text": "x"}
    extra: dict[str, dict[str, object]] = {
        "availability": {"status": "online"}, "list": {"view": "all"}, "message": text, "note": text,
        "edit": {"id": on.message, "text": "Good evening"}, "typing": {"active": True}, "read": {"seq": 1},
        "transfer": {"department": on.department}, "tag": {"add": ["x"]},
    }  # fmt: skip
    return {**own, **extra.get(kind, {})}


async def answer(socket: Socket, kind: str, fields: dict[str, object]) -> Frame | None:
    """What answers this frame, if anything does: frames are handled in turn, so the `pong` after it comes later."""
    await socket.send(kind, ref=1, **fields)
    await socket.send("ping", ref=2)
    await socket.expect("pong", ref=2)
    found = next((frame for frame in socket.pending if frame.get("ref") == 1), None)
    socket.pending.clear()
    return found


@pytest.mark.parametrize("role", STAFF)
async def test_what_each_role_may_say_in_its_own_tenant(door: Door, acme_live: Organisation, role: str) -> None:
    name = STAFF[role]
    socket = await door.agent(acme_live, name)
    for kind in sorted(AGENT_FRAMES.keys() - {"hello"}, key=lambda kind: kind != "next"):  # while there is capacity
        scene = SCENES[kind]
        by = name if scene.by == "me" else scene.by
        on = await unscoped(
            target, acme_live, agent=by, status=scene.status, offered_to=name if scene.offered else None
        )
        found = await answer(socket, kind, fields_of(kind, on))
        if role in AGENT_MATRIX[kind]:
            assert (found["type"] if found else None) == scene.answer, (kind, found)
        else:
            assert found is not None
            assert (found["type"], found.get("code")) == ("error", "forbidden"), (kind, found)


@pytest.mark.parametrize("role", SHUT_OUT)
async def test_who_does_not_chat_has_no_socket(door: Door, acme_live: Organisation, role: str) -> None:
    socket = await door.staff(await unscoped(acme_live.session, SHUT_OUT[role]))
    assert await socket.closed() == 4403
    assert socket.heard == []


async def test_visitors_and_strangers_have_none_of_the_agents_frames(door: Door, acme_live: Organisation) -> None:
    vera = await door.visitor(acme_live.site_key)
    on = await unscoped(target, acme_live, agent="alice", status=Status.OPEN)
    for kind in AGENT_FRAMES.keys() - VISITOR_FRAMES.keys():
        found = await answer(vera, kind, fields_of(kind, on))
        assert found is not None
        assert found["code"] == "bad_frame", kind
        await vera.ask("ping", "pong")
    for kind in AGENT_FRAMES.keys() & VISITOR_FRAMES.keys():
        if "conversation" in AGENT_FRAMES[kind].readers:
            found = await answer(vera, kind, fields_of(kind, on))
            assert found is not None
            assert found["code"] == "bad_frame", kind
    stranger = await door.dial("/ws/agent/", headers={"Cookie": f"chat_visitor_{acme_live.site_key}=x"})
    assert await stranger.closed() == 4401


def test_every_frame_that_names_something_is_tried_from_another_tenant(rival_live: Organisation) -> None:
    ids = {"conversation", "id", "department", "agent"}
    assert {kind for kind, frame in AGENT_FRAMES.items() if ids & frame.readers.keys()} <= set(naming(rival_live))


async def test_another_department_of_the_same_tenant_is_as_good_as_missing(door: Door, acme_live: Organisation) -> None:
    alice = await door.agent(acme_live, "alice")
    on = await unscoped(target, acme_live, agent="bob", status=Status.OPEN)
    await unscoped(move_to_sales, acme_live, on.conversation)
    for kind, frame in AGENT_FRAMES.items():
        if "conversation" not in frame.readers or SCENES[kind].answer is None or kind in {"accept", "transfer"}:
            continue
        found = await answer(alice, kind, fields_of(kind, on))
        assert found is not None
        expected = "forbidden" if "agent" not in AGENT_MATRIX[kind] else "not_found"
        assert found.get("code") in {"not_found", expected}, (kind, found)


def move_to_sales(of: Organisation, conversation: UUID) -> None:
    sales = of.add_department("Sales")
    with tenant_scope(of.tenant_id):
        Conversation.objects.filter(public_id=conversation).update(department=Department.objects.get(public_id=sales))
