"""`audit_key`: the public key that the worker's checkpoints are verified with."""

from __future__ import annotations

from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand, CommandError

from security.audit.checkpoints import shown_key
from security.crypto.signing import public_key


class Command(BaseCommand):
    """Print it, where the signing key is."""

    help = "Print the public key of the audit trail's checkpoints, to be handed to whoever verifies them."
    requires_system_checks: list[str] = []  # noqa: RUF012

    def handle(self, *_: Any, **__: Any) -> None:
        """One line."""
        seed = settings.AUDIT_SIGNING_KEY()
        if seed is None:
            raise CommandError("AUDIT_SIGNING_KEY is not set here: run this where the worker runs.", returncode=2)
        self.stdout.write(shown_key(public_key(seed)))
