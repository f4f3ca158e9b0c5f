"""`export_audit`: a tenant's trail as JSON lines on standard output, for `verify_audit --file` and for whoever keeps it."""

from __future__ import annotations

from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser

from security.audit.export import export_tenant
from security.context import Actor, ActorKind, acting
from security.errors import NotFound
from tenants.selection import selected_tenants


class Command(BaseCommand):
    """Write the trail of one tenant, page by page; the export is an event of that trail."""

    help = "Export a tenant's audit trail as JSON lines; names and addresses are in it in the clear."

    def add_arguments(self, parser: CommandParser) -> None:
        """One export holds one chain, so the tenant has to be named."""
        parser.add_argument("--tenant", metavar="SLUG", required=True)

    def handle(self, *_: Any, **options: Any) -> None:
        """Stream the lines as they are read."""
        try:
            (tenant,) = selected_tenants(options["tenant"])
        except NotFound:
            raise CommandError(f"There is no tenant {options['tenant']!r}.", returncode=2) from None
        with acting(actor=Actor(ActorKind.COMMAND, name="export_audit")):
            for line in export_tenant(tenant.id):
                self.stdout.write(line)
