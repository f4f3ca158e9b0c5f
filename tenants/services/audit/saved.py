"""Filters of the trail that a member keeps under names, for himself."""

from __future__ import annotations

from typing import Final
from uuid import UUID

from django.db import IntegrityError, transaction

from security.audit import Action, record
from security.errors import Conflict, NotFound
from security.permissions import Grant, Permission, require
from tenants.models import SavedFilter

MOST: Final = 30


def saved_filters(*, grant: Grant) -> list[SavedFilter]:
    """The member's own, by name."""
    require(grant, Permission.AUDIT_READ)
    return list(SavedFilter.objects.filter(membership_id=grant.membership_id).order_by("name", "pk"))


@transaction.atomic
def save_filter(*, grant: Grant, name: str, query: str) -> SavedFilter:
    """Keep a filter. Conflict("filter_exists") for a name that is taken, Conflict("filters_many") where there are MOST."""
    require(grant, Permission.AUDIT_READ)
    if SavedFilter.objects.filter(membership_id=grant.membership_id).count() >= MOST:
        raise Conflict("filters_many")
    row = SavedFilter(membership_id=grant.membership_id, name=name, query=query)
    try:
        with transaction.atomic():
            row.save(force_insert=True)
    except IntegrityError:
        raise Conflict("filter_exists") from None
    record(Action.AUDIT_FILTER_SAVED, on=row)
    return row


@transaction.atomic
def remove_filter(*, grant: Grant, saved: UUID) -> None:
    """Forget a filter of one's own; NotFound for anybody else's."""
    require(grant, Permission.AUDIT_READ)
    row = SavedFilter.objects.filter(public_id=saved, membership_id=grant.membership_id).first()
    if row is None:
        raise NotFound
    record(Action.AUDIT_FILTER_REMOVED, on=row)
    row.delete()
