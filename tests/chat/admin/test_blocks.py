"""Blocking in the admin: from a conversation, with terms; the list, and letting in again."""

from __future__ import annotations

import uuid
from dataclasses import replace

import pytest
from django.utils import timezone

from chat.models import Block, Conversation, Status
from chat.personal import Profile
from chat.services import beginning, visitors
from chat.services.beginning import Opening
from security.crypto import keyring
from security.masking import mask
from security.models import AuditEvent
from security.scoping import tenant_scope
from tenants.models import Site
from tests import cast
from tests.cast import Organisation
from tests.tenants.admin.pages import Browse, errors_of, sign_in, text_of

HOME = "203.0.113.7"


@pytest.fixture
def acme(db: None) -> Organisation:
    keyring.forget_everything()
    return cast.acme()


def writes(of: Organisation, name: str, *, address: str | None = HOME) -> uuid.UUID:
    session = replace(visitors.new_session(), profile=Profile(name=name))
    with tenant_scope(of.tenant_id):
        opening = Opening(
            site_pk=Site.objects.get().pk, session=session, client_id=uuid.uuid4(), text=mask("Hello"), address=address
        )
        return beginning.begin_conversation(opening=opening, now=timezone.now()).conversation


def as_(of: Organisation, name: str) -> Browse:
    return sign_in(of.user(name))


def test_a_visitor_is_blocked_from_his_conversation_and_let_in_from_the_list(acme: Organisation) -> None:
    on, _ = writes(acme, "Vera"), writes(acme, "Victor")
    sam = as_(acme, "sam")
    page = text_of(sam.get("conversation_change", on, app="chat"))
    assert f"/admin/chat/conversation/{on}/block/" in page
    form = text_of(sam.get("conversation_block", on, app="chat"))
    assert "2 visitors came from it" in form
    answer = sam.post("conversation_block", on, app="chat", reason="4242 4242 4242 4242", days="7", address="on")
    assert answer.status_code == 302
    with tenant_scope(acme.tenant_id):
        block = Block.objects.get()
        assert Conversation.objects.get(public_id=on).status == Status.CLOSED.value
    listed = text_of(sam.get("block_changelist", app="chat"))
    for word in ("Vera", "•••• 4242", "Sam", "(2 visitors)"):
        assert word in listed
    assert "4242 4242 4242 4242" not in listed
    assert "Victor" not in listed
    assert "Visitor is blocked" in text_of(sam.get("conversation_change", on, app="chat"))
    assert "Vera" in text_of(sam.get("block_change", block.public_id, app="chat"))
    freed = sam.post("block_unblock", block.public_id, app="chat")
    assert freed.status_code == 302
    assert freed.headers["Location"] == "/admin/chat/block/"
    with tenant_scope(acme.tenant_id):
        assert not Block.objects.exists()
        events = AuditEvent.objects.filter(action__startswith="visitor.").order_by("seq")
        actions = list(events.values_list("action", flat=True))
    assert actions[0] == "visitor.blocked"
    assert actions[-1] == "visitor.unblocked"
    assert "visitor.blocks_read" in actions


def test_the_history_of_a_block_is_its_visitors(acme: Organisation) -> None:
    on = writes(acme, "Vera")
    olga = as_(acme, "olga")
    olga.post("conversation_block", on, app="chat", reason="", days="")
    with tenant_scope(acme.tenant_id):
        block = Block.objects.get()
    assert "A visitor was blocked" in text_of(olga.get("block_history", block.public_id, app="chat"))


def test_without_an_address_none_is_offered(acme: Organisation) -> None:
    on = writes(acme, "Vera", address=None)
    sam = as_(acme, "sam")
    assert 'name="address"' not in text_of(sam.get("conversation_block", on, app="chat"))
    assert sam.post("conversation_block", on, app="chat", reason="", days="", address="on").status_code == 302
    with tenant_scope(acme.tenant_id):
        assert Block.objects.get().address_digest is None


def test_terms_that_are_not_offered_are_refused(acme: Organisation) -> None:
    on = writes(acme, "Vera")
    answer = as_(acme, "sam").post("conversation_block", on, app="chat", reason="", days="9999")
    assert answer.status_code == 200
    assert "Select a valid choice" in text_of(answer)
    assert errors_of(answer) == ""
    with tenant_scope(acme.tenant_id):
        assert not Block.objects.exists()


def test_who_may_not_block_finds_no_button_no_page_and_no_list(acme: Organisation) -> None:
    on = writes(acme, "Vera")
    alice = as_(acme, "alice")
    assert "/block/" not in text_of(alice.get("conversation_change", on, app="chat"))
    for answer in (
        alice.get("conversation_block", on, app="chat"),
        alice.post("conversation_block", on, app="chat", reason="", days=""),
        alice.get("block_changelist", app="chat"),
    ):
        assert answer.status_code == 403
    with tenant_scope(acme.tenant_id):
        assert not Block.objects.exists()
