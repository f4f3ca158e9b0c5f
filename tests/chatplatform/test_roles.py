"""What the database's roles may do; each sentence is tried, not read from the catalogue alone."""

import psycopg
import pytest

from chatplatform import roles
from tests.services import session


def _as(role: str) -> psycopg.Connection:
    server, database = session.current()
    return psycopg.connect(server.url(role, database), autocommit=True)


@pytest.mark.parametrize(
    "statement",
    [
        "CREATE TABLE mine (id int)",
        "TRUNCATE django_session",
        "DROP TABLE django_session",
        "ALTER TABLE django_session ADD COLUMN x int",
        "CREATE DATABASE mine",
        "CREATE ROLE friend",
        "CREATE SCHEMA mine",
        "CREATE TEMPORARY TABLE mine (id int)",
        "ALTER TABLE django_session DISABLE TRIGGER ALL",
        "SET ROLE chat_owner",
        "SET session_replication_role = replica",
        "COPY django_session TO '/tmp/out'",
    ],
)
def test_the_application_may_not(statement: str) -> None:
    with _as(roles.APP) as connection, pytest.raises(psycopg.errors.InsufficientPrivilege):
        connection.execute(statement)


def test_the_application_may_use_what_the_owner_makes() -> None:
    with _as(roles.OWNER) as owner:
        owner.execute("CREATE TABLE made_for_this_test (id bigint GENERATED ALWAYS AS IDENTITY, word text)")
        owner.execute("CREATE FUNCTION asked_for_this_test() RETURNS int LANGUAGE sql RETURN 7")
    try:
        with _as(roles.APP) as application:
            application.execute("INSERT INTO made_for_this_test (word) VALUES ('a')")
            application.execute("UPDATE made_for_this_test SET word = 'b'")
            assert application.execute("SELECT id, word FROM made_for_this_test").fetchall() == [(1, "b")]
            application.execute("DELETE FROM made_for_this_test")
            with pytest.raises(psycopg.errors.InsufficientPrivilege):  # functions are granted one by one
                application.execute("SELECT asked_for_this_test()")
    finally:
        with _as(roles.OWNER) as owner:
            owner.execute("DROP TABLE made_for_this_test")
            owner.execute("DROP FUNCTION asked_for_this_test()")


def test_the_platform_role_gives_nothing_until_it_is_taken() -> None:
    with _as(roles.OWNER) as owner:
        owner.execute("CREATE TABLE for_operators (id int)")
        owner.execute("REVOKE ALL ON for_operators FROM chat_app")
        owner.execute("GRANT SELECT ON for_operators TO chat_platform")
    try:
        with _as(roles.APP) as application:
            with pytest.raises(psycopg.errors.InsufficientPrivilege), application.transaction():
                application.execute("SELECT * FROM for_operators")
            with application.transaction():
                application.execute("SET LOCAL ROLE chat_platform")
                assert application.execute("SELECT * FROM for_operators").fetchall() == []
            assert application.execute("SELECT current_user").fetchone() == ("chat_app",)
    finally:
        with _as(roles.OWNER) as owner:
            owner.execute("DROP TABLE for_operators")


@pytest.mark.parametrize("role", [roles.OWNER, roles.APP, roles.PLATFORM])
def test_no_role_passes_by_the_policies(role: str) -> None:
    server, _ = session.current()
    with server.superuser() as connection:
        query = (
            "SELECT rolsuper, rolbypassrls, rolcreatedb, rolcreaterole, rolreplication FROM pg_roles WHERE rolname = %s"
        )
        assert connection.execute(query, [role]).fetchone() == (False,) * 5


def test_preparing_twice_is_the_same_as_once_and_takes_rights_back() -> None:
    server, database = session.current()
    with server.superuser() as connection:
        connection.execute("ALTER ROLE chat_app CREATEDB")
        roles.prepare(connection, database=database)
    test_no_role_passes_by_the_policies(roles.APP)
