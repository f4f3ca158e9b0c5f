"""What changed in a record, field by field; the only importer of django-auditlog.

How it reads and compares a field is all that is used of it. Its whole-record diff wants models registered, which would
switch on signals that store clear text of sealed fields and believe any X-Forwarded-For; so none is, and its own table
stays empty.
"""

from __future__ import annotations

import copy
from typing import TYPE_CHECKING, Any, Final, TypeVar

from auditlog.diff import get_field_value
from django.db import models

from security.audit.record import record
from security.audit.registry import Action
from security.audit.values import MASK, is_secret

M = TypeVar("M", bound=models.Model)
Changes = dict[str, tuple[object, object]]

if TYPE_CHECKING:
    AnyField = models.Field[Any, Any]

_NEVER: Final = frozenset({"tenant_id", "public_id"})


def snapshot(instance: M) -> M:
    """The record as it is now, for `record_change` after a form or a service has changed it."""
    return copy.copy(instance)


def changes_of(before: models.Model | None, after: models.Model | None) -> Changes:
    """Changed fields with the value before and after; None for a record that was not there, or is no more.

    Values of secret and sealed fields are masked: that they changed shows, what they are does not. Of a new or deleted
    record only what a person can edit is listed.
    """
    record_ = after if after is not None else before
    if record_ is None:
        return {}
    existed = before is not None and after is not None
    found: Changes = {}
    for field in record_._meta.concrete_fields:
        if _is_told(field, existed):
            old, new = (_binary(x, field) if _is_binary(field) else _value(x, field) for x in (before, after))
            if old != new:
                found[field.name] = (_shown(field, old), _shown(field, new))
    return dict(sorted(found.items()))


def record_change(
    action: Action, *, before: models.Model | None, after: models.Model | None, **detail: object
) -> Changes:
    """Record a creation, change or deletion with its field diff; a save that changed nothing leaves no event."""
    changes = changes_of(before, after)
    if changes or before is None or after is None:
        record(action, on=after if after is not None else before, changes=changes, **detail)  # type: ignore[arg-type]
    return changes


def _is_told(field: AnyField, existed: bool) -> bool:
    return not field.primary_key and field.name not in _NEVER and (existed or field.editable)


def _is_binary(field: AnyField) -> bool:
    return isinstance(field, models.BinaryField)


def _binary(instance: models.Model | None, field: AnyField) -> bytes | None:
    """Ciphertext, digests and keys: compared, and masked later; auditlog would decode them as text."""
    value = None if instance is None else getattr(instance, field.name)
    return None if value is None else bytes(value)


def _value(instance: models.Model | None, field: AnyField) -> object:
    """As auditlog reads a field: a moment in UTC, a related record as itself, the default where there is no record."""
    return get_field_value(instance, field, use_json_for_changes=True)


def _shown(field: AnyField, value: object) -> object:
    if _is_binary(field) or is_secret(field.name):
        return MASK if value and not isinstance(value, bool) else value
    return str(value) if isinstance(value, models.Model) else value
