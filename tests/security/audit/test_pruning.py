"""The beginning of a trail is forgotten as a whole, a year old, up to a signed checkpoint; what is left verifies, and nothing else is deleted."""

from __future__ import annotations

import json
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from functools import partial

import psycopg
import pytest
from django.db import Error, connection
from django.utils import timezone

from security.audit import offline
from security.audit.checkpoints import Signer, sign_tenant
from security.audit.export import export_tenant
from security.audit.notes import read_note
from security.audit.offline import genesis, link, verify
from security.audit.pruning import prune, sweep
from security.audit.verify import verify_tenant
from security.models import AuditAddress, AuditCheckpoint, AuditDetail, AuditEvent, AuditHead
from security.scoping import tenant_scope
from tests.security.audit.conftest import ACME, RIVAL, Tamper, events_of, read_again, sign

LONG_AGO = datetime(2025, 1, 15, 9, tzinfo=UTC)
TABLES = (b"security_auditevent", b"security_auditdetail", b"security_audithead", b"security_auditcheckpoint")


@pytest.fixture
def attacker(owner: psycopg.Connection) -> Iterator[psycopg.Connection]:
    """Owns the tables; no trigger is in the way."""
    tables = (*TABLES, b"security_audittombstone")
    for table in tables:
        owner.execute(b"ALTER TABLE %s DISABLE TRIGGER USER" % table)
    yield owner
    for table in tables:
        owner.execute(b"ALTER TABLE %s ENABLE TRIGGER USER" % table)


@pytest.fixture
def old(signer: Signer, tamper: Tamper) -> Signer:
    """Six events as they would be of long ago, signed then at 4 and at 6, and four of today, signed at 10."""
    grow_old(signer, tamper)
    read_again(7, 10)
    sign(signer)
    kept_for(tamper, 12)
    return signer


def grow_old(signer: Signer, tamper: Tamper) -> None:
    """Six events as they would be of long ago, signed then at 4 and at 6."""
    read_again(1, 6)
    with tenant_scope(ACME):
        events, head = list(AuditEvent.objects.order_by("seq")), AuditHead.objects.get()
    current = genesis(head.chain)
    for event in events:
        at = LONG_AGO + timedelta(minutes=event.seq)
        current = link(current, event.seq, at, event.entry)
        tamper("UPDATE security_auditevent SET at = %s, hash = %s WHERE seq = %s", at, current, event.seq)
        if event.seq in {4, 6}:
            tamper("UPDATE security_audithead SET seq = %s, hash = %s", event.seq, current)
            sign_tenant(ACME, signer=signer, now=at)


def kept_for(tamper: Tamper, months: int | None, tenant_id: int = ACME) -> None:
    """The term is in force since yesterday."""
    tamper(
        "INSERT INTO security_auditterm (tenant_id, months, asked_at, due_at) VALUES (%s, %s, now(), now() - interval '1 day')",
        tenant_id,
        months,
    )


def pruned(signer: Signer, before: datetime = LONG_AGO + timedelta(days=1), tenant_id: int = ACME) -> int | None:
    with tenant_scope(tenant_id):
        return prune(before=before, keys=[signer.public_key])


def numbers() -> list[int]:
    return [event.seq for event in events_of(ACME)]


def test_what_is_old_is_forgotten_as_a_whole_up_to_a_checkpoint(old: Signer) -> None:
    assert pruned(old, LONG_AGO + timedelta(minutes=5)) == 4
    assert sweep(ACME, at_most=3) == 4
    assert numbers() == [5, 6, 7, 8, 9, 10, 11]
    assert pruned(old) == 6
    assert sweep(ACME, at_most=3) == 2
    with tenant_scope(ACME):
        assert sorted(AuditCheckpoint.objects.values_list("seq", flat=True)) == [6, 10]
        assert AuditDetail.objects.count() == AuditAddress.objects.count() == AuditEvent.objects.count() == 6
        (first, second) = AuditEvent.objects.filter(action="audit.pruned").order_by("seq")
    assert '"until":4' in first.entry
    assert '"until":6' in second.entry
    assert pruned(old) is None
    assert sweep(ACME) == 0


def test_what_is_left_verifies_before_and_after_the_rows_are_gone(old: Signer) -> None:
    assert pruned(old) == 6
    report = verify_tenant(ACME, keys=[old.public_key])
    assert (report.ok, report.entries, report.signed) == (True, 5, 10)
    header, *rest = export_tenant(ACME)
    assert (json.loads(header)["first"], "pruned" in json.loads(header)) == (7, True)
    assert verify([header, *rest], keys=[old.public_key]).ok
    sweep(ACME)
    assert verify_tenant(ACME, keys=[old.public_key]).ok
    assert verify(export_tenant(ACME), keys=[old.public_key]).ok


def test_a_forged_checkpoint_is_passed_over(old: Signer) -> None:
    with tenant_scope(ACME):
        true = AuditCheckpoint.objects.get(seq=6)
        AuditCheckpoint.objects.create(
            seq=6, after=4, hash=true.hash, public_key=old.public_key, note="signed, honestly", signed_at=true.signed_at
        )
    assert pruned(old) == 6
    assert verify_tenant(ACME, keys=[old.public_key]).ok


def test_the_signer_goes_on_after_the_beginning_is_gone(old: Signer) -> None:
    pruned(old)
    sweep(ACME)
    read_again(12, 13)
    assert len(sign(old)) == 1
    assert verify_tenant(ACME, keys=[old.public_key]).signed == 13


def test_a_trail_of_which_all_that_was_signed_is_gone_goes_on(signer: Signer, tamper: Tamper) -> None:
    """Of an organisation that did nothing for a year."""
    grow_old(signer, tamper)
    kept_for(tamper, 12)
    assert pruned(signer) == 6
    assert sweep(ACME) == 6
    read_again(8, 8)
    assert [read_note(note).seq for note in sign(signer)] == [8]
    assert verify_tenant(ACME, keys=[signer.public_key]).signed == 8


def test_nothing_younger_than_a_year_is_pruned(old: Signer) -> None:
    with pytest.raises(Error, match="12 months old"), tenant_scope(ACME):
        prune(before=timezone.now() + timedelta(days=1), keys=[old.public_key])
    assert numbers() == list(range(1, 11))


@pytest.mark.parametrize("months", [None, 200])
def test_postgresql_prunes_nothing_that_the_term_keeps_whoever_asks(
    old: Signer, tamper: Tamper, months: int | None
) -> None:
    """As what took the application over would ask: a genuine checkpoint, long ago."""
    kept_for(tamper, months)
    for work in (
        partial(pruned, old),
        partial(asked, "SELECT audit_prune((SELECT id FROM security_auditcheckpoint WHERE seq = 4))"),
        partial(
            asked, "INSERT INTO security_auditterm (tenant_id, months, asked_at, due_at) VALUES (71, 12, now(), now())"
        ),
        partial(asked, "UPDATE security_auditterm SET months = 12"),
        partial(asked, "DELETE FROM security_auditterm"),
        partial(asked, "SELECT audit_keep(11::smallint, 7)"),
    ):
        with pytest.raises(Error, match="kept for|months old|permission denied"):
            work()
    assert numbers() == list(range(1, 11))


def asked(statement: str, *values: object) -> None:
    with tenant_scope(ACME), connection.cursor() as cursor:
        cursor.execute(statement, values)


def test_a_checkpoint_of_a_former_key_is_pruned_up_to(old: Signer) -> None:
    later = Signer(bytes(range(64, 96)), old.memory, (old.public_key,))
    read_again(11, 12)
    sign(later)
    with tenant_scope(ACME):
        assert prune(before=LONG_AGO + timedelta(days=1), keys=later.believed) == 6
    sweep(ACME)
    read_again(13, 13)
    sign(later)
    assert verify_tenant(ACME, keys=later.believed).signed == 14
    assert verify(export_tenant(ACME), keys=later.believed).ok
    assert not verify(export_tenant(ACME), keys=[bytes(32)]).ok


def test_what_another_key_signed_is_not_pruned(old: Signer, caplog: pytest.LogCaptureFixture) -> None:
    with tenant_scope(ACME):
        assert prune(before=LONG_AGO + timedelta(days=1), keys=[bytes(32)]) is None
    assert "not signed by a key of ours" in caplog.text
    assert pruned(old, tenant_id=RIVAL) is None


def test_nobody_deletes_what_no_tombstone_covers(old: Signer, owner: psycopg.Connection) -> None:
    for table in (b"security_auditevent", b"security_auditdetail", b"security_auditcheckpoint"):
        with pytest.raises(psycopg.Error, match="append-only"):
            owner.execute(b"DELETE FROM %s" % table)
    pruned(old)
    for table in (
        b"security_auditevent",
        b"security_auditdetail",
        b"security_auditcheckpoint",
        b"security_audittombstone",
    ):
        with pytest.raises(psycopg.Error, match="append-only"):
            owner.execute(b"DELETE FROM %s" % table)
    with pytest.raises(psycopg.Error, match="twelve months"):
        owner.execute(
            "INSERT INTO security_audittombstone (tenant_id, seq, hash, note, pruned_at) "
            "SELECT tenant_id, seq, hash, note, now() FROM security_auditcheckpoint WHERE seq = 10"
        )
    assert numbers() == list(range(1, 12))


def test_a_beginning_that_was_cut_off_by_hand_shows(old: Signer, attacker: psycopg.Connection) -> None:
    attacker.execute(
        "INSERT INTO security_audittombstone (tenant_id, seq, hash, note, pruned_at) "
        "SELECT tenant_id, seq, hash, note, now() FROM security_auditcheckpoint WHERE seq = 10"
    )
    read_again(11, 12)
    report = verify_tenant(ACME, keys=[old.public_key])
    assert (report.ok, report.reason) == (False, "the beginning is missing: no event says that it was pruned")
    exported = verify(export_tenant(ACME), keys=[old.public_key])
    assert (exported.ok, exported.reason) == (False, report.reason)


def test_a_tombstone_on_no_signed_checkpoint_shows(old: Signer, attacker: psycopg.Connection) -> None:
    pruned(old)
    lines = list(export_tenant(ACME))
    attacker.execute("UPDATE security_audittombstone SET note = replace(note, 'signed 2025', 'signed 2024')")
    assert "not signed" in (verify_tenant(ACME, keys=[old.public_key]).reason or "")
    attacker.execute("UPDATE security_audittombstone SET note = replace(note, 'after 4', 'after 3')")
    assert "no checkpoint" in (verify_tenant(ACME, keys=[old.public_key]).reason or "")
    header = json.loads(lines[0])
    for change in (
        {"pruned": ""},
        {"previous": "00" * 32},
        {"pruned": header["pruned"].replace("signed 2025", "signed 2024")},
    ):
        report = verify([json.dumps(header | change), *lines[1:]], keys=[old.public_key])
        assert (report.ok, report.first_bad) == (False, 7)


def test_what_was_pruned_counts_as_signed(old: Signer, monkeypatch: pytest.MonkeyPatch) -> None:
    pruned(old)
    without = [line for line in export_tenant(ACME) if not line.startswith('{"checkpoint":')]
    monkeypatch.setattr(offline, "UNSIGNED_AT_MOST", 8)
    assert verify(without, keys=[old.public_key]).ok
