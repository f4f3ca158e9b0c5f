"""`restore_archive`: bring a conversation back from the archive."""

from __future__ import annotations

import json
from typing import Any
from uuid import UUID

from django.core.management.base import BaseCommand, CommandError, CommandParser
from django.utils import timezone

from chat.retention.chunks import Damaged
from chat.retention.restore import is_archived, restore_archived
from chat.retention.stores import Missing, store
from security.context import Actor, ActorKind, acting
from security.errors import Conflict, NotFound
from security.scoping import tenant_scope
from tenants.selection import Selected, selected_tenants


class Command(BaseCommand):
    """The conversation is found by its id among the organisations; `--tenant` narrows it."""

    help = "Bring a conversation back into the primary store for 30 days. Where it is there already, nothing is done."

    def add_arguments(self, parser: CommandParser) -> None:
        """The conversation's id."""
        parser.add_argument("conversation", metavar="ID", type=UUID)
        parser.add_argument("--tenant", metavar="SLUG", help="look in this organisation only")
        parser.add_argument("--dry-run", action="store_true", help="change nothing, say whether it is in the archive")
        parser.add_argument("--json", action="store_true", help="one JSON object")

    def handle(self, *, conversation: UUID, tenant: str | None, dry_run: bool, **options: Any) -> None:
        """Look for it, then bring it back."""
        try:
            selected = selected_tenants(tenant)
        except NotFound:
            raise CommandError(f"There is no tenant {tenant!r}.", returncode=2) from None
        where = next((each for each in selected if _has(each, conversation)), None)
        if where is None:
            raise CommandError("No such conversation is in the archive.", returncode=1)
        if not dry_run:
            _restore(where, conversation)
        told = {"tenant": where.slug, "conversation": str(conversation), "dry_run": dry_run}
        verb = "is in the archive" if dry_run else "is back for 30 days"
        self.stdout.write(json.dumps(told) if options["json"] else f"{where.slug}: {conversation} {verb}.")


def _has(each: Selected, conversation: UUID) -> bool:
    with tenant_scope(each.id):
        return is_archived(conversation)


def _restore(each: Selected, conversation: UUID) -> None:
    try:
        with acting(actor=Actor(ActorKind.COMMAND, name="restore_archive")), tenant_scope(each.id):
            restore_archived(conversation=conversation, now=timezone.now(), store=store())
    except Conflict:
        return  # somebody else was faster: it is there
    except NotFound:
        raise CommandError("Its key was destroyed: nobody can read it any more.", returncode=1) from None
    except Missing:
        raise CommandError("The archive does not have the object it should lie in.", returncode=1) from None
    except Damaged as why:
        raise CommandError(str(why), returncode=1) from None
