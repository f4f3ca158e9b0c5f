from __future__ import annotations

import json
from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand, CommandError, CommandParser
from django.utils import timezone

from chat.demo import people
from chat.demo.seeding import seed
from security.context import Actor, ActorKind, acting


class Command(BaseCommand):
    """Without DEMO=1 nothing is made, and the demo's accounts are switched off."""

    help = "Fill in the demo: organisations Acme and Rival with people and conversations. Twice is the same as once."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--tenant", metavar="SLUG", help="only this one of the demo's organisations")
        parser.add_argument("--dry-run", action="store_true", help="say what would be made, make nothing")
        parser.add_argument("--json", action="store_true", help="one JSON object a line")

    def handle(self, *, tenant: str | None, dry_run: bool, **options: Any) -> None:
        slugs = [found.slug for found in people.ORGANISATIONS]
        if tenant is not None and tenant not in slugs:
            raise CommandError(f"The demo has no organisation {tenant!r}; it has {' and '.join(slugs)}.")
        if dry_run:
            self.stdout.write(f"Would fill in {tenant or ' and '.join(slugs)}.")
            return
        with acting(actor=Actor(ActorKind.COMMAND, name="seed_demo")):
            if not settings.DEMO:
                people.switch_accounts(is_active=False)
                raise CommandError("The demo's passwords are public: it exists only with DEMO=1.")
            for slug, conversations in seed(now=timezone.now(), slug=tenant):
                self._say(slug, conversations, as_json=options["json"])

    def _say(self, slug: str, conversations: int, *, as_json: bool) -> None:
        if as_json:
            self.stdout.write(json.dumps({"tenant": slug, "conversations": conversations}))
        else:
            self.stdout.write(f"{slug}: {conversations} new conversations")
