"""`replace_tenant_key`: a new key for one organisation, and how far its replacement is."""

from __future__ import annotations

import json
from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser
from django.utils import timezone

from security.context import Actor, ActorKind, acting
from security.crypto import replacing
from security.errors import Conflict, NotFound
from security.scoping import tenant_scope
from tenants.selection import selected_tenants
from tenants.services.keys import begin_replacing, go_on_replacing

_WHOLE = 24 * 3600.0


class Command(BaseCommand):
    """Begins; workers do the rest. Run again it does what can be done now, as they would, and says what is left."""

    help = "Replace an organisation's key: everything goes under a new one, and the old one is destroyed."

    def add_arguments(self, parser: CommandParser) -> None:
        """Whose, and whether only to look."""
        parser.add_argument("--tenant", required=True, help="the organisation's short name")
        parser.add_argument("--status", action="store_true", help="begin nothing; say how far it is")
        parser.add_argument("--json", action="store_true", help="one JSON object")

    def handle(self, *, tenant: str, status: bool, **options: Any) -> None:
        """In the organisation's scope, step by step."""
        try:
            (of,) = selected_tenants(tenant)
        except NotFound:
            raise CommandError(f"There is no organisation {tenant}.", returncode=1) from None
        if status:
            with tenant_scope(of.id):
                found = replacing.progress(now=timezone.now())
        else:
            with acting(actor=Actor(ActorKind.COMMAND, name="replace_tenant_key")):
                self._begin(of.id)
                found = go_on_replacing(of.id, now=timezone.now(), seconds=_WHOLE)
        told = {"state": found.state.value, "version": found.version, "left": found.left}
        said = f"Key {found.version}: {found.state.value}, {found.left} keys are under an older one."
        self.stdout.write(json.dumps(told) if options["json"] else said)

    def _begin(self, tenant_id: int) -> None:
        try:
            with tenant_scope(tenant_id):
                begin_replacing(now=timezone.now())
        except Conflict as refused:
            if refused.code == "platform":
                raise CommandError("The platform's own key is not replaced so.", returncode=1) from None
