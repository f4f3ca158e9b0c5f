"""Keys of an organisation: under which master key they are, and a new one in place of the old."""

from __future__ import annotations

from datetime import datetime
from time import monotonic
from typing import Final

from django.db import transaction

from security.audit import Action, record
from security.crypto import replacing, rotation
from security.crypto.replacing import Progress, Replacing, State
from security.errors import Conflict
from security.permissions import Grant, Permission, require, require_member
from security.scoping import PLATFORM_TENANT_ID, require_tenant_id, tenant_scope

RIGHT: Final = Permission.CONFIGURATION_KEYS


@transaction.atomic
def rotate_master(*, dry_run: bool = False) -> int:
    """Wrap the keys of the tenant in scope by the newest master key; how many were, or would be. For commands. Undecryptable."""
    if dry_run:
        return rotation.outdated()
    done = rotation.rewrap()
    if done:
        record(Action.KEY_REWRAPPED, keys=done)
    return done


def read_keys(*, grant: Grant, now: datetime) -> Progress:
    """Whether the organisation's key is being replaced, and how far that is."""
    require(grant, RIGHT)
    return replacing.progress(now=now)


@transaction.atomic
def replace_key(*, grant: Grant, now: datetime) -> int:
    """Begin to replace the organisation's key; the new one's version. Conflict("replacing")."""
    require(grant, RIGHT)
    require_member(grant)
    return begin_replacing(now=now)


@transaction.atomic
def begin_replacing(*, now: datetime) -> int:
    """As `replace_key`, for commands. Conflict("replacing", "platform")."""
    if require_tenant_id() == PLATFORM_TENANT_ID:
        raise Conflict("platform")  # people's second factors are under it, and belong to no organisation
    try:
        version = replacing.announce(now=now)
    except Replacing:
        raise Conflict("replacing") from None
    record(Action.KEY_REPLACED, version=version)
    return version


def go_on_replacing(tenant_id: int, *, now: datetime, seconds: float) -> Progress:
    """What can be done now, for so long at most; each step in a scope of its own, so that what is done stays done."""
    until, after = monotonic() + seconds, 0
    while True:
        with tenant_scope(tenant_id):
            found, after = replacing.advance(now=now, after=after)
            if found.destroyed:
                record(Action.KEY_DESTROYED, version=found.version, destroyed=found.destroyed)
        if not found.is_moved or found.state is State.DONE or monotonic() >= until:
            return found
