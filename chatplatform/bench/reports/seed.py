"""A made-up organisation of any size, by SQL as the owner: rows that the product would take days to make. Only on the benchmark's own database.

Nothing in it can be opened: bodies are bytes without a key, which shows that reports open none.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Final

from django.db import connections

from security.accounts.people import create_person
from security.scoping import tenant_scope
from tenants.models import Department, DepartmentMembership, Membership, Role, Tenant
from tenants.services import create_tenant
from tenants.services.sites import add_site

AGENTS: Final = 12
DEPARTMENTS: Final = ("Support", "Sales", "Returns", "Press")
DAYS: Final = 400
ZONE: Final = "Europe/Vienna"

_VISITORS: Final = """
INSERT INTO chat_visitor (tenant_id, public_id, site_id, is_verified, locale, created_at, seen_at)
SELECT %(tenant)s, gen_random_uuid(), (SELECT min(id) FROM tenants_site WHERE tenant_id = %(tenant)s), false, 'en', now(), now()
FROM generate_series(1, %(conversations)s)
"""
_CONVERSATIONS: Final = """
WITH numbered AS (SELECT id, row_number() OVER (ORDER BY id) AS n FROM chat_visitor WHERE tenant_id = %(tenant)s),
places AS (
    SELECT array_agg(DISTINCT s.id) AS sites, array_agg(DISTINCT d.id) AS departments, array_agg(DISTINCT m.id) AS members
    FROM tenants_site s, tenants_department d, tenants_membership m
    WHERE s.tenant_id = %(tenant)s AND d.tenant_id = %(tenant)s AND m.tenant_id = %(tenant)s
), begun AS (
    SELECT v.id AS visitor, date_trunc('day', now()) - (random() * %(days)s)::int * interval '1 day'
           + (7 + (random() + random()) * 6) * interval '1 hour' AS at,
           random() AS one, random() AS two, random() AS three, random() AS four, random() AS five, random() AS six
    FROM numbered v
), told AS (
    SELECT *, CASE WHEN one < 0.92 THEN at + (10 + two ^ 4 * 5000) * interval '1 second' END AS replied FROM begun WHERE at < now()
), ended AS (
    SELECT *, CASE WHEN replied IS NOT NULL AND three < 0.98 THEN replied + (60 + four ^ 3 * 90000) * interval '1 second' END AS closed
    FROM told
)
INSERT INTO chat_conversation (tenant_id, public_id, site_id, visitor_id, department_id, status, assigned_to_id, last_seq, last_rev,
    last_visible_seq, visitor_read_seq, agent_read_seq, created_at, waiting_since, assigned_at, first_assigned_at, first_replied_at,
    last_message_at, closed_at, outcome, rating)
SELECT %(tenant)s, gen_random_uuid(), p.sites[1 + (five * cardinality(p.sites))::int %% cardinality(p.sites)], visitor,
       p.departments[1 + (six * cardinality(p.departments))::int %% cardinality(p.departments)],
       CASE WHEN closed <= now() THEN 'closed' WHEN replied IS NULL THEN 'waiting' ELSE 'open' END,
       CASE WHEN replied IS NOT NULL THEN p.members[1 + (three * 97)::int %% cardinality(p.members)] END,
       5, 5, 5, 5, 5, at, CASE WHEN replied IS NULL THEN at END, replied, replied, replied,
       coalesce(least(closed, now()), replied, at) , CASE WHEN closed <= now() THEN closed END,
       CASE WHEN four < 0.7 THEN 'resolved' ELSE '' END, CASE WHEN closed <= now() AND five < 0.3 THEN 1 + (six * 4.4)::int %% 5 END
FROM ended, places p ORDER BY at
"""
_MESSAGES: Final = """
INSERT INTO chat_message (tenant_id, public_id, conversation_id, seq, rev, first_rev, prev_visible_seq, author_kind, author_id, client_id,
    sent_at, revised_reason, body, masked, code, is_visible)
SELECT %(tenant)s, gen_random_uuid(), c.id, seq, seq, seq, seq - 1,
       CASE WHEN seq %% 2 = 0 AND m.id IS NOT NULL THEN 'agent' ELSE 'visitor' END,
       CASE WHEN seq %% 2 = 0 AND m.id IS NOT NULL THEN m.public_id ELSE v.public_id END, gen_random_uuid(),
       CASE WHEN seq = 1 THEN c.created_at WHEN seq = 2 THEN coalesce(c.first_replied_at, c.created_at)
            ELSE coalesce(c.first_replied_at, c.created_at) + (coalesce(c.closed_at, c.last_message_at) - coalesce(c.first_replied_at, c.created_at))
                 * (seq - 2) / %(each)s END,
       '', decode(repeat('ab', 140), 'hex'), '[]', '', true
FROM chat_conversation c JOIN chat_visitor v ON v.tenant_id = c.tenant_id AND v.id = c.visitor_id
LEFT JOIN tenants_membership m ON m.tenant_id = c.tenant_id AND m.id = c.assigned_to_id
CROSS JOIN generate_series(1, %(each)s) AS seq
WHERE c.tenant_id = %(tenant)s ORDER BY c.id, seq
"""
_COUNTS: Final = """
INSERT INTO tenants_maskingcount (tenant_id, day, rule, kind, hits)
SELECT %(tenant)s, (now() - n * interval '1 day')::date, 'rule ' || r, 'custom', 1 + (random() * 50)::int
FROM generate_series(0, %(days)s) AS n, generate_series(1, 20) AS r
"""


@dataclass(frozen=True, slots=True)
class Size:
    conversations: int
    messages: int

    @property
    def each(self) -> int:
        """Messages of one conversation."""
        return max(1, round(self.messages / self.conversations))


def organisation(slug: str) -> int:
    """With its people, departments and two websites; its tenant's number."""
    owner = create_person(email=f"owner@{slug}.example", full_name="Owner", password=None, is_confirmed=True)
    founded = create_tenant(slug=slug, name=slug.title(), owner=owner)
    with tenant_scope(founded.tenant_id):
        Tenant.objects.update(time_zone=ZONE)
        for name in ("Shop", "Help"):
            add_site(name=name, websites=[f"https://{name.lower()}.{slug}.example"])
        for name in DEPARTMENTS:
            Department.objects.get_or_create(name=name)
    for number in range(AGENTS):
        _agent(founded.tenant_id, slug, number)
    return founded.tenant_id


def _agent(tenant_id: int, slug: str, number: int) -> None:
    email, name = f"agent{number}@{slug}.example", f"Agent {number}"
    user = create_person(email=email, full_name=name, password=None, is_confirmed=True)
    with tenant_scope(tenant_id):
        member = Membership.objects.create(user=user, role=Role.objects.get(slug="agent"), name=name)
        department = Department.objects.order_by("pk")[number % len(DEPARTMENTS)]
        DepartmentMembership.objects.create(department=department, membership=member)


def fill(tenant_id: int, size: Size) -> Iterator[str]:
    """Rows of `size`, the same in every run; says what it does next."""
    values = {"tenant": tenant_id, "conversations": size.conversations, "each": size.each, "days": DAYS}
    with connections["owner"].cursor() as cursor:
        cursor.execute("SELECT setseed(0.42)")
        for name, statement in (
            ("visitors", _VISITORS),
            ("conversations", _CONVERSATIONS),
            ("messages", _MESSAGES),
            ("counts of masking", _COUNTS),
        ):
            yield name
            cursor.execute(statement, values)


def settle() -> None:
    """As autovacuum leaves tables behind."""
    with connections["owner"].cursor() as cursor:
        for table in ("chat_visitor", "chat_conversation", "chat_message", "tenants_maskingcount"):
            cursor.execute(f"VACUUM (ANALYZE) {table}")
