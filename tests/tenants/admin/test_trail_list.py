"""The page of the trail: sentences, a filter in the address, pages, what opens below an entry, kept filters."""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Any

import pytest
from asgiref.sync import async_to_sync
from django.db import connection
from django.test.utils import CaptureQueriesContext

from security.addresses import spells_secret
from security.audit import Action, record
from security.context import Actor, ActorKind, acting
from security.models import AuditEvent
from security.scoping import tenant_scope
from tenants.models import SavedFilter
from tenants.services.audit.phrases import _DONE, sentence_of

from ..people import Organisation
from .pages import Browse, text_of

pytestmark = pytest.mark.django_db
As = Callable[[str], Browse]
LIST = "auditevent_changelist"


def told(response: Any) -> list[str]:
    """The sentences of the page, newest first."""
    return re.findall(r'<span class="events__told">(.*?)</span>', text_of(response))


@pytest.fixture
def trail(house: Organisation) -> Organisation:
    """Alice read two conversations from home; Sam exported a report."""
    for name, action, address in (
        ("alice", Action.CONVERSATION_READ, "203.0.113.7"),
        ("alice", Action.CONVERSATION_READ, "203.0.113.7"),
        ("sam", Action.REPORT_EXPORTED, "198.51.100.9"),
    ):
        user = house.user(name)
        actor = Actor(ActorKind.PERSON, id=str(user.public_id), name=name.title(), role="agent")
        with acting(actor=actor, address=address), tenant_scope(house.tenant_id):
            record(action, on_label="Conversation 0a1b2c" if name == "alice" else "")
    return house


def test_an_entry_is_a_sentence_that_opens(trail: Organisation, as_: As) -> None:
    page = as_("audrey").get(LIST, app="security", query="?action=conversation.read")
    assert told(page) == ["Alice read Conversation 0a1b2c from 203.0.113.7"] * 2
    assert "<summary>" in text_of(page)
    assert "<code>conversation.read</code>" in text_of(page)


@pytest.mark.parametrize(
    ("query", "count"),
    [
        ("address=203.0.113.7", 2),
        ("action=exports", 1),
        ("action=conversation", 2),
        ("outcome=failed", 0),
        ("since=2001-01-01&until=2001-01-31", 0),
        ("action=conversation.read&since=2001-01-01", 2),
        ("record=7d8a8f0e-6c0b-4a6e-9b43-0d4a1d9c2f11", 0),
    ],
)
def test_the_address_holds_the_filter(trail: Organisation, as_: As, query: str, count: int) -> None:
    assert len(told(as_("audrey").get(LIST, app="security", query=f"?{query}"))) == count


def test_the_timeline_of_a_member_is_what_they_did_and_what_was_done_to_them(trail: Organisation, as_: As) -> None:
    alice = trail.member("alice")
    with tenant_scope(trail.tenant_id):
        record(Action.MEMBER_SUSPENDED, on=alice)
    found = told(as_("audrey").get(LIST, app="security", query=f"?about={alice.public_id}"))
    assert len(found) >= 3
    assert found[0].endswith("suspended Alice")
    assert sum("Alice read" in sentence for sentence in found) == 2
    assert "?about=" in text_of(as_("olga").get("membership_history", alice.public_id))


@pytest.mark.parametrize(
    ("query", "says"),
    [
        ("address=home", "Enter an address such as"),
        ("since=2026-02-30", "Enter a valid date"),
        ("since=2026-02-02&until=2026-02-01", "not before the first"),
        ("actor=bob", "Choose somebody of the list"),
        ("action=bake", "Choose one of the list"),
        ("record=7", "Enter an id as it stands"),
        ("until=9999-12-31", "Enter a year from 2000 to 2999"),
        ("since=0001-01-01", "Enter a year from 2000 to 2999"),
    ],
)
def test_what_cannot_be_is_answered_with_what_can(trail: Organisation, as_: As, query: str, says: str) -> None:
    response = as_("audrey").get(LIST, app="security", query=f"?{query}")
    assert response.status_code == 200
    assert says in text_of(response)
    assert told(response) == []


def test_older_entries_are_a_page_of_their_own(trail: Organisation, as_: As) -> None:
    with tenant_scope(trail.tenant_id):
        for _ in range(60):
            record(Action.TAG_CREATED, on_label="vip")
    first = as_("audrey").get(LIST, app="security", query="?action=tag.created")
    assert len(told(first)) == 50
    (before,) = re.findall(r"action=tag\.created&amp;before=(\d+)", text_of(first))
    second = as_("audrey").get(LIST, app="security", query=f"?action=tag.created&before={before}")
    assert len(told(second)) == 10
    assert "This is the oldest that fits." in text_of(second)
    assert as_("audrey").get(LIST, app="security", query="?before=x").status_code == 200


def test_who_looks_and_for_what_is_an_event(trail: Organisation, as_: As) -> None:
    as_("audrey").get(LIST, app="security", query="?address=203.0.113.7&outcome=ok")
    with tenant_scope(trail.tenant_id):
        entry = AuditEvent.objects.filter(action="audit.read").latest("seq").entry
    assert '"outcome_of":"ok"' in entry
    assert "203.0.113.7" not in entry


def test_no_one_else_reads_the_trail(trail: Organisation, as_: As) -> None:
    for name in ("alice", "rita", "sam"):
        browse = as_(name)
        assert browse.get(LIST, app="security").status_code == 403
        assert browse.post("audit_filter_save", app="", name="x").status_code == 403


def test_a_kept_filter_is_its_members_own(trail: Organisation, as_: As) -> None:
    audrey = as_("audrey")
    path = "/admin/audit/filters/save/?action=exports"
    assert "The filter is kept" in text_of(audrey.client.post(path, {"name": "Exports"}, follow=True))
    assert "already" in text_of(audrey.client.post(path, {"name": "Exports"}, follow=True))
    assert "Enter a name" in text_of(audrey.client.post(path, {"name": ""}, follow=True))
    assert 'href="?action=exports">Exports</a>' in text_of(audrey.get(LIST, app="security"))
    with tenant_scope(trail.tenant_id):
        kept = SavedFilter.objects.get().public_id
    assert ">Exports</a>" not in text_of(as_("olga").get(LIST, app="security"))
    assert as_("olga").post("audit_filter_remove", kept, app="").status_code == 404
    assert audrey.post("audit_filter_remove", kept, app="").status_code == 302
    assert trail.actions().count("audit.filter_saved") == trail.actions().count("audit.filter_removed") == 1


def test_a_kept_filter_holds_no_address(trail: Organisation, as_: As) -> None:
    audrey, asked = as_("audrey"), "?action=exports&address=203.0.113.7"
    assert "The address is not kept with it" in text_of(audrey.get(LIST, app="security", query=asked))
    audrey.client.post(f"/admin/audit/filters/save/{asked}", {"name": "Home"})
    answer = audrey.client.post("/admin/audit/filters/save/?address=203.0.113.7", {"name": "Alone"}, follow=True)
    assert "nothing else is set" in text_of(answer)
    with tenant_scope(trail.tenant_id):
        assert [kept.query for kept in SavedFilter.objects.all()] == ["action=exports"]


def test_the_export_of_a_filter_has_what_fits_and_is_an_event(trail: Organisation, as_: As) -> None:
    audrey = as_("audrey")
    response = audrey.client.post("/admin/audit/export/csv/?action=conversation.read")

    async def collected() -> bytes:
        return b"".join([part async for part in response.streaming_content])  # type: ignore[attr-defined]

    lines = async_to_sync(collected)().decode().splitlines()
    assert len(lines) == 3
    with tenant_scope(trail.tenant_id):
        assert '"actions":"conversation.read"' in AuditEvent.objects.get(action="audit.exported").entry
    refused = audrey.client.post("/admin/audit/export/jsonl/?action=conversation.read", follow=True)
    assert "Only the whole trail can be verified" in text_of(refused)


def test_a_page_takes_as_many_queries_for_one_entry_as_for_fifty(trail: Organisation, as_: As) -> None:
    audrey = as_("audrey")
    counts = []
    for more in (1, 49):
        with tenant_scope(trail.tenant_id):
            for _ in range(more):
                record(Action.TAG_DELETED, on_label="vip")
        audrey.get(LIST, app="security", query="?action=tag.deleted")
        with CaptureQueriesContext(connection) as asked:
            audrey.get(LIST, app="security", query="?action=tag.deleted")
        counts.append(len(asked))
    assert counts[0] == counts[1]


def test_each_sentence_of_what_is_done_begins_with_who_did_it() -> None:
    for action in _DONE:
        sentence = sentence_of(action, "ok", who="Alice", what="it")
        assert "%" not in sentence
        assert not sentence.endswith(".")


def test_no_filter_looks_like_a_card_number_to_the_guard_of_addresses() -> None:
    base = "/admin/security/auditevent/?actor=person&action=conversation.read&outcome=ok"
    for day in range(1, 29):
        for month in range(1, 13):
            asked = f"{base}&since=2026-{month:02}-{day:02}&until=2027-{month:02}-{day:02}&address=203.0.113.{day * 9}"
            assert not spells_secret(asked), asked
