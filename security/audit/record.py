"""`record()`: one line in a service leaves one event, or the service fails.

Danger: an act without its event, an event without its act. Rule: events wait in the transaction and are appended by its scope's last
statement, so both commit or neither; a savepoint that is rolled back takes its events with it. Proof: tests/security/audit/test_record.py.

The waiting events are registered with `on_commit`, not to be called but because Django forgets exactly those callbacks whose savepoint was
rolled back: what is still registered when the scope ends did happen. (Those of `atomic()`; a savepoint made by hand is not among them.)
"""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Final, Literal

from django.db import connection, transaction
from django.db.models import Model

from security.audit.entry import Draft, Extent, drafted, sealed
from security.audit.registry import Action, Outcome
from security.context import current
from security.scoping import PLATFORM_TENANT_ID, ScopeConflict, current_tenant_id, on_scope_end, tenant_scope

MANY: Final = 500
"""Events after which a chain is signed at once: beat alone would let a busy one get further ahead of its last checkpoint."""
_when_many: Final[list[Callable[[int], None]]] = []


def on_many(callback: Callable[[int], None]) -> None:
    """Call with the tenant's number each time its chain has grown by MANY, after the commit. For `apps.ready()`."""
    _when_many.append(callback)


@dataclass(slots=True, eq=False)
class _Waiting:
    draft: Draft
    is_written: bool = False

    def __call__(self) -> None:
        """Nothing is left to be done after the commit."""


def record(
    action: Action,
    *,
    on: Model | None = None,
    on_label: str = "",
    outcome: Outcome | Literal["ok", "denied", "failed"] = Outcome.OK,
    extent: Extent | None = None,
    changes: Mapping[str, tuple[object, object]] | None = None,
    **detail: object,
) -> None:
    """Leave one event about what is being done, by whom `security.context.current()` says.

    In a tenant's scope the event is that tenant's and commits with the scope; outside any scope it is the platform's, at once. `on` is what
    was acted upon; `detail` takes JSON scalars, UUIDs, times and records (by public id). Values of secret names are masked; names, addresses,
    labels and changed values are sealed under the key of the person they are about.
    """
    draft = drafted(
        action,
        current(),
        on=on,
        on_label=on_label,
        outcome=Outcome(outcome),
        extent=extent,
        changes=changes,
        detail=detail,
    )
    if current_tenant_id() is None:
        with tenant_scope(PLATFORM_TENANT_ID):
            _wait(draft)
    else:
        _wait(draft)


def record_denied(
    action: Action, *, tenant_id: int | None = None, on: Model | None = None, on_label: str = "", **detail: object
) -> None:
    """Leave an event about what was refused, in a transaction of its own: call it after the refused one was rolled back."""
    _record_after(action, Outcome.DENIED, tenant_id, on, on_label, detail)


def record_failed(
    action: Action, *, tenant_id: int | None = None, on: Model | None = None, on_label: str = "", **detail: object
) -> None:
    """Leave an event about what was tried and failed, in a transaction of its own: call it after the failed one was rolled back."""
    _record_after(action, Outcome.FAILED, tenant_id, on, on_label, detail)


def _record_after(
    action: Action,
    outcome: Outcome,
    tenant_id: int | None,
    on: Model | None,
    on_label: str,
    detail: Mapping[str, object],
) -> None:
    if current_tenant_id() is not None:
        raise ScopeConflict(
            "What was refused or failed is recorded after its scope has ended, or it is rolled back too."
        )
    draft = drafted(
        action, current(), on=on, on_label=on_label, outcome=outcome, extent=None, changes=None, detail=detail
    )
    with tenant_scope(PLATFORM_TENANT_ID if tenant_id is None else tenant_id):
        _wait(draft)


def _wait(draft: Draft) -> None:
    transaction.on_commit(_Waiting(draft))
    on_scope_end(_append_waiting)


def _append_waiting() -> None:
    tenant_id = current_tenant_id()
    if tenant_id is None:
        raise ScopeConflict("Events belong to the tenant in scope, and there is none.")
    registered = (entry[1] for entry in connection.run_on_commit)
    waiting = [event for event in registered if isinstance(event, _Waiting) and not event.is_written]
    if not waiting:
        return
    events = [sealed(event.draft, tenant_id) for event in waiting]
    with connection.cursor() as cursor:
        cursor.execute("SELECT audit_append(%s::jsonb)", [json.dumps(events)])
        (seq,) = cursor.fetchone() or (0,)
    for event in waiting:
        event.is_written = True
    if seq // MANY > (seq - len(events)) // MANY:
        _tell_of_many(tenant_id)


def _tell_of_many(tenant_id: int) -> None:
    def tell() -> None:
        for callback in _when_many:
            callback(tenant_id)

    transaction.on_commit(tell, robust=True)  # without a broker beat's turn comes soon, and the act has happened
