"""`verify_audit`: is the trail as it was written? Exits with 1 where it is not."""

from __future__ import annotations

import json
from collections.abc import Iterable
from dataclasses import asdict
from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser

from security.audit import Action, record
from security.audit.notes import Note, read_key, read_notes
from security.audit.offline import verify
from security.audit.verify import verify_tenant
from security.audit.walk import Report
from security.context import Actor, ActorKind, acting
from security.errors import NotFound
from security.scoping import tenant_scope
from tenants.selection import Selected, selected_tenants


class Command(BaseCommand):
    """Follow the chain of each tenant, or of an export, and name the first event that is not as it was written."""

    help = "Verify the audit trail in the database, or in an export. Each verification is an event itself."

    def add_arguments(self, parser: CommandParser) -> None:
        """`--file` needs no database."""
        parser.add_argument("--tenant", metavar="SLUG", help="only this tenant (default: all)")
        parser.add_argument("--file", metavar="EXPORT", type=Path, help="verify this output of export_audit instead")
        parser.add_argument("--key", action="append", help="believe this public key; may be given again")
        parser.add_argument("--held", action="append", type=Path, help="a file of checkpoints that were kept elsewhere")
        parser.add_argument("--json", action="store_true", help="one JSON object a line")
        parser.add_argument("--dry-run", action="store_true", help="verify, and leave no event about it")

    def handle(self, *_: Any, **options: Any) -> None:
        """Print a line for each chain."""
        keys, held = _keys(options["key"] or ()), _held(options["held"] or ())
        if options["file"]:
            reports = [(str(options["file"]), _of_file(options["file"], keys, held))]
        else:
            chosen = _selected(options["tenant"])
            reports = [(one.slug, _of_tenant(one, keys, held, is_dry=options["dry_run"])) for one in chosen]
        for name, report in reports:
            self.stdout.write(_json(name, report, options) if options["json"] else _sentence(name, report))
        if not all(report.ok for _, report in reports):
            raise CommandError("The audit trail is not as it was written.", returncode=1)


def _selected(slug: str | None) -> list[Selected]:
    try:
        return selected_tenants(slug)
    except NotFound:
        raise CommandError(f"There is no tenant {slug!r}.", returncode=2) from None


def _keys(given: Iterable[str]) -> list[bytes]:
    try:
        return [read_key(key) for key in given]
    except ValueError:
        raise CommandError("--key must be a public key as `audit_key` prints it.", returncode=2) from None


def _held(paths: Iterable[Path]) -> list[Note]:
    try:
        return [note for path in paths for note in read_notes(path.read_text(encoding="utf-8"))]
    except (OSError, ValueError):
        raise CommandError("--held must be a file with checkpoints.", returncode=2) from None


def _of_tenant(tenant: Selected, keys: list[bytes], held: list[Note], *, is_dry: bool) -> Report:
    report = verify_tenant(tenant.id, keys=keys or None, held=held)
    if not is_dry:
        with acting(actor=Actor(ActorKind.COMMAND, name="verify_audit")), tenant_scope(tenant.id):
            record(Action.AUDIT_VERIFIED, valid=report.ok, entries=report.entries, first_bad=report.first_bad)
    return report


def _of_file(path: Path, keys: list[bytes], held: list[Note]) -> Report:
    try:
        with path.open(encoding="utf-8") as lines:
            return verify(lines, keys=keys, held=held)
    except OSError as error:
        raise CommandError(f"{path} cannot be read: {error.strerror}.", returncode=2) from None
    except UnicodeDecodeError:
        return Report(False, 0, None, "this is not an export of an audit trail")


def _json(name: str, report: Report, options: dict[str, Any]) -> str:
    told: dict[str, object] = asdict(report)
    return json.dumps(told if options["file"] else {"tenant": name, **told})


def _sentence(name: str, report: Report) -> str:
    if report.ok:
        signed = f"signed up to {report.signed}" if report.signed else "not signed"
        forged = f" {report.forged} checkpoints that no key signed were passed over." if report.forged else ""
        return f"{name}: {report.entries} events, all as they were written; {signed}.{forged}"
    return f"{name}: event {report.first_bad or '?'}: {report.reason}."
