"""Operators' side of break-glass: into one organisation and out again, with an event in its trail and in the platform's, both or neither."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, Final
from uuid import UUID

from django.db import transaction

from security.audit import Action, record
from security.masking import MaskedText
from security.models import User
from security.scoping import tenant_scope
from tenants.models import EntryEnd, EntryStatus, OperatorEntry
from tenants.services.platform import entering
from tenants.services.platform.operators import as_platform, find

_LATEST: Final = 20
_ENTRIES: Final = """
SELECT public_id, operator_id, role, reason, status, asked_at, opened_at, expires_at, ended_at, ended_by
FROM tenants_operatorentry WHERE tenant_id = %s ORDER BY asked_at DESC, id DESC LIMIT %s
"""
_UNENDED: Final = """
SELECT DISTINCT tenant_id FROM tenants_operatorentry WHERE operator_id = %s AND status IN (%s, %s) ORDER BY tenant_id
"""
_OVER: Final = (
    "SELECT DISTINCT tenant_id FROM tenants_operatorentry WHERE status = %s AND expires_at <= %s ORDER BY tenant_id"
)


@dataclass(frozen=True, slots=True)
class Stay:
    """An entry as operators see it; `operator` is the name of the one who is or was in."""

    public_id: UUID
    operator: str
    is_own: bool
    role: str
    reason: str
    status: EntryStatus
    asked_at: datetime
    opened_at: datetime | None
    expires_at: datetime | None
    ended_at: datetime | None
    ended_by: EntryEnd | None


def enter(
    *, operator: User, tenant: UUID, role: str, reason: MaskedText, stay: timedelta, now: datetime
) -> OperatorEntry:
    """As `entering.ask_to_enter`; NotFound for an organisation that is not there."""
    with transaction.atomic():
        found, tenant_id = find(operator, tenant)
        with tenant_scope(tenant_id):
            entry = entering.ask_to_enter(operator=operator, role=role, reason=reason, stay=stay, now=now)
        is_in = entry.status == EntryStatus.OPEN.value
        action = Action.OPERATOR_ENTERED if is_in else Action.OPERATOR_ENTRY_ASKED
        record(action, organisation=found.public_id, entry=entry.public_id, role=role, reason=reason)
    return entry


def leave(*, operator: User, tenant: UUID, entry: UUID, now: datetime) -> None:
    """End a stay, one's own or a colleague's, or take the question back."""
    with transaction.atomic():
        found, tenant_id = find(operator, tenant)
        with tenant_scope(tenant_id):
            entering.leave(operator=operator, entry=entry, now=now)
        record(Action.OPERATOR_LEFT, organisation=found.public_id, entry=entry, by=EntryEnd.OPERATOR.value)


def stays(*, operator: User, tenant: UUID) -> list[Stay]:
    """The latest entries of an organisation, newest first."""
    _, tenant_id = find(operator, tenant)
    with as_platform() as cursor:
        cursor.execute(_ENTRIES, [tenant_id, _LATEST])
        rows = cursor.fetchall()
    people = User.objects.filter(pk__in={row[1] for row in rows}).values_list("pk", "full_name", "email")
    names = {pk: name or email for pk, name, email in people}
    return [_stay(row, names[row[1]], is_own=row[1] == operator.pk) for row in rows]


def _stay(row: tuple[Any, ...], name: str, *, is_own: bool) -> Stay:
    public_id, _, role, reason, status, asked_at, opened_at, expires_at, ended_at, ended_by = row
    return Stay(
        public_id=public_id,
        operator=name,
        is_own=is_own,
        role=role,
        reason=reason,
        status=EntryStatus(status),
        asked_at=asked_at,
        opened_at=opened_at,
        expires_at=expires_at,
        ended_at=ended_at,
        ended_by=EntryEnd(ended_by) if ended_by else None,
    )


def tenants_asked_or_entered(*, operator: User) -> list[int]:
    """Where a person is in or waits to be let in. One who only waits has no membership there."""
    with as_platform() as cursor:
        cursor.execute(_UNENDED, [operator.pk, EntryStatus.ASKED.value, EntryStatus.OPEN.value])
        return [row[0] for row in cursor.fetchall()]


def end_expired(*, now: datetime) -> int:
    """End each stay whose time is over, wherever it is; how many. What they gave ended by itself at that time."""
    with as_platform() as cursor:
        cursor.execute(_OVER, [EntryStatus.OPEN.value, now])
        tenants = [row[0] for row in cursor.fetchall()]
    ended = 0
    for tenant_id in tenants:
        with tenant_scope(tenant_id):
            ended += entering.end_open_entries(by=EntryEnd.TIME, now=now)
    return ended
