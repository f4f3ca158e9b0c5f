"""A visitor's rights: all that is kept is handed over; erased, nothing of it opens anywhere, and no backup brings anybody back."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import replace
from datetime import timedelta
from io import StringIO
from uuid import UUID, uuid4

import pytest
from django.core.management import call_command
from django.core.management.base import CommandError
from pytest_django import Settings

from chat.models import (
    ArchivedConversation,
    Block,
    Conversation,
    Erasure,
    LegalHold,
    Status,
    Visitor,
    VisitorToken,
)
from chat.personal import Profile, seal_profile
from chat.retention.holds import place_hold, release_hold
from chat.retention.run import run
from chat.retention.visitors.copying import copy_erasures
from chat.retention.visitors.erasing import erase_visitor
from chat.retention.visitors.gathering import ERASE, EXPORT, export_visitor, find_visitors
from chat.retention.visitors.reapplying import listed, reapply
from chat.services.visitors import email_digest
from security.crypto import keyring
from security.crypto.sealed import seal_text
from security.errors import Conflict, Denied, Invalid, NotFound
from security.masking import mask
from security.models import AuditEvent, KeySubject, SubjectKey
from security.scoping import tenant_scope
from security.stores.folder import Folder
from tenants.models import Membership
from tests.cast import Organisation

from .talks import LONG_AGO, NOW, closed, live


def visitor_of(of: Organisation, conversation: UUID) -> UUID:
    with tenant_scope(of.tenant_id):
        return Conversation.objects.get(public_id=conversation).visitor.public_id


def vera(of: Organisation, archive: Folder) -> tuple[UUID, list[UUID]]:
    """Vera, with a conversation in the archive and one in the primary store."""
    old = closed(of, "Where is my kettle?", last=LONG_AGO)
    visitor = visitor_of(of, old)
    run(of.tenant_id, NOW, store=archive)
    new = closed(of, "Still nothing", last=NOW)
    with tenant_scope(of.tenant_id):
        row = Visitor.objects.get(public_id=visitor)
        row.profile = seal_profile(visitor, Profile(name="Vera", email="vera@home.example"))
        row.email_digest = email_digest("vera@home.example")
        row.save()
        Conversation.objects.filter(public_id=new).update(visitor=row)
    return visitor, [old, new]


def left(of: Organisation, visitor: UUID, conversations: list[UUID]) -> int:
    """Rows and keys that are about somebody."""
    with tenant_scope(of.tenant_id):
        return (
            Visitor.objects.filter(public_id=visitor).count()
            + Conversation.objects.filter(public_id__in=conversations).count()
            + ArchivedConversation.objects.filter(public_id__in=conversations).count()
            + SubjectKey.objects.filter(subject_id__in=[visitor, *conversations]).count()
        )


def test_all_that_is_kept_is_exported(acme: Organisation, archive: Folder) -> None:
    visitor, conversations = vera(acme, archive)
    with tenant_scope(acme.tenant_id):
        found = export_visitor(grant=acme.grant("olga"), visitor=visitor, store=archive, now=NOW)
        assert [row.public_id for row in find_visitors(grant=acme.grant("olga"), email=" Vera@home.example")] == [
            visitor
        ]
    assert found["visitor"]["profile"]["name"] == "Vera"
    said = {
        each["id"]: (each["kept_in"], [entry["text"] for entry in each["messages"]]) for each in found["conversations"]
    }
    assert said == {
        str(conversations[0]): ("archive", ["Where is my kettle?"]),
        str(conversations[1]): ("primary store", ["Still nothing"]),
    }
    json.dumps(found)
    with tenant_scope(acme.tenant_id):
        event = AuditEvent.objects.get(action="visitor.exported").entry.replace(" ", "")
        assert '"extent":{"conversations":2,"messages":2}' in event


@pytest.mark.parametrize("how", ["spoiled", "unreadable"])
def test_what_does_not_open_does_not_hide_the_rest(acme: Organisation, archive: Folder, how: str) -> None:
    visitor, _ = vera(acme, archive)
    for path in list(archive.base.rglob("*.cpa")):
        path.unlink()
        path.write_bytes(b"spoiled") if how == "spoiled" else path.mkdir()
    with tenant_scope(acme.tenant_id):
        found = export_visitor(grant=acme.grant("olga"), visitor=visitor, store=archive, now=NOW)
    assert [each.get("is_unreadable", False) for each in found["conversations"]].count(True) == 1
    assert len(found["conversations"]) == 2


def test_erased_nothing_is_left_but_a_certificate_and_the_others(
    acme: Organisation, rival: Organisation, archive: Folder
) -> None:
    visitor, conversations = vera(acme, archive)
    other, theirs = closed(acme, "Somebody else"), closed(rival, "Hello")
    with tenant_scope(acme.tenant_id):
        row = erase_visitor(grant=acme.grant("olga"), visitor=visitor, typed="Acme", now=NOW)
        assert (len(row.conversations), row.messages) == (2, 2)
    assert left(acme, visitor, conversations) == 0
    assert set(live(acme)) == {other}
    assert set(live(rival)) == {theirs}
    with tenant_scope(acme.tenant_id):
        entry = AuditEvent.objects.get(action="visitor.erased").entry
        assert str(row.public_id) in entry
        assert "Vera" not in entry
        run_left = run
    run_left(acme.tenant_id, NOW, store=archive)
    assert [
        path for path in archive.base.rglob("*.cpa") if path.stat().st_size and str(conversations[0]) in str(path)
    ] == []


def test_the_trail_stays_whole(acme: Organisation, archive: Folder) -> None:
    visitor, _ = vera(acme, archive)
    with tenant_scope(acme.tenant_id):
        export_visitor(grant=acme.grant("olga"), visitor=visitor, store=archive, now=NOW)
    with tenant_scope(acme.tenant_id):
        erase_visitor(grant=acme.grant("olga"), visitor=visitor, typed="Acme", now=NOW)
        keyring.forget_everything()
    out = StringIO()
    call_command("verify_audit", tenant="acme", stdout=out)
    with tenant_scope(acme.tenant_id):
        assert not SubjectKey.objects.filter(kind=KeySubject.VISITOR.value, subject_id=visitor).exists()


@pytest.mark.parametrize("what", ["visitor", "conversation", "archived", "everything"])
def test_a_hold_keeps_all_of_it(acme: Organisation, archive: Folder, what: str) -> None:
    visitor, (old, new) = vera(acme, archive)
    held = {"visitor": {"visitor": visitor}, "conversation": {"conversation": new}, "archived": {"conversation": old}}
    before = left(acme, visitor, [old, new])
    with tenant_scope(acme.tenant_id):
        hold = place_hold(grant=acme.grant("olga"), reason=mask("The court asks"), now=NOW, **held.get(what, {}))
        with pytest.raises(Conflict, match="visitor_held"):
            erase_visitor(grant=acme.grant("olga"), visitor=visitor, typed="Acme", now=NOW)
    assert left(acme, visitor, [old, new]) == before
    with tenant_scope(acme.tenant_id):
        release_hold(grant=acme.grant("olga"), hold=hold.public_id, now=NOW)
        erase_visitor(grant=acme.grant("olga"), visitor=visitor, typed="Acme", now=NOW)
        assert LegalHold.objects.count() == 1
        for row in Visitor.objects.filter(public_id=visitor):  # a released hold names it: an empty row
            assert (row.profile, row.page, row.address, row.email_digest) == (None, None, None, None)


def test_who_is_in_a_conversation_is_not_erased(acme: Organisation, archive: Folder) -> None:
    visitor, (_, new) = vera(acme, archive)
    with tenant_scope(acme.tenant_id):
        Conversation.objects.filter(public_id=new).update(status=Status.WAITING.value)
        with pytest.raises(Conflict, match="visitor_in_chat"):
            erase_visitor(grant=acme.grant("olga"), visitor=visitor, typed="Acme", now=NOW)


def test_who_may_not_or_is_anothers_gets_nothing(acme: Organisation, rival: Organisation, archive: Folder) -> None:
    visitor, _ = vera(acme, archive)
    with tenant_scope(acme.tenant_id):
        sam = acme.grant("sam")
        for act in (
            lambda: export_visitor(grant=sam, visitor=visitor, store=archive, now=NOW),
            lambda: erase_visitor(grant=sam, visitor=visitor, typed="Acme", now=NOW),
            lambda: find_visitors(grant=sam, email="vera@home.example"),
        ):
            with pytest.raises(Denied):
                act()
        olga = acme.grant("olga")
        only_erases = replace(olga, permissions=olga.permissions - {EXPORT})
        only_exports = replace(olga, permissions=olga.permissions - {ERASE})
        with pytest.raises(Denied):
            export_visitor(grant=only_erases, visitor=visitor, store=archive, now=NOW)
        with pytest.raises(Denied):
            erase_visitor(grant=only_exports, visitor=visitor, typed="Acme", now=NOW)
        with pytest.raises(Invalid, match="typed_name"):
            erase_visitor(grant=acme.grant("olga"), visitor=visitor, typed="", now=NOW)
    with tenant_scope(rival.tenant_id):
        mallory = rival.grant("mallory")
        with pytest.raises(NotFound):
            export_visitor(grant=mallory, visitor=visitor, store=archive, now=NOW)
        with pytest.raises(NotFound):
            erase_visitor(grant=mallory, visitor=visitor, typed="Rival", now=NOW)
        assert find_visitors(grant=mallory, email="vera@home.example") == []


def test_whom_a_backup_brings_back_is_erased_again(acme: Organisation, archive: Folder) -> None:
    visitor, conversations = vera(acme, archive)
    with tenant_scope(acme.tenant_id):
        saved = (Visitor.objects.get(public_id=visitor), Conversation.objects.get(public_id=conversations[1]))
        erase_visitor(grant=acme.grant("olga"), visitor=visitor, typed="Acme", now=NOW)
    assert copy_erasures(acme.tenant_id, archive, now=NOW) == 1
    assert copy_erasures(acme.tenant_id, archive, now=NOW) == 0
    with tenant_scope(acme.tenant_id):
        Erasure.objects.all().delete()  # as in the backup
        for row in saved:
            row.save(force_insert=True)
    with tenant_scope(acme.tenant_id):
        assert reapply(listed(archive), now=NOW, dry_run=True) == (1, 0)
        assert reapply(listed(archive), now=NOW + timedelta(days=1)) == (1, 0)
        assert reapply(listed(archive), now=NOW + timedelta(days=1)) == (0, 0)
    assert left(acme, visitor, conversations) == 0


def erased_and_listed(of: Organisation, archive: Folder) -> UUID:
    """Vera, erased, with her row back as a backup has it: nothing in it yet."""
    visitor, _ = vera(of, archive)
    with tenant_scope(of.tenant_id):
        site = Visitor.objects.get(public_id=visitor).site
        erase_visitor(grant=of.grant("olga"), visitor=visitor, typed="Acme", now=NOW)
        Visitor.objects.create(public_id=visitor, site=site)
    copy_erasures(of.tenant_id, archive, now=NOW)
    return visitor


def hold_everything(visitor: Visitor) -> None:
    Conversation.objects.create(site=visitor.site, visitor=visitor, status=Status.CLOSED.value)
    hold = LegalHold(placed_by=Membership.objects.order_by("pk")[0])
    hold.reason = seal_text(mask("The court asks"), keyring.tenant_key(), b"of no place")
    hold.save()


def begin_to_talk(visitor: Visitor) -> None:
    Conversation.objects.create(site=visitor.site, visitor=visitor)


@pytest.mark.parametrize("why", [hold_everything, begin_to_talk])
def test_a_dry_run_says_who_would_not_be_erased_again(
    acme: Organisation, archive: Folder, why: Callable[[Visitor], None]
) -> None:
    visitor = erased_and_listed(acme, archive)
    with tenant_scope(acme.tenant_id):
        why(Visitor.objects.get(public_id=visitor))
        assert reapply(listed(archive), now=NOW, dry_run=True) == (0, 1)
        assert reapply(listed(archive), now=NOW) == (0, 1)


def come_back_by_token(visitor: Visitor) -> None:
    VisitorToken.objects.create(visitor=visitor, digest=b"t" * 32, expires_at=NOW)


def come_back_by_block(visitor: Visitor) -> None:
    Block.objects.create(visitor=visitor)


def come_back_by_external_id(visitor: Visitor) -> None:
    Visitor.objects.filter(pk=visitor.pk).update(external_id_digest=b"e" * 32)


def come_back_by_address(visitor: Visitor) -> None:
    Visitor.objects.filter(pk=visitor.pk).update(address_digest=b"a" * 32)


@pytest.mark.parametrize(
    "come_back", [come_back_by_token, come_back_by_block, come_back_by_external_id, come_back_by_address]
)
def test_whatever_is_back_of_somebody_is_erased_again(
    acme: Organisation, archive: Folder, come_back: Callable[[Visitor], None]
) -> None:
    visitor = erased_and_listed(acme, archive)
    with tenant_scope(acme.tenant_id):
        assert reapply(listed(archive), now=NOW) == (0, 0)
        come_back(Visitor.objects.get(public_id=visitor))
        assert reapply(listed(archive), now=NOW) == (1, 0)
        assert not Visitor.objects.filter(public_id=visitor).exists()


def test_who_said_a_great_deal_is_in_the_list_too(acme: Organisation, archive: Folder) -> None:
    visitor = uuid4()
    with tenant_scope(acme.tenant_id):
        Erasure.objects.create(visitor=visitor, conversations=[str(uuid4()) for _ in range(2_000)], erased_at=NOW)
    copy_erasures(acme.tenant_id, archive, now=NOW)
    with tenant_scope(acme.tenant_id):
        assert [one["visitor"] for one in listed(archive)] == [str(visitor)]
    assert all(path.stat().st_size < 1_000 for path in archive.base.rglob("*.json"))


def test_the_commands_export_and_erase(acme: Organisation, archive: Folder, settings: Settings) -> None:
    settings.ARCHIVE_URL = archive.base.as_uri()
    visitor, conversations = vera(acme, archive)
    out = StringIO()
    call_command("export_visitor", str(visitor), stdout=out)
    assert len(json.loads(out.getvalue())["conversations"]) == 2
    call_command("erase_visitor", str(visitor), "--dry-run", stdout=StringIO())
    assert left(acme, visitor, conversations) > 0
    told = StringIO()
    call_command("erase_visitor", str(visitor), "--json", stdout=told)
    assert json.loads(told.getvalue())["messages"] == 2
    assert left(acme, visitor, conversations) == 0
    assert [path.stem for path in archive.base.rglob("*.json")] == [visitor.hex], "at once, not by the next day's run"
    with pytest.raises(CommandError, match="No organisation knows"):
        call_command("erase_visitor", str(visitor), stdout=StringIO())
    again = StringIO()
    call_command("reapply_erasures", "--tenant", "acme", "--json", stdout=again)
    assert json.loads(again.getvalue())["erased"] == 0
