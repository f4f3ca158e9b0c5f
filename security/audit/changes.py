"""What changed in a record, field by field; the only importer of django-auditlog.

Its diff is all that is used of it. Nothing is registered with it, so its signals are silent and its own table stays empty:
it would store clear text of sealed fields, keep half of each masked value and believe any X-Forwarded-For.
"""

from __future__ import annotations

import copy
from typing import Final, TypeVar

from auditlog.diff import model_instance_diff
from django.db import models

from security.audit.record import record
from security.audit.registry import Action
from security.audit.values import MASK, is_secret

M = TypeVar("M", bound=models.Model)
Changes = dict[str, tuple[object, object]]

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
    fields = {field.name: field for field in record_._meta.concrete_fields if _is_told(field, existed)}
    binary = {name for name, field in fields.items() if isinstance(field, models.BinaryField)}
    told = [name for name in fields if name not in binary]
    found: Changes = (model_instance_diff(before, after, told, use_json_for_changes=True) or {}) if told else {}
    found |= {name: values for name in binary if (values := _binary(before, after, name)) is not None}
    return {name: (_shown(name, old), _shown(name, new)) for name, (old, new) in sorted(found.items())}


def record_change(
    action: Action, *, before: models.Model | None, after: models.Model | None, **detail: object
) -> Changes:
    """Record a creation, change or deletion with its field diff; a save that changed nothing leaves no event."""
    changes = changes_of(before, after)
    if changes or before is None or after is None:
        record(action, on=after if after is not None else before, changes=changes, **detail)  # type: ignore[arg-type]
    return changes


def _is_told(field: models.Field[object, object], existed: bool) -> bool:
    return not field.primary_key and field.name not in _NEVER and (existed or field.editable)


def _binary(before: models.Model | None, after: models.Model | None, name: str) -> tuple[object, object] | None:
    """Masked, since auditlog would decode them: ciphertext, digests and keys are bytes."""
    old, new = (None if instance is None else getattr(instance, name) for instance in (before, after))
    if (None if old is None else bytes(old)) == (None if new is None else bytes(new)):
        return None
    return (None if old is None else MASK, None if new is None else MASK)


def _shown(name: str, value: object) -> object:
    return MASK if value and is_secret(name) and not isinstance(value, bool) else value
