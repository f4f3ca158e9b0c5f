"""`export_visitor`: all that is kept about a visitor, as JSON."""

from __future__ import annotations

import json
from typing import Any
from uuid import UUID

from django.core.management.base import BaseCommand, CommandParser
from django.utils import timezone

from chat.management.visitors import add_visitor, where_is
from chat.retention.stores import store
from chat.retention.visitors.commanded import export_by_command
from security.context import Actor, ActorKind, acting
from security.scoping import tenant_scope


class Command(BaseCommand):
    """The document is written to standard output: where it is kept is for who asks to say."""

    help = "Write all that is kept about a visitor to standard output, the archive's conversations too."

    def add_arguments(self, parser: CommandParser) -> None:
        """Whose."""
        add_visitor(parser)

    def handle(self, *, visitor: UUID, tenant: str | None, **options: Any) -> None:  # noqa: ARG002 - Django's
        """Find him, then gather."""
        where = where_is(visitor, tenant)
        with acting(actor=Actor(ActorKind.COMMAND, name="export_visitor")), tenant_scope(where.id):
            document = export_by_command(visitor=visitor, store=store(), now=timezone.now())
        self.stdout.write(json.dumps(document, ensure_ascii=False, indent=2))
