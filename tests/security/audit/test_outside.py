"""Copies on servers of others, real ones: locked where they can be, sent again after the server was away, and enough for an auditor."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from urllib.parse import quote

import pytest
from botocore.exceptions import ClientError
from pytest_django import Settings

from security import tasks
from security.audit import Action, record
from security.audit.copies import copies
from security.audit.export import export_tenant
from security.audit.notes import Note, read_note, read_notes
from security.audit.offline import main, verify
from security.audit.verify import verify_tenant
from security.models import AuditEvent
from security.scoping import tenant_scope
from tests.security.audit.conftest import ACME, RIVAL, Tamper, read_again
from tests.security.stores.servers import (
    BUCKET,
    KEY_ID,
    LOCKED,
    PASSWORD,
    SECRET,
    USER,
    OddServer,
    S3Server,
    SftpServer,
)

NOTHING_THERE = tuple(
    bytes.fromhex(packet)
    for packet in ("00000005 02 00000003", "00000009 65 00000001 00000002", "00000009 65 00000002 00000002")
)
"""Of SFTP: its version, and twice that there is no such file, for a folder that is asked for and then made."""


@pytest.fixture(scope="module")
def s3() -> Iterator[S3Server]:
    with S3Server() as server:
        yield server


@pytest.fixture(scope="module")
def sftp(tmp_path_factory: pytest.TempPathFactory) -> Iterator[SftpServer]:
    with SftpServer(tmp_path_factory.mktemp("served")) as server:
        yield server


@pytest.fixture(autouse=True)
def _worker(settings: Settings, tmp_path: Path) -> None:
    settings.AUDIT_SIGNING_KEY = lambda: bytes(range(32))
    settings.AUDIT_CHECKPOINT_DIR = tmp_path / "memory"
    settings.OUTGOING_NETWORKS = ["127.0.0.0/8"]


def bucket_url(server: S3Server, bucket: str = LOCKED) -> str:
    host = server.endpoint.removeprefix("http://")
    return f"s3+http://{KEY_ID}:{quote(SECRET, safe='')}@{host}/{bucket}/acme-audit?years=2"


def account_url(server: SftpServer | OddServer) -> str:
    return f"sftp://{USER}:{PASSWORD}@127.0.0.1:{server.port}/chat?host_key={quote(server.host_key, safe='')}"


def locked(server: S3Server) -> list[str]:
    return [row["Key"] for row in server.client.list_objects_v2(Bucket=LOCKED).get("Contents", [])]


def kept(server: S3Server, before: list[str]) -> list[Note]:
    """Checkpoints in the bucket that were not there before."""
    texts = [
        server.client.get_object(Bucket=LOCKED, Key=name)["Body"].read().decode()
        for name in locked(server)
        if name not in before
    ]
    return [read_note(text) for text in texts]


def told() -> list[tuple[str, str, int | None, str]]:
    """What who may read the trail is told of the copies."""
    with tenant_scope(ACME):
        return [(row.kind, row.host, row.seq, row.failure) for row in copies()]


def test_a_place_that_is_named_no_more_is_told_no_more(settings: Settings, tmp_path: Path) -> None:
    settings.AUDIT_CHECKPOINT_URLS = [f"file://{tmp_path}/first", f"file://{tmp_path}/second"]
    read_again(1, 2)
    tasks.sign_checkpoints()
    assert told() == [("file", "", 2, "")] * 2
    settings.AUDIT_CHECKPOINT_URLS = [f"file://{tmp_path}/second"]
    read_again(3, 3)
    tasks.sign_checkpoints()
    assert told() == [("file", "", 3, "")]


def test_a_bucket_keeps_each_checkpoint_from_everybody_for_years(s3: S3Server, settings: Settings) -> None:
    settings.AUDIT_CHECKPOINT_URLS = [bucket_url(s3)]
    before = locked(s3)
    read_again(1, 3)
    tasks.sign_checkpoints()
    read_again(4, 4)
    tasks.sign_checkpoints()
    (first, _second) = (name for name in locked(s3) if name not in before)
    assert [(note.after, note.seq) for note in kept(s3, before)] == [(0, 3), (3, 4)]
    said = s3.client.head_object(Bucket=LOCKED, Key=first)
    assert said["ObjectLockMode"] == "COMPLIANCE"
    assert (said["ObjectLockRetainUntilDate"] - said["LastModified"]).days in {731, 732}
    with pytest.raises(ClientError, match="AccessDenied"):
        s3.client.delete_object(Bucket=LOCKED, Key=first, VersionId=said["VersionId"])


@pytest.mark.parametrize(("bucket", "fault"), [(BUCKET, ""), (LOCKED, "knows no locks"), (LOCKED, "locks for a day")])
def test_a_bucket_that_does_not_lock_is_told_and_stays_owed(
    s3: S3Server, settings: Settings, caplog: pytest.LogCaptureFixture, bucket: str, fault: str
) -> None:
    settings.AUDIT_CHECKPOINT_URLS = [bucket_url(s3, bucket)]
    s3.fault = fault
    read_again(1, 1)
    tasks.sign_checkpoints()
    s3.fault = ""
    assert "was not written outside" in caplog.text
    assert SECRET not in caplog.text
    assert list(settings.AUDIT_CHECKPOINT_DIR.glob("*.owed"))


def test_a_server_that_was_away_gets_everything_later(
    s3: S3Server, settings: Settings, caplog: pytest.LogCaptureFixture
) -> None:
    settings.AUDIT_CHECKPOINT_URLS = [bucket_url(s3)]
    before = locked(s3)
    s3.fault = "status 503"
    for number in range(1, 4):
        read_again(number, number)
        tasks.sign_checkpoints()
    assert locked(s3) == before
    assert told() == [("s3+http", "127.0.0.1", None, "busy")]
    s3.fault = ""
    tasks.sign_checkpoints()  # nothing is new
    assert told() == [("s3+http", "127.0.0.1", 3, "")]
    assert [note.seq for note in kept(s3, before)] == [1, 2, 3]
    assert not list(settings.AUDIT_CHECKPOINT_DIR.glob("*.owed"))
    assert verify_tenant(ACME).signed == 3


def test_a_server_that_says_what_nobody_foresaw_keeps_nothing_from_the_others(
    settings: Settings, tmp_path: Path
) -> None:
    settings.AUDIT_CHECKPOINT_URLS = ["", f"file://{tmp_path}/kept"]
    read_again(1, 1)
    with OddServer() as odd:
        odd.said = NOTHING_THERE
        settings.AUDIT_CHECKPOINT_URLS[0] = account_url(odd)
        tasks.sign_checkpoints()
    assert list((tmp_path / "kept").iterdir())
    assert len(list(settings.AUDIT_CHECKPOINT_DIR.glob("*.owed"))) == 1


def test_a_server_that_is_away_is_asked_once_a_turn(s3: S3Server, settings: Settings) -> None:
    settings.AUDIT_CHECKPOINT_URLS = [bucket_url(s3)]
    s3.fault = "status 503"
    for tenant_id in (ACME, RIVAL):
        with tenant_scope(tenant_id):
            record(Action.CONVERSATION_READ)
    asked = len(s3.asked)
    tasks.sign_checkpoints()
    s3.fault = ""
    assert len(s3.asked) == asked + 1


def test_what_an_sftp_server_keeps_shows_a_history_written_anew(
    sftp: SftpServer, settings: Settings, tamper: Tamper, tmp_path: Path
) -> None:
    settings.AUDIT_CHECKPOINT_URLS = [account_url(sftp)]
    read_again(1, 3)
    tasks.sign_checkpoints()
    read_again(4, 4)
    tasks.sign_checkpoints()
    files = [sftp.folder / name for name in sftp.names()]
    held = [note for file in files for note in read_notes(file.read_text())]
    assert [(note.after, note.seq) for note in held] == [(0, 3), (3, 4)]
    assert verify(export_tenant(ACME), held=held).ok
    tamper("DELETE FROM security_auditcheckpoint")
    tamper("DELETE FROM security_auditdetail d USING security_auditevent e WHERE e.id = d.event_id AND e.seq > 2")
    tamper("DELETE FROM security_auditevent WHERE seq > 2")
    with tenant_scope(ACME):
        last = AuditEvent.objects.get(seq=2)
    tamper("UPDATE security_audithead SET seq = 2, hash = %s", bytes(last.hash))
    export = tmp_path / "export.jsonl"
    export.write_text("".join(f"{line}\n" for line in export_tenant(ACME)), encoding="utf-8")
    assert main([str(export)]) == 0
    assert main([str(export), *(word for file in files for word in ("--held", str(file)))]) == 1
    assert verify_tenant(ACME, held=held).first_bad == 3
