"""`export_organisation`: everything that an organisation has, into an empty folder."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser
from django.utils import timezone

from chat.retention.leaving import take_along
from chat.retention.stores import store
from security.context import Actor, ActorKind, acting
from security.errors import Conflict, Invalid, NotFound
from tenants.selection import selected_tenants


class Command(BaseCommand):
    """Some rows at a time, each in a scope of its own; begun again from the beginning where it was stopped."""

    help = "Write an organisation's transcripts, archive, visitors and audit trail into an empty folder."

    def add_arguments(self, parser: CommandParser) -> None:
        """Whose, where to, and for whose eyes."""
        parser.add_argument("--tenant", required=True, help="the organisation's short name")
        parser.add_argument("--to", required=True, type=Path, metavar="FOLDER", help="an empty folder, or a new one")
        parser.add_argument("--recipient", default="", help="a public key of age: only its holder reads the files")
        parser.add_argument("--json", action="store_true", help="one JSON object")

    def handle(self, *, tenant: str, to: Path, recipient: str, **options: Any) -> None:
        """Take it along."""
        try:
            (of,) = selected_tenants(tenant)
        except NotFound:
            raise CommandError(f"There is no organisation {tenant}.", returncode=1) from None
        try:
            with acting(actor=Actor(ActorKind.COMMAND, name="export_organisation")):
                taken = take_along(of.id, into=to, store=store(), now=timezone.now(), recipient=recipient)
        except Conflict:
            raise CommandError(f"{to} is not empty; name another folder.", returncode=1) from None
        except Invalid:
            raise CommandError("--recipient is no public key of age, such as age1….", returncode=1) from None
        told = {part: taken.lines(part) for part in ("transcripts", "archived", "visitors", "trail")}
        told |= {"files": len(taken.files), "unreadable": len(taken.unreadable)}
        said = ", ".join(f"{count} {name}" for name, count in told.items())
        self.stdout.write(json.dumps(told) if options["json"] else f"Written to {to}: {said}.")
        if taken.unreadable:
            raise CommandError("Some conversations do not open; manifest.json names them.", returncode=1)
