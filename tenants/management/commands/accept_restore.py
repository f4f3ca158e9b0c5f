"""`accept_restore`: after a restore the worker signs nothing, since history went back; an operator says that this is known."""

from __future__ import annotations

from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand, CommandError, CommandParser
from django.utils import timezone

from security.audit import Action, record
from security.audit.memory import Memory
from security.audit.notes import read_note
from security.context import Actor, ActorKind, acting
from security.errors import NotFound
from security.masking import mask_line
from security.scoping import tenant_scope
from tenants.selection import selected_tenants


class Command(BaseCommand):
    """Set aside what the signer remembers of a chain; what was signed before stays where copies of it lie."""

    help = "Let the worker sign an audit trail anew from what a restored database holds, or with another key. Is an event itself."

    def add_arguments(self, parser: CommandParser) -> None:
        """One chain at a time, with a reason for whoever reads the trail."""
        parser.add_argument("--tenant", metavar="SLUG", required=True)
        parser.add_argument("--reason", required=True, help="what happened; it stands in the trail")

    def handle(self, *_: Any, **options: Any) -> None:
        """Run it where the worker keeps its memory."""
        try:
            (tenant,) = selected_tenants(options["tenant"])
        except NotFound:
            raise CommandError(f"There is no tenant {options['tenant']!r}.", returncode=2) from None
        memory = Memory(settings.AUDIT_CHECKPOINT_DIR)
        with memory.held(tenant.id) as is_ours:
            if not is_ours:
                raise CommandError("The worker is signing this trail at the moment; try again.", returncode=1)
            kept = memory.last(tenant.id)
            if kept is None:
                raise CommandError("Nothing is remembered of this trail here, so nothing is in the way.", returncode=1)
            signed = read_note(kept).seq
            with acting(actor=Actor(ActorKind.COMMAND, name="accept_restore")), tenant_scope(tenant.id):
                record(Action.AUDIT_RESTORED, reason=mask_line(options["reason"]), signed_before=signed)
            memory.set_aside(tenant.id, timezone.now())
        self.stdout.write(f"{tenant.slug}: signing begins anew; what was signed up to {signed} is set aside.")
