"""A new key for a tenant: announced, used, everything under the old one wrapped by it, and the old one destroyed.

Danger: a key that is destroyed while something is still under it takes that with it; a reader who does not know the new one yet reads nothing. Rule: a
new key seals only when every process has read it (`ANNOUNCED_FOR` is longer than all caches of keys together); what was wrapped is unwrapped again and compared
before it is stored; the old key goes `RESTS_FOR` after nothing was found under it, if that is still so, and a foreign key keeps it while a subject's row names
it. Each step is one transaction, begins where the rows say, and can be killed anywhere. Proof: tests/security/crypto/test_replacing.py.

    announced → sealing → wrapped anew, batch by batch → resting → destroyed
"""

from __future__ import annotations

import hmac
import logging
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Any, Final

from django.db import connection, models

from security.crypto import keyring
from security.crypto.envelope import Undecryptable, lookup_key, new_key, open_sealed, seal
from security.crypto.master import Ring
from security.crypto.sealed import open_by_any
from security.models.keys import KeySubject, SubjectKey, TenantKey
from security.scoping import require_tenant_id

logger = logging.getLogger(__name__)

ANNOUNCED_FOR: Final = timedelta(minutes=5)
"""Keys are remembered for a minute, what is derived from them for another one; the rest is for clocks that differ."""
RESTS_FOR: Final = timedelta(minutes=15)
"""Longer than any transaction: whoever read the old key before has finished with it."""
BATCH: Final = 500
_UPDATE: Final = """
UPDATE security_subjectkey AS k SET wrapped = n.wrapped, tenant_key_version = %s
FROM unnest(%s::bigint[], %s::bytea[]) AS n (id, wrapped) WHERE k.tenant_id = %s AND k.id = n.id
"""


class Replacing(Exception):
    """A key is being replaced already."""


class State(StrEnum):
    """How far the replacement is."""

    ANNOUNCED = "announced"
    WRAPPING = "wrapping"
    RESTING = "resting"
    DONE = "done"


@dataclass(frozen=True, slots=True)
class Progress:
    """`left` keys are under an older one; `unreadable` of them open under none, and keep it from being destroyed."""

    state: State
    version: int
    left: int = 0
    unreadable: int = 0
    is_moved: bool = False
    destroyed: int = 0
    until: datetime | None = None
    """When this state ends at the earliest, where that is a matter of time."""


@dataclass(frozen=True, slots=True)
class UnderTenantKey:
    """A column that is sealed by the tenant's key itself, or by what is derived from it for `purpose`."""

    model: type[models.Model]
    column: str
    purpose: str | None
    place: Callable[[Any], bytes]

    def keys(self) -> Sequence[bytes]:
        """The one that seals first."""
        return keyring.tenant_keys() if self.purpose is None else keyring.derived_keys(self.purpose)


_columns: list[UnderTenantKey] = []
_named: set[tuple[str, object]] = set()
_MOST_NAMED: Final = 10_000


def register(column: UnderTenantKey) -> None:
    """What has to be sealed anew before an older key may go; by each app, once."""
    _columns.append(column)


def registered() -> tuple[UnderTenantKey, ...]:
    """All of them."""
    return tuple(_columns)


def announce(*, now: datetime) -> int:
    """Make a new key for the tenant in scope; its version. It opens at once, and seals in `ANNOUNCED_FOR`. Replacing."""
    keyring.tenant_key()  # made if there is none
    # One row first: whoever waited for it sees in the next statement what the first one made.
    TenantKey.objects.select_for_update(no_key=True).order_by("version").first()
    versions = list(TenantKey.objects.select_for_update(no_key=True).values_list("version", flat=True))
    if len(versions) != 1:
        raise Replacing
    _keep_lookups()
    tenant_id, version = require_tenant_id(), versions[0] + 1
    wrapped = keyring.master().wrap(new_key(), keyring.tenant_key_aad(tenant_id, version))
    TenantKey.objects.create(version=version, wrapped=wrapped, created_at=now, seals_from=now + ANNOUNCED_FOR)
    keyring.forget_tenant(tenant_id)
    return version


def _keep_lookups() -> None:
    """What look-ups are keyed by gets rows of its own, as long as the first key is there: nobody gets back to that key from them."""
    tenant_id = require_tenant_id()
    keyring.forget_tenant(tenant_id)
    first = keyring.first_key()
    if first is None:
        return
    ring, version = keyring.tenant_ring()
    rows = []
    for kind in sorted(keyring.LOOKUPS):
        subject = keyring.lookup_id(kind)
        wrapped = ring.wrap(lookup_key(first, kind), keyring.subject_key_aad(KeySubject.LOOKUP, subject))
        rows.append(
            SubjectKey(kind=KeySubject.LOOKUP.value, subject_id=subject, wrapped=wrapped, tenant_key_version=version)
        )
    SubjectKey.objects.bulk_create(rows, ignore_conflicts=True)


def advance(*, now: datetime, after: int = 0, at_once: int = BATCH) -> tuple[Progress, int]:
    """One step for the tenant in scope, and where the next one goes on (rows before it were looked at); DONE where nothing is to be done."""
    keyring.forget_tenant(require_tenant_id())
    rows = list(TenantKey.objects.select_for_update(no_key=True).order_by("-version"))
    if len(rows) < 2:  # noqa: PLR2004 - an older one besides
        return Progress(State.DONE, rows[0].version if rows else 0), 0
    newest, older = rows[0], rows[1:]
    if newest.seals_from > now:
        return Progress(State.ANNOUNCED, newest.version, left=_left(newest.version).count()), 0
    batch = list(_left(newest.version).filter(pk__gt=after).select_for_update().order_by("pk")[:at_once])
    if batch:
        unreadable = _wrap_anew(batch, newest.version)
        # Older ones were needed after all: their rest begins anew.
        TenantKey.objects.filter(version__lt=newest.version).update(unneeded_at=None)
        return Progress(State.WRAPPING, newest.version, len(batch), unreadable, is_moved=True), batch[-1].pk
    return _finish(newest, older, now), 0


def _finish(newest: TenantKey, older: Sequence[TenantKey], now: datetime) -> Progress:
    left, found = _left(newest.version).count(), [_seal_anew(column) for column in registered()]
    resealed, unreadable = sum(done for done, _ in found), sum(lost for _, lost in found)
    if left or unreadable:  # they came while this went on, or open under no key
        return Progress(State.WRAPPING, newest.version, left + unreadable, left + unreadable)
    pks = [row.pk for row in older]
    if resealed or any(row.unneeded_at is None for row in older):
        TenantKey.objects.filter(pk__in=pks).update(unneeded_at=now)
        return Progress(State.RESTING, newest.version)
    if any(row.unneeded_at is None or row.unneeded_at + RESTS_FOR > now for row in older):
        return Progress(State.RESTING, newest.version)
    destroyed, _ = TenantKey.objects.filter(pk__in=pks).delete()
    keyring.forget_tenant(require_tenant_id())
    return Progress(State.DONE, newest.version, destroyed=destroyed, is_moved=True)


def progress(*, now: datetime) -> Progress:
    """Where it stands, without doing anything."""
    rows = list(TenantKey.objects.order_by("-version"))
    if len(rows) < 2:  # noqa: PLR2004
        return Progress(State.DONE, rows[0].version if rows else 0)
    left = _left(rows[0].version).count()
    if rows[0].seals_from > now:
        return Progress(State.ANNOUNCED, rows[0].version, left=left, until=rows[0].seals_from)
    since = [row.unneeded_at for row in rows[1:] if row.unneeded_at is not None]
    if left or len(since) < len(rows) - 1:
        return Progress(State.WRAPPING, rows[0].version, left=left)
    return Progress(State.RESTING, rows[0].version, until=max(since) + RESTS_FOR)


def _left(version: int) -> models.QuerySet[SubjectKey]:
    return SubjectKey.objects.filter(tenant_key_version__lt=version)


def _wrap_anew(rows: Sequence[SubjectKey], version: int) -> int:
    """How many open under no key; the others are under the newest one."""
    ring, sealing = keyring.tenant_ring()
    if sealing != version:
        raise RuntimeError("the newest key does not seal yet")
    found = {row.pk: _wrapped_anew(ring, row) for row in rows}
    good = {pk: wrapped for pk, wrapped in found.items() if wrapped is not None}
    with connection.cursor() as cursor:
        cursor.execute(_UPDATE, [version, list(good), list(good.values()), require_tenant_id()])
    return len(found) - len(good)


def _wrapped_anew(ring: Ring, row: SubjectKey) -> bytes | None:
    place = keyring.subject_key_aad(row.kind, row.subject_id)
    try:
        key = ring.unwrap(bytes(row.wrapped), place)
    except Undecryptable:
        _name(row.kind, row.subject_id)
        return None
    wrapped = ring.wrap(key, place)
    if not hmac.compare_digest(ring.unwrap(wrapped, place), key):
        raise Undecryptable
    return wrapped


def _seal_anew(column: UnderTenantKey) -> tuple[int, int]:
    """Rows of a column that an older key sealed are sealed by the newest; how many, and how many open under none."""
    keys, done, unreadable = column.keys(), 0, 0
    make = getattr(column.model._meta.get_field(column.column), "holds", bytes)
    rows = column.model._default_manager.exclude(**{f"{column.column}__isnull": True}).select_for_update(of=("self",))
    for row in rows:
        sealed, place = bytes(getattr(row, column.column)), column.place(row)
        try:
            open_sealed(keys[0], sealed, place)
        except Undecryptable:
            try:
                clear = open_by_any(sealed, keys[1:], place)
            except Undecryptable:
                unreadable += 1
                _name(column.model._meta.label, row.pk)
                continue
            setattr(row, column.column, make(seal(keys[0], clear, place)))
            row.save(update_fields=[column.column])
            done += 1
    return done, unreadable


def _name(kind: str, key: object) -> None:
    """Once a process: a replacement that waits for it is tried every minute."""
    if (kind, key) not in _named and len(_named) < _MOST_NAMED:
        _named.add((kind, key))
        logger.critical("It opens under no key, and keeps the old one; %s=%s", kind, key)
