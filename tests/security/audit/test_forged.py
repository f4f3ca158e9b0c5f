"""Rows among the checkpoints that nobody of ours signed, as whoever has the application's role can insert them: noticed, and in nobody's way."""

import logging
from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from uuid import UUID

import pytest
from django.core import mail
from django.db import ProgrammingError

from security import tasks
from security.accounts.checkpoint_mail import mail_newest
from security.accounts.outbox import Queued, deliver
from security.audit.checkpoints import Signer, behind, written
from security.audit.copies import MAILBOX
from security.audit.export import export_tenant
from security.audit.memory import Memory
from security.audit.notes import Note, read_note, read_notes
from security.audit.offline import Report, verify
from security.audit.stored import AT_ONCE, newest_genuine
from security.audit.verify import verify_tenant
from security.crypto.signing import public_key
from security.models import AuditCheckpoint, AuditCopy, AuditHead, Mail
from security.scoping import tenant_scope
from tests.security.audit.conftest import ACME, RIVAL, events_of, read_again, sign

SEED, MALLORY = bytes(range(32)), b"m" * 32
KEY = public_key(SEED)
Forger = Callable[[UUID, list[bytes]], str]


def spoilt(note: str) -> str:
    """The same note under another signature of the right name."""
    return f"{note[:-6]}{'A' if note[-6] != 'A' else 'B'}{note[-5:]}"


def by_another_key(chain: UUID, hashes: list[bytes]) -> str:
    return written(MALLORY, chain, 3, hashes, datetime.now(UTC))


def with_a_spoilt_signature(chain: UUID, hashes: list[bytes]) -> str:
    return spoilt(written(SEED, chain, 3, hashes, datetime.now(UTC)))


def that_says_otherwise(chain: UUID, hashes: list[bytes]) -> str:
    return spoilt(written(SEED, chain, 3, [bytes(32)] * len(hashes), datetime.now(UTC)))


def far_ahead(chain: UUID, _hashes: list[bytes]) -> str:
    return spoilt(written(SEED, chain, 900, [bytes(32)] * 9, datetime.now(UTC)))


def that_is_none(_chain: UUID, _hashes: list[bytes]) -> str:
    return "signed, honestly"


FORGERS = [by_another_key, with_a_spoilt_signature, that_says_otherwise, far_ahead, that_is_none]


def insert(note: str, *, tenant_id: int = ACME, seq: int = 10**9, found: bytes = bytes(32)) -> None:
    """As the application's role; the columns say what the note says, where it says anything."""
    try:
        read = read_note(note)
        said = {"seq": read.seq, "after": read.after, "hash": read.hash}
    except ValueError:
        said = {"seq": seq, "after": seq - 1, "hash": found}
    with tenant_scope(tenant_id):
        AuditCheckpoint.objects.create(**said, public_key=KEY, note=note, signed_at=datetime.now(UTC))


def forge(forger: Forger) -> str:
    """Before the worker comes by, about events that it has not signed yet."""
    with tenant_scope(ACME):
        chain = AuditHead.objects.get().chain
    note = forger(chain, [bytes(event.hash) for event in events_of(ACME)[3:]])
    insert(note)
    return note


@pytest.mark.parametrize("forger", FORGERS)
def test_a_forged_checkpoint_is_told_once_and_stops_neither_signer_nor_copies_nor_verifiers(
    forger: Forger, worker: Path, caplog: pytest.LogCaptureFixture
) -> None:
    read_again(1, 3)
    tasks.sign_checkpoints()
    read_again(4, 5)
    note = forge(forger)
    with caplog.at_level(logging.CRITICAL):
        tasks.sign_checkpoints()
        tasks.sign_checkpoints()
        tasks.sign_checkpoints(everything=True)
    assert caplog.text.count("no key of ours signed") == 1
    assert [event.action for event in events_of(ACME)][5:] == ["audit.checkpoint_forged"]
    (file,) = worker.iterdir()
    assert [found.seq for found in read_notes(file.read_text())] == [3, 5, 6]
    assert note not in file.read_text()
    report = verify_tenant(ACME, keys=[KEY])
    assert (report.ok, report.entries, report.signed) == (True, 6, 6)
    exported = verify(export_tenant(ACME), keys=[KEY])
    assert (exported.ok, exported.signed) == (True, 6)


def test_forged_ones_behind_the_last_true_one_are_counted(worker: Path) -> None:
    read_again(1, 3)
    tasks.sign_checkpoints()
    read_again(4, 5)
    forge(with_a_spoilt_signature)
    assert verify_tenant(ACME, keys=[KEY]) == Report(True, 5, signed=3, forged=1)
    later = verify_tenant(ACME, keys=[KEY], now=datetime.now(UTC) + timedelta(minutes=11))
    assert (later.ok, later.first_bad) == (False, 4), "they cover nothing"


def test_what_an_auditor_kept_himself_is_never_passed_over(worker: Path) -> None:
    read_again(1, 3)
    tasks.sign_checkpoints()
    read_again(4, 5)
    kept: list[Note] = [read_note(forge(that_says_otherwise))]
    assert verify_tenant(ACME, keys=[KEY], held=kept).first_bad == 4
    assert verify(export_tenant(ACME), keys=[KEY], held=kept).first_bad == 4


def test_a_signer_that_forgot_goes_on_from_the_newest_true_one(signer: Signer, tmp_path: Path) -> None:
    read_again(1, 3)
    sign(signer)
    read_again(4, 5)
    for forger in FORGERS:
        forge(forger)
    (note,) = sign(replace(signer, memory=Memory(tmp_path / "another")))
    assert (read_note(note).after, read_note(note).seq) == (3, 5)


def test_a_signer_that_forgot_asks_each_chain_once(signer: Signer, tmp_path: Path) -> None:
    read_again(1, 3)
    sign(signer)
    forgot = replace(signer, memory=Memory(tmp_path / "another"))
    assert behind(forgot.memory) == [ACME]
    assert sign(forgot) == []
    assert behind(forgot.memory) == []


def test_what_is_wrong_with_one_chain_keeps_no_other_from_being_signed(
    worker: Path, caplog: pytest.LogCaptureFixture
) -> None:
    read_again(1, 2)
    read_again(1, 2, tenant_id=RIVAL)
    tasks.sign_checkpoints()
    (worker.parent / "memory" / f"{ACME}.note").write_text("the disk was full")
    read_again(3, 3)
    read_again(3, 3, tenant_id=RIVAL)
    tasks.sign_checkpoints()
    assert verify_tenant(RIVAL, keys=[KEY]).signed == 3
    assert f"could not be signed; tenant={ACME}" in caplog.text


def test_only_true_ones_are_mailed(worker: Path) -> None:
    read_again(1, 3)
    tasks.sign_checkpoints()
    read_again(4, 5)
    forge(by_another_key)
    with tenant_scope(ACME):
        mail_newest(boxes=["auditor@elsewhere.example"], since=datetime.now(UTC) - timedelta(days=1))
        (row,) = Mail.objects.all()
    assert deliver(Queued(ACME, row.pk), now=datetime.now(UTC))
    assert [sent.subject for sent in mail.outbox] == ["Checkpoint 3 of an audit trail"]


def flood(seq: int) -> None:
    """More rows than are looked at in one turn, all before the true one."""
    said = {"seq": seq, "after": seq - 1, "hash": bytes(32), "public_key": KEY, "note": "signed, honestly"}
    rows = [AuditCheckpoint(**said, signed_at=datetime.now(UTC)) for _ in range(AT_ONCE + 1)]
    with tenant_scope(ACME):
        AuditCheckpoint.objects.bulk_create(rows)


def test_a_flood_of_them_keeps_no_true_one_from_the_mailbox(worker: Path) -> None:
    read_again(1, 3)
    tasks.sign_checkpoints()
    read_again(4, 5)
    flood(5)
    with tenant_scope(ACME):
        mail_newest(boxes=["auditor@elsewhere.example"], since=datetime.now(UTC) - timedelta(days=1))
        assert AuditCopy.objects.get(place=MAILBOX).seq == 3
        Mail.objects.get()


def test_nothing_is_mailed_again_that_was_signed_before(worker: Path) -> None:
    read_again(1, 3)
    tasks.sign_checkpoints()
    with tenant_scope(ACME):
        mail_newest(boxes=["auditor@elsewhere.example"], since=datetime.now(UTC) + timedelta(seconds=2))
        assert not Mail.objects.exists()


def test_a_flood_of_them_past_the_end_hides_no_true_one_from_pages(worker: Path) -> None:
    read_again(1, 3)
    tasks.sign_checkpoints()
    flood(10**9)
    with tenant_scope(ACME):
        found = newest_genuine([KEY])
        assert found is not None
        assert found.note.seq == 3


def test_a_row_with_a_number_of_its_own_choice_is_refused(worker: Path) -> None:
    read_again(1, 1)
    said = {"seq": 1, "after": 0, "hash": bytes(32), "public_key": KEY, "note": "signed, honestly"}
    with pytest.raises(ProgrammingError, match="permission denied"), tenant_scope(ACME):
        AuditCheckpoint.objects.create(pk=2**62, **said, signed_at=datetime.now(UTC))
