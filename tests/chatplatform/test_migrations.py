"""A migration runs on a full database while the release before still works on it."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

from django.contrib.postgres.operations import AddIndexConcurrently
from django.db import migrations
from django.db.migrations.loader import MigrationLoader
from django.db.migrations.operations.base import Operation

FIRST: Final = {"security": "0017", "tenants": "0032", "chat": "0013"}
"""Of each application's, from which on it is asked; those before have run everywhere."""


def recent() -> Iterator[tuple[str, Operation, set[str]]]:
    """Each operation on the database, where it stands, and the models that its migration makes."""
    for (app, name), migration in sorted(MigrationLoader(None).disk_migrations.items()):
        if app in FIRST and name >= FIRST[app]:
            made = {op.name.lower() for op in migration.operations if isinstance(op, migrations.CreateModel)}
            for op in migration.operations:
                inner = op.database_operations if isinstance(op, migrations.SeparateDatabaseAndState) else [op]
                yield from ((f"{app} {name}", each, made) for each in inner)


def test_a_row_of_the_release_before_which_knows_no_new_column_is_taken() -> None:
    added = [
        (where, op.model_name, op.name, op.field) for where, op, _ in recent() if isinstance(op, migrations.AddField)
    ]
    assert added
    refused = [
        f"{where}: {model}.{name}"
        for where, model, name, field in added
        if not field.null and not field.has_db_default()
    ]
    assert refused == [], "Give it a db_default"


def test_an_index_on_a_table_that_is_there_is_built_while_others_write() -> None:
    added = [(where, op, made) for where, op, made in recent() if isinstance(op, migrations.AddIndex)]
    assert added
    locking = [
        f"{where}: {op.index.name}"
        for where, op, made in added
        if op.model_name.lower() not in made and not isinstance(op, AddIndexConcurrently)
    ]
    assert locking == [], "AddIndexConcurrently, with atomic = False"
