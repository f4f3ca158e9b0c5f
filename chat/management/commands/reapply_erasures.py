"""`reapply_erasures`: after a backup was restored, erase again who was erased since it was made."""

from __future__ import annotations

import json
from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser
from django.utils import timezone

from chat.retention.closing import reapply_closing
from chat.retention.stores import store
from chat.retention.visitors.reapplying import listed, reapply
from security.context import Actor, ActorKind, acting
from security.errors import NotFound
from security.scoping import tenant_scope
from tenants.selection import selected_tenants


class Command(BaseCommand):
    """The list lies beside the archive. Run twice it does the second time nothing."""

    help = "Erase again whom a restored backup has brought back. The list of erasures lies beside the archive."

    def add_arguments(self, parser: CommandParser) -> None:
        """Whose, and whether for real."""
        parser.add_argument("--tenant", metavar="SLUG", help="this organisation only; all by default")
        parser.add_argument("--dry-run", action="store_true", help="change nothing, say how many would be erased")
        parser.add_argument("--json", action="store_true", help="one JSON object for each organisation")

    def handle(self, *, tenant: str | None, dry_run: bool, **options: Any) -> None:
        """Each organisation in its scope."""
        try:
            selected = selected_tenants(tenant)
        except NotFound:
            raise CommandError(f"There is no tenant {tenant!r}.", returncode=2) from None
        kept_back = 0
        for each in selected:
            with acting(actor=Actor(ActorKind.COMMAND, name="reapply_erasures")), tenant_scope(each.id):
                again, kept = reapply(listed(store()), now=timezone.now(), dry_run=dry_run)
                closes = None if dry_run else reapply_closing(store=store())
            kept_back += kept
            told = {"tenant": each.slug, "erased": again, "kept": kept, "dry_run": dry_run}
            verb = "would be" if dry_run else "were"
            sentence = f"{each.slug}: {again} visitors {verb} erased again, {kept} are held or in a conversation."
            if closes is not None:
                told["closes_at"] = closes.isoformat()
                sentence += f" It had been closed: nobody gets in, and it is closed again on {closes:%Y-%m-%d}."
            self.stdout.write(json.dumps(told) if options["json"] else sentence)
        if kept_back:
            raise CommandError("Some visitors could not be erased again.", returncode=1)
