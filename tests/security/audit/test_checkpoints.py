"""Signed checkpoints: their form, who signs what, and that they are there for good."""

import logging
import sys
from base64 import b64decode
from datetime import UTC, datetime, timedelta
from pathlib import Path
from uuid import UUID

import psycopg
import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey
from django.db import connection
from hypothesis import given
from hypothesis import strategies as st
from pytest_django import Settings

from security import tasks
from security.audit import Action, record
from security.audit.checkpoints import Refused, Signer, behind, shown_key, written
from security.audit.ed25519 import is_signature
from security.audit.memory import Memory
from security.audit.notes import key_id, read_key, read_note, read_notes
from security.audit.offline import link
from security.audit.record import _when_many as many
from security.audit.verify import verify_tenant
from security.audit.walk import Report
from security.crypto.signing import public_key
from security.crypto.signing import sign as signature_of
from security.models import AuditCheckpoint, AuditEvent, Mail
from security.scoping import PLATFORM_TENANT_ID, tenant_scope
from tenants.models import Tenant
from tests.security.audit.conftest import ACME, RIVAL, Tamper, events_of, read_again, sign

CHAIN = UUID("0f0e0d0c-0b0a-4900-8807-060504030201")
AT = datetime(2026, 1, 31, 9, 30, tzinfo=UTC)
SEED = bytes(range(32))
KEY = public_key(SEED)


def test_a_checkpoint_is_a_signed_note_as_c2sp_describes_it() -> None:
    hashes = [bytes([n]) * 32 for n in (1, 2, 3)]
    note = written(SEED, CHAIN, 7, hashes, AT)
    text, _, signatures = note.partition("\n\n")
    assert text.split("\n") == [
        f"chatplatform-audit/{CHAIN}",
        "10",
        "AwMDAwMDAwMDAwMDAwMDAwMDAwMDAwMDAwMDAwMDAwM=",
        "signed 2026-01-31T09:30:00Z",
        "after 7",
        "prints AQEBAQICAgIDAwMD",
    ]
    dash, name, encoded = signatures.removesuffix("\n").split(" ")
    raw = b64decode(encoded)
    assert (dash, name, raw[:4], len(raw)) == ("—", "chatplatform-audit", key_id(KEY), 68)
    Ed25519PublicKey.from_public_bytes(KEY).verify(raw[4:], f"{text}\n".encode())
    assert read_key(shown_key(KEY)) == KEY


@given(st.binary(min_size=32, max_size=32), st.binary(max_size=80), st.integers(0, 63), st.integers(1, 255))
def test_the_verifier_without_a_library_agrees_with_the_library(seed: bytes, text: bytes, at: int, change: int) -> None:
    key = Ed25519PrivateKey.from_private_bytes(seed).public_key().public_bytes_raw()
    signature = signature_of(seed, text)
    assert is_signature(key, text, signature)
    spoilt = bytearray(signature)
    spoilt[at] ^= change
    assert not is_signature(key, text, bytes(spoilt))
    assert not is_signature(key, text + b".", signature)


@pytest.mark.parametrize("key", [b"", b"\xff" * 32, bytes(31), bytes(33)])
def test_what_is_no_key_or_signature_is_none(key: bytes) -> None:
    assert not is_signature(key, b"", signature_of(SEED, b""))
    assert not is_signature(KEY, b"", key)


@pytest.mark.parametrize(
    "spoil",
    [
        lambda note: note.replace("\n10\n", "\n11\n"),
        lambda note: note.replace("after 7", "after -7"),
        lambda note: note.replace("signed", "sealed"),
        lambda note: note.replace("chatplatform-audit/", "another-audit/"),
        lambda note: note.partition("\n\n")[0],
        lambda note: note[:0],
    ],
)
def test_what_is_no_checkpoint_is_refused(spoil) -> None:  # type: ignore[no-untyped-def]
    note = written(SEED, CHAIN, 7, [b"1" * 32] * 3, AT)
    with pytest.raises(ValueError, match=r"."):
        read_note(spoil(note))


def test_checkpoints_are_found_in_a_mail() -> None:
    notes = [written(SEED, CHAIN, start, [b"1" * 32], AT) for start in (0, 1)]
    mail = "\n".join(["Good morning,", "", *notes, "Yours"]).replace("\n", "\r\n")
    assert [note.seq for note in read_notes(mail)] == [1, 2]


def test_all_that_was_appended_is_signed_once(signer: Signer) -> None:
    read_again(1, 4)
    with tenant_scope(RIVAL):
        record(Action.SITE_CREATED)
    assert behind(signer.memory) == [ACME, RIVAL]
    (note,) = sign(signer)
    assert behind(signer.memory) == [RIVAL]
    assert sign(signer) == []
    read = read_note(note)
    assert (read.seq, read.after, read.hash) == (4, 0, bytes(events_of(ACME)[3].hash))
    assert read.is_signed_by([signer.public_key])
    read_again(5, 5)
    assert [read_note(note).after for note in sign(signer)] == [4]
    assert verify_tenant(ACME, keys=[signer.public_key]) == Report(True, 5, signed=5)


def test_a_long_chain_is_signed_in_pieces(signer: Signer, tamper: Tamper) -> None:
    with tenant_scope(ACME):
        for _ in range(1_001):
            record(Action.CONVERSATION_READ)
    assert [read_note(note).seq for note in sign(signer)] == [1_000, 1_001]


def test_two_workers_do_not_sign_one_chain_at_once(signer: Signer) -> None:
    read_again(1, 2)
    with signer.memory.held(ACME):
        assert sign(signer) == []
    assert len(sign(signer)) == 1


def rewrite(tamper: Tamper, first: int) -> None:
    """The history anew from an event on, head included: a valid chain."""
    events = events_of(ACME)
    current = bytes(events[first - 2].hash)
    for event in events[first - 1 :]:
        entry = event.entry.replace('"number"', '"nombre"')
        current = link(current, event.seq, event.at, entry)
        tamper("UPDATE security_auditevent SET entry = %s, hash = %s WHERE seq = %s", entry, current, event.seq)
    tamper("UPDATE security_audithead SET hash = %s", current)


def cut(tamper: Tamper, last: int) -> None:
    """The chain as it was when it had `last` events, with the checkpoints of then."""
    tamper("DELETE FROM security_auditcheckpoint WHERE seq > %s", last)
    tamper(
        "DELETE FROM security_auditdetail d USING security_auditevent e WHERE e.id = d.event_id AND e.seq > %s", last
    )
    tamper("DELETE FROM security_auditevent WHERE seq > %s", last)
    tamper(
        "UPDATE security_audithead h SET seq = e.seq, hash = e.hash FROM security_auditevent e WHERE e.seq = %s", last
    )


@pytest.mark.parametrize(
    ("attack", "seq"),
    [
        (lambda tamper: rewrite(tamper, 3), 6),
        (lambda tamper: cut(tamper, 4), 5),
        (lambda tamper: tamper("UPDATE security_auditevent SET entry = '{}' WHERE seq = 8"), 8),
        (lambda tamper: tamper("DELETE FROM security_auditevent WHERE seq > 7"), 8),
        (lambda tamper: tamper("UPDATE security_audithead SET hash = sha256('x')"), 8),
        (lambda tamper: tamper("UPDATE security_audithead SET chain = gen_random_uuid()"), 1),
        (lambda tamper: tamper("DELETE FROM security_audithead"), 1),
    ],
    ids=["written anew", "cut off", "edited", "tail", "head's hash", "another chain", "no head"],
)
def test_nothing_is_signed_that_does_not_continue_what_was(attack, seq: int, signer: Signer, tamper: Tamper) -> None:  # type: ignore[no-untyped-def]
    read_again(1, 6)
    sign(signer)
    read_again(7, 8)
    attack(tamper)
    with pytest.raises(Refused) as refused:
        sign(signer)
    assert refused.value.seq == seq


def test_a_memory_that_somebody_else_wrote_is_not_believed(signer: Signer) -> None:
    read_again(1, 2)
    note = written(b"m" * 32, CHAIN, 0, [b"1" * 32], AT)
    signer.memory.folder.mkdir()
    signer.memory.remember(ACME, note)
    with pytest.raises(Refused, match="not signed by its key"):
        sign(signer)


def test_a_lost_memory_is_replaced_by_what_the_database_holds(signer: Signer, tamper: Tamper, tmp_path: Path) -> None:
    read_again(1, 6)
    sign(signer)
    fresh = Signer(signer.seed, Memory(tmp_path / "fresh"))
    rewrite(tamper, 3)
    with pytest.raises(Refused):
        sign(fresh)


def test_a_worker_killed_before_its_commit_stores_what_it_remembers_later(signer: Signer, tamper: Tamper) -> None:
    read_again(1, 3)
    sign(signer)
    tamper("DELETE FROM security_auditcheckpoint")
    assert sign(signer) == []
    assert verify_tenant(ACME, keys=[signer.public_key]) == Report(True, 3, signed=3)


CHANGES = ("UPDATE {} SET tenant_id = tenant_id", "DELETE FROM {}", "TRUNCATE {}")


@pytest.mark.parametrize("change", CHANGES)
def test_a_checkpoint_is_there_for_good(change: str, signer: Signer, owner: psycopg.Connection) -> None:
    read_again(1, 1)
    sign(signer)
    with pytest.raises(psycopg.errors.ObjectNotInPrerequisiteState, match="append-only"):
        owner.execute(change.format("security_auditcheckpoint").encode())
    with pytest.raises(Exception, match="permission denied"), tenant_scope(ACME), connection.cursor() as cursor:
        cursor.execute(change.format("security_auditcheckpoint"))


def test_another_tenants_checkpoints_do_not_exist(signer: Signer) -> None:
    read_again(1, 1)
    sign(signer)
    with tenant_scope(RIVAL):
        assert not AuditCheckpoint.objects.exists()


def test_the_worker_signs_every_chain_and_keeps_copies_outside(worker: Path) -> None:
    read_again(1, 3)
    tasks.sign_checkpoints()
    tasks.sign_checkpoints()
    read_again(4, 4)
    tasks.sign_checkpoints()
    (file,) = worker.iterdir()
    notes = read_notes(file.read_text())
    assert [(note.after, note.seq) for note in notes] == [(0, 3), (3, 4)]
    assert verify_tenant(ACME, keys=[KEY], held=notes) == Report(True, 4, signed=4)


def test_a_mailbox_gets_the_newest_checkpoint_of_each_chain_with_the_key(
    worker: Path, mailoutbox: list[object]
) -> None:
    with tenant_scope(ACME):
        Tenant.objects.create(pk=ACME, slug="acme", name="Acme")
    read_again(1, 3)
    tasks.sign_checkpoints()
    tasks.mail_checkpoints()
    with tenant_scope(ACME):
        assert Mail.objects.count() == 1
    tasks.sweep_mail()
    (mail,) = mailoutbox
    assert mail.to == ["auditor@elsewhere.example"]  # type: ignore[attr-defined]
    assert [note.seq for note in read_notes(mail.body)] == [3]  # type: ignore[attr-defined]
    assert shown_key(KEY) in mail.body  # type: ignore[attr-defined]


def test_a_place_outside_that_fails_keeps_nothing_from_being_signed(
    worker: Path, caplog: pytest.LogCaptureFixture
) -> None:
    worker.write_text("in the way")
    read_again(1, 3)
    tasks.sign_checkpoints()
    assert "was not written outside" in caplog.text
    assert verify_tenant(ACME, keys=[KEY]).signed == 3


def test_a_refusal_raises_the_alarm_once_and_is_an_event(
    worker: Path, tamper: Tamper, caplog: pytest.LogCaptureFixture
) -> None:
    read_again(1, 6)
    tasks.sign_checkpoints()
    rewrite(tamper, 3)
    read_again(7, 7)
    with caplog.at_level(logging.CRITICAL):
        tasks.sign_checkpoints()
        tasks.sign_checkpoints()
    assert caplog.text.count("was refused at event 6") == 1
    with tenant_scope(ACME):
        (event,) = AuditEvent.objects.filter(action="audit.checkpoint_refused")
    assert event.outcome == "failed"


def test_without_its_key_the_worker_says_so(
    signer: Signer, settings: Settings, caplog: pytest.LogCaptureFixture
) -> None:
    settings.AUDIT_SIGNING_KEY = lambda: None
    read_again(1, 1)
    tasks.sign_checkpoints()
    assert "AUDIT_SIGNING_KEY is not set" in caplog.text
    assert behind(signer.memory) == [ACME]


def test_a_chain_that_grows_by_many_events_is_signed_at_once(monkeypatch: pytest.MonkeyPatch) -> None:
    asked: list[int] = []
    assert many == [tasks.sign_soon]
    monkeypatch.setattr(sys.modules["security.audit.record"], "_when_many", [asked.append])
    with tenant_scope(ACME):
        for _ in range(499):
            record(Action.CONVERSATION_READ)
    assert asked == []
    read_again(500, 501)
    assert asked == [ACME]


def test_an_old_event_that_no_checkpoint_covers_shows(signer: Signer) -> None:
    read_again(1, 4)
    sign(signer)
    read_again(5, 6)
    later = datetime.now(UTC) + timedelta(minutes=11)
    report = verify_tenant(ACME, keys=[signer.public_key], now=later)
    assert (report.ok, report.first_bad, report.signed) == (False, 5, 4)
    assert verify_tenant(ACME, keys=[signer.public_key]) == Report(True, 6, signed=4)


def test_events_of_no_tenant_are_signed_too(signer: Signer) -> None:
    record(Action.SESSION_SIGN_IN_FAILED)
    assert behind(signer.memory) == [PLATFORM_TENANT_ID]
    assert len(sign(signer, PLATFORM_TENANT_ID)) == 1
