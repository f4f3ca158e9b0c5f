"""Leaks in the lower lock: policies, keys, roles and functions of PostgreSQL, and the scope that opens them."""

from __future__ import annotations

from typing import Final

from .leak import Leak

_SCOPES: Final = "tests/security/scoping/test_scopes.py"
_CATALOGUE: Final = "tests/security/scoping/test_catalogue.py"
_RIGHTS: Final = "tests/security/test_rights.py"
_BLEED: Final = "tests/isolation/test_bleed.py"
_DEFINERS: Final = "tests/isolation/test_schema.py"
_ROLES: Final = "tests/chatplatform/test_roles.py"
_CONSTRAINTS: Final = "security/scoping/constraints.py"
_SCOPE: Final = "security/scoping/scope.py"
_MODELS: Final = "security/scoping/models.py"
_FUNCTIONS: Final = "tenants/migrations/0002_functions.py"

DATABASE: Final = (
    Leak(
        "the policy shows every row",
        _CONSTRAINTS,
        "CREATE POLICY tenant ON {table} USING ({rule})",
        "CREATE POLICY tenant ON {table} USING (true)",
        (_SCOPES,),
    ),
    Leak(
        "the policy shows every row to the admin",
        _CONSTRAINTS,
        "CREATE POLICY tenant ON {table} USING ({rule})",
        "CREATE POLICY tenant ON {table} USING (true)",
        ("tests/isolation/test_admin_crawl.py",),
    ),
    Leak(
        "the policy shows every row to who knows its address",
        _CONSTRAINTS,
        "CREATE POLICY tenant ON {table} USING ({rule})",
        "CREATE POLICY tenant ON {table} USING (true)",
        ("tests/isolation/test_url_objects.py",),
    ),
    Leak(
        "the policy takes rows of any tenant",
        _CONSTRAINTS,
        "USING ({rule}) WITH CHECK ({rule})",
        "USING ({rule}) WITH CHECK (true)",
        (_SCOPES,),
    ),
    Leak(
        "no tenant in scope shows every row",
        _CONSTRAINTS,
        'rule = f"{editor.quote_name(self.column)} = {SETTING}"',
        'rule = f"({editor.quote_name(self.column)} = {SETTING} OR {SETTING} IS NULL)"',
        (_SCOPES,),
    ),
    Leak(
        "row-level security is not switched on",
        _CONSTRAINTS,
        'f"ALTER TABLE {table} ENABLE ROW LEVEL SECURITY",',
        "",
        (_SCOPES,),
    ),
    Leak(
        "row-level security is not forced on the owner",
        _CONSTRAINTS,
        'f"ALTER TABLE {table} FORCE ROW LEVEL SECURITY",',
        "",
        (_CATALOGUE,),
    ),
    Leak(
        "the owner's policy is everybody's",
        _CONSTRAINTS,
        "CREATE POLICY owner ON {table} TO CURRENT_USER",
        "CREATE POLICY owner ON {table} TO PUBLIC",
        (_SCOPES,),
    ),
    Leak(
        "a person sees his other tenants inside a tenant",
        _CONSTRAINTS,
        "FOR SELECT USING ({SETTING} IS NULL AND {self.mine})",
        "FOR SELECT USING ({self.mine})",
        (_CATALOGUE,),
    ),
    Leak(
        "operators read every table",
        _CONSTRAINTS,
        "if self.platform:\n            sql.append",
        "if self.column:\n            sql.append",
        (_CATALOGUE, "tests/tenants/admin/test_operators.py"),
    ),
    Leak(
        "a key points into another tenant",
        _CONSTRAINTS,
        'f"FOREIGN KEY (tenant_id, {quote(str(field.column))}) REFERENCES {quote(parent)} (tenant_id, id) "',
        'f"FOREIGN KEY ({quote(str(field.column))}) REFERENCES {quote(parent)} (id) "',
        (_SCOPES,),
    ),
    Leak(
        "a new table's keys are left as Django makes them",
        _MODELS,
        "if isinstance(field, TenantForeignKey)\n    )",
        "if isinstance(field, TenantForeignKey) and field.null\n    )",
        (_DEFINERS,),
    ),
    Leak(
        "the setting outlives its transaction",
        _SCOPE,
        "SELECT set_config(%s, %s, true)",
        "SELECT set_config(%s, %s, false)",
        (_SCOPES,),
    ),
    Leak(
        "the setting stays in an outer transaction",
        _SCOPE,
        "_set(setting, None)",
        "pass",
        (_SCOPES,),
    ),
    Leak(
        "another tenant's scope opens inside",
        _SCOPE,
        "if outer.tenant_id != tenant_id:",
        "if outer.tenant_id is None:",
        (_SCOPES,),
    ),
    Leak(
        "a person's scope opens inside a tenant's",
        _SCOPE,
        "if _scope.get() is not None:\n        raise",
        "if False:\n        raise",
        (_SCOPES,),
    ),
    Leak(
        "a scope is good in any thread",
        _SCOPE,
        "return self.connection is own and own.in_atomic_block",
        "return own is not None",
        (_SCOPES,),
    ),
    Leak(
        "a scope is good after its transaction",
        _SCOPE,
        "return self.connection is own and own.in_atomic_block",
        "return self.connection is own",
        (_BLEED,),
    ),
    Leak(
        "a queryset runs outside of any scope",
        _MODELS,
        "        _require_scope(self.model)\n        return super().db",
        "        return super().db",
        (_SCOPES,),
    ),
    Leak(
        "the manager asks for no scope",
        _MODELS,
        "    if current_tenant_id() is None and not",
        "    if False and not",
        (_SCOPES,),
    ),
    Leak(
        "every model is read in a person's scope",
        _MODELS,
        'getattr(model, "readable_by_its_person", False) and',
        "",
        (_SCOPES,),
    ),
    Leak(
        "a row of another tenant is saved",
        _MODELS,
        "and given != tenant_id:",
        "and given < 0:",
        (_SCOPES,),
    ),
    Leak(
        "the choices of a form ask for no scope",
        _MODELS,
        '"queryset": TenantQuerySet(self.remote_field.model),',
        '"queryset": models.QuerySet(self.remote_field.model),',
        ("tests/isolation/test_no_scope.py",),
    ),
    Leak(
        "any digest leads to a tenant",
        _FUNCTIONS,
        "WHERE d.kind = wanted_kind AND d.digest = wanted_digest",
        "WHERE d.kind = wanted_kind",
        (_DEFINERS,),
    ),
    Leak(
        "a digest leads to a tenant whatever it is of",
        _FUNCTIONS,
        "WHERE d.kind = wanted_kind AND d.digest = wanted_digest",
        "WHERE d.digest = wanted_digest",
        (_DEFINERS,),
    ),
    Leak(
        "operators look up sites and invitations",
        _FUNCTIONS,
        "GRANT EXECUTE ON FUNCTION tenant_of(text, bytea), tenant_ids() TO chat_app;",
        "GRANT EXECUTE ON FUNCTION tenant_of(text, bytea), tenant_ids() TO chat_app, chat_platform;",
        (_RIGHTS,),
    ),
    Leak(
        "a definer function finds objects by the caller's path",
        _FUNCTIONS,
        "LANGUAGE sql STABLE SECURITY DEFINER SET search_path = pg_catalog AS $$\n    SELECT t.id",
        "LANGUAGE sql STABLE SECURITY DEFINER AS $$\n    SELECT t.id",
        (_DEFINERS,),
    ),
    Leak(
        "the trail is written for whom the event names",
        "security/migrations/0002_audit.py",
        "tenant bigint := NULLIF(current_setting('app.tenant_id', true), '')::bigint;",
        "tenant bigint := coalesce((events->0->>'tenant')::bigint,"
        " NULLIF(current_setting('app.tenant_id', true), '')::bigint);",
        (_DEFINERS,),
    ),
    Leak(
        "the application deletes organisations",
        "tenants/migrations/0003_narrow_rights.py",
        "REVOKE UPDATE, DELETE ON tenants_tenant FROM chat_app;",
        "REVOKE UPDATE ON tenants_tenant FROM chat_app;",
        (_RIGHTS,),
    ),
    Leak(
        "the operators' role is always on",
        "chatplatform/roles.py",
        "WITH INHERIT FALSE, SET TRUE",
        "WITH INHERIT TRUE, SET TRUE",
        (_ROLES,),
    ),
    Leak(
        "the roles pass by the policies",
        "chatplatform/roles.py",
        "NOREPLICATION NOBYPASSRLS",
        "NOREPLICATION BYPASSRLS",
        (_ROLES, _CATALOGUE),
    ),
    Leak(
        "the application empties tables",
        "chatplatform/roles.py",
        "GRANT SELECT, INSERT, UPDATE, DELETE ON TABLES TO {APP}",
        "GRANT SELECT, INSERT, UPDATE, DELETE, TRUNCATE ON TABLES TO {APP}",
        (_CATALOGUE,),
    ),
    Leak(
        "the start does not look at the policies",
        "security/scoping/catalogue.py",
        'yield f"Table {table} lacks the policy `tenant` with USING and WITH CHECK."',
        "pass",
        (_CATALOGUE,),
    ),
    Leak(
        "the start does not look at the role",
        "security/scoping/catalogue.py",
        "zip(_ROLE_FAULTS, row, strict=True) if holds",
        "zip(_ROLE_FAULTS, row, strict=True) if not row",
        (_CATALOGUE,),
    ),
)
