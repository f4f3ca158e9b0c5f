"""Databases of the tests' server: made, copied and emptied by its superuser."""

import json
from collections.abc import Mapping
from dataclasses import asdict, dataclass, field
from typing import Self

import psycopg
from psycopg import sql

from chatplatform import roles
from chatplatform.external import as_role, in_database

_KEPT = "django_migrations"


@dataclass(frozen=True, slots=True)
class Server:
    """A PostgreSQL, by its superuser's URL; without passwords where `peer` knows us."""

    address: str
    passwords: Mapping[str, str] = field(default_factory=dict)

    @classmethod
    def noted(cls, note: str) -> Self:
        """The server that another process of this run has noted."""
        return cls(**json.loads(note))

    def note(self) -> str:
        """For `noted`."""
        return json.dumps(asdict(self))

    def url(self, role: str, database: str) -> str:
        """A connection URL for one of the roles."""
        return as_role(self.address, role, self.passwords.get(role, ""), database)

    def superuser(self, database: str | None = None) -> psycopg.Connection:
        """A connection without limits, each statement for itself."""
        return psycopg.connect(in_database(self.address, database) if database else self.address, autocommit=True)

    def make(self, database: str) -> None:
        """An empty database with the project's roles and rights."""
        with self.superuser() as connection:
            roles.prepare(connection, database=database, passwords=self.passwords)
        with self.superuser(database) as connection:
            roles.grant(connection, database=database)

    def copy(self, source: str, target: str) -> None:
        """`target` as a fresh copy of `source`."""
        with self.superuser() as connection:
            names = {"source": sql.Identifier(source), "target": sql.Identifier(target)}
            connection.execute(sql.SQL("DROP DATABASE IF EXISTS {target} WITH (FORCE)").format(**names))
            create = sql.SQL("CREATE DATABASE {target} TEMPLATE {source} OWNER {owner} STRATEGY FILE_COPY")
            connection.execute(create.format(**names, owner=sql.Identifier(roles.OWNER)))
            # Rights on a database are not copied with its contents.
            connection.execute(sql.SQL("REVOKE ALL ON DATABASE {target} FROM PUBLIC").format(**names))
            connect = sql.SQL("GRANT CONNECT ON DATABASE {target} TO {app}")
            connection.execute(connect.format(**names, app=sql.Identifier(roles.APP)))

    def drop(self, database: str) -> None:
        """Take a database away, whoever is connected to it."""
        with self.superuser() as connection:
            connection.execute(sql.SQL("DROP DATABASE IF EXISTS {} WITH (FORCE)").format(sql.Identifier(database)))


@dataclass(frozen=True, slots=True)
class Fixed:
    """The rows that migrations made, to be there again after each test that commits."""

    tables: tuple[str, ...]
    rows: dict[str, bytes]


def fixed(connection: psycopg.Connection) -> Fixed:
    """Read the fixed rows of a database that no test has touched yet."""
    query = "SELECT tablename FROM pg_tables WHERE schemaname = 'public' AND tablename <> %s ORDER BY tablename"
    tables = tuple(name for (name,) in connection.execute(query, [_KEPT]))
    rows = {}
    for table in filled(connection, tables):
        with connection.cursor().copy(sql.SQL("COPY public.{} TO STDOUT").format(sql.Identifier(table))) as copy:
            rows[table] = b"".join(bytes(piece) for piece in copy)
    return Fixed(tables, rows)


def empty(connection: psycopg.Connection, kept: Fixed) -> None:
    """Take every row away but the fixed ones, at once; triggers and foreign keys do not apply meanwhile."""
    with connection.transaction():
        connection.execute("SET LOCAL session_replication_role = replica")
        for table in filled(connection, kept.tables):
            connection.execute(sql.SQL("DELETE FROM public.{}").format(sql.Identifier(table)))
        for table, rows in kept.rows.items():
            with connection.cursor().copy(sql.SQL("COPY public.{} FROM STDIN").format(sql.Identifier(table))) as copy:
                copy.write(rows)


def filled(connection: psycopg.Connection, tables: tuple[str, ...]) -> list[str]:
    """Those of `tables` that have a row, found in one round trip."""
    if not tables:
        return []
    questions = [
        sql.SQL("SELECT {} WHERE EXISTS (SELECT FROM public.{})").format(sql.Literal(name), sql.Identifier(name))
        for name in tables
    ]
    return [name for (name,) in connection.execute(sql.SQL(" UNION ALL ").join(questions))]
