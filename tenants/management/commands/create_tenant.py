"""Make an organisation for a customer."""

from __future__ import annotations

import json
from argparse import ArgumentParser
from typing import Any

from django.core.exceptions import ValidationError
from django.core.management.base import BaseCommand, CommandError
from django.core.validators import validate_email
from django.db import transaction

from security.context import Actor, ActorKind, acting
from security.errors import Conflict, Invalid
from security.forms import spells_no_secret
from security.masking import mask_line
from tenants.services.founding import found_for

_SENTENCES = {
    "slug_taken": "There is an organisation with this slug already.",
    "slug": "A slug consists of lower-case letters, digits and hyphens.",
    "name": "The name must not be blank.",
}
_WRONG = "--owner-email must be an e-mail address; neither it nor --slug may hold a number that must not be kept."


class Command(BaseCommand):
    """`create_tenant --slug acme --name Acme --owner-email olga@acme.example`."""

    help = "Makes an organisation and invites its owner by mail. With a slug that exists: does nothing, and fails."

    def add_arguments(self, parser: ArgumentParser) -> None:
        """Slug, name and the owner's address."""
        parser.add_argument("--slug", required=True)
        parser.add_argument("--name", required=True)
        parser.add_argument("--owner-email", required=True)
        parser.add_argument("--json", action="store_true", help="print one JSON object")
        parser.add_argument("--dry-run", action="store_true", help="check everything, change nothing, send nothing")

    def handle(self, *args: Any, **options: Any) -> None:  # noqa: ARG002 - Django's interface
        """One transaction; the mail goes out after it."""
        try:
            validate_email(options["owner_email"])
            for word in (options["owner_email"], options["slug"]):
                spells_no_secret(word)
            with acting(actor=Actor(ActorKind.COMMAND, name="create_tenant")), transaction.atomic():
                founded = found_for(slug=options["slug"], name=mask_line(options["name"]), email=options["owner_email"])
                if options["dry_run"]:
                    transaction.set_rollback(True)
        except ValidationError:
            raise CommandError(_WRONG) from None
        except (Conflict, Invalid) as error:
            raise CommandError(_SENTENCES.get(error.code, error.code)) from None
        told = {"slug": founded.slug, "owner": founded.owner.email, "dry_run": options["dry_run"]}
        self.stdout.write(json.dumps(told) if options["json"] else f"{founded.slug}: {founded.owner.email} is invited.")
