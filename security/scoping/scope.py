"""Scopes: a ContextVar for the code, a transaction-local setting for PostgreSQL, both or nothing.

A scope belongs to one connection and lives as long as its transaction. `SET` for a session would leak through the connection pool, so only
`set_config(…, is_local => true)` is used. A scope that is carried into another thread is refused there: that thread has another connection,
whose transaction knows nothing of the setting.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass, field

from django.db import connection, connections, transaction
from django.db.backends.base.base import BaseDatabaseWrapper

PLATFORM_TENANT_ID = 1
"""The tenant row of the platform itself, made by the first migration of `tenants`: owns events that have no other tenant."""


class ScopeMissing(RuntimeError):
    """Tenant-owned rows were asked for outside `tenant_scope()`; a defect of the caller, never of the input."""


class ScopeConflict(RuntimeError):
    """A scope was opened inside another tenant's, or used from another thread than the one that opened it."""


@dataclass(slots=True)
class _Scope:
    connection: BaseDatabaseWrapper
    tenant_id: int | None = None
    user_id: int | None = None
    at_end: list[Callable[[], None]] = field(default_factory=list)

    def is_open_here(self) -> bool:
        own = connection_here()
        return self.connection is own and own.in_atomic_block


_scope: ContextVar[_Scope | None] = ContextVar("chatplatform_scope", default=None)


def connection_here() -> BaseDatabaseWrapper:
    """The calling thread's own connection (the module-level `connection` is only a proxy to it)."""
    return connections["default"]


def _set(name: str, value: int | None) -> None:
    with connection.cursor() as cursor:
        cursor.execute("SELECT set_config(%s, %s, true)", [name, "" if value is None else str(value)])


def current_tenant_id() -> int | None:
    """The tenant whose scope is open on this thread's connection, or None."""
    scope = _scope.get()
    return scope.tenant_id if scope is not None and scope.is_open_here() else None


def require_tenant_id() -> int:
    """The tenant in scope; ScopeMissing where there is none."""
    tenant_id = current_tenant_id()
    if tenant_id is None:
        raise ScopeMissing("Open tenant_scope(tenant_id) around this; rows of a tenant exist only inside it.")
    return tenant_id


def current_user_id() -> int | None:
    """The person whose `user_scope` is open on this thread's connection, or None."""
    scope = _scope.get()
    return scope.user_id if scope is not None and scope.is_open_here() else None


def on_scope_end(callback: Callable[[], None]) -> None:
    """Run `callback` as the last thing inside the transaction of the outermost scope; not when the scope fails."""
    scope = _scope.get()
    if scope is None or not scope.is_open_here():
        raise ScopeMissing("on_scope_end() needs an open scope.")
    if callback not in scope.at_end:
        scope.at_end.append(callback)


def abandon_scope() -> None:
    """Undo everything done in the open scope when it ends, if there is one; for who answers an error instead of raising it."""
    scope = _scope.get()
    if scope is not None and scope.is_open_here():
        scope.connection.set_rollback(True)


@contextmanager
def _opened(scope: _Scope, setting: str, value: int) -> Iterator[None]:
    token = _scope.set(scope)
    try:
        with transaction.atomic():
            _set(setting, value)
            yield
            if scope.connection.needs_rollback:  # abandoned: nothing more is said in this transaction
                return
            while scope.at_end:
                scope.at_end.pop(0)()
            # An outer transaction goes on without the setting; a rollback restores what was before by itself.
            _set(setting, None)
    finally:
        _scope.reset(token)


@contextmanager
def tenant_scope(tenant_id: int) -> Iterator[None]:
    """One transaction in which exactly this tenant's rows exist. Nested with the same tenant: a savepoint; with another: ScopeConflict."""
    outer = _scope.get()
    if outer is None:
        with _opened(_Scope(connection_here(), tenant_id=tenant_id), "app.tenant_id", tenant_id):
            yield
        return
    if not outer.is_open_here():
        raise ScopeConflict("A scope was carried into another thread or outlived its transaction.")
    if outer.tenant_id != tenant_id:
        raise ScopeConflict("Another scope is open; finish it first.")
    with transaction.atomic():
        yield


@contextmanager
def user_scope(user_id: int) -> Iterator[None]:
    """One transaction in which a signed-in person's own memberships, with their tenants and policies, can be read; nothing else."""
    if _scope.get() is not None:
        raise ScopeConflict("user_scope() never opens inside another scope.")
    with _opened(_Scope(connection_here(), user_id=user_id), "app.user_id", user_id):
        yield


def give_connections_back() -> None:
    """To the pool, before one waits for somebody else's server: whoever waits long would else hold what all others need. None inside a transaction."""
    for one in connections.all(initialized_only=True):
        if not one.in_atomic_block:
            one.close()


def be_patient(seconds: int) -> None:
    """Let the open transaction rest for so long between two statements: for who speaks to somebody else's server meanwhile."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT set_config('idle_in_transaction_session_timeout', %s, true)", [f"{seconds}s"])


def let_run(seconds: int) -> None:
    """Let each statement of the open transaction take so long, its commit too: for a worker's work that is too much for the time a request has."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT set_config('statement_timeout', %s, true)", [f"{seconds}s"])


def tenant_of(kind: str, digest: bytes) -> tuple[int, int] | None:
    """Which tenant, and which object of it, a site key, token or invitation belongs to; before any scope is open.

    Returns (tenant_id, object_id), or None. The only look-up across tenants besides `tenant_ids()`, by a definer function that answers
    one exact digest at a time.
    """
    with connection.cursor() as cursor:
        cursor.execute("SELECT tenant_id, object_id FROM tenant_of(%s, %s)", [kind, digest])
        row = cursor.fetchone()
    return None if row is None else (row[0], row[1])


def tenants_with(work: str) -> list[int]:
    """Numbers of the tenants that have work of this kind (migration `tenants.0025`), nothing about them; DatabaseError for a kind that there is not."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT tenants_with(%s)", [work])
        return [row[0] for row in cursor.fetchall()]


def tenant_ids() -> list[int]:
    """Numbers of all tenants that are not gone, for scheduled jobs; nothing about them."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT tenant_ids()")
        return [row[0] for row in cursor.fetchall()]
