"""Back from the archive: to be read, and as it was."""

from __future__ import annotations

from datetime import timedelta
from typing import Any
from uuid import UUID, uuid4

import pytest
from django.core.management import CommandError, call_command
from django.forms.models import model_to_dict
from pytest_django import Settings

from chat import sealing
from chat.models import ArchivedConversation, Conversation, Message
from chat.retention.purge import destroy_keys
from chat.retention.restore import look_at_archived
from chat.retention.run import Found, run
from security.errors import Denied, NotFound
from security.models import AuditEvent
from security.scoping import tenant_scope
from security.stores.folder import Folder
from tests.cast import Organisation

from .talks import NOW, closed, live


@pytest.fixture(autouse=True)
def in_the_archive(settings: Settings, archive: Folder) -> None:
    settings.ARCHIVE_URL = archive.base.as_uri()


def snapshot(of: Organisation, conversation: UUID) -> dict[str, Any]:
    """Every column, but primary keys, ciphertext and the time until which it is left alone."""
    with tenant_scope(of.tenant_id):
        row = Conversation.objects.get(public_id=conversation)
        messages = Message.objects.filter(conversation=row).order_by("seq")
        left_out = ["id", "kept_until", "rating_comment", "offer_note"]
        return {
            **model_to_dict(row, exclude=left_out),
            "comment": sealing.open_rating_comment(row),
            "tags": list(row.tagged.values_list("tag__name", flat=True)),
            "messages": [
                {
                    **{
                        field.name: getattr(message, field.name)
                        for field in Message._meta.concrete_fields
                        if field.name not in ("id", "body", "conversation")
                    },
                    "text": sealing.open_message(message, conversation=conversation),
                }
                for message in messages
            ],
        }


def test_what_is_restored_is_what_it_was(
    acme: Organisation, archive: Folder, capsys: pytest.CaptureFixture[str]
) -> None:
    old = closed(acme, "Where is my kettle?", "Still nothing")
    before = snapshot(acme, old)
    run(acme.tenant_id, NOW, store=archive)
    call_command("restore_archive", str(old))
    assert "is back for 30 days" in capsys.readouterr().out
    assert snapshot(acme, old) == before
    with tenant_scope(acme.tenant_id):
        assert not ArchivedConversation.objects.exists()
        assert AuditEvent.objects.order_by("-seq")[0].action == "archive.restored"


def test_retention_leaves_it_alone_for_thirty_days(acme: Organisation, archive: Folder) -> None:
    old = closed(acme, "Hello")
    run(acme.tenant_id, NOW, store=archive)
    call_command("restore_archive", str(old), "--json")
    with tenant_scope(acme.tenant_id):
        until = Conversation.objects.get().kept_until
    assert until is not None
    assert run(acme.tenant_id, until - timedelta(seconds=1), store=archive) == Found()
    assert run(acme.tenant_id, until, store=archive) == Found(archived=1)


def test_reading_it_there_is_an_event_and_needs_the_right(
    acme: Organisation, rival: Organisation, archive: Folder
) -> None:
    old = closed(acme, "Hello", "Goodbye")
    run(acme.tenant_id, NOW, store=archive)
    sam, alice, mallory = acme.grant("sam"), acme.grant("alice"), rival.grant("mallory")
    with tenant_scope(acme.tenant_id):
        _, content = look_at_archived(grant=sam, conversation=old, store=archive)
        assert content is not None
        assert [entry["text"] for entry in content["messages"]] == ["Hello", "Goodbye"]
        with pytest.raises(Denied):
            look_at_archived(grant=alice, conversation=old, store=archive)
    with tenant_scope(acme.tenant_id):
        event = AuditEvent.objects.order_by("-seq")[0]
        assert event.action == "archive.read"
        assert '"messages":2' in event.entry.replace(" ", "")
    with tenant_scope(rival.tenant_id), pytest.raises(NotFound):
        look_at_archived(grant=mallory, conversation=old, store=archive)


def damaged(of: Organisation, archive: Folder, old: UUID) -> None:
    (path,) = archive.base.rglob("*.cpa")
    path.write_bytes(path.read_bytes()[:-1] + b"\0")


def missing(of: Organisation, archive: Folder, old: UUID) -> None:
    (path,) = archive.base.rglob("*.cpa")
    path.unlink()


def forgotten(of: Organisation, archive: Folder, old: UUID) -> None:
    with tenant_scope(of.tenant_id):
        destroy_keys([old])


@pytest.mark.parametrize(
    ("spoil", "sentence"),
    [(damaged, "does not open"), (missing, "does not have the object"), (forgotten, "key was destroyed")],
)
def test_what_cannot_be_brought_back_is_said_in_a_sentence(
    acme: Organisation, archive: Folder, spoil: Any, sentence: str
) -> None:
    old = closed(acme, "Hello")
    run(acme.tenant_id, NOW, store=archive)
    spoil(acme, archive, old)
    with pytest.raises(CommandError, match=sentence):
        call_command("restore_archive", str(old))
    assert live(acme) == {}


@pytest.mark.parametrize("spoil", [damaged, missing, forgotten])
def test_what_cannot_be_read_there_is_an_event_that_says_so(acme: Organisation, archive: Folder, spoil: Any) -> None:
    old = closed(acme, "Hello")
    run(acme.tenant_id, NOW, store=archive)
    spoil(acme, archive, old)
    sam = acme.grant("sam")
    with tenant_scope(acme.tenant_id):
        row, content = look_at_archived(grant=sam, conversation=old, store=archive)
        assert (row.public_id, content) == (old, None)
    with tenant_scope(acme.tenant_id):
        event = AuditEvent.objects.order_by("-seq")[0]
        assert (event.action, event.outcome) == ("archive.read", "failed")


def test_an_unknown_one_is_an_error(acme: Organisation) -> None:
    with pytest.raises(CommandError, match="No such conversation"):
        call_command("restore_archive", str(uuid4()))
    with pytest.raises(CommandError, match="no tenant"):
        call_command("restore_archive", str(uuid4()), "--tenant", "nobody")
