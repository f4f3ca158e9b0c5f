"""PostgreSQL's own catalogue says what the code relies on; what is missing there is found by name."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import psycopg
import pytest
from django.apps import apps
from django.conf import LazySettings
from django.db import connection

from security.scoping import TenantForeignKey, TenantOwned, catalogue
from security.scoping.catalogue import faults, isolated_models
from tests.services import session

pytestmark = pytest.mark.django_db

NO_TENANT = {
    "security.Attempt": "of whoever tries to sign in, before it is known who he is",
    "security.LimitRow": "counts of limits, before it is known who asks",
    "security.FormerPassword": "a person's, as the password is",
    "security.User": "a person, who may be a member of several tenants",
    "security.Revocation": "subjects are random names; read before any tenant is known",
    "tenants.Directory": "answers by one exact digest only",
    "tenants.Plan": "what operators offer; holds nothing of any tenant's",
}


@pytest.fixture(autouse=True)
def _tests_may_lose_commits(settings: LazySettings) -> None:
    settings.DATABASE_MAY_LOSE_COMMITS = True


def test_a_migrated_database_has_no_fault() -> None:
    assert list(faults()) == []


def test_every_model_of_ours_is_isolated_or_listed_with_its_reason() -> None:
    ours = [model for model in apps.get_models() if model._meta.app_label in {"security", "tenants", "chat"}]
    isolated = set(isolated_models())
    assert {model._meta.label for model in ours if model not in isolated} <= NO_TENANT.keys()
    assert all(issubclass(model, TenantOwned) or model._meta.label == "tenants.Tenant" for model in isolated)


def rows(statement: str, *values: object) -> list[tuple[object, ...]]:
    with connection.cursor() as cursor:
        cursor.execute(statement, values)
        found: list[tuple[object, ...]] = cursor.fetchall()
        return found


@pytest.mark.parametrize("label", sorted(model._meta.label for model in isolated_models()))
def test_each_isolated_table(label: str) -> None:
    model = apps.get_model(label)
    table = model._meta.db_table
    assert rows("SELECT relrowsecurity, relforcerowsecurity FROM pg_class WHERE relname = %s", table) == [(True, True)]
    policies = {
        name: (command, roles, using, check)
        for name, command, roles, using, check in rows(
            "SELECT policyname, cmd, roles::text, qual, with_check FROM pg_policies WHERE tablename = %s", table
        )
    }
    command, roles, using, check = policies["tenant"]
    assert (command, roles) == ("ALL", "{public}")
    assert using == check
    assert "app.tenant_id" in str(using)
    assert policies["owner"][1] == "{chat_owner}"
    assert policies.keys() <= {"tenant", "owner", "mine", "platform"}
    if "mine" in policies:
        command, _, using, check = policies["mine"]
        assert (command, check) == ("SELECT", None)
        assert "IS NULL" in str(using), "Only where no tenant is in scope"
    keys: dict[Any, Any] = dict(
        rows(
            "SELECT c.conname, array_agg(a.attname::text ORDER BY array_position(c.conkey, a.attnum)) FROM pg_constraint c "
            "JOIN pg_attribute a ON a.attrelid = c.conrelid AND a.attnum = ANY (c.conkey) "
            "WHERE c.conrelid = %s::regclass AND c.contype IN ('f', 'u') AND c.convalidated GROUP BY c.conname",
            table,
        )
    )
    if issubclass(model, TenantOwned):
        assert ["tenant_id", "id"] in keys.values()
        for field in model._meta.local_fields:
            if isinstance(field, TenantForeignKey):
                assert keys[f"{table}_{field.name}_same_tenant"] == ["tenant_id", field.column]


def test_every_index_that_a_tenant_fills_begins_with_it() -> None:
    """A unique one that did not would tell one tenant what another has; site keys are chance, and found before a tenant is known."""
    found = rows(
        "SELECT i.indexrelid::regclass::text, i.indrelid::regclass::text, a.attname FROM pg_index i "
        "JOIN pg_attribute a ON a.attrelid = i.indrelid AND a.attnum = i.indkey[0] "
        "WHERE i.indisunique AND NOT i.indisprimary AND i.indrelid = ANY (%s::regclass[])",
        [model._meta.db_table for model in isolated_models() if issubclass(model, TenantOwned)],
    )
    assert found
    strange = {(table, column) for _, table, column in found if column != "tenant_id"}
    assert strange == {("tenants_site", "key"), ("tenants_directory", "kind")}


@pytest.fixture
def owner(db: None) -> Iterator[psycopg.Connection]:
    """The role that migrates, whose changes are rolled back."""
    with psycopg.connect(session.urls().owner) as found:
        yield found
        found.rollback()


BROKEN = {
    "ALTER TABLE chat_message DISABLE ROW LEVEL SECURITY": "chat_message has no forced row-level security",
    "ALTER TABLE chat_message NO FORCE ROW LEVEL SECURITY": "chat_message has no forced row-level security",
    "DROP POLICY tenant ON chat_message": "chat_message lacks the policy `tenant`",
    "CREATE POLICY easy ON chat_message USING (true)": "chat_message has policies that are not ours: easy",
    "ALTER POLICY tenant ON chat_message USING (true)": "chat_message lacks the policy `tenant`",
    "ALTER POLICY tenant ON chat_message WITH CHECK (true)": "chat_message lacks the policy `tenant`",
    "ALTER POLICY tenant ON chat_message USING (tenant_id = current_setting('app.tenant_id', true)::bigint OR seq > 0) "
    "WITH CHECK (tenant_id = current_setting('app.tenant_id', true)::bigint OR seq > 0)": "lacks the policy `tenant`",
    "ALTER POLICY owner ON chat_message TO PUBLIC": "chat_message has policies that are not ours: owner",
    "ALTER TABLE chat_message DROP CONSTRAINT chat_message_conversation_same_tenant": "foreign key for conversation",
    "GRANT TRUNCATE ON chat_message TO chat_app": "may truncate tables",
}


@pytest.mark.parametrize("statement", BROKEN)
def test_what_is_taken_away_is_missed(
    owner: psycopg.Connection, monkeypatch: pytest.MonkeyPatch, statement: str
) -> None:
    """The catalogue is read in the owner's own transaction, which sees its change and never commits it."""
    owner.execute("SET LOCAL lock_timeout = '10s'")
    owner.execute(statement)
    monkeypatch.setattr("security.scoping.catalogue.connection", owner)
    monkeypatch.setattr(catalogue, "_ROLE", catalogue._ROLE.replace("= current_user", "= 'chat_app'"))
    assert any(BROKEN[statement] in sentence for sentence in faults()), list(faults())
