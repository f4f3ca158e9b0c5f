"""An organisation's account is closed: asked for by an owner, undone until the announced time, and then nothing of it is left.

Danger: everything of an organisation is destroyed. Rule: PostgreSQL decides by its own clock when it may begin (a week after it was asked for at the earliest,
and no legal hold is active), and lets rows of the trail go only then (migration `chat.0016`); whoever begins it holds the lock that holds are placed under,
and waits until no worker is at the organisation's archive. Keys go first. Killed anywhere, the next hour goes on; of two workers one goes on, step by
step, and the platform's trail says so together with the last step, or not at all. Proof: tests/chat/retention/test_closing.py.
"""

from __future__ import annotations

import json
import logging
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final
from uuid import UUID

from django.conf import settings
from django.db import connection, transaction
from django.db.models import Q
from django.urls import reverse
from django.utils.translation import gettext

from chat.models import ArchiveChunk, Closing, Erasure, LegalHold, OrganisationExport, Place, RetentionRun
from chat.retention.changing import is_confirmed
from chat.retention.exporting import objects_of
from chat.retention.rules import lock_deletions, lock_rules
from chat.retention.stores import Missing, Store, name_of
from chat.retention.visitors.copying import name_of_erasure
from security.accounts.mail import send
from security.accounts.people import forget_people
from security.audit import Action, record
from security.crypto import keyring
from security.errors import Conflict, Invalid
from security.permissions import Grant, Permission, require, require_member
from security.scoping import PLATFORM_TENANT_ID, be_patient, let_run, require_tenant_id, tenant_scope
from tenants.access import owners_to_tell
from tenants.models import Tenant, TenantStatus
from tenants.services.tenancy import is_closing, suspend_tenant

logger = logging.getLogger(__name__)

RIGHT: Final = Permission.CONFIGURATION_ACCOUNT
SOONEST: Final = 7
USUAL: Final = 30
LATEST: Final = 90
_AT_ONCE: Final = 20_000
_LONGEST_STEP: Final = 20 * 60
"""Of PostgreSQL's seconds for one statement: less than a task may take."""
_ALONE: Final = "SELECT pg_try_advisory_xact_lock(hashtextextended('chat.retention.closing', %s))"
_LONGEST_WAIT: Final = 300
"""In seconds, for a store's answer inside a transaction."""
_MOST_BYTES: Final = 1 << 12


@dataclass(frozen=True, slots=True)
class Announced:
    """When the account is closed; None for never. A legal hold keeps it from being closed, at its time too."""

    due_at: datetime | None
    is_held: bool


def read_closing(*, grant: Grant) -> Announced:
    """For owners."""
    require(grant, RIGHT)
    return Announced(_waiting().values_list("due_at", flat=True).first(), _is_held())


@transaction.atomic
def ask_to_close(*, grant: Grant, days: int, typed: str) -> datetime:
    """Announce it; when it is. Invalid("closing_days", "typed_name"), Conflict("closing_waits", "closing_held")."""
    require(grant, RIGHT)
    require_member(grant)
    if not SOONEST <= days <= LATEST:
        raise Invalid("closing_days")
    if not is_confirmed(typed):
        raise Invalid("typed_name")
    lock_rules()
    if _waiting().exists():
        raise Conflict("closing_waits")
    if _is_held():
        raise Conflict("closing_held")
    return _announce(days)


def _announce(days: int) -> datetime:
    due: datetime = _called("closing_ask", days)
    tenant = Tenant.objects.get()
    record(Action.TENANT_CLOSING_ASKED, on=tenant, due_at=due)
    _tell("closing_asked", tenant, due)
    return due


@transaction.atomic
def undo_closing(*, grant: Grant) -> None:
    """The account stays. Conflict("closing_begun") where nothing waits any more."""
    require(grant, RIGHT)
    require_member(grant)
    lock_rules()
    if not _called("closing_undo"):
        raise Conflict("closing_begun")
    tenant = Tenant.objects.get()
    record(Action.TENANT_CLOSING_UNDONE, on=tenant)
    _tell("closing_undone", tenant, None)


def _tell(template: str, tenant: Tenant, due: datetime | None) -> None:
    url = settings.SITE_URL + reverse("admin:account")
    for email in owners_to_tell():
        send(f"tenants/email/{template}", email, {"organisation": tenant.name, "due": due, "url": url})


def close(tenant_id: int, *, store: Store, now: datetime) -> bool:
    """Whether nothing of it is left; False where it is not its time, or it is held, or a worker is still at it. Opens its own scopes."""
    with tenant_scope(tenant_id):
        if not (_is_alone() and _begun(now)):
            return False
        tenant = Tenant.objects.get()
        names = _objects(tenant.public_id)
    mark = name_of_mark(tenant.public_id)
    store.write(mark, json.dumps({"closed_at": now.isoformat()}).encode())
    store.named(mark)
    for name in names:
        store.delete(name)
    while True:
        with tenant_scope(tenant_id):
            if not (_is_alone() and is_closing()):
                return False
            let_run(_LONGEST_STEP)
            if not _called("closing_sweep", _AT_ONCE):
                break
    if not _finish(tenant_id, tenant.public_id, objects=len(names)):
        return False
    keyring.forget_tenant(tenant_id)
    logger.warning("An organisation's account was closed: %s", tenant.public_id)
    return True


def _finish(tenant_id: int, organisation: UUID, *, objects: int) -> bool:
    """What is left goes, and the platform's trail says so, both or neither; False where another worker is at it, or was."""
    with transaction.atomic():
        with tenant_scope(tenant_id):
            if not (_is_alone() and is_closing()):
                return False
            let_run(_LONGEST_STEP)
            forget_people(_called("closing_finish"))
        with tenant_scope(PLATFORM_TENANT_ID):
            record(Action.TENANT_CLOSED, organisation=organisation, objects=objects)
    return True


def _is_alone() -> bool:
    """Whether no other worker closes this account, until the transaction ends."""
    with connection.cursor() as cursor:
        cursor.execute(_ALONE, [require_tenant_id()])
        row = cursor.fetchone()
    return bool(row and row[0])


def _begun(now: datetime) -> bool:
    """Begin, or go on. Nobody gets in from here on."""
    if is_closing():
        return True
    lock_deletions()
    Tenant.objects.select_for_update(no_key=True).get()
    if _is_held() or _is_worked_on(now) or not _called("closing_begin"):
        return False
    _shut()
    return True


def _shut() -> None:
    if Tenant.objects.filter(status=TenantStatus.ACTIVE.value).exists():
        suspend_tenant(reason=gettext("The account is closed, as was announced."))


def _is_worked_on(now: datetime) -> bool:
    """Whoever holds a lease may be about to write one more object."""
    leased = Q(leased_until__gt=now)
    return any(model.objects.filter(leased).exists() for model in (ArchiveChunk, RetentionRun, OrganisationExport))


def _is_held() -> bool:
    return LegalHold.objects.filter(released_at=None).exists()


def _waiting() -> Any:
    return Closing.objects.filter(undone_at=None)


def _objects(tenant: UUID) -> list[str]:
    """All that was ever laid beside the database; what was sent to the organisation's own server is its own."""
    chunks = ArchiveChunk.objects.filter(place=Place.ARCHIVE.value).values_list("public_id", flat=True)
    erased = Erasure.objects.values_list("visitor", flat=True)
    exports = [name for row in OrganisationExport.objects.all() for name in objects_of(tenant, row)]
    return [
        *(name_of(tenant, one) for one in chunks),
        *(name_of_erasure(tenant, one) for one in erased),
        *exports,
    ]


def name_of_mark(tenant: UUID) -> str:
    """Of what says, beside the archive, that an organisation was closed: no restored database replaces it."""
    return f"closed/{tenant.hex}.json"


@transaction.atomic
def reapply_closing(*, store: Store) -> datetime | None:
    """Where a restored backup brought a closed organisation back: nobody gets in, and it is closed again in a week; when, or None."""
    tenant = Tenant.objects.get()
    be_patient(_LONGEST_WAIT)
    try:
        store.read(name_of_mark(tenant.public_id), most=_MOST_BYTES)
    except Missing:
        return None
    _shut()
    waiting: datetime | None = _waiting().values_list("due_at", flat=True).first()
    return waiting or _announce(SOONEST)


def _called(function: str, *arguments: int) -> Any:
    with connection.cursor() as cursor:
        cursor.execute(f"SELECT {function}({', '.join(['%s'] * len(arguments))})", arguments)
        return cursor.fetchone()[0]
