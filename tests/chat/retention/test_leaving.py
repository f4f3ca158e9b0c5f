"""An organisation takes everything along: its own, all of it, in files that prove what they are."""

from __future__ import annotations

import json
from hashlib import sha256
from io import StringIO
from pathlib import Path
from typing import Any

import pyrage
import pytest
from django.core.management import CommandError, call_command
from django.db import connection
from pytest_django import Settings

from chat.models import ArchivedConversation, Conversation, Visitor
from chat.retention.leaving import Taken, give_all, take_along
from chat.retention.run import run
from security.audit import offline
from security.errors import Conflict, Invalid
from security.models import AuditEvent, SubjectKey
from security.scoping import tenant_scope
from security.stores.folder import Folder
from tests.cast import Organisation

from .talks import NOW, closed, live


def lines(folder: Path, part: str) -> list[dict[str, Any]]:
    return [json.loads(line) for path in sorted(folder.glob(f"{part}-*")) for line in path.read_text().splitlines()]


def manifest(folder: Path) -> dict[str, Any]:
    found: dict[str, Any] = json.loads((folder / "manifest.json").read_text())
    return found


def test_everything_of_ones_own_is_there_and_nothing_of_anothers(
    acme: Organisation, rival: Organisation, archive: Folder, tmp_path: Path
) -> None:
    old = closed(acme, "In the archive")
    run(acme.tenant_id, NOW, store=archive)
    new = closed(acme, "Still here", "And this", last=NOW)
    closed(rival, "Theirs", last=NOW)
    into = tmp_path / "taken"
    take_along(acme.tenant_id, into=into, store=archive, now=NOW)
    assert [(one["id"], [m["text"] for m in one["messages"]]) for one in lines(into, "transcripts")] == [
        (str(new), ["Still here", "And this"])
    ]
    assert [one["id"] for one in lines(into, "archived")] == [str(old)]
    assert {one["id"] for one in lines(into, "visitors")} >= {lines(into, "transcripts")[0]["visitor"]}
    for path in into.iterdir():
        assert "Theirs" not in path.read_text()
        assert path.stat().st_mode & 0o777 == 0o600
    for file in manifest(into)["files"]:
        assert sha256((into / file["name"]).read_bytes()).hexdigest() == file["sha256"]
    with tenant_scope(acme.tenant_id):
        (event,) = AuditEvent.objects.filter(action="tenant.exported")
        assert json.loads(event.entry)["extent"] == {"conversations": 2, "messages": 3}


def test_the_trail_that_is_taken_along_proves_itself(acme: Organisation, archive: Folder, tmp_path: Path) -> None:
    into = tmp_path / "taken"
    take_along(acme.tenant_id, into=into, store=archive, now=NOW)
    said = [line for path in sorted(into.glob("trail-*")) for line in path.read_text().splitlines()]
    report = offline.verify(said)
    assert report.first_bad is None
    assert [json.loads(json.loads(line)["entry"])["action"] for line in said[1:] if "entry" in line][-2:] == [
        "tenant.exported",
        "audit.exported",
    ]


def test_with_a_key_of_age_only_its_holder_reads_it(acme: Organisation, archive: Folder, tmp_path: Path) -> None:
    closed(acme, "Still here", last=NOW)
    key, into = pyrage.x25519.Identity.generate(), tmp_path / "taken"
    take_along(acme.tenant_id, into=into, store=archive, now=NOW, recipient=str(key.to_public()))
    sealed = (into / "transcripts-00001.jsonl.age").read_bytes()
    assert b"Still here" not in sealed
    assert b"Still here" in pyrage.decrypt(sealed, [key])


def test_what_does_not_open_is_named_and_hides_nothing_else(
    acme: Organisation, archive: Folder, tmp_path: Path, settings: Settings
) -> None:
    settings.ARCHIVE_URL = archive.base.as_uri()
    good, lost = closed(acme, "Still here", last=NOW), closed(acme, "Lost", last=NOW)
    with tenant_scope(acme.tenant_id):
        SubjectKey.objects.filter(subject_id=lost).delete()
    out = StringIO()
    with pytest.raises(CommandError, match="do not open"):
        call_command("export_organisation", "--tenant", "acme", "--to", str(tmp_path / "t"), "--json", stdout=out)
    told = json.loads(out.getvalue())
    assert (told["transcripts"], told["unreadable"]) == (1, 1)
    assert manifest(tmp_path / "t")["unreadable"] == [str(lost)]
    assert lines(tmp_path / "t", "transcripts")[0]["id"] == str(good)


def test_a_key_that_does_not_open_hides_nothing_else_either(
    acme: Organisation, archive: Folder, tmp_path: Path
) -> None:
    spoilt, good = closed(acme, "Spoilt"), closed(acme, "In the archive")
    run(acme.tenant_id, NOW, store=archive)
    with tenant_scope(acme.tenant_id):
        SubjectKey.objects.filter(subject_id=spoilt).update(wrapped=b"x" * 60)
        gone = Visitor.objects.order_by("pk")[0]
        with connection.cursor() as cursor:
            cursor.execute("UPDATE chat_visitor SET profile = %s WHERE id = %s", [b"x" * 60, gone.pk])
        SubjectKey.objects.filter(kind="visitor", subject_id=gone.public_id).delete()
    taken = take_along(acme.tenant_id, into=tmp_path / "t", store=archive, now=NOW)
    assert [one["id"] for one in lines(tmp_path / "t", "archived")] == [str(good)]
    assert set(taken.unreadable) == {str(spoilt), str(gone.public_id)}


def test_more_than_one_page_is_taken(
    acme: Organisation, archive: Folder, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("chat.retention.leaving.AT_ONCE", 2)
    ids = {str(closed(acme, f"Number {number}", last=NOW)) for number in range(3)}
    take_along(acme.tenant_id, into=tmp_path / "taken", store=archive, now=NOW)
    assert {one["id"] for one in lines(tmp_path / "taken", "transcripts")} == ids
    assert len(list((tmp_path / "taken").glob("transcripts-*"))) == 2


def test_nothing_is_written_over_and_no_other_key_is_taken(acme: Organisation, archive: Folder, tmp_path: Path) -> None:
    (tmp_path / "full").mkdir()
    (tmp_path / "full" / "file").write_text("mine")
    with pytest.raises(Conflict):
        take_along(acme.tenant_id, into=tmp_path / "full", store=archive, now=NOW)
    with pytest.raises(Invalid):
        take_along(acme.tenant_id, into=tmp_path / "new", store=archive, now=NOW, recipient="age1nobody")
    with tenant_scope(acme.tenant_id):
        assert not AuditEvent.objects.filter(action="tenant.exported").exists()
        assert not Conversation.objects.exists()


def until_in_both(of: Organisation, archive: Folder) -> None:
    """Work until it can be found in the archive, and is not gone from the primary store."""

    def goes_on() -> bool:
        with tenant_scope(of.tenant_id):
            return not ArchivedConversation.objects.exists()

    run(of.tenant_id, NOW, store=archive, goes_on=goes_on)


def test_what_is_in_both_stores_for_a_moment_is_taken_and_counted_once(
    acme: Organisation, archive: Folder, tmp_path: Path
) -> None:
    closed(acme, "On its way")
    until_in_both(acme, archive)
    taken = take_along(acme.tenant_id, into=tmp_path / "taken", store=archive, now=NOW)
    assert (taken.lines("transcripts"), taken.lines("archived")) == (1, 0)
    with tenant_scope(acme.tenant_id):
        event = AuditEvent.objects.get(action="tenant.exported")
        assert json.loads(event.entry)["extent"] == {"conversations": 1, "messages": 1}


def test_what_is_archived_between_its_turn_and_the_archives_is_taken_once(acme: Organisation, archive: Folder) -> None:
    old, taken = closed(acme, "Archived meanwhile"), Taken("acme", "now")
    said: dict[str, bytes] = {}

    def keep(name: str, data: bytes) -> None:
        said[name] = data
        run(acme.tenant_id, NOW, store=archive)

    give_all(acme.tenant_id, taken, to=keep, store=archive)
    assert live(acme) == {}, "it was archived after the first file"
    (file,) = (name for name, data in said.items() if str(old).encode() in data and name.partition("-")[0] != "trail")
    assert file.startswith("transcripts")
    assert (taken.lines("transcripts"), taken.lines("archived")) == (1, 0)
