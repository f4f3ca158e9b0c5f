"""`rotate_keys`: put every organisation's keys under the newest master key."""

from __future__ import annotations

import json
from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser

from security.context import Actor, ActorKind, acting
from security.crypto.envelope import Undecryptable
from security.scoping import tenant_scope
from tenants.selection import selected_tenants
from tenants.services.keys import rotate_master


class Command(BaseCommand):
    """While everything runs: readers open with every master key that is configured. Run twice it does the second time nothing."""

    help = "Wrap each organisation's keys by the first key of CRYPTOGRAPHY_KEY; then the older ones can be taken away."

    def add_arguments(self, parser: CommandParser) -> None:
        """Whether for real."""
        parser.add_argument(
            "--dry-run", action="store_true", help="change nothing, say how many are under an older key"
        )
        parser.add_argument("--json", action="store_true", help="one JSON object")

    def handle(self, *, dry_run: bool, **options: Any) -> None:
        """Each organisation in a transaction of its own."""
        done, failed = 0, []
        for each in selected_tenants():
            try:
                with acting(actor=Actor(ActorKind.COMMAND, name="rotate_keys")), tenant_scope(each.id):
                    done += rotate_master(dry_run=dry_run)
            except Undecryptable:
                failed.append(each.slug)
        told = {"keys": done, "failed": failed, "dry_run": dry_run}
        verb = "would be" if dry_run else "were"
        self.stdout.write(
            json.dumps(told) if options["json"] else f"{done} keys {verb} wrapped by the newest master key."
        )
        if failed:
            raise CommandError(
                f"No key of CRYPTOGRAPHY_KEY opens those of {', '.join(failed)}; nothing of theirs was changed.",
                returncode=1,
            )
