"""`erase_visitor`: destroy all that is kept about a visitor."""

from __future__ import annotations

import json
from typing import Any
from uuid import UUID

from django.core.management.base import BaseCommand, CommandError, CommandParser
from django.utils import timezone

from chat.management.visitors import add_visitor, where_is
from chat.retention.stores import store
from chat.retention.visitors.commanded import erase_by_command
from chat.retention.visitors.copying import copy_erasures
from security.context import Actor, ActorKind, acting
from security.errors import Conflict
from security.scoping import tenant_scope

_WHY = {
    "visitor_held": "A legal hold keeps what there is of this visitor.",
    "visitor_in_chat": "This visitor is in a conversation. Close it first.",
    "deleting": "Just now something is being deleted. Try again in a minute.",
}


class Command(BaseCommand):
    """Final. What a legal hold keeps is not touched."""

    help = "Destroy all that is kept about a visitor, with its keys, in the archive too. It cannot be undone."

    def add_arguments(self, parser: CommandParser) -> None:
        """Whose."""
        add_visitor(parser)
        parser.add_argument("--dry-run", action="store_true", help="change nothing, say which organisation knows them")
        parser.add_argument("--json", action="store_true", help="one JSON object")

    def handle(self, *, visitor: UUID, tenant: str | None, dry_run: bool, **options: Any) -> None:
        """Find him, then erase."""
        where = where_is(visitor, tenant)
        told: dict[str, Any] = {"tenant": where.slug, "visitor": str(visitor), "dry_run": dry_run}
        if not dry_run:
            try:
                with acting(actor=Actor(ActorKind.COMMAND, name="erase_visitor")), tenant_scope(where.id):
                    row = erase_by_command(visitor=visitor, now=timezone.now())
            except Conflict as why:
                raise CommandError(_WHY.get(why.code, why.code), returncode=1) from None
            copy_erasures(where.id, store(), now=timezone.now())
            told |= {
                "certificate": str(row.public_id),
                "conversations": len(row.conversations),
                "messages": row.messages,
            }
        verb = "would be erased" if dry_run else f"was erased; certificate {told['certificate']}"
        self.stdout.write(json.dumps(told) if options["json"] else f"{where.slug}: {visitor} {verb}.")
