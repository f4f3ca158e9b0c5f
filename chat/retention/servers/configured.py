"""Which server an organisation keeps its transcripts on, tried before it is stored.

Danger: the secret of somebody's storage, and a name that leads where it should not. Rule: the secret is sealed under a key of the organisation's and
never shown; who changes anything of where it goes, or for whose eyes, enters it again; connections are opened by `security.outgoing` alone. Proof:
tests/chat/retention/test_own_server.py, tests/security/test_outgoing.py.
"""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from datetime import datetime
from math import inf
from time import monotonic
from typing import Final
from urllib.parse import urlsplit
from uuid import UUID, uuid4

from django.conf import settings
from django.db import transaction

from chat.models import ArchiveChunk, ChunkState, OwnServer, Place, ServerKind
from chat.retention.rules import lock_rules, terms, waiting
from chat.retention.rules import term_in as term_of
from security.audit import Action, Outcome, record, record_change
from security.crypto import keyring
from security.crypto.envelope import AAD_VERSION, Undecryptable, record_aad
from security.crypto.replacing import UnderTenantKey
from security.crypto.sealed import SealedData, open_by_any, seal_data
from security.errors import Conflict, Invalid
from security.net import networks
from security.permissions import Grant, Permission, require, require_member
from security.scoping import current_tenant_id, require_tenant_id
from security.stores.age import is_recipient
from security.stores.s3 import S3
from security.stores.sftp import Sftp
from security.stores.store import Failed, Store
from security.stores.trying import try_out

RIGHT: Final = Permission.CONFIGURATION_STORAGE
TRIAL_WITHIN: Final = 20
"""Seconds for all of a trial: somebody waits in front of a page."""
STEP_WITHIN: Final = 180
"""Seconds for all that a step of the day's run says to the server: less than the lease of the chunk (`moving.LEASE`)."""
_FIELDS: Final = ("kind", "address", "region", "bucket", "folder", "account", "host_key", "recipient")
_SSH: Final = 22
_PURPOSE: Final = "own server"
_MOST_PORT: Final = 65_535


@dataclass(frozen=True, slots=True)
class Given:
    """What somebody entered; without a secret the stored one is meant."""

    kind: ServerKind
    address: str
    region: str = ""
    bucket: str = ""
    folder: str = ""
    account: str = ""
    secret: str = field(default="", repr=False)
    host_key: str = ""
    recipient: str = ""


class NotWorking(Invalid):
    """The server was tried, and did not do what it has to; `told` is what it showed of itself."""

    def __init__(self, code: str, told: str = "") -> None:
        super().__init__(f"server_{code}")
        self.told = told


@dataclass(frozen=True, slots=True)
class Trial:
    """What was tried, all of it, and what did not work, if anything."""

    given: Given
    failed: str = ""
    told: str = ""

    def require_worked(self) -> None:
        """NotWorking."""
        if self.failed:
            raise NotWorking(self.failed, self.told)


def read_server(*, grant: Grant) -> OwnServer | None:
    """What is stored; its secret is for nobody to see."""
    require(grant, RIGHT)
    return OwnServer.objects.first()


@transaction.atomic
def begin_trial(*, grant: Grant, given: Given) -> Given:
    """What is to be tried: with the stored secret where none was entered. Invalid("server_address", "server_secret", "server_recipient")."""
    require(grant, RIGHT)
    require_member(grant)
    return _complete(given, OwnServer.objects.first())


def carry_out(given: Given) -> Trial:
    """Write, name, read again, and delete something there, without a transaction: it takes as long as the server likes, 20 seconds at most."""
    if current_tenant_id() is not None:
        raise RuntimeError("A stranger's server is waited for in no transaction.")
    until = monotonic() + TRIAL_WITHIN
    try:
        try_out(_store_of(given, within=TRIAL_WITHIN, until=until), token=uuid4())
    except Failed as failed:
        return Trial(given, "late" if monotonic() >= until else failed.code, failed.told)
    return Trial(given)


def note_trial(trial: Trial) -> None:
    """Leave its event, whether it worked or not."""
    outcome = Outcome.FAILED if trial.failed else Outcome.OK
    record(Action.SERVER_TRIED, outcome=outcome, address=trial.given.address, code=trial.failed)


@transaction.atomic
def save_server(*, grant: Grant, trial: Trial, now: datetime) -> OwnServer:
    """Store what was tried. NotWorking."""
    require(grant, RIGHT)
    require_member(grant)
    trial.require_worked()
    # Chunks first, as a step that failed takes them: in the other order the two wait for each other.
    ArchiveChunk.objects.filter(place=Place.SERVER.value).exclude(state=ChunkState.DELETED.value).update(
        next_try_at=None
    )
    given, row = trial.given, OwnServer.objects.select_for_update().first()
    before = None if row is None else OwnServer.objects.get(pk=row.pk)
    row = row or OwnServer()
    for name in _FIELDS:
        setattr(row, name, str(getattr(given, name)))
    row.secret = _sealed(row.public_id, given.secret)
    row.tested_at, row.failing_since, row.failed_code, row.told_at = now, None, "", None
    row.save()
    record_change(Action.SERVER_CHANGED, before=before, after=row)
    return row


@transaction.atomic
def remove_server(*, grant: Grant) -> None:
    """Forget it, and its secret. Conflict("server_in_use") while a rule, or what waits, sends to it."""
    require(grant, RIGHT)
    require_member(grant)
    lock_rules()  # who changes a rule asks under it whether there is a server
    row = OwnServer.objects.select_for_update().first()
    if row is None:
        return
    asked = [term_of(change) for change in waiting()]
    used = any(term.afterwards.is_sent for term in (*terms().values(), *asked) if term is not None)
    on_its_way = ArchiveChunk.objects.filter(place=Place.SERVER.value).exclude(state=ChunkState.DELETED.value)
    if used or on_its_way.exists():
        raise Conflict("server_in_use")
    record_change(Action.SERVER_REMOVED, before=row, after=None)
    row.delete()


def has_server() -> bool:
    """Whether the organisation in scope has one."""
    return OwnServer.objects.exists()


def own_store() -> Store:
    """Of the organisation in scope, ready to be spoken to for one step. Failed("none", "sealed")."""
    row = OwnServer.objects.first()
    if row is None:
        raise Failed("none")
    return _store_of(_given_of(row), until=monotonic() + STEP_WITHIN)


def recipient_of() -> str:
    """To whose key it is encrypted; "" for nobody's."""
    return OwnServer.objects.values_list("recipient", flat=True).first() or ""


def _complete(given: Given, stored: OwnServer | None) -> Given:
    """With the stored secret where none was entered, and all else is as it was: bucket, folder and key say as much as the address where it goes."""
    _check(given)
    if given.secret:
        return given
    if stored is None or any(str(getattr(given, name)) != getattr(stored, name) for name in _FIELDS):
        raise Invalid("server_secret")
    return replace(given, secret=_given_of(stored).secret)


def _check(given: Given) -> None:
    if given.recipient and not is_recipient(given.recipient):
        raise Invalid("server_recipient")
    if given.kind is ServerKind.SFTP:
        _host_and_port(given.address)
        return
    try:
        parts = urlsplit(given.address)
        _ = parts.port  # which raises for one that cannot be
    except ValueError:
        raise Invalid("server_address") from None
    is_whole = parts.scheme in ("https", "http") and parts.hostname and not (parts.path.strip("/") or parts.query)
    if not is_whole or parts.username or not given.bucket:
        raise Invalid("server_address" if given.bucket else "server_bucket")


def _host_and_port(address: str) -> tuple[str, int]:
    host, colon, port = address.rpartition(":") if address.count(":") == 1 else (address, "", "")
    if not host or (colon and not (port.isascii() and port.isdigit() and 0 < int(port) <= _MOST_PORT)):
        raise Invalid("server_address")
    return host, int(port) if port else _SSH


def _store_of(given: Given, *, within: int = 60, until: float = inf) -> Store:
    allowed = networks(tuple(settings.OUTGOING_NETWORKS))
    folder = given.folder.strip("/")
    if given.kind is ServerKind.S3:
        return S3(
            endpoint=given.address.rstrip("/"),
            region=given.region or "us-east-1",
            bucket=given.bucket,
            folder=folder,
            key_id=given.account,
            secret=given.secret,
            allowed=allowed,
            within=within,
            until=until,
        )
    host, port = _host_and_port(given.address)
    return Sftp(
        host=host,
        port=port,
        user=given.account,
        folder=given.folder.rstrip("/"),
        host_key=given.host_key,
        secret=given.secret,
        allowed=allowed,
        within=within,
        until=until,
    )


def _given_of(row: OwnServer) -> Given:
    values = {name: getattr(row, name) for name in _FIELDS if name != "kind"}
    return Given(kind=ServerKind(row.kind), secret=_opened(row), **values)


def _sealed(public_id: UUID, secret: str) -> SealedData:
    return seal_data(secret, keyring.derived_key(_PURPOSE), _place(public_id))


def _opened(row: OwnServer) -> str:
    try:
        return open_by_any(row.secret, keyring.derived_keys(_PURPOSE), _place(row.public_id)).decode()
    except Undecryptable:
        raise Failed("sealed") from None


def under_tenant_key() -> UnderTenantKey:
    """What is sealed anew when an organisation's key is replaced."""
    return UnderTenantKey(OwnServer, "secret", _PURPOSE, lambda row: _place(row.public_id))


def _place(public_id: UUID) -> bytes:
    return record_aad(AAD_VERSION, require_tenant_id(), "own server", public_id, "secret")
