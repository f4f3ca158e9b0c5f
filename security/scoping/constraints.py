"""Schema constraints that makemigrations writes like any other: isolation policies and same-tenant foreign keys.

Their names and SQL land in migrations and are checked at start against PostgreSQL's catalogue (`security.scoping.catalogue`).
"""

from __future__ import annotations

from typing import Any

from django.db.backends.base.schema import BaseDatabaseSchemaEditor
from django.db.models import BaseConstraint, Model

SETTING = "(SELECT NULLIF(current_setting('app.tenant_id', true), '')::bigint)"
"""The tenant in scope. After a commit the setting reads '', hence NULLIF; the sub-select lets the planner evaluate it once."""

USER_SETTING = "(SELECT NULLIF(current_setting('app.user_id', true), '')::bigint)"


class _SchemaConstraint(BaseConstraint):
    """A constraint that PostgreSQL enforces and that the ORM has nothing to validate for."""

    def statements(self, model: type[Model], editor: BaseDatabaseSchemaEditor) -> list[str]:
        raise NotImplementedError

    def create_sql(self, model: type[Model], schema_editor: BaseDatabaseSchemaEditor) -> str:  # type: ignore[override]
        """Deferred to the end of the migration, when the keys and tables that it names are there; so nothing remains to be run now."""
        schema_editor.deferred_sql.extend(self.statements(model, schema_editor))
        return ""

    constraint_sql = create_sql  # type: ignore[assignment]

    def validate(self, *_: Any, **__: Any) -> None:
        return None

    def __eq__(self, other: object) -> bool:
        return type(other) is type(self) and self.deconstruct() == other.deconstruct()

    def __hash__(self) -> int:
        return hash((type(self), self.name))


class TenantIsolation(_SchemaConstraint):
    """FORCE ROW LEVEL SECURITY with policy `tenant` for everybody and `owner` for the role that migrates.

    Without `owner`, data migrations would touch no row silently, definer functions would see nothing and ADD FOREIGN KEY would be marked
    valid over rows it cannot see. `mine` is an SQL condition under which a person outside any tenant may read a row; `platform` lets the
    operators' role read it.
    """

    def __init__(self, *, name: str, column: str = "tenant_id", mine: str = "", platform: bool = False) -> None:
        super().__init__(name=name)
        self.column, self.mine, self.platform = column, mine, platform

    def statements(self, model: type[Model], editor: BaseDatabaseSchemaEditor) -> list[str]:
        table = editor.quote_name(model._meta.db_table)
        rule = f"{editor.quote_name(self.column)} = {SETTING}"
        sql = [
            f"ALTER TABLE {table} ENABLE ROW LEVEL SECURITY",
            f"ALTER TABLE {table} FORCE ROW LEVEL SECURITY",
            f"CREATE POLICY tenant ON {table} USING ({rule}) WITH CHECK ({rule})",
            f"CREATE POLICY owner ON {table} TO CURRENT_USER USING (true) WITH CHECK (true)",
        ]
        if self.mine:
            sql.append(f"CREATE POLICY mine ON {table} FOR SELECT USING ({SETTING} IS NULL AND {self.mine})")
        if self.platform:
            sql.append(f"CREATE POLICY platform ON {table} FOR SELECT TO chat_platform USING (true)")
            sql.append(f"GRANT SELECT ON {table} TO chat_platform")
        return sql

    def remove_sql(self, model: type[Model], schema_editor: BaseDatabaseSchemaEditor) -> str:  # type: ignore[override]
        table = schema_editor.quote_name(model._meta.db_table)
        policies = ["tenant", "owner", *(["mine"] if self.mine else []), *(["platform"] if self.platform else [])]
        drops = [f"DROP POLICY {policy} ON {table}" for policy in policies]
        return "; ".join([*drops, f"ALTER TABLE {table} NO FORCE ROW LEVEL SECURITY, DISABLE ROW LEVEL SECURITY"])

    def deconstruct(self) -> tuple[str, tuple[Any, ...], dict[str, Any]]:
        kwargs: dict[str, Any] = {"name": self.name}
        if self.column != "tenant_id":
            kwargs["column"] = self.column
        if self.mine:
            kwargs["mine"] = self.mine
        if self.platform:
            kwargs["platform"] = True
        return "security.scoping.constraints.TenantIsolation", (), kwargs


class SameTenant(_SchemaConstraint):
    """A composite foreign key `(tenant_id, field) → parent (tenant_id, id)`.

    Row-level security alone does not stop a foreign key into another tenant: the referential check runs as the table's owner.
    """

    def __init__(self, *, name: str, field: str) -> None:
        super().__init__(name=name)
        self.field = field

    def statements(self, model: type[Model], editor: BaseDatabaseSchemaEditor) -> list[str]:
        quote = editor.quote_name
        field = model._meta.get_field(self.field)
        parent = field.remote_field.model._meta.db_table  # type: ignore[union-attr]
        return [
            (
                f"ALTER TABLE {quote(model._meta.db_table)} ADD CONSTRAINT {quote(self.name)} "
                f"FOREIGN KEY (tenant_id, {quote(str(field.column))}) REFERENCES {quote(parent)} (tenant_id, id) "  # type: ignore[union-attr]
                "DEFERRABLE INITIALLY IMMEDIATE"
            )
        ]

    def remove_sql(self, model: type[Model], schema_editor: BaseDatabaseSchemaEditor) -> str:  # type: ignore[override]
        quote = schema_editor.quote_name
        return f"ALTER TABLE {quote(model._meta.db_table)} DROP CONSTRAINT {quote(self.name)}"

    def deconstruct(self) -> tuple[str, tuple[Any, ...], dict[str, Any]]:
        return "security.scoping.constraints.SameTenant", (), {"name": self.name, "field": self.field}


class TenantReference(_SchemaConstraint):
    """A foreign key of `tenant_id` to the table of tenants; `security` knows that table by name only."""

    def __init__(self, *, name: str, table: str) -> None:
        super().__init__(name=name)
        self.table = table

    def statements(self, model: type[Model], editor: BaseDatabaseSchemaEditor) -> list[str]:
        quote = editor.quote_name
        return [
            (
                f"ALTER TABLE {quote(model._meta.db_table)} ADD CONSTRAINT {quote(self.name)} "
                f"FOREIGN KEY (tenant_id) REFERENCES {quote(self.table)} (id) DEFERRABLE INITIALLY IMMEDIATE"
            )
        ]

    remove_sql = SameTenant.remove_sql  # type: ignore[assignment]

    def deconstruct(self) -> tuple[str, tuple[Any, ...], dict[str, Any]]:
        return "security.scoping.constraints.TenantReference", (), {"name": self.name, "table": self.table}
