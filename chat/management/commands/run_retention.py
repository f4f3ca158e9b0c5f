"""`run_retention`: do, or say beforehand, what is due today."""

from __future__ import annotations

import json
from datetime import datetime
from typing import Any
from uuid import uuid4

from django.conf import settings
from django.core.management.base import BaseCommand, CommandError, CommandParser
from django.utils import timezone
from django.utils.dateparse import parse_datetime

from chat.retention import days
from chat.retention.preview import Effect, effect
from chat.retention.stores import store
from chat.retention.work import Found
from security.context import Actor, ActorKind, acting
from security.errors import NotFound
from security.scoping import tenant_scope
from tenants.selection import Selected, selected_tenants


class Command(BaseCommand):
    """One line for each organisation. With `--dry-run` the same functions are asked, and nothing is changed."""

    help = "Archive and purge the conversations whose time is over. Run twice a day it does the second time nothing."

    def add_arguments(self, parser: CommandParser) -> None:
        """Whose, when, and whether for real."""
        parser.add_argument("--tenant", metavar="SLUG", help="this organisation only; all by default")
        parser.add_argument("--dry-run", action="store_true", help="change nothing, say what would be done")
        parser.add_argument("--now", metavar="TIME", help="at this time (RFC 3339); only with --dry-run or DEMO=1")
        parser.add_argument("--json", action="store_true", help="one JSON object for each organisation")

    def handle(self, *, tenant: str | None, dry_run: bool, now: str | None, **options: Any) -> None:
        """Every one of them, even if one fails."""
        at = _time(now, is_allowed=dry_run or settings.DEMO)
        try:
            selected = selected_tenants(tenant)
        except NotFound:
            raise CommandError(f"There is no tenant {tenant!r}.", returncode=2) from None
        failed = 0
        for each in selected:
            try:
                with acting(actor=Actor(ActorKind.COMMAND, name="run_retention")):
                    told = self._told(each, at, dry_run=dry_run)
            except Exception as error:  # noqa: BLE001 - one organisation's failure is its own
                self.stderr.write(
                    f"{each.slug}: failed ({type(error).__name__}); nothing that was not verified was deleted."
                )
                failed += 1
                continue
            failed += told["failed"]
            self.stdout.write(json.dumps(told) if options["json"] else _sentence(told, dry_run=dry_run))
        if failed:
            raise CommandError("Some conversations could not be archived; they stay where they are.", returncode=1)

    def _told(self, each: Selected, at: datetime, *, dry_run: bool) -> dict[str, Any]:
        found = None if dry_run else days.run_day(each.id, at, worker=uuid4(), store=store(), clock=timezone.now)
        with tenant_scope(each.id):
            would = effect(at)
        done: Found | Effect | None = would if dry_run else found
        return {
            "tenant": each.slug,
            "archived": done.archived if done else 0,
            "purged": done.purged if done else 0,
            "sent": done.sent if done else 0,
            "held": done.held if done else would.held,
            "visitors": done.visitors if done else 0,
            "failed": found.failed if found else 0,
            "next": would.next.isoformat() if would.next else None,
        }


def _time(given: str | None, *, is_allowed: bool) -> datetime:
    if given is None:
        return timezone.now()
    if not is_allowed:
        raise CommandError(
            "--now is for --dry-run and the demo: a wrong clock deletes what should be kept.", returncode=2
        )
    try:
        found = parse_datetime(given)
    except ValueError:
        found = None
    if found is None or found.tzinfo is None:
        raise CommandError("--now must be a time with its zone, such as 2026-11-22T12:00:00Z.", returncode=2)
    return found


def _sentence(told: dict[str, Any], *, dry_run: bool) -> str:
    verb = "would be" if dry_run else "were"
    following = f"; the next comes due on {told['next']}" if told["next"] else ""
    return (
        f"{told['tenant']}: {told['archived']} conversations {verb} archived, {told['purged']} purged, {told['sent']} sent to the "
        f"organisation's own server, {told['visitors']} visitors without conversations erased, {told['held']} are held, {told['failed']} failed{following}."
    )
