"""Keys of an organisation, as who runs the machine looks after them."""

from __future__ import annotations

from django.db import transaction

from security.audit import Action, record
from security.crypto import rotation


@transaction.atomic
def rotate_master(*, dry_run: bool = False) -> int:
    """Wrap the keys of the tenant in scope by the newest master key; how many were, or would be. For commands. Undecryptable."""
    if dry_run:
        return rotation.outdated()
    done = rotation.rewrap()
    if done:
        record(Action.KEY_REWRAPPED, keys=done)
    return done
