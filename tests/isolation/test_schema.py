"""What PostgreSQL does past the policies, and for whom: definer functions, the operators' role, keys between tables."""

from __future__ import annotations

import json
from typing import Any, Final

import pytest
from django.apps import apps
from django.db import connection

from security.models import AuditEvent
from security.scoping import SameTenant, TenantForeignKey, TenantOwned, tenant_of, tenant_scope
from security.scoping.catalogue import isolated_models
from tenants.access import digest_of
from tenants.models import Directory
from tests import cast
from tests.cast import Organisation

pytestmark = pytest.mark.django_db

DEFINERS: Final = {
    "audit_append": "takes the tenant from the scope, never from the event",
    "audit_heads": "numbers of tenants and how long each one's chain is, nothing else",
    "audit_keep": "asks for a term of the scope's own trail; a shorter one waits for a week at least",
    "audit_keep_undone": "takes back what the scope's own trail waits for",
    "audit_prune": "forgets the beginning of the scope's own trail, up to a checkpoint that is as old as the term says",
    "audit_sweep": "deletes of the scope's own trail what a tombstone covers",
    "audit_unsigned": "numbers of tenants, nothing else; asked by workers of the release before, and to go with the next one",
    "closing_ask": "announces the end of the scope's own tenant, a week away at least",
    "closing_begin": "begins it once its day has come by the database's clock, and while nothing is held",
    "closing_finish": "deletes all of the scope's own tenant, once its closing has begun",
    "closing_sweep": "deletes keys first and then what the chat has of the scope's own tenant, once its closing has begun",
    "closing_undo": "takes back what the scope's own tenant waits for",
    "lags": "two numbers of seconds, the worst of all tenants, nothing else",
    "sweep_accounts": "deletes what is over of global tables",
    "sweep_revocations": "deletes revocations of an hour ago",
    "tenant_ids": "numbers of tenants, nothing else",
    "tenant_of": "answers one digest of one kind",
    "tenants_with": "numbers of tenants that have work of one kind, nothing else",
    "tenants_with_chat": "numbers of tenants that have work of one kind, nothing else",
}
"""Functions that see every tenant's rows, since they run as their owner."""
OPERATORS_READ: Final = {
    "tenants_tenant",
    "tenants_operatorentry",
    "tenants_plan",
    "tenants_subscription",
    "tenants_usage",
}
MINE: Final = {"tenants_membership", "tenants_policy", "tenants_tenant"}
"""Tables of which a person reads his own rows before a tenant is chosen."""


@pytest.fixture
def acme() -> Organisation:
    return cast.acme()


def rows(statement: str, *values: object) -> list[tuple[Any, ...]]:
    with connection.cursor() as cursor:
        cursor.execute(statement, values)
        found: list[tuple[Any, ...]] = cursor.fetchall()
        return found


def test_every_function_that_runs_as_its_owner_is_listed_and_finds_objects_by_a_path_of_its_own() -> None:
    found = rows(
        "SELECT proname, coalesce(proconfig, '{}') FROM pg_proc WHERE prosecdef AND pronamespace = 'public'::regnamespace"
    )
    assert {name for name, _ in found} <= DEFINERS.keys(), "A new one sees all tenants: say here why it may"
    assert all("search_path=pg_catalog" in settings for _, settings in found), found


def test_a_digest_leads_to_its_own_tenant_by_its_own_kind_alone(acme: Organisation) -> None:
    rival = cast.rival()
    kind = Directory.Kind.SITE_KEY
    for house in (acme, rival):
        found = tenant_of(kind, digest_of(house.site_key))
        assert found is not None
        assert found[0] == house.tenant_id
    for wrong in (digest_of("pk_missing"), b"", digest_of(acme.site_key)[:-1]):
        assert tenant_of(kind, wrong) is None
    assert tenant_of(Directory.Kind.INVITATION, digest_of(acme.site_key)) is None
    assert rows("SELECT count(*) FROM tenant_of(%s, %s)", kind, digest_of(acme.site_key)) == [(1,)]


def test_the_trail_is_the_scopes_whatever_an_event_says(acme: Organisation) -> None:
    rival = cast.rival()
    said = {"action": "tag.created", "outcome": "ok", "actor": {"kind": "job"}, "tenant": rival.tenant_id}
    forged = {"entry": json.dumps(said), "details": [], "tenant": rival.tenant_id, "tenant_id": rival.tenant_id}
    with tenant_scope(acme.tenant_id):
        rows("SELECT audit_append(%s)", json.dumps([forged]))
        assert AuditEvent.objects.filter(action="tag.created").count() == 1
    with tenant_scope(rival.tenant_id):
        assert not AuditEvent.objects.filter(action="tag.created").exists()


def test_operators_read_the_organisations_and_their_own_entries_and_no_other_table() -> None:
    """Nothing with content: the organisations, plans and counts, and what operators themselves said when they entered one."""
    readable = rows(
        "SELECT c.relname FROM pg_class c WHERE c.relkind IN ('r', 'p') AND c.relnamespace = 'public'::regnamespace "
        "AND has_table_privilege('chat_platform', c.oid, 'SELECT')"
    )
    assert {table for (table,) in readable} == OPERATORS_READ
    policies = rows("SELECT policyname, tablename FROM pg_policies WHERE policyname IN ('platform', 'mine')")
    assert {table for name, table in policies if name == "platform"} == OPERATORS_READ - {"tenants_plan"}
    assert {table for name, table in policies if name == "mine"} == MINE


@pytest.mark.parametrize("model", isolated_models(), ids=lambda model: model._meta.label)
def test_each_reference_to_a_tenants_row_is_held_by_a_key_of_both(model: Any) -> None:
    held = {constraint.field for constraint in model._meta.constraints if isinstance(constraint, SameTenant)}
    assert held == {field.name for field in model._meta.local_fields if isinstance(field, TenantForeignKey)}


def test_each_key_between_tenants_tables_begins_with_the_tenant() -> None:
    """Read from the catalogue: of both sides, whatever the models say."""
    found = rows(
        "SELECT c.conrelid::regclass::text, c.confrelid::regclass::text, "
        "(SELECT a.attname FROM pg_attribute a WHERE a.attrelid = c.conrelid AND a.attnum = c.conkey[1]), "
        "(SELECT a.attname FROM pg_attribute a WHERE a.attrelid = c.confrelid AND a.attnum = c.confkey[1]) "
        "FROM pg_constraint c WHERE c.contype = 'f'"
    )
    owned = {model._meta.db_table for model in apps.get_models() if issubclass(model, TenantOwned)}
    between = [key for key in found if key[0] in owned and key[1] in owned]
    assert len(between) >= 20
    assert {(own, other) for _, _, own, other in between} == {("tenant_id", "tenant_id")}


def test_no_view_shows_what_policies_hide() -> None:
    views = "SELECT relname FROM pg_class WHERE relkind IN ('v', 'm') AND relnamespace = 'public'::regnamespace"
    assert rows(views) == []
