"""Which keys count: the signing key is changed, earlier checkpoints still do, and what nobody has noted does not."""

from __future__ import annotations

import json
from datetime import UTC, datetime
from pathlib import Path

import pytest
from pytest_django import Settings

from security import tasks
from security.audit.checkpoints import Refused, Signer, shown_key, written
from security.audit.export import export_tenant
from security.audit.memory import Memory
from security.audit.notes import read_note
from security.audit.offline import main, verify
from security.audit.verify import verify_tenant
from security.crypto.signing import public_key
from security.models import AuditCheckpoint
from security.scoping import tenant_scope
from tests.security.audit.conftest import ACME, events_of, read_again, sign

NEW = bytes(range(64, 96))


def followed(signer: Signer) -> Signer:
    """The worker with its next key, which knows the one before."""
    return Signer(NEW, signer.memory, (signer.public_key,))


def test_a_new_key_goes_on_where_the_old_one_stopped(signer: Signer) -> None:
    read_again(1, 3)
    sign(signer)
    later = followed(signer)
    assert sign(later) == []
    read_again(4, 5)
    (note,) = sign(later)
    assert (read_note(note).after, read_note(note).signer_among(later.believed)) == (3, later.public_key)
    assert verify_tenant(ACME, keys=[later.public_key]).signed == 5
    assert verify(export_tenant(ACME), keys=[later.public_key]).ok


def test_a_key_that_is_not_noted_is_not_gone_on_from(signer: Signer) -> None:
    read_again(1, 3)
    sign(signer)
    read_again(4, 4)
    with pytest.raises(Refused, match="not signed by its key"):
        sign(Signer(NEW, signer.memory))


def test_what_the_database_says_of_the_old_key_is_gone_on_from_too(signer: Signer, tmp_path: Path) -> None:
    read_again(1, 3)
    sign(signer)
    read_again(4, 4)
    (note,) = sign(Signer(NEW, Memory(tmp_path / "fresh"), (signer.public_key,)))
    assert read_note(note).after == 3


def test_a_note_that_was_remembered_is_stored_under_the_key_that_made_it(signer: Signer) -> None:
    read_again(1, 2)
    chain = read_note(sign(signer)[0]).chain
    read_again(3, 3)
    third = bytes(events_of(ACME)[-1].hash)
    signer.memory.remember(ACME, written(signer.seed, chain, 2, [third], datetime.now(UTC)))
    assert sign(followed(signer)) == []
    with tenant_scope(ACME):
        kept = AuditCheckpoint.objects.get(seq=3)
    assert bytes(kept.public_key) == signer.public_key


def test_where_keys_are_noted_one_that_the_database_names_proves_nothing(signer: Signer, settings: Settings) -> None:
    read_again(1, 3)
    sign(signer)
    assert verify_tenant(ACME).ok
    settings.AUDIT_PUBLIC_KEYS = [signer.public_key]
    assert verify_tenant(ACME).signed == 3
    with tenant_scope(ACME):
        AuditCheckpoint.objects.create(
            seq=9, after=8, hash=bytes(32), public_key=public_key(NEW), note="", signed_at=datetime.now(UTC)
        )
    assert json.loads(next(export_tenant(ACME)))["keys"] == [shown_key(signer.public_key)], "no forger's is shown"
    settings.AUDIT_PUBLIC_KEYS = [public_key(NEW)]
    report = verify_tenant(ACME)
    assert (report.ok, report.reason) == (False, "the checkpoint at 3 is not signed by the key")


def test_the_worker_takes_its_former_keys_from_the_settings(settings: Settings, tmp_path: Path) -> None:
    settings.AUDIT_SIGNING_KEY = lambda: bytes(range(32))
    settings.AUDIT_CHECKPOINT_DIR = tmp_path / "memory"
    read_again(1, 2)
    tasks.sign_checkpoints()
    settings.AUDIT_SIGNING_KEY = lambda: NEW
    settings.AUDIT_PUBLIC_KEYS = [public_key(NEW), public_key(bytes(range(32)))]
    read_again(3, 3)
    tasks.sign_checkpoints()
    assert verify_tenant(ACME).signed == 3


def test_an_auditor_gives_each_key_that_signed(
    signer: Signer, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    read_again(1, 3)
    sign(signer)
    later = followed(signer)
    read_again(4, 4)
    sign(later)
    export = tmp_path / "export.jsonl"
    export.write_text("".join(f"{line}\n" for line in export_tenant(ACME)), encoding="utf-8")
    keys = [word for key in later.believed for word in ("--key", shown_key(key))]
    assert main([str(export), *keys]) == 0
    assert main([str(export), "--key", shown_key(bytes(32))]) == 1
    assert "not signed by the key" in capsys.readouterr().out
