import io
import json
from pathlib import Path

import pytest
from django.core.management import CommandError, call_command
from pytest_django import Settings

from security import tasks
from security.audit import Action, record
from security.models import AuditCheckpoint, AuditEvent, AuditHead
from security.scoping import tenant_scope
from tenants.models import Tenant
from tests.services import session

ACME, RIVAL = 71, 72


@pytest.fixture(autouse=True)
def _two_tenants(committed_db: None) -> None:
    for number, slug in ((ACME, "acme"), (RIVAL, "rival")):
        with tenant_scope(number):
            Tenant.objects.create(pk=number, slug=slug, name=slug.title())
            record(Action.TENANT_CREATED, slug=slug)


def run(name: str, *arguments: str) -> str:
    out = io.StringIO()
    try:
        call_command(name, *arguments, stdout=out)
    except CommandError as error:
        error.output = out.getvalue()  # type: ignore[attr-defined]
        raise
    return out.getvalue()


def spoil(tenant_id: int) -> None:
    server, database = session.current()
    with server.superuser(database) as connection:
        connection.execute("SET session_replication_role = replica")
        connection.execute("UPDATE security_auditevent SET entry = '{}' WHERE tenant_id = %s", [tenant_id])


def test_verify_audit_says_that_a_tenants_trail_is_right_and_leaves_an_event() -> None:
    told = json.loads(run("verify_audit", "--tenant", "acme", "--json"))
    assert told == {
        "tenant": "acme",
        "ok": True,
        "entries": 1,
        "first_bad": None,
        "reason": None,
        "signed": 0,
        "forged": 0,
    }
    with tenant_scope(ACME):
        event = AuditEvent.objects.get(action="audit.verified")
    assert json.loads(event.entry)["actor"] == {"kind": "command", "name": "verify_audit"}
    assert json.loads(event.entry)["detail"] == {"valid": True, "entries": 1, "first_bad": None}


def test_a_dry_run_leaves_no_event() -> None:
    run("verify_audit", "--dry-run")
    with tenant_scope(ACME):
        assert AuditEvent.objects.count() == 1


def test_verify_audit_goes_through_all_tenants_and_fails_for_one_that_is_wrong() -> None:
    spoil(RIVAL)
    with pytest.raises(CommandError) as refused:
        run("verify_audit", "--json")
    assert refused.value.returncode == 1
    told = {line["tenant"]: line for line in map(json.loads, refused.value.output.splitlines())}  # type: ignore[attr-defined]
    assert told["acme"]["ok"]
    assert (told["rival"]["ok"], told["rival"]["first_bad"]) == (False, 1)


def test_without_json_it_speaks_in_sentences() -> None:
    assert run("verify_audit", "--tenant", "acme") == "acme: 1 events, all as they were written; not signed.\n"


@pytest.mark.parametrize("command", ["verify_audit", "export_audit"])
def test_an_unknown_tenant_is_said_so(command: str) -> None:
    with pytest.raises(CommandError, match="no tenant 'nobody'") as refused:
        run(command, "--tenant", "nobody")
    assert refused.value.returncode == 2


def test_an_export_is_an_event_holds_one_tenant_and_verifies_from_its_file(tmp_path: Path) -> None:
    file = tmp_path / "acme.jsonl"
    file.write_text(run("export_audit", "--tenant", "acme"), encoding="utf-8")
    lines = [json.loads(line) for line in file.read_text(encoding="utf-8").splitlines()]
    actions = [json.loads(line["entry"])["action"] for line in lines[1:]]
    assert actions == ["tenant.created", "audit.exported"]
    assert "rival" not in file.read_text(encoding="utf-8")
    told = json.loads(run("verify_audit", "--file", str(file), "--json"))
    assert told == {"ok": True, "entries": 2, "first_bad": None, "reason": None, "signed": 0, "forged": 0}


def test_a_file_that_was_changed_or_is_none_fails(tmp_path: Path) -> None:
    file = tmp_path / "acme.jsonl"
    file.write_text(
        run("export_audit", "--tenant", "acme").replace("tenant.created", "tenant.changed"), encoding="utf-8"
    )
    with pytest.raises(CommandError) as refused:
        run("verify_audit", "--file", str(file), "--json")
    assert json.loads(refused.value.output)["first_bad"] == 1  # type: ignore[attr-defined]
    file.write_bytes(b"\xff\xfe\x00")
    with pytest.raises(CommandError):
        run("verify_audit", "--file", str(file))
    with pytest.raises(CommandError, match="cannot be read"):
        run("verify_audit", "--file", str(tmp_path / "missing"))


@pytest.fixture
def worker(settings: Settings, tmp_path: Path) -> Path:
    """The worker's key and the folder of its memory."""
    settings.AUDIT_SIGNING_KEY = lambda: bytes(32)
    settings.AUDIT_CHECKPOINT_DIR = tmp_path / "memory"
    settings.AUDIT_CHECKPOINT_URLS = [f"file://{tmp_path}/outside"]
    return tmp_path


def test_the_public_key_is_printed_where_the_signing_key_is(worker: Path, settings: Settings) -> None:
    assert run("audit_key").startswith("chatplatform-audit+")
    settings.AUDIT_SIGNING_KEY = lambda: None
    with pytest.raises(CommandError, match="where the worker runs"):
        run("audit_key")


def test_verify_audit_takes_a_key_and_checkpoints_from_elsewhere(worker: Path) -> None:
    tasks.sign_checkpoints()
    with tenant_scope(ACME):
        chain = AuditHead.objects.get().chain
    key, held = run("audit_key").strip(), str(worker / "outside" / f"{chain}.txt")
    given = ("--tenant", "acme", "--json", "--key", key, "--held", held)
    assert json.loads(run("verify_audit", *given))["signed"] == 1
    file = worker / "acme.jsonl"
    file.write_text(run("export_audit", "--tenant", "acme"), encoding="utf-8")
    assert json.loads(run("verify_audit", "--file", str(file), *given[2:]))["signed"] == 1
    spoil(ACME)
    with pytest.raises(CommandError):
        run("verify_audit", *given)
    for wrong in (("--key", "nonsense"), ("--held", "missing")):
        with pytest.raises(CommandError, match="must be a") as refused:
            run("verify_audit", *wrong)
        assert refused.value.returncode == 2


def test_after_a_restore_an_operator_lets_signing_begin_anew_which_is_an_event(worker: Path) -> None:
    with pytest.raises(CommandError, match="Nothing is remembered"):
        run("accept_restore", "--tenant", "acme", "--reason", "a test")
    tasks.sign_checkpoints()
    server, database = session.current()
    with server.superuser(database) as connection:  # an older backup: nothing was signed yet
        connection.execute("SET session_replication_role = replica")
        for table in ("auditdetail", "auditevent", "audithead", "auditcheckpoint"):
            connection.execute(f"DELETE FROM security_{table} WHERE tenant_id = {ACME}".encode())
    with tenant_scope(ACME):
        record(Action.TENANT_CHANGED)
    tasks.sign_checkpoints()
    with tenant_scope(ACME):
        assert not AuditCheckpoint.objects.exists()
    told = run("accept_restore", "--tenant", "acme", "--reason", "the backup of Monday, 4242 4242 4242 4242")
    assert told == "acme: signing begins anew; what was signed up to 1 is set aside.\n"
    tasks.sign_checkpoints()
    with tenant_scope(ACME):
        event = AuditEvent.objects.get(action="audit.restored")
        assert AuditCheckpoint.objects.get().seq == event.seq
    assert json.loads(event.entry)["detail"] == {
        "reason": "the backup of Monday, •••• •••• •••• 4242",
        "signed_before": 1,
    }
