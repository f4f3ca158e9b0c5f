"""Conversations in the admin: who sees which, what a look leaves in the trail, and that nothing can be changed."""

from __future__ import annotations

import json
import re
from collections.abc import Callable
from dataclasses import dataclass
from datetime import timedelta

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from chat import personal, sealing
from chat.models import AuthorKind, Conversation, ConversationTag, Message, Status, Tag, Visitor
from chat.services import lifecycle
from security.masking import mask
from security.models import AuditEvent
from security.permissions import Permission
from security.scoping import tenant_scope
from tenants.models import Department, Membership, Role, Site
from tests.tenants.admin.pages import Browse, sign_in, text_of
from tests.tenants.people import Organisation, operator, organisation
from tests.tenants.staying import enter

NOW = timezone.now()


@dataclass(frozen=True, slots=True)
class Talks:
    """Acme, with conversations in it."""

    acme: Organisation

    def begin(
        self, visitor: str, *, agent: str | None = None, department: str | None = None, says: str = "Hello"
    ) -> Conversation:
        """Something that a visitor said, a note about it, and a system message."""
        with tenant_scope(self.acme.tenant_id):
            site = Site.objects.get()
            row = Visitor.objects.create(site=site)
            row.profile = personal.seal_profile(
                row.public_id, personal.Profile(name=visitor, email=f"{visitor.lower()}@mail.example")
            )
            row.save(update_fields=["profile"])
            member = Membership.objects.get(name=agent) if agent else None
            team = Department.objects.get_or_create(name=department)[0] if department else None
            status = Status.OPEN if member else Status.WAITING
            found = Conversation.objects.create(
                site=site, visitor=row, assigned_to=member, department=team, status=status.value, last_seq=3, last_rev=3
            )
            self._say(found, 1, AuthorKind.VISITOR, says, row.public_id)
            self._say(found, 2, AuthorKind.NOTE, f"note on {visitor}", member.public_id if member else None)
            self._say(found, 3, AuthorKind.SYSTEM, "Conversation began", None)
        return found

    def _say(self, conversation: Conversation, seq: int, kind: AuthorKind, text: str, author: object) -> None:
        message = Message(
            conversation=conversation, seq=seq, rev=seq, first_rev=seq, prev_visible_seq=0, author_kind=kind.value,
            author_id=author, sent_at=NOW, is_visible=kind is not AuthorKind.NOTE,
        )  # fmt: skip
        message.body = sealing.seal_message(message, mask(text), conversation=conversation.public_id)
        message.save()


@pytest.fixture
def talks(db: None) -> Talks:
    acme = organisation("acme", "olga")
    for name, role in (("sam", "supervisor"), ("alice", "agent"), ("bob", "agent")):
        acme.join(name, role)
    return Talks(acme)


@pytest.fixture
def as_(talks: Talks) -> Callable[[str], Browse]:
    return lambda name: sign_in(talks.acme.user(name))


As = Callable[[str], Browse]


def _last(talks: Talks) -> dict[str, object]:
    with tenant_scope(talks.acme.tenant_id):
        found: dict[str, object] = json.loads(AuditEvent.objects.latest("seq").entry)
    return found


def test_the_list_shows_who_and_what_and_says_so_in_the_trail(talks: Talks, as_: As) -> None:
    talks.begin("Vera", agent="Alice", says="My card is 4242 4242 4242 4242")
    talks.begin("Otto")
    page = text_of(as_("sam").get("conversation_changelist", app="chat"))
    assert "Vera" in page
    assert "Alice" in page
    assert "•••• •••• •••• 4242" in page
    assert "note on" not in page
    event = _last(talks)
    assert (event["action"], event["extent"]) == ("conversation.searched", {"conversations": 2, "messages": 2})


def test_a_transcript_marks_notes_and_says_how_much_was_read(talks: Talks, as_: As) -> None:
    vera = talks.begin("Vera", agent="Alice", says="<script>alert(1)</script>")
    page = text_of(as_("sam").get("conversation_change", vera.public_id, app="chat"))
    assert "&lt;script&gt;alert(1)&lt;/script&gt;" in page
    assert "said-note" in page
    assert "Note, for agents only" in page
    assert "said-system" in page
    assert "vera@mail.example" in page
    event = _last(talks)
    assert (event["action"], event["extent"]) == ("conversation.read", {"conversations": 1, "messages": 3})
    assert event["on"] == {"type": "chat.conversation", "id": str(vera.public_id)}


def test_a_transcript_says_how_it_ended_and_what_the_visitor_thought(talks: Talks, as_: As) -> None:
    vera = talks.begin("Vera", agent="Alice")
    with tenant_scope(talks.acme.tenant_id):
        grant = talks.acme.grant("alice")
        lifecycle.close_conversation(grant=grant, conversation=vera.public_id, outcome="unresolved", now=NOW)
        lifecycle.rate_conversation(
            visitor_pk=vera.visitor_id, conversation=vera.public_id, score=2, comment=mask("Too <b>slow</b>"), now=NOW
        )
    page = text_of(as_("sam").get("conversation_change", vera.public_id, app="chat"))
    assert "<dd>Not resolved</dd>" in page
    assert "<dd>2 of 5</dd>" in page
    assert "Too &lt;b&gt;slow&lt;/b&gt;" in page


def test_the_visitors_address_is_for_who_may_see_contact_data(talks: Talks, as_: As) -> None:
    vera = talks.begin("Vera", agent="Alice")
    with tenant_scope(talks.acme.tenant_id):
        row = Visitor.objects.get(pk=vera.visitor_id)
        row.address = personal.seal_address(row.public_id, "203.0.113.7")
        row.save(update_fields=["address"])
    assert "203.0.113.7" in text_of(as_("alice").get("conversation_change", vera.public_id, app="chat"))
    with tenant_scope(talks.acme.tenant_id):
        role = Role.objects.get(slug="agent")
        role.is_builtin = False  # a built-in one has what the table says
        role.permissions = [name for name in role.permissions if name != Permission.CHAT_SEE_CONTACT.value]
        role.save(update_fields=["is_builtin", "permissions"])
    page = text_of(as_("alice").get("conversation_change", vera.public_id, app="chat"))
    assert "203.0.113.7" not in page
    assert "vera@mail.example" not in page


def test_agents_see_their_own_and_their_departments(talks: Talks, as_: As) -> None:
    own, other, hidden = (
        talks.begin("Vera", agent="Alice"),
        talks.begin("Otto"),
        talks.begin("Hilde", agent="Bob", department="Law"),
    )
    alice = as_("alice")
    page = text_of(alice.get("conversation_changelist", app="chat"))
    assert "Vera" in page
    assert "Otto" in page
    assert "Hilde" not in page
    assert alice.get("conversation_change", own.public_id, app="chat").status_code == 200
    assert alice.get("conversation_change", other.public_id, app="chat").status_code == 200
    assert alice.get("conversation_change", hidden.public_id, app="chat").status_code == 404
    assert as_("sam").get("conversation_change", hidden.public_id, app="chat").status_code == 200


def test_nothing_can_be_written(talks: Talks, as_: As) -> None:
    vera, olga = talks.begin("Vera"), as_("olga")
    assert olga.post("conversation_change", vera.public_id, app="chat", status="closed").status_code == 403
    assert olga.post("conversation_add", app="chat").status_code == 403
    assert olga.post("conversation_delete", vera.public_id, app="chat", post="yes").status_code == 403
    with tenant_scope(talks.acme.tenant_id):
        assert Conversation.objects.get().status == "waiting"


def test_the_list_takes_the_same_queries_for_any_number(talks: Talks, as_: As) -> None:
    sam = as_("sam")
    talks.begin("Vera", agent="Alice", department="Law")
    _queries(sam)
    few = _queries(sam)
    for number in range(12):
        talks.begin(f"Visitor{number}", agent="Bob" if number % 2 else None)
    assert _queries(sam) == few
    assert few <= 38


def test_filters_narrow_the_list(talks: Talks, as_: As) -> None:
    law, old = talks.begin("Vera", agent="Alice", department="Law"), talks.begin("Otto")
    with tenant_scope(talks.acme.tenant_id):
        Conversation.objects.filter(pk=old.pk).update(last_message_at=NOW - timedelta(days=10))
    alice = talks.acme.member("alice").public_id
    today, day = NOW.date(), (NOW - timedelta(days=10)).date()
    assert law.department is not None
    for query, seen in (
        ("?status=open", {"Vera"}), ("?status=waiting", {"Otto"}), (f"?department={law.department.public_id}", {"Vera"}),
        ("?from=2026-02-30", set()), ("?from=nonsense", set()), ("?until=2026-01-01", set()),
        (f"?from={day}&until={day}", {"Otto"}), (f"?from={day}", {"Vera", "Otto"}), (f"?until={day}", {"Otto"}),
        (f"?until={day}&status=open", set()), (f"?from={today}&until={day}", set()),
        (f"?agent={alice}", {"Vera"}), ("?since=7", {"Vera"}), ("?since=30", {"Vera", "Otto"}), ("?status=nonsense", set()),
    ):  # fmt: skip
        page = text_of(as_("sam").get("conversation_changelist", app="chat", query=query))
        assert {name for name in ("Vera", "Otto") if name in page} == seen, query


def test_agents_to_narrow_by_are_those_who_answer_or_did(talks: Talks, as_: As) -> None:
    for name in ("rita", "ruth"):
        talks.acme.join(name, "analyst")
    talks.begin("Vera", agent="Ruth")
    enter(operator("oscar"), talks.acme, role="supervisor")
    page = text_of(as_("olga").get("conversation_changelist", app="chat"))
    offered = {
        name
        for name in ("Olga", "Sam", "Alice", "Bob", "Rita", "Ruth", "Oscar")
        if re.search(rf"agent=[^<]*>\s*{name}", page)
    }
    assert offered == {"Olga", "Sam", "Alice", "Bob", "Ruth"}


def test_a_tag_narrows_the_list_and_is_named_only_where_it_is_seen(talks: Talks, as_: As) -> None:
    with tenant_scope(talks.acme.tenant_id):
        for visitor, agent, team, name in (("Vera", "Alice", None, "refund"), ("Hilde", "Bob", "Law", "lawsuit")):
            talk = talks.begin(visitor, agent=agent, department=team)
            ConversationTag.objects.create(conversation=talk, tag=Tag.objects.create(name=name))
        Tag.objects.create(name="unused")
        refund, lawsuit = (Tag.objects.get(name=name).public_id for name in ("refund", "lawsuit"))
    sam, alice = (
        text_of(as_(name).get("conversation_changelist", app="chat", query=f"?tag={refund}"))
        for name in ("sam", "alice")
    )
    assert "Vera" in sam
    assert "Hilde" not in sam
    assert f"tag={lawsuit}" in sam
    assert "unused" not in sam
    assert "lawsuit" not in alice
    assert f"tag={lawsuit}" not in alice


def _queries(browse: Browse) -> int:
    with CaptureQueriesContext(connection) as queries:
        assert browse.get("conversation_changelist", app="chat").status_code == 200
    return len(queries)
