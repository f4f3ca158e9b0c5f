"""`remask`: mask what a tenant has stored again, by the rules that are active now."""

from __future__ import annotations

import json
from typing import Any
from uuid import uuid4

from django.core.management.base import BaseCommand, CommandError, CommandParser
from django.utils import timezone

from chat.models import JobKind, JobStatus, MaskingJob
from chat.services import masking_jobs
from chat.tally import MOST_SHAPES, Tally
from security.context import Actor, ActorKind, acting
from security.errors import Conflict, NotFound
from security.scoping import tenant_scope
from tenants.selection import selected_tenants

_COUNTS = ("messages", "conversations", "visitors", "failed", "tags")


class Command(BaseCommand):
    """Does in the foreground what the Masking page does with a worker; the two never do the same step twice."""

    help = "Mask stored conversations and visitors again by the active rules. Killed and run again it goes on where it was."

    def add_arguments(self, parser: CommandParser) -> None:
        """One organisation at a time."""
        parser.add_argument("--tenant", metavar="SLUG", required=True)
        parser.add_argument("--dry-run", action="store_true", help="change nothing, say what would change")
        parser.add_argument("--json", action="store_true", help="one JSON object")

    def handle(self, *, tenant: str, dry_run: bool, **options: Any) -> None:
        """Step by step until it is done."""
        try:
            (found,) = selected_tenants(tenant)
        except NotFound:
            raise CommandError(f"There is no tenant {tenant!r}.", returncode=2) from None
        kind = JobKind.REMASK_TRIAL if dry_run else JobKind.REMASK
        with acting(actor=Actor(ActorKind.COMMAND, name="remask")):
            job = self._run(found.id, kind, shows_progress=self.stderr.isatty() and not options["json"])
        self.stdout.write(_json(tenant, job) if options["json"] else _sentence(tenant, job, is_trial=dry_run))
        if job.status != JobStatus.DONE.value or job.found.get("failed"):
            raise CommandError("Not everything was masked.", returncode=1)

    def _run(self, tenant_id: int, kind: JobKind, *, shows_progress: bool) -> MaskingJob:
        worker = uuid4()
        try:
            with tenant_scope(tenant_id):
                public_id = masking_jobs.begin_or_take_over(kind=kind, now=timezone.now()).public_id
        except Conflict:
            raise CommandError("It is paused: resume or cancel it on the Masking page.", returncode=1) from None
        while True:
            with tenant_scope(tenant_id):
                goes_on = masking_jobs.advance(job=public_id, worker=worker, now=timezone.now())
                job = masking_jobs.job_of(public_id)
            if shows_progress:
                self.stderr.write(f"\r{job.done} of {job.total}", ending="")
            if not goes_on:
                return job


def _json(tenant: str, job: MaskingJob) -> str:
    tally = Tally.of(job.found)
    told = {"tenant": tenant, "status": job.status, "read": tally.read}
    return json.dumps({**told, **{name: job.found.get(name, 0) for name in _COUNTS}, "rules": _rules(tally)})


def _rules(tally: Tally) -> list[dict[str, Any]]:
    return [
        {
            "kind": kind,
            "rule": rule,
            "messages": hits.messages,
            "hits": hits.hits,
            "shapes": dict(hits.shapes.most_common(MOST_SHAPES)),
        }
        for (kind, rule), hits in tally.rules.items()
    ]


def _sentence(tenant: str, job: MaskingJob, *, is_trial: bool) -> str:
    found, tally = job.found, Tally.of(job.found)
    verb = "would be" if is_trial else "were"
    summary = (
        f"{tenant}: {tally.read} texts were read; {found.get('messages', 0)} in {found.get('conversations', 0)} conversations"
        f" and {found.get('visitors', 0)} visitors {verb} masked again, {found.get('failed', 0)} failed."
    )
    lines = [summary, *(_line(entry) for entry in _rules(tally))]
    if found.get("tags"):
        lines.append(f"  {found['tags']} tags hold what the rules hide: rename them in the admin.")
    return "\n".join(lines)


def _line(entry: dict[str, Any]) -> str:
    shapes = ", ".join(entry["shapes"])
    return f"  {entry['kind']} {entry['rule']}: {entry['hits']} in {entry['messages']} texts, such as {shapes}"
