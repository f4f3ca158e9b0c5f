"""What operators do across organisations.

Danger: a role that reads every organisation's row. Rule: it is taken for one statement, by operators alone, and may read the
organisations, their plans and counts and the stays of operators, and nothing else; everything else happens inside the scope of one organisation,
in whose trail it stands. Proof: tests/tenants/admin/test_operators.py.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from enum import StrEnum
from typing import Final
from uuid import UUID

from django.db import connection, transaction
from django.db.backends.utils import CursorWrapper

from security.audit import Action, record
from security.errors import Denied, Invalid, NotFound
from security.masking import MaskedText
from security.models import User
from security.scoping import PLATFORM_TENANT_ID, tenant_scope
from tenants.models import EntryEnd, TenantStatus
from tenants.services.platform.entering import SHORTEST_REASON, end_open_entries
from tenants.services.tenancy import resume_tenant, suspend_tenant

PAGE: Final = 50
_LONGEST_SEARCH: Final = 120
_LIST = """
SELECT t.public_id, t.slug, t.name, t.status, t.created_at, t.confirmed_at IS NOT NULL, count(*) OVER (),
       coalesce(p.name, d.name, ''), s.over_since, u.members, u.sites, u.open_conversations,
       coalesce(m.this_month, 0)::bigint AS this_month, coalesce(m.last_month, 0)::bigint, coalesce(m.stored, 0)::bigint AS stored
FROM tenants_tenant t
LEFT JOIN tenants_subscription s ON s.tenant_id = t.id
LEFT JOIN tenants_plan p ON p.id = s.plan_id
LEFT JOIN tenants_plan d ON d.is_default
LEFT JOIN LATERAL (
    SELECT members, sites, open_conversations FROM tenants_usage WHERE tenant_id = t.id ORDER BY day DESC LIMIT 1
) u ON true
LEFT JOIN LATERAL (
    SELECT sum(messages) FILTER (WHERE day >= %(month)s) AS this_month,
           sum(messages) FILTER (WHERE day >= %(last_month)s AND day < %(month)s) AS last_month, sum(stored_bytes) AS stored
    FROM tenants_usage WHERE tenant_id = t.id
) m ON true
WHERE t.id <> %(platform)s AND (strpos(lower(t.name), lower(%(search)s)) > 0 OR strpos(t.slug, lower(%(search)s)) > 0) AND {state}
ORDER BY {order}, t.id DESC LIMIT %(limit)s OFFSET %(offset)s
"""


class State(StrEnum):
    """By what operators narrow the list."""

    ALL = "all"
    ACTIVE = "active"
    SUSPENDED = "suspended"
    UNCONFIRMED = "unconfirmed"
    OVER = "over"


class Order(StrEnum):
    """By what operators sort it."""

    NEWEST = "newest"
    NAME = "name"
    MESSAGES = "messages"
    STORAGE = "storage"
    MEMBERS = "members"


_STATES: Final[Mapping[State, str]] = {
    State.ALL: "true",
    State.ACTIVE: "t.status = 'active' AND t.confirmed_at IS NOT NULL",
    State.SUSPENDED: "t.status = 'suspended'",
    State.UNCONFIRMED: "t.confirmed_at IS NULL",
    State.OVER: "s.over_since IS NOT NULL",
}
_ORDERS: Final[Mapping[Order, str]] = {
    Order.NEWEST: "t.created_at DESC",
    Order.NAME: "lower(t.name)",
    Order.MESSAGES: "this_month DESC",
    Order.STORAGE: "stored DESC",
    Order.MEMBERS: "coalesce(u.members, 0) DESC",
}
_FIND = "SELECT public_id, slug, name, status, created_at, confirmed_at IS NOT NULL, id FROM tenants_tenant WHERE public_id = %s AND id <> %s"


@dataclass(frozen=True, slots=True)
class TenantRef:
    """An organisation as operators see it: nothing of what is in it."""

    public_id: UUID
    slug: str
    name: str
    status: TenantStatus
    created_at: datetime
    is_confirmed: bool
    """Whether its owner has shown that the address he signed up with is his."""

    @property
    def is_active(self) -> bool:
        """Whether its people and visitors get in."""
        return self.status is TenantStatus.ACTIVE


@dataclass(frozen=True, slots=True)
class Listed:
    """An organisation with its plan and what it used, as it was counted last; None is not counted yet, which is not nought."""

    ref: TenantRef
    plan: str
    over_since: datetime | None
    members: int | None
    sites: int | None
    open_conversations: int | None
    messages: int
    messages_last_month: int
    stored_bytes: int


@dataclass(frozen=True, slots=True)
class TenantPage:
    """One page of organisations, and how many there are."""

    tenants: list[Listed]
    total: int


def list_tenants(
    *,
    operator: User,
    today: date,
    search: str = "",
    state: State = State.ALL,
    order: Order = Order.NEWEST,
    page: int = 1,
) -> TenantPage:
    """Organisations whose name or slug holds `search`, by one query. Outside any scope; leaves an event in the platform's trail."""
    require_operator(operator)
    month = today.replace(day=1)
    values: dict[str, str | int | date] = {
        "platform": PLATFORM_TENANT_ID,
        "search": search[:_LONGEST_SEARCH].replace("\0", ""),
        "month": month,
        "last_month": (month - timedelta(days=1)).replace(day=1),
        "limit": PAGE,
        "offset": (page - 1) * PAGE,
    }
    with as_platform() as cursor:
        cursor.execute(_LIST.format(state=_STATES[state], order=_ORDERS[order]), values)
        rows = cursor.fetchall()
    record(Action.ADMIN_READ, on_label="organisations", count=len(rows))
    return TenantPage([Listed(_ref(row[:7]), *row[7:]) for row in rows], rows[0][6] if rows else 0)


def access_tenant(*, operator: User, tenant: UUID) -> TenantRef:
    """One organisation; NotFound for any other id."""
    return find(operator, tenant)[0]


@transaction.atomic
def suspend(*, operator: User, tenant: UUID, reason: MaskedText, now: datetime) -> None:
    """Nobody of it gets in any more, operators included; its owners are told why. The event is in its own trail and the platform's."""
    found, tenant_id = find(operator, tenant)
    require_reason(reason)
    with tenant_scope(tenant_id):
        end_open_entries(by=EntryEnd.SUSPENSION, now=now)
        suspend_tenant(reason=reason)
    record(Action.TENANT_SUSPENDED, organisation=found.public_id, reason=reason)


@transaction.atomic
def resume(*, operator: User, tenant: UUID, reason: MaskedText) -> None:
    """Let it in again; its owners are told."""
    found, tenant_id = find(operator, tenant)
    require_reason(reason)
    with tenant_scope(tenant_id):
        resume_tenant(reason=reason)
    record(Action.TENANT_RESUMED, organisation=found.public_id, reason=reason)


def require_reason(reason: str) -> None:
    """Invalid("reason") for less than a few words."""
    if len(" ".join(reason.split())) < SHORTEST_REASON:
        raise Invalid("reason")


def find(operator: User, tenant: UUID) -> tuple[TenantRef, int]:
    """One organisation, and its number for a scope; NotFound for any other id, the platform's own among them."""
    require_operator(operator)
    with as_platform() as cursor:
        cursor.execute(_FIND, [tenant, PLATFORM_TENANT_ID])
        row = cursor.fetchone()
    if row is None:
        raise NotFound
    return _ref(row), row[6]


def require_operator(person: User) -> None:
    """Denied for everybody else."""
    if not person.is_working_operator:
        raise Denied


@contextmanager
def as_platform() -> Iterator[CursorWrapper]:
    """A transaction that reads as `chat_platform`; if it fails, the rollback gives the role back."""
    with transaction.atomic(), connection.cursor() as cursor:
        cursor.execute("SET LOCAL ROLE chat_platform")
        yield cursor
        cursor.execute("RESET ROLE")


def _ref(row: tuple[UUID, str, str, str, datetime, bool, int]) -> TenantRef:
    public_id, slug, name, status, created_at, is_confirmed, _number = row
    return TenantRef(public_id, slug, name, TenantStatus(status), created_at, is_confirmed)
