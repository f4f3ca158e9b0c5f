"""Configuration records that nothing else hangs on: stored, changed and deleted in one audited way, whatever they are.

What has effects of its own (members, websites, departments) has services of its own.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import TypeVar

from django.db import transaction
from django.db.models import Model

from security.audit import Action, record_change
from security.errors import NotFound
from security.permissions import Grant, Permission, require

M = TypeVar("M", bound=Model)


@transaction.atomic
def create_record(*, grant: Grant, permission: Permission, record: M, action: Action) -> M:
    """Store a new record."""
    require(grant, permission)
    record.save(force_insert=True)
    record_change(action, before=None, after=record)
    return record


@transaction.atomic
def change_record(*, grant: Grant, permission: Permission, record: M, fields: Sequence[str], action: Action) -> M:
    """Store these fields of `record`; what somebody else changed in other fields meanwhile stays. NotFound where it is gone."""
    require(grant, permission)
    before = locked(record)
    if fields:
        record.save(update_fields=list(fields))
        record_change(action, before=before, after=_merged(before, record, fields))
    return record


@transaction.atomic
def delete_record(*, grant: Grant, permission: Permission, record: M, action: Action) -> None:
    """Delete a record with what hangs on it."""
    require(grant, permission)
    before = locked(record)
    record_change(action, before=before, after=None)
    before.delete()


def locked(record: M) -> M:
    """The row as it is now, locked until the transaction ends."""
    found = type(record)._default_manager.select_for_update(of=("self",)).filter(pk=record.pk).first()
    if found is None:
        raise NotFound
    return found


def _merged(before: M, record: M, fields: Sequence[str]) -> M:
    """The row after the change: others' newer values in the fields that were not written."""
    for field in record._meta.concrete_fields:
        if field.name not in fields:
            setattr(record, field.attname, getattr(before, field.attname))
    return record
