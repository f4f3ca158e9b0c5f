"""Seven attacks by the tables' owner with the triggers off, and the same on an export: each time the first bad event is named.

Ten events, signed at 4 and at 10. Whoever attacks computes hashes as well as we do; what he cannot do is sign.
"""

import json
import subprocess
import sys
from collections.abc import Callable, Iterator
from dataclasses import replace
from datetime import datetime, timedelta
from pathlib import Path

import psycopg
import pytest

from security.audit.checkpoints import Signer, shown_key
from security.audit.export import export_tenant
from security.audit.notes import Note, read_note
from security.audit.offline import Report, genesis, link, verify
from security.audit.verifier import verifier
from security.audit.verify import verify_tenant
from tests.security.audit.conftest import ACME, events_of, read_again, sign

TABLES = ("security_auditevent", "security_auditdetail", "security_audithead", "security_auditcheckpoint")


@pytest.fixture
def held(signer: Signer) -> list[Note]:
    """The checkpoints, as somebody else keeps them."""
    read_again(1, 4)
    first = sign(signer)
    read_again(5, 10)
    return [read_note(note) for note in (*first, *sign(signer))]


@pytest.fixture
def attacker(owner: psycopg.Connection, held: list[Note]) -> Iterator[psycopg.Connection]:
    """Owns the tables; no trigger is in the way."""
    for table in TABLES:
        owner.execute(f"ALTER TABLE {table} DISABLE TRIGGER USER".encode())
    yield owner
    for table in TABLES:
        owner.execute(f"ALTER TABLE {table} ENABLE TRIGGER USER".encode())


Told = list[tuple[datetime, str]]


def rechain(attacker: psycopg.Connection, change: Callable[[Told], Told]) -> None:
    """All events anew, with valid hashes and a head that fits. Sealed values stay with their numbers."""
    events = events_of(ACME)
    told = change([(event.at, event.entry) for event in events])
    for row in events[len(told) :]:
        attacker.execute("DELETE FROM security_auditdetail WHERE event_id = %s", [row.pk])
        attacker.execute("DELETE FROM security_auditevent WHERE id = %s", [row.pk])
    (chain,) = attacker.execute("SELECT chain FROM security_audithead WHERE tenant_id = %s", [ACME]).fetchone() or (
        None,
    )
    current = genesis(chain)
    for seq, (at, entry) in enumerate(told, 1):
        current = link(current, seq, at, entry)
        values = (at, entry, current, seq)
        if not attacker.execute(
            "UPDATE security_auditevent SET at = %s, entry = %s, hash = %s WHERE seq = %s", values
        ).rowcount:
            attacker.execute(
                "INSERT INTO security_auditevent (tenant_id, seq, at, entry, hash, action, outcome, actor_kind, actor_id) "
                "SELECT tenant_id, %s, %s, %s, %s, action, outcome, actor_kind, actor_id FROM security_auditevent WHERE seq = 1",
                (seq, at, entry, current),
            )
    attacker.execute("UPDATE security_audithead SET seq = %s, hash = %s", [len(told), current])
    # Sealed values of the people would give the attack away first; that is another test's.
    attacker.execute("DELETE FROM security_auditdetail")


def edited(told: Told) -> Told:
    at, entry = told[4]
    return [*told[:4], (at, entry.replace('"number":5', '"number":50')), *told[5:]]


ATTACKS: dict[str, tuple[Callable[[Told], Told], int]] = {
    "edit": (edited, 5),
    "delete": (lambda told: [*told[:4], *told[5:]], 5),
    "insert": (lambda told: [*told[:5], told[4], *told[5:]], 6),
    "reorder": (lambda told: [*told[:4], told[5], told[4], *told[6:]], 5),
    "truncated tail": (lambda told: told[:7], 8),
    "re-chained history": (
        lambda told: [*told[:1], *((at, entry.replace("read", "closed")) for at, entry in told[1:])],
        2,
    ),
}
FORGOTTEN = [False, True]
"""Whether the attacker takes the checkpoints of the database away as well."""


def bad(report: Report) -> int | None:
    assert not report.ok
    assert report.reason
    return report.first_bad


@pytest.mark.parametrize("is_forgotten", FORGOTTEN, ids=["checkpoints stay", "checkpoints taken away"])
@pytest.mark.parametrize("how", ATTACKS)
def test_the_database_gives_an_attack_away(
    how: str, is_forgotten: bool, attacker: psycopg.Connection, signer: Signer, held: list[Note]
) -> None:
    change, first = ATTACKS[how]
    rechain(attacker, change)
    if is_forgotten:
        attacker.execute("DELETE FROM security_auditcheckpoint")
    report = verify_tenant(ACME, keys=[signer.public_key], held=held)
    assert bad(report) == first
    assert report.reason is not None
    assert "signed" in report.reason


def other_history(attacker: psycopg.Connection, signer: Signer) -> None:
    """Back to event 7 and on from there otherwise, signed with the real key by a worker that was made to forget."""
    attacker.execute("DELETE FROM security_auditcheckpoint WHERE seq > 7")
    attacker.execute(
        "DELETE FROM security_auditdetail d USING security_auditevent e WHERE e.id = d.event_id AND e.seq > 7"
    )
    attacker.execute("DELETE FROM security_auditevent WHERE seq > 7")
    attacker.execute(
        "UPDATE security_audithead h SET seq = 7, hash = e.hash FROM security_auditevent e WHERE e.seq = 7"
    )
    signer.memory.set_aside(ACME, datetime(2026, 1, 1))  # noqa: DTZ001 - it names a file
    read_again(18, 20)
    assert len(sign(signer)) == 1


def test_a_fork_shows_in_the_database(attacker: psycopg.Connection, signer: Signer, held: list[Note]) -> None:
    other_history(attacker, signer)
    assert verify_tenant(ACME, keys=[signer.public_key]).ok  # it is signed; only who kept a checkpoint can tell
    report = verify_tenant(ACME, keys=[signer.public_key], held=held)
    assert bad(report) == 8
    assert report.reason is not None
    assert report.reason.startswith("a fork")


def test_a_fork_shows_in_an_export(attacker: psycopg.Connection, signer: Signer, held: list[Note]) -> None:
    other_history(attacker, signer)
    lines = list(export_tenant(ACME))
    assert verify(lines, keys=[signer.public_key]).ok
    report = verify(lines, keys=[signer.public_key], held=held)
    assert bad(report) == 8
    assert report.reason is not None
    assert report.reason.startswith("a fork")


def forged(lines: list[str], change: Callable[[Told], Told], *, is_forgotten: bool) -> list[str]:
    """The export of another history, with valid hashes and a header that fits."""
    parsed = [json.loads(line) for line in lines[1:]]
    header = json.loads(lines[0])
    events = [one for one in parsed if "entry" in one]
    told = change([(datetime.fromisoformat(one["at"]), one["entry"]) for one in events])
    details = {one["entry"]: one["details"] for one in events}
    current, written = bytes.fromhex(header["previous"]), []
    for seq, (at, entry) in enumerate(told, 1):
        current = link(current, seq, at, entry)
        one = {"seq": seq, "at": at.isoformat(), "entry": entry, "hash": current.hex()}
        written.append(json.dumps(one | {"details": details[entry if entry in details else events[seq - 1]["entry"]]}))
    notes = [] if is_forgotten else [json.dumps(one) for one in parsed if "checkpoint" in one]
    return [json.dumps(header | {"last": len(told), "hash": current.hex()}), *notes, *written]


@pytest.mark.parametrize("is_forgotten", FORGOTTEN, ids=["checkpoints stay", "checkpoints taken away"])
@pytest.mark.parametrize("how", ATTACKS)
def test_an_export_gives_an_attack_away(how: str, is_forgotten: bool, signer: Signer, held: list[Note]) -> None:
    change, first = ATTACKS[how]
    lines = list(export_tenant(ACME))
    assert verify(lines, keys=[signer.public_key], held=held).signed == 10
    spoilt = forged(lines, change, is_forgotten=is_forgotten)
    assert bad(verify(spoilt, keys=[signer.public_key], held=held)) == first
    assert is_forgotten or bad(verify(spoilt, keys=[signer.public_key])) == first


def test_the_verifier_is_one_file_that_needs_nothing_else(tmp_path: Path, signer: Signer, held: list[Note]) -> None:
    tool = tmp_path / "verify_audit_export.py"
    tool.write_text(verifier())
    assert "security.audit" not in tool.read_text(), "what it imports of ours stands in it"
    lines = list(export_tenant(ACME))
    good, spoilt = tmp_path / "good.jsonl", tmp_path / "spoilt.jsonl"
    good.write_text("\n".join(lines))
    spoilt.write_text("\n".join(forged(lines, edited, is_forgotten=False)))
    key = shown_key(signer.public_key)

    def run(path: Path) -> subprocess.CompletedProcess[str]:
        command = [sys.executable, "-I", "-S", str(tool), str(path), "--key", key]
        return subprocess.run(command, capture_output=True, text=True, cwd=tmp_path, env={}, check=False)

    assert run(good).stdout == "11 events, chain intact; signed up to 10.\n"
    assert (run(good).returncode, run(spoilt).returncode) == (0, 1)
    assert run(spoilt).stdout.startswith("Event 5: written anew")


def test_a_checkpoint_of_somebody_elses_key_proves_nothing(signer: Signer, held: list[Note], tmp_path: Path) -> None:
    lines = list(export_tenant(ACME))
    mallory = replace(signer, seed=b"m" * 32)
    report = verify(lines, keys=[mallory.public_key])
    assert bad(report) == 5
    assert report.reason == "the checkpoint at 10 is not signed by the key"
    assert bad(verify_tenant(ACME, keys=[mallory.public_key])) == 5


def test_a_clock_that_was_set_back_breaks_no_chain(
    attacker: psycopg.Connection, signer: Signer, held: list[Note]
) -> None:
    """Times that run backwards are as they were written: what counts is the number."""
    attacker.execute("DELETE FROM security_auditcheckpoint")
    rechain(
        attacker, lambda told: [(at - 2 * number * timedelta(hours=1), said) for number, (at, said) in enumerate(told)]
    )
    signer.memory.set_aside(ACME, datetime(2026, 1, 1))  # noqa: DTZ001 - it names a file
    assert [note.seq for note in map(read_note, sign(signer))] == [10]
    report = verify_tenant(ACME, keys=[signer.public_key])
    assert (
        report.reason == "sealed values are gone and no erasure names their subject"
    )  # of `rechain`, not of the clock
    assert report.signed == 10
