"""The database's roles, made by a superuser.

`chat_owner` owns the schema and runs migrations; `chat_app` is what web, worker and beat are; `chat_platform` is what
an operator becomes for one transaction. A plain GRANT of `chat_platform` would give its rights to every query of the
application, hence INHERIT FALSE. Proven by tests/chatplatform/test_roles.py.
"""

from collections.abc import Mapping

import psycopg
from psycopg import sql

OWNER, APP, PLATFORM = "chat_owner", "chat_app", "chat_platform"
_PLAIN = "NOSUPERUSER NOCREATEDB NOCREATEROLE NOREPLICATION NOBYPASSRLS"


def prepare(connection: psycopg.Connection, *, database: str, passwords: Mapping[str, str] | None = None) -> None:
    """Make roles and `database`, or bring present ones to the wanted rights; needs autocommit, can be repeated."""
    for role, login in ((OWNER, "LOGIN"), (APP, "LOGIN"), (PLATFORM, "NOLOGIN")):
        exists = connection.execute("SELECT 1 FROM pg_roles WHERE rolname = %s", [role]).fetchone()
        verb = "ALTER" if exists else "CREATE"
        connection.execute(sql.SQL(f"{verb} ROLE {{}} {login} {_PLAIN}").format(sql.Identifier(role)))
        if passwords and role in passwords:
            statement = sql.SQL("ALTER ROLE {} PASSWORD {}")
            connection.execute(statement.format(sql.Identifier(role), sql.Literal(passwords[role])))
    connection.execute(f"GRANT {PLATFORM} TO {APP} WITH INHERIT FALSE, SET TRUE, ADMIN FALSE")
    if not connection.execute("SELECT 1 FROM pg_database WHERE datname = %s", [database]).fetchone():
        statement = sql.SQL("CREATE DATABASE {} OWNER {} TEMPLATE template0 ENCODING 'UTF8'")
        connection.execute(statement.format(sql.Identifier(database), sql.Identifier(OWNER)))


def grant(connection: psycopg.Connection, *, database: str) -> None:
    """Inside `database`: the schema is the owner's, and what the owner makes the application may use, not change."""
    name = sql.Identifier(database)
    connection.execute(sql.SQL("REVOKE ALL ON DATABASE {} FROM PUBLIC").format(name))
    connection.execute(sql.SQL("GRANT CONNECT ON DATABASE {} TO {}").format(name, sql.Identifier(APP)))
    connection.execute(sql.SQL("ALTER DATABASE {} OWNER TO {}").format(name, sql.Identifier(OWNER)))
    defaults = f"ALTER DEFAULT PRIVILEGES FOR ROLE {OWNER}"
    for statement in (
        f"ALTER SCHEMA public OWNER TO {OWNER}",
        "REVOKE ALL ON SCHEMA public FROM PUBLIC",
        f"GRANT USAGE ON SCHEMA public TO {APP}, {PLATFORM}",
        f"{defaults} IN SCHEMA public GRANT SELECT, INSERT, UPDATE, DELETE ON TABLES TO {APP}",
        f"{defaults} IN SCHEMA public GRANT USAGE ON SEQUENCES TO {APP}",
        # A function is callable by everybody unless this is said once, for the whole database.
        f"{defaults} REVOKE EXECUTE ON FUNCTIONS FROM PUBLIC",
    ):
        connection.execute(sql.SQL(statement))
