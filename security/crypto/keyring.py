"""The keys of tenants, conversations, visitors and people: made, wrapped, found again.

Danger: a key that is used but not stored makes what it sealed unreadable for ever. So a key enters the cache only
when the transaction that made or read it has committed. Rule: everything here that touches the database runs inside
`tenant_scope`. Proof: tests/security/crypto/test_keyring.py.

The message writer speaks SQL of its own: it calls `load_tenant` before its transaction, `unwrap_subject` for the
rows it reads and `new_subject_key` for those it inserts; these two do no I/O.
"""

import logging
from collections.abc import Iterable
from dataclasses import dataclass, field
from functools import lru_cache, partial
from typing import Final
from uuid import NAMESPACE_OID, UUID, uuid5

from django.conf import settings
from django.db import transaction
from django.utils import timezone

from security.crypto.cache import ShortLived
from security.crypto.envelope import Undecryptable, bind, derive, keyed_digest, lookup_key, new_key
from security.crypto.master import Ring
from security.models.keys import KeySubject, SubjectKey, TenantKey
from security.scoping import require_tenant_id, tenant_scope

logger = logging.getLogger(__name__)

_Subject = tuple[int, str, UUID]

LOOKUPS: Final = frozenset({"address", "audit_origin", "email", "external_id", "jti"})
"""Kinds of look-ups; what they are keyed by outlives the tenant's first key (`replacing.announce`)."""
_FIRST: Final = 1

_tenants: Final[ShortLived[int, "_TenantKeys"]] = ShortLived(capacity=5_000)
_subjects: Final[ShortLived[_Subject, bytes]] = ShortLived()


class KeysNotLoaded(RuntimeError):
    """The tenant's keys are not in memory; a defect of the caller, who has to `load_tenant` first."""


@dataclass(frozen=True, slots=True)
class NewSubjectKey:
    """A fresh key and the columns of its `SubjectKey` row; good only once that row is committed."""

    key: bytes = field(repr=False)
    wrapped: bytes
    tenant_key_version: int


@dataclass(frozen=True, slots=True)
class _TenantKeys:
    """`ring` begins with the key that seals, of `version`; `first` is the tenant's very first one, while it is there."""

    ring: Ring
    version: int
    first: bytes | None = field(repr=False)
    _lookups: dict[str, bytes] = field(default_factory=dict, repr=False)

    def lookup(self, kind: str) -> bytes | None:
        """What look-ups of this kind are keyed by, derived once; None where the first key is gone."""
        if self.first is not None and kind not in self._lookups:
            self._lookups[kind] = lookup_key(self.first, kind)
        return self._lookups.get(kind)


def master() -> Ring:
    """The installation's master keys, newest first."""
    return _ring(tuple(settings.CRYPTOGRAPHY_KEY))


def tenant_key() -> bytes:
    """The key of the tenant in scope that seals; made if there is none."""
    return _tenant_keys(require_tenant_id()).ring.keys[0]


def tenant_keys() -> tuple[bytes, ...]:
    """All of them, the one that seals first: for what is sealed for longer than a key is the newest."""
    return _tenant_keys(require_tenant_id()).ring.keys


def sealing_version() -> int:
    """Of the key that seals."""
    return _tenant_keys(require_tenant_id()).version


def first_key() -> bytes | None:
    """The tenant's very first one; None once it was destroyed."""
    return _tenant_keys(require_tenant_id()).first


def tenant_ring() -> tuple[Ring, int]:
    """All keys of the tenant in scope, and the version of the one that seals; for replacing."""
    keys = _tenant_keys(require_tenant_id())
    return keys.ring, keys.version


def subject_key_aad(kind: KeySubject | str, subject_id: UUID) -> bytes:
    """Associated data of a subject's wrapped key, of the tenant in scope."""
    return _subject_aad(_place(require_tenant_id(), kind, subject_id))


def derived_key(purpose: str) -> bytes:
    """A key of the tenant in scope for one purpose, such as its share of the fan-out."""
    return derive(tenant_key(), b"tenant:" + purpose.encode())


def derived_keys(purpose: str) -> list[bytes]:
    """`derived_key` of every version of the tenant's key, the one that seals first; as `tenant_keys`."""
    return [derive(key, b"tenant:" + purpose.encode()) for key in tenant_keys()]


def lookup_digest(kind: str, value: str) -> bytes:
    """What an e-mail, phone number or external id is found by, without being stored; give it normalised.

    Keyed by what is derived from the tenant's first key, and kept when that is replaced: with another one nothing old would be found.
    """
    return lookup_digests(kind, value)[0]


def lookup_digests(kind: str, *values: str) -> list[bytes]:
    """`lookup_digest` of several values of one kind, with one look at the tenant's keys."""
    if kind not in LOOKUPS:
        raise ValueError(f"no look-up of this kind: {kind}")
    key = _tenant_keys(require_tenant_id()).lookup(kind) or data_key(KeySubject.LOOKUP, lookup_id(kind))
    return [keyed_digest(key, value) for value in values]


def lookup_id(kind: str) -> UUID:
    """The subject of what look-ups of this kind are keyed by, once it has a row of its own."""
    return uuid5(NAMESPACE_OID, f"lookup:{kind}")


def data_key(kind: KeySubject | str, subject_id: UUID) -> bytes:
    """The key of a conversation, visitor or person of the tenant in scope; made if there is none."""
    tenant_id = require_tenant_id()
    found = existing_key(kind, subject_id)
    if found is not None:
        return found
    fresh = _wrapped(tenant_id, _tenant_keys(tenant_id), kind, subject_id)
    row = SubjectKey(
        kind=KeySubject(kind).value,
        subject_id=subject_id,
        wrapped=fresh.wrapped,
        tenant_key_version=fresh.tenant_key_version,
    )
    SubjectKey.objects.bulk_create([row], ignore_conflicts=True)
    stored = existing_key(kind, subject_id)  # somebody else's, if he was faster
    if stored is None:
        raise RuntimeError("a key that was just stored is not there")
    return stored


def existing_key(kind: KeySubject | str, subject_id: UUID) -> bytes | None:
    """The key, or None where none was made or it was destroyed. Readers use this: they must not make keys."""
    place = _place(require_tenant_id(), kind, subject_id)
    cached = _subjects.get(place)
    if cached is not None:
        return cached
    read_at = _subjects.now()
    row = SubjectKey.objects.filter(kind=place[1], subject_id=subject_id).values_list("wrapped", flat=True).first()
    if row is None:
        return None
    key = _unwrapped(place, bytes(row))
    transaction.on_commit(partial(_subjects.put, place, key, read_at))
    return key


def _unwrapped(place: _Subject, wrapped: bytes) -> bytes:
    """The key inside a subject's row, which another process may have wrapped under a tenant's key that is newer than those remembered here."""
    try:
        return _tenant_keys(place[0]).ring.unwrap(wrapped, _subject_aad(place))
    except Undecryptable:
        _tenants.forget(place[0])
        return _tenant_keys(place[0]).ring.unwrap(wrapped, _subject_aad(place))


def stored_key(kind: KeySubject | str, subject_id: UUID) -> bytes | None:
    """As `existing_key`, read anew: another process may have replaced the key within the last minute.

    For who seals under a subject's lock (what is sealed under a key that is no more is lost), and for who could not open something.
    """
    forget_subject(require_tenant_id(), kind, subject_id)
    return existing_key(kind, subject_id)


def renewed_key(kind: KeySubject | str, subject_id: UUID) -> bytes:
    """A new key in place of the present one, as part of the caller's transaction: what the old one sealed opens nowhere after it.

    The caller holds the subject's lock and seals all of it anew. Others' caches give the old key for up to 60 s: who reads asks again by
    `stored_key`, who seals asks it first.
    """
    return renewed_keys(kind, [subject_id])[subject_id]


def renewed_keys(kind: KeySubject | str, subject_ids: Iterable[UUID]) -> dict[UUID, bytes]:
    """As `renewed_key`, for many subjects by two queries."""
    tenant_id = require_tenant_id()
    tenant = _tenant_keys(tenant_id)
    wanted = set(subject_ids)
    rows = list(SubjectKey.objects.filter(kind=KeySubject(kind).value, subject_id__in=wanted))
    if len(rows) != len(wanted):
        raise RuntimeError("a key that was destroyed is not made again")
    keys: dict[UUID, bytes] = {}
    for row in rows:
        fresh = _wrapped(tenant_id, tenant, kind, row.subject_id)
        row.wrapped, row.tenant_key_version = fresh.wrapped, fresh.tenant_key_version
        keys[row.subject_id] = fresh.key
        forget = partial(forget_subject, tenant_id, kind, row.subject_id)
        forget()
        transaction.on_commit(forget)  # another thread may have read the old one meanwhile
    if SubjectKey.objects.bulk_update(rows, ["wrapped", "tenant_key_version"]) != len(rows):
        raise RuntimeError("a key was destroyed while it was renewed")
    return keys


def existing_keys(kind: KeySubject | str, subject_ids: Iterable[UUID]) -> dict[UUID, bytes]:
    """The keys of many subjects by one query; whose key was never made, destroyed or tampered with is missing, and hides no other."""
    tenant_id = require_tenant_id()
    wanted = {subject_id: _subjects.get(_place(tenant_id, kind, subject_id)) for subject_id in subject_ids}
    found = {subject_id: key for subject_id, key in wanted.items() if key is not None}
    unknown = wanted.keys() - found.keys()
    if not unknown:
        return found
    read_at = _subjects.now()
    rows = SubjectKey.objects.filter(kind=KeySubject(kind).value, subject_id__in=unknown)
    ring = _tenant_keys(tenant_id).ring  # once: until the transaction commits it is not remembered
    for subject_id, wrapped in rows.values_list("subject_id", "wrapped"):
        place = _place(tenant_id, kind, subject_id)
        try:
            key = found[subject_id] = ring.unwrap(bytes(wrapped), _subject_aad(place))
        except Undecryptable:
            logger.critical("A key does not open; %s=%s", place[1], subject_id)
            continue
        transaction.on_commit(partial(_subjects.put, place, key, read_at))
    return found


def stored_keys(kind: KeySubject | str, subject_ids: Iterable[UUID]) -> dict[UUID, bytes]:
    """As `stored_key`, for many subjects by one query; whose key does not open is missing, as in `existing_keys`."""
    tenant_id, wanted = require_tenant_id(), list(subject_ids)
    for subject_id in wanted:
        forget_subject(tenant_id, kind, subject_id)
    return existing_keys(kind, wanted)


def load_tenant(tenant_id: int) -> None:
    """Bring the tenant's keys into memory, for the functions below; opens a scope of its own if it has to."""
    if _tenants.get(tenant_id) is None:
        with tenant_scope(tenant_id):
            _tenant_keys(tenant_id)


def unwrap_subject(tenant_id: int, kind: KeySubject | str, subject_id: UUID, wrapped: bytes) -> bytes:
    """The key inside the `wrapped` column of a subject's row. No I/O; KeysNotLoaded without `load_tenant`."""
    return _loaded(tenant_id).ring.unwrap(bytes(wrapped), _subject_aad(_place(tenant_id, kind, subject_id)))


def new_subject_key(tenant_id: int, kind: KeySubject | str, subject_id: UUID) -> NewSubjectKey:
    """A key for a row that the caller inserts. No I/O; KeysNotLoaded without `load_tenant`."""
    return _wrapped(tenant_id, _loaded(tenant_id), kind, subject_id)


def forget_subject(tenant_id: int, kind: KeySubject | str, subject_id: UUID) -> None:
    """Drop a key from this process's memory, as its row is destroyed or replaced; other processes do so in 60 s."""
    _subjects.forget(_place(tenant_id, kind, subject_id))


def forget_everything() -> None:
    """Empty the caches: after a rotation, and between tests."""
    _tenants.clear()
    _subjects.clear()
    _ring.cache_clear()


@lru_cache(maxsize=1)
def _ring(keys: tuple[bytes, ...]) -> Ring:
    return Ring(keys)


def _tenant_keys(tenant_id: int) -> _TenantKeys:
    cached = _tenants.get(tenant_id)
    if cached is not None:
        return cached
    read_at = _tenants.now()
    rows = _tenant_rows()
    if not rows:
        wrapped = master().wrap(new_key(), tenant_key_aad(tenant_id, _FIRST))
        TenantKey.objects.bulk_create([TenantKey(version=_FIRST, wrapped=wrapped)], ignore_conflicts=True)
        rows = _tenant_rows()
    opened = {version: master().unwrap(wrapped, tenant_key_aad(tenant_id, version)) for version, wrapped in rows}
    keys = _TenantKeys(Ring(tuple(opened.values())), rows[0][0], opened.get(_FIRST))
    transaction.on_commit(partial(_tenants.put, tenant_id, keys, read_at))
    return keys


def _tenant_rows() -> list[tuple[int, bytes]]:
    """The one that seals first: a key that was announced opens at once, and seals when every process has read it (`replacing`)."""
    now = timezone.now()
    found = TenantKey.objects.order_by("-version").values_list("version", "wrapped", "seals_from")
    rows = sorted(
        found, key=lambda row: row[2] > now
    )  # stable: among those that may seal, and the others, the newest is first
    return [(version, bytes(wrapped)) for version, wrapped, _ in rows]


def _loaded(tenant_id: int) -> _TenantKeys:
    keys = _tenants.get(tenant_id)
    if keys is None:
        raise KeysNotLoaded
    return keys


def _wrapped(tenant_id: int, keys: _TenantKeys, kind: KeySubject | str, subject_id: UUID) -> NewSubjectKey:
    key = new_key()
    wrapped = keys.ring.wrap(key, _subject_aad(_place(tenant_id, kind, subject_id)))
    return NewSubjectKey(key, wrapped, keys.version)


def _place(tenant_id: int, kind: KeySubject | str, subject_id: UUID) -> _Subject:
    return tenant_id, KeySubject(kind).value, subject_id


def tenant_key_aad(tenant_id: int, version: int) -> bytes:
    """Associated data of a tenant's wrapped key, for `rotation` and `replacing`."""
    return bind("tenant key", tenant_id, version)


def forget_tenant(tenant_id: int) -> None:
    """Read the tenant's keys anew at the next use, here."""
    _tenants.forget(tenant_id)


def _subject_aad(place: _Subject) -> bytes:
    return bind("subject key", *place)
