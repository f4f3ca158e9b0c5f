"""Everything of an organisation for its owners, asked for on a page: made by a worker, sealed part by part beside the archive, and gone after a week.

Danger: a copy of everything, within a browser's reach. Rule: who may close the account asks for it and takes it, each time with an event that says so; the
parts lie sealed under a key of their own, nothing in clear touches a disk, and key and parts go at `KEPT_FOR`. Proof: tests/chat/retention/test_exporting.py.
"""

from __future__ import annotations

import base64
import io
import logging
import zipfile
from collections.abc import Callable, Iterator
from datetime import datetime, timedelta
from typing import Final
from uuid import UUID

from django.db import transaction
from django.db.models import Q

from chat.models import ArchivedConversation, Conversation, ExportState, OrganisationExport, Visitor
from chat.retention.leaving import Taken, give_all
from chat.retention.rules import lock_deletions
from chat.retention.stores import Store
from security.audit import Action, record
from security.crypto import keyring
from security.crypto.envelope import AAD_VERSION, bind, new_key, open_sealed, record_aad, seal
from security.crypto.replacing import UnderTenantKey
from security.crypto.sealed import open_by_any, seal_data
from security.errors import Conflict, NotFound
from security.permissions import Grant, Permission, require, require_member
from security.scoping import let_run, require_tenant_id, tenant_scope
from tenants.models import Tenant
from tenants.services.tenancy import is_closing

logger = logging.getLogger(__name__)

RIGHT: Final = Permission.CONFIGURATION_ACCOUNT
KEPT_FOR: Final = timedelta(days=7)
LEASE: Final = timedelta(minutes=10)
"""Longer than one part takes."""
TRIES: Final = 3
"""Workers that take up one export: what kills or fails each of them does so for good."""
_LONGEST_COUNT: Final = 300
_PURPOSE: Final = "organisation export"
_SHOWN: Final = 10
_SLACK: Final = 1 << 12
"""More than sealing adds to a part."""


class Stopped(Exception):
    """Somebody cancelled it, or another worker has it."""


@transaction.atomic
def begin_export(*, grant: Grant, now: datetime) -> OrganisationExport:
    """For a worker to carry out. Conflict("export_runs")."""
    require(grant, RIGHT)
    require_member(grant)
    Tenant.objects.select_for_update(no_key=True).get()
    if OrganisationExport.objects.filter(state=ExportState.RUNNING.value).exists():
        raise Conflict("export_runs")
    row = OrganisationExport(asked_by_id=grant.membership_id, asked_at=now, expires_at=now + KEPT_FOR)
    secret = base64.b64encode(new_key()).decode()
    row.secret = seal_data(secret, keyring.derived_key(_PURPOSE), _place(row.public_id))
    row.save(force_insert=True)
    record(Action.TENANT_EXPORTED, on=Tenant.objects.get())  # how much it is, its worker counts
    return row


def read_exports(*, grant: Grant) -> list[OrganisationExport]:
    """The last ones."""
    require(grant, RIGHT)
    return list(OrganisationExport.objects.order_by("-asked_at", "-pk")[:_SHOWN])


@transaction.atomic
def cancel_export(*, grant: Grant, export: UUID, now: datetime) -> None:
    """Stop it, or take away what is finished: its parts go within the hour. NotFound."""
    require(grant, RIGHT)
    require_member(grant)
    row = _access(export)
    rows = OrganisationExport.objects.filter(pk=row.pk).exclude(state=ExportState.CANCELLED.value)
    if rows.update(state=ExportState.CANCELLED.value, finished_at=now, expires_at=now):
        record(Action.TENANT_EXPORT_CANCELLED, on=row)


def carry_out(tenant_id: int, export: UUID, *, store: Store, clock: Callable[[], datetime]) -> bool:
    """Make all of it; False where it is not to be made (any more), or somebody is at it. What a killed worker had begun is made anew."""
    with tenant_scope(tenant_id):
        row = _leased(export, clock())
    if row is None:
        return False
    try:
        return _make(tenant_id, row, store=store, clock=clock)
    except Stopped:
        return False
    except Exception:
        with tenant_scope(tenant_id):
            _give_back(row, clock())
        raise


def _make(tenant_id: int, row: OrganisationExport, *, store: Store, clock: Callable[[], datetime]) -> bool:
    with tenant_scope(tenant_id):
        let_run(_LONGEST_COUNT)
        tenant, key = Tenant.objects.values_list("public_id", flat=True).get(), _key(row)
        row.total = sum(model.objects.count() for model in (Conversation, ArchivedConversation, Visitor))
        OrganisationExport.objects.filter(pk=row.pk).update(total=row.total)
    for name in objects_of(tenant, row):  # of a worker that was killed
        store.delete(name)
    row.parts = []
    taken, work = Taken(str(tenant), row.asked_at.isoformat()), _Parts(tenant_id, tenant, row, key, store, clock)
    give_all(tenant_id, taken, to=work.put, store=store)
    with tenant_scope(tenant_id):
        mine = OrganisationExport.objects.filter(pk=row.pk, state=ExportState.RUNNING.value)
        done = {"state": ExportState.DONE.value, "finished_at": clock(), "expires_at": clock() + KEPT_FOR}
        return bool(mine.update(**done, unreadable=len(taken.unreadable), done=row.total, leased_until=None))


def _give_back(row: OrganisationExport, at: datetime) -> None:
    """For another try; after the last one it has failed, and its owner can ask for a new one."""
    mine = OrganisationExport.objects.filter(pk=row.pk, leased_until=row.leased_until, state=ExportState.RUNNING.value)
    failed = {"state": ExportState.FAILED.value, "finished_at": at} if row.tries >= TRIES else {}
    mine.update(leased_until=None, **failed)


class _Parts:
    """Takes part after part, seals it, and keeps the lease; Stopped once it is lost."""

    def __init__(
        self,
        tenant_id: int,
        tenant: UUID,
        row: OrganisationExport,
        key: bytes,
        store: Store,
        clock: Callable[[], datetime],
    ) -> None:
        self._tenant_id, self._tenant, self._row, self._key = tenant_id, tenant, row, key
        self._store, self._clock, self._done = store, clock, 0

    def put(self, name: str, data: bytes) -> None:
        """Sealed for its place, then noted."""
        number = len(self._row.parts) + 1
        self._row.parts = [*self._row.parts, {"name": name, "size": len(data)}]
        if not name.startswith(("trail-", "manifest")):
            self._done += data.count(b"\n")
        with tenant_scope(self._tenant_id):  # noted first: what lies there is always known, to be taken away
            mine = OrganisationExport.objects.filter(
                pk=self._row.pk, state=ExportState.RUNNING.value, leased_until=self._row.leased_until
            )
            self._row.leased_until = self._clock() + LEASE
            if not mine.update(
                parts=self._row.parts, done=min(self._done, self._row.total), leased_until=self._row.leased_until
            ):
                raise Stopped
        place = _object(self._tenant, self._row.public_id, number)
        self._store.write(place, seal(self._key, data, _part_place(self._tenant_id, self._row.public_id, number)))
        self._store.named(place)


@transaction.atomic
def open_export(*, grant: Grant, export: UUID, store: Store, now: datetime) -> Iterator[bytes]:
    """A zip of all parts, piece by piece, read outside of any scope; its event is committed before. NotFound, Conflict("export_gone")."""
    require(grant, RIGHT)
    require_member(grant)
    row = _access(export)
    if row.state != ExportState.DONE.value or row.expires_at <= now:
        raise Conflict("export_gone")
    record(Action.TENANT_EXPORT_TAKEN, on=row, files=len(row.parts))
    tenant = Tenant.objects.values_list("public_id", flat=True).get()
    return _zipped(require_tenant_id(), tenant, row, _key(row), store)


class _Sink(io.RawIOBase):
    """What a zip is written to, and taken away from."""

    def __init__(self) -> None:
        self.waiting = bytearray()

    def writable(self) -> bool:
        return True

    def write(self, data: object) -> int:
        piece = bytes(data)  # type: ignore[call-overload]
        self.waiting += piece
        return len(piece)

    def take(self) -> bytes:
        piece = bytes(self.waiting)
        self.waiting.clear()
        return piece


def _zipped(tenant_id: int, tenant: UUID, row: OrganisationExport, key: bytes, store: Store) -> Iterator[bytes]:
    sink = _Sink()
    with zipfile.ZipFile(sink, "w", zipfile.ZIP_DEFLATED) as archive:
        for number, part in enumerate(row.parts, start=1):
            sealed = store.read(_object(tenant, row.public_id, number), most=int(part["size"]) + _SLACK)
            archive.writestr(str(part["name"]), open_sealed(key, sealed, _part_place(tenant_id, row.public_id, number)))
            yield sink.take()
    yield sink.take()


def running() -> list[UUID]:
    """Those that a worker is to carry out, in scope."""
    return list(OrganisationExport.objects.filter(state=ExportState.RUNNING.value).values_list("public_id", flat=True))


def sweep_exports(tenant_id: int, *, store: Store, now: datetime) -> int:
    """Take away what is over: parts first, then the row with their key; how many. Killed in between, it is done again."""
    with tenant_scope(tenant_id):
        if is_closing():
            return 0
        tenant = Tenant.objects.values_list("public_id", flat=True).get()
        free = Q(leased_until=None) | Q(leased_until__lte=now)
        over = list(OrganisationExport.objects.filter(free, expires_at__lte=now))
    for row in over:
        for name in objects_of(tenant, row):
            store.delete(name)
    with tenant_scope(tenant_id):
        OrganisationExport.objects.filter(pk__in=[row.pk for row in over]).delete()
    return len(over)


def objects_of(tenant: UUID, row: OrganisationExport) -> list[str]:
    """What lies in the store of one."""
    return [_object(tenant, row.public_id, number) for number in range(1, len(row.parts) + 1)]


def _leased(export: UUID, at: datetime) -> OrganisationExport | None:
    lock_deletions()  # who begins to close the account holds it: he sees the lease, or is seen
    if is_closing():
        return None
    rows = OrganisationExport.objects.select_for_update(of=("self",)).filter(public_id=export, expires_at__gt=at)
    row = rows.filter(Q(leased_until=None) | Q(leased_until__lte=at), state=ExportState.RUNNING.value).first()
    if row is None:
        return None
    if row.tries >= TRIES:  # the last worker was killed
        row.leased_until = None
        row.state, row.finished_at = ExportState.FAILED.value, at
        row.save(update_fields=["leased_until", "state", "finished_at"])
        return None
    row.leased_until, row.done, row.tries = at + LEASE, 0, row.tries + 1
    row.save(update_fields=["leased_until", "done", "tries"])
    return row


def _access(export: UUID) -> OrganisationExport:
    row = OrganisationExport.objects.filter(public_id=export).first()
    if row is None:
        raise NotFound
    return row


def _key(row: OrganisationExport) -> bytes:
    return base64.b64decode(open_by_any(row.secret, keyring.derived_keys(_PURPOSE), _place(row.public_id)))


def _object(tenant: UUID, export: UUID, number: int) -> str:
    return f"{tenant.hex}-export/{export.hex}-{number:06}.cpx"


def _part_place(tenant_id: int, export: UUID, number: int) -> bytes:
    return bind("organisation export", AAD_VERSION, tenant_id, export, number)


def under_tenant_key() -> UnderTenantKey:
    """What is sealed anew when an organisation's key is replaced."""
    return UnderTenantKey(OrganisationExport, "secret", _PURPOSE, lambda row: _place(row.public_id))


def _place(public_id: UUID) -> bytes:
    return record_aad(AAD_VERSION, require_tenant_id(), "organisation export", public_id, "secret")
