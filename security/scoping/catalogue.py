"""Does PostgreSQL hold what the code relies on? Read from its catalogue, not from the models; the start is refused where it does not."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any

from django.apps import apps
from django.conf import settings
from django.core.checks import CheckMessage, Error, Tags, register
from django.db import connection
from django.db.models import Model

from security.scoping.models import TenantForeignKey, TenantOwned

_ROLE = """
SELECT r.rolsuper, r.rolbypassrls, r.rolcreatedb, r.rolcreaterole,
       EXISTS (SELECT FROM pg_class c WHERE c.relowner = r.oid AND c.relnamespace = 'public'::regnamespace),
       EXISTS (SELECT FROM pg_class c WHERE c.relkind = 'r' AND c.relnamespace = 'public'::regnamespace
               AND has_table_privilege(r.oid, c.oid, 'TRUNCATE')),
       has_schema_privilege(r.oid, 'public', 'CREATE')
FROM pg_roles r WHERE r.rolname = current_user
"""
_ROLE_FAULTS = (
    "is a superuser",
    "may bypass row-level security",
    "may create databases",
    "may create roles",
    "owns tables",
    "may truncate tables",
    "may create tables",
)
_TABLES = r"""
SELECT c.relname, c.relrowsecurity AND c.relforcerowsecurity,
       EXISTS (SELECT FROM pg_policies p WHERE p.schemaname = 'public' AND p.tablename = c.relname AND p.policyname = 'tenant'
               AND p.cmd = 'ALL' AND p.qual LIKE '%app.tenant_id%' AND p.qual = p.with_check AND p.qual !~* '\mor\M'),
       ARRAY(SELECT p.policyname::text FROM pg_policies p
             WHERE p.schemaname = 'public' AND p.tablename = c.relname
             AND NOT (p.policyname = 'tenant'
                      OR p.policyname = 'owner' AND p.roles = '{chat_owner}'
                      OR p.policyname = 'mine' AND p.cmd = 'SELECT'
                      OR p.policyname = 'platform' AND p.cmd = 'SELECT' AND p.roles = '{chat_platform}'))
FROM pg_class c WHERE c.relkind IN ('r', 'p') AND c.relnamespace = 'public'::regnamespace
"""
_FOREIGN_KEYS = """
SELECT c.conname FROM pg_constraint c
WHERE c.contype = 'f' AND c.convalidated AND c.connamespace = 'public'::regnamespace AND cardinality(c.conkey) = 2
"""


def faults() -> Iterator[str]:
    """Each thing that is not as it must be, as a sentence."""
    with connection.cursor() as cursor:
        cursor.execute(_ROLE)
        row = cursor.fetchone() or ()
        yield from (
            f"The role of DATABASE_URL {fault}." for fault, holds in zip(_ROLE_FAULTS, row, strict=True) if holds
        )
        if not getattr(settings, "DATABASE_MAY_LOSE_COMMITS", False):
            for name in ("fsync", "synchronous_commit", "full_page_writes"):
                cursor.execute("SELECT current_setting(%s)", [name])
                if cursor.fetchone()[0] == "off":
                    yield f"PostgreSQL runs with {name} off: what was acknowledged could be lost."
        cursor.execute(_TABLES)
        tables = {name: (forced, tenant, strange) for name, forced, tenant, strange in cursor.fetchall()}
        cursor.execute(_FOREIGN_KEYS)
        keys = {name for (name,) in cursor.fetchall()}
    yield from _isolation_faults(tables, keys)


def isolated_models() -> list[type[Model]]:
    """Every model whose rows belong to a tenant, and the table of tenants."""
    return [
        model
        for model in apps.get_models()
        if issubclass(model, TenantOwned)
        or any(c.name == f"{model._meta.db_table}_isolation" for c in model._meta.constraints)
    ]


def _isolation_faults(tables: dict[str, tuple[bool, bool, list[str]]], keys: set[str]) -> Iterator[str]:
    for model in isolated_models():
        table = model._meta.db_table
        if table not in tables:
            yield f"Table {table} is missing: run `manage.py migrate`."
            continue
        forced, tenant, strange = tables[table]
        if not forced:
            yield f"Table {table} has no forced row-level security."
        if not tenant:
            yield f"Table {table} lacks the policy `tenant` with USING and WITH CHECK."
        if strange:
            yield f"Table {table} has policies that are not ours: {', '.join(strange)}."
        for field in model._meta.local_fields:
            if isinstance(field, TenantForeignKey) and f"{table}_{field.name}_same_tenant" not in keys:
                yield f"Table {table} lacks the composite foreign key for {field.name}."


@register(Tags.database)
def check_catalogue(*, databases: Sequence[str] | None = None, **_: Any) -> Sequence[CheckMessage]:
    """`manage.py check --database default`; `serve` runs it at start."""
    if not databases or "default" not in databases:
        return []
    return [Error(sentence, id="security.E100") for sentence in faults()]
