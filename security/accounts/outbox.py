"""Mails wait in the database until a mail server has taken them: what was committed is told, whatever is away at that moment.

Danger: a mail holds a link that lets somebody in; written down in clear it would be worth as much as the mailbox. Rule: address, subject and
body are sealed under a key of the tenant's, for their row alone, and the row is deleted once the mail is sent or a day has passed. A mail is
sent at least once: a worker that dies between sending and deleting leaves it to be sent again. Proof: tests/security/accounts/test_outbox.py.
"""

from __future__ import annotations

import json
import logging
from collections.abc import Callable, Mapping
from dataclasses import asdict, dataclass
from datetime import datetime, timedelta
from typing import Any, Final
from uuid import UUID

from django.conf import settings
from django.core.mail import EmailMessage

from security.audit import Action, record
from security.crypto import keyring
from security.crypto.envelope import AAD_VERSION, Undecryptable, record_aad
from security.crypto.replacing import UnderTenantKey
from security.crypto.sealed import SealedData, open_by_any, seal_data
from security.models import Mail
from security.scoping import PLATFORM_TENANT_ID, current_tenant_id, require_tenant_id, tenant_scope

logger = logging.getLogger(__name__)

FIRST_PAUSE: Final = timedelta(minutes=1)
LONGEST_PAUSE: Final = timedelta(hours=1)
GIVEN_UP_AFTER: Final = timedelta(days=1)
SWEPT_AT_ONCE: Final = 100
_PURPOSE: Final = "mail"


@dataclass(frozen=True, slots=True)
class Letter:
    """What the mail server is given."""

    to: str
    subject: str
    body: str


@dataclass(frozen=True, slots=True)
class Order:
    """A letter that the worker writes, where the time that it takes would tell something: which writer, from what."""

    writer: str
    given: Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class Queued:
    """Where a mail waits."""

    tenant_id: int
    pk: int


_writers: dict[str, Callable[[Mapping[str, Any]], Letter]] = {}


def register_writer(name: str, write: Callable[[Mapping[str, Any]], Letter]) -> None:
    """Who writes the letters of orders that name him. Called outside any scope and transaction; again, where the worker died before it was kept."""
    _writers[name] = write


def queue(what: Letter | Order, *, template: str) -> Queued:
    """Write a mail down, in the caller's transaction: of the tenant in scope, else of the platform."""
    tenant_id = current_tenant_id() or PLATFORM_TENANT_ID
    with tenant_scope(tenant_id):
        row = Mail(template=template)
        row.letter = _sealed(what, row.public_id)
        row.save()
    return Queued(tenant_id, row.pk)


def deliver(queued: Queued, *, now: datetime) -> bool:
    """Send a mail whose time has come. False where it is not due, another worker has it, or nobody takes it; outside any scope.

    No transaction is open while the mail server is spoken to: that the next attempt is later is committed before, which keeps others away.
    """
    with tenant_scope(queued.tenant_id):
        found = _claimed(queued.pk, now)
    if found is None:
        return False
    letter = _written(found, queued) if isinstance(found, Order) else found
    try:
        EmailMessage(letter.subject, letter.body, settings.DEFAULT_FROM_EMAIL, [letter.to]).send()
    except Exception as error:  # noqa: BLE001 - whatever it is, the mail waits for its next turn
        logger.warning("A mail was not sent: %s; tenant=%s mail=%s", type(error).__name__, queued.tenant_id, queued.pk)
        return False
    with tenant_scope(queued.tenant_id):
        Mail.objects.filter(pk=queued.pk).delete()
    return True


def sweep(*, now: datetime) -> list[Queued]:
    """The mails of the tenant in scope that are due; those that waited for a day are given up, which the trail says."""
    for row in Mail.objects.select_for_update(skip_locked=True).filter(created_at__lte=now - GIVEN_UP_AFTER):
        record(Action.MAIL_GIVEN_UP, outcome="failed", template=row.template, attempts=row.attempts)
        row.delete()
    due = Mail.objects.filter(due_at__lte=now).order_by("due_at").values_list("pk", flat=True)
    return [Queued(require_tenant_id(), pk) for pk in due[:SWEPT_AT_ONCE]]


def _written(order: Order, queued: Queued) -> Letter:
    """The letter, which from now on is what waits: what its writer leaves in the trail is left once, however often the mail is tried."""
    letter = _writers[order.writer](order.given)
    with tenant_scope(queued.tenant_id):
        row = Mail.objects.select_for_update().filter(pk=queued.pk).first()
        if row is not None:
            row.letter = _sealed(letter, row.public_id)
            row.save(update_fields=["letter"])
    return letter


def _claimed(pk: int, now: datetime) -> Letter | Order | None:
    row = Mail.objects.select_for_update(skip_locked=True).filter(pk=pk, due_at__lte=now).first()
    if row is None:
        return None
    row.due_at, row.attempts = now + _pause(row.attempts), row.attempts + 1
    row.save(update_fields=["due_at", "attempts"])
    try:
        opened = json.loads(open_by_any(row.letter, keyring.derived_keys(_PURPOSE), _place(row.public_id)))
        return Order(**opened) if "writer" in opened else Letter(**opened)
    except Undecryptable:
        logger.critical("A mail does not open; mail=%s", pk)
        return None


def _pause(attempts: int) -> timedelta:
    return min(FIRST_PAUSE * (1 << min(attempts, 10)), LONGEST_PAUSE)


def _sealed(what: Letter | Order, public_id: UUID) -> SealedData:
    return seal_data(json.dumps(asdict(what)), keyring.derived_key(_PURPOSE), _place(public_id))


def _place(public_id: UUID) -> bytes:
    return record_aad(AAD_VERSION, require_tenant_id(), "mail", public_id, "letter")


def under_tenant_key() -> UnderTenantKey:
    """What is sealed anew when an organisation's key is replaced."""
    return UnderTenantKey(Mail, "letter", _PURPOSE, lambda row: _place(row.public_id))
