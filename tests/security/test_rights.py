"""What the application's role may do to tables that it has little to do with."""

import pytest
from django.db import connection

pytestmark = pytest.mark.django_db


@pytest.mark.parametrize(
    ("table", "held"),
    [
        ("django_migrations", {"SELECT"}),
        ("auditlog_logentry", {"SELECT"}),
        ("django_admin_log", {"SELECT"}),
        ("security_audithead", {"SELECT"}),
        ("security_auditevent", {"SELECT"}),
        ("security_auditdetail", {"SELECT"}),
        ("security_revocation", {"SELECT", "INSERT"}),
        ("tenants_tenant", {"SELECT", "INSERT"}),
    ],
)
def test_the_application_holds_no_more_than_it_uses(table: str, held: set[str]) -> None:
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT p FROM unnest(ARRAY['SELECT', 'INSERT', 'UPDATE', 'DELETE', 'TRUNCATE']) p"
            " WHERE has_table_privilege(current_user, %s, p)",
            [table],
        )
        assert {name for (name,) in cursor.fetchall()} == held


def test_nobody_chooses_the_number_by_which_the_signer_remembers_how_far_it_has_looked() -> None:
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT attname FROM pg_attribute WHERE attrelid = 'security_auditcheckpoint'::regclass AND attnum > 0"
            " AND NOT has_column_privilege(current_user, attrelid, attnum, 'INSERT')"
        )
        assert cursor.fetchall() == [("id",)]
        cursor.execute(
            "SELECT has_sequence_privilege(current_user, 'security_auditcheckpoint_id_seq', 'USAGE, UPDATE')"
        )
        assert cursor.fetchone() == (False,)


@pytest.mark.parametrize("name", ["audit_unsigned()", "audit_prune(bigint, bytea)"])
def test_workers_of_the_release_before_find_what_they_ask_until_they_are_restarted(name: str) -> None:
    with connection.cursor() as cursor:
        cursor.execute("SELECT has_function_privilege(current_user, to_regprocedure(%s), 'EXECUTE')", [name])
        assert cursor.fetchone() == (True,)


def test_functions_of_ours_are_the_applications_alone() -> None:
    """Whoever may call `audit_append` writes the trail, and `tenant_of` looks across tenants."""
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT proname, has_function_privilege('chat_app', p.oid, 'EXECUTE'),"
            " has_function_privilege('chat_platform', p.oid, 'EXECUTE')"
            " FROM pg_proc p WHERE pronamespace = 'public'::regnamespace AND prosecdef"
        )
        found = {name: (app, platform) for name, app, platform in cursor.fetchall()}
    assert found.keys() >= {"audit_append", "tenant_of", "tenant_ids", "sweep_revocations"}
    assert set(found.values()) == {(True, False)}


def test_of_an_organisation_only_what_services_change_can_be_changed() -> None:
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT attname FROM pg_attribute WHERE attrelid = 'tenants_tenant'::regclass AND attnum > 0"
            " AND has_column_privilege(current_user, attrelid, attnum, 'UPDATE')"
        )
        assert {name for (name,) in cursor.fetchall()} == {"name", "time_zone", "status", "public_id", "confirmed_at"}
