"""No scope, no rows: in the manager, in PostgreSQL, across threads, nesting and a pool of few connections."""

from __future__ import annotations

import threading
from contextvars import copy_context

import psycopg
import pytest
from django.db import DataError, IntegrityError, connection, connections, transaction
from django.db.utils import ProgrammingError
from django.test.utils import CaptureQueriesContext
from psycopg_pool import ConnectionPool

from security.scoping import ScopeConflict, ScopeMissing, require_tenant_id, tenant_scope, user_scope
from tenants.models import Department, DepartmentMembership, Membership, Policy, Tenant
from tests.cast import Organisation, organisation
from tests.services import session


@pytest.fixture
def acme(db: None) -> Organisation:
    return organisation("acme", "olga", {"alice": "agent"})


@pytest.fixture
def rival(db: None) -> Organisation:
    return organisation("rival", "mallory", {})


def test_without_a_scope_the_manager_raises(acme: Organisation) -> None:
    for ask in (
        lambda: list(Department.objects.all()),
        lambda: Department.objects.filter().count(),
        lambda: Department.objects.create(name="x"),
        lambda: Department.objects.bulk_create([Department(name="x")]),
        lambda: Department.objects.update(name="x"),
        lambda: Department.objects.all().delete(),
        lambda: Department.objects.filter(name="x").exists(),
        lambda: Department(name="x").save(),
    ):
        with pytest.raises(ScopeMissing):
            ask()
    with pytest.raises(ScopeMissing):
        require_tenant_id()


def test_a_queryset_made_inside_is_no_use_outside(acme: Organisation) -> None:
    with tenant_scope(acme.tenant_id):
        kept = Department.objects.all()
        row = Department.objects.get()
    for use in (lambda: list(kept), kept.count, kept.delete, lambda: row.save(update_fields=["name"]), row.delete):
        with pytest.raises(ScopeMissing):
            use()


def test_without_a_setting_the_database_has_no_rows(acme: Organisation) -> None:
    with connection.cursor() as cursor:
        for table in ("tenants_department", "tenants_tenant", "tenants_membership", "tenants_directory"):
            cursor.execute(f"SELECT count(*) FROM {table}")
            assert cursor.fetchone() == (0,), table
        cursor.execute("UPDATE tenants_department SET name = 'x'")
        assert cursor.rowcount == 0
        cursor.execute("DELETE FROM tenants_department")
        assert cursor.rowcount == 0


def test_a_scope_shows_its_own_tenant_alone(acme: Organisation, rival: Organisation) -> None:
    with tenant_scope(rival.tenant_id), connection.cursor() as cursor:
        assert Tenant.objects.get().pk == rival.tenant_id
        assert not Membership.objects.filter(user__email__endswith="@acme.example").exists()
        cursor.execute("SELECT DISTINCT tenant_id FROM tenants_department")
        assert cursor.fetchall() == [(rival.tenant_id,)]
        cursor.execute("UPDATE tenants_department SET name = 'x' WHERE tenant_id = %s", [acme.tenant_id])
        assert cursor.rowcount == 0
    insert = "INSERT INTO tenants_department (tenant_id, public_id, name, is_default) VALUES (%s, gen_random_uuid(), 'x', false)"
    with tenant_scope(rival.tenant_id), transaction.atomic(), connection.cursor() as cursor:
        with pytest.raises(ProgrammingError, match="row-level security"):
            cursor.execute(insert, [acme.tenant_id])
        transaction.set_rollback(True)


def test_another_tenants_scope_does_not_open_inside(acme: Organisation, rival: Organisation) -> None:
    with tenant_scope(acme.tenant_id):
        with pytest.raises(ScopeConflict), tenant_scope(rival.tenant_id):
            pass
        with pytest.raises(ScopeConflict), user_scope(1):
            pass
        with tenant_scope(acme.tenant_id):
            assert Tenant.objects.get().pk == acme.tenant_id
        assert Department.objects.count() == 1, "The outer one goes on"


def test_a_failed_inner_block_leaves_the_outer_one_whole(acme: Organisation) -> None:
    with tenant_scope(acme.tenant_id):
        with pytest.raises(DataError), tenant_scope(acme.tenant_id):
            Department.objects.bulk_create([Department(name="Gone"), Department(name="too long" * 1_000)])
        assert [row.name for row in Department.objects.all()] == ["Support"]


def test_a_row_of_another_tenant_is_not_saved(acme: Organisation, rival: Organisation) -> None:
    with tenant_scope(acme.tenant_id):
        row = Department.objects.get()
    with tenant_scope(rival.tenant_id), pytest.raises(ScopeConflict):
        row.save()


def test_no_key_points_into_another_tenant(acme: Organisation, rival: Organisation) -> None:
    """PostgreSQL refuses it, whatever the code does: row-level security alone would let the key through."""
    with tenant_scope(acme.tenant_id):
        foreign = Department.objects.get().pk
    with tenant_scope(rival.tenant_id):
        own = Membership.objects.get()
        with pytest.raises(IntegrityError), transaction.atomic():
            DepartmentMembership.objects.create(department_id=foreign, membership=own)


def test_a_person_sees_his_own_memberships_and_nothing_inside_them(acme: Organisation, rival: Organisation) -> None:
    olga = acme.user("olga")
    with user_scope(olga.pk):
        assert [row.tenant_id for row in Membership.objects.all()] == [acme.tenant_id]
        assert [row.pk for row in Tenant.objects.all()] == [acme.tenant_id]
        assert Policy.objects.count() == 1
        with pytest.raises(ScopeMissing):
            Department.objects.count()
    with tenant_scope(rival.tenant_id):
        Membership.objects.create(user=olga, role=Membership.objects.get().role, name="Olga at Rival")
    with tenant_scope(acme.tenant_id):
        assert {row.tenant_id for row in Membership.objects.filter(user=olga)} == {acme.tenant_id}
    with user_scope(olga.pk):
        assert {row.tenant_id for row in Membership.objects.all()} == {acme.tenant_id, rival.tenant_id}


def test_a_scope_that_is_carried_into_another_thread_is_refused(committed_db: None) -> None:
    acme = organisation("acme", "olga", {})
    raised: list[type[BaseException]] = []

    def use() -> None:
        for work in (lambda: list(Department.objects.all()), tenant_scope(acme.tenant_id).__enter__):
            try:
                work()
            except (ScopeMissing, ScopeConflict) as error:
                raised.append(type(error))
        connections.close_all()

    with tenant_scope(acme.tenant_id):
        thread = threading.Thread(target=copy_context().run, args=(use,))
        thread.start()
        thread.join()
        assert Department.objects.count() == 1
    assert raised == [ScopeMissing, ScopeConflict]


def test_the_setting_is_the_transactions_own(acme: Organisation) -> None:
    """A session's would go back to the pool with the connection, if what takes it away were ever missed."""
    with CaptureQueriesContext(connection) as asked, tenant_scope(acme.tenant_id):
        pass
    settings = [query["sql"] for query in asked.captured_queries if "set_config" in query["sql"]]
    assert len(settings) == 2
    assert all(statement.endswith(", true)") for statement in settings), settings


def test_the_setting_does_not_outlive_its_transaction_in_a_pool(committed_db: None) -> None:
    """One connection, given back and taken again: what the last one set is gone."""
    acme = organisation("acme", "olga", {})
    with ConnectionPool(session.urls().app, min_size=1, max_size=1, open=True) as pool:
        with pool.connection() as first, first.transaction():
            first.execute("SELECT set_config('app.tenant_id', %s, true)", [str(acme.tenant_id)])
            assert first.execute("SELECT count(*) FROM tenants_department").fetchone() == (1,)
        with pool.connection() as second:
            assert second.execute("SELECT count(*) FROM tenants_department").fetchone() == (0,)


def test_the_application_may_not_lift_the_policies(acme: Organisation) -> None:
    for statement in (
        "ALTER TABLE tenants_department DISABLE ROW LEVEL SECURITY",
        "DROP POLICY tenant ON tenants_department",
        "TRUNCATE tenants_department",
        "CREATE TABLE public.mine (id int)",
        "SET ROLE chat_owner",
        "SET LOCAL row_security = off; SELECT * FROM tenants_department",
    ):
        with pytest.raises(ProgrammingError) as refused, transaction.atomic(), connection.cursor() as cursor:
            cursor.execute(statement)
        assert isinstance(refused.value.__cause__, psycopg.errors.InsufficientPrivilege), statement
