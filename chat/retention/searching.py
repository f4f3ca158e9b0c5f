"""What is in the archive, found by what is known of it: times, people, rating, outcome, tags. What was said is not searched: it is sealed."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, timedelta
from typing import Final
from uuid import UUID

from django.db import transaction
from django.db.models import Q

from chat.access import answerers
from chat.models import ArchivedConversation
from chat.retention.calendar import begins
from chat.retention.rules import zone_of_tenant
from security.audit import Action, Extent, record
from security.permissions import Grant, Permission, require
from tenants.models import Department, Membership

PAGE: Final = 50
RIGHT: Final = Permission.CHAT_SEE_ALL


@dataclass(frozen=True, slots=True)
class Sought:
    """None is for whatever it is; days are those of the organisation's time zone, both included."""

    since: date | None = None
    until: date | None = None
    department: UUID | None = None
    agent: UUID | None = None
    rating: int | None = None
    outcome: str = ""
    tag: str = ""
    before: UUID | None = None
    """The last row of the page before."""


@dataclass(frozen=True, slots=True)
class Found:
    """A page, newest first; `before` leads to the next one, None where there is none."""

    rows: list[ArchivedConversation]
    before: UUID | None


@transaction.atomic
def search_archive(*, grant: Grant, sought: Sought) -> Found:
    """Denied for who does not see all conversations."""
    require(grant, RIGHT)
    rows = ArchivedConversation.objects.filter(_condition(sought)).select_related("department", "assigned_to", "site")
    found = list(rows.order_by("-last_message_at", "-pk")[: PAGE + 1])
    shown = found[:PAGE]
    record(Action.CONVERSATION_SEARCHED, extent=Extent(conversations=len(shown)), view="archive")
    return Found(shown, shown[-1].public_id if len(found) > PAGE else None)


def choices(*, grant: Grant) -> tuple[list[Department], list[Membership]]:
    """Departments, and members who answer or did, to search by."""
    require(grant, RIGHT)
    return list(Department.objects.order_by("name")), list(answerers(ArchivedConversation.objects.order_by()))


def _condition(sought: Sought) -> Q:
    zone, found = zone_of_tenant(), Q()
    if sought.since is not None:
        found &= Q(last_message_at__gte=begins(sought.since, zone))
    if sought.until is not None and sought.until < date.max:
        found &= Q(last_message_at__lt=begins(sought.until + timedelta(days=1), zone))
    if sought.department is not None:
        found &= Q(department__public_id=sought.department)
    if sought.agent is not None:
        found &= Q(assigned_to__public_id=sought.agent)
    if sought.rating is not None:
        found &= Q(rating=sought.rating)
    if sought.outcome:
        found &= Q(outcome=sought.outcome)
    if sought.tag:
        found &= Q(tags__contains=[sought.tag])
    return found & _older_than(sought.before)


def _older_than(before: UUID | None) -> Q:
    last = None if before is None else ArchivedConversation.objects.filter(public_id=before).first()
    if last is None:
        return Q()
    return Q(last_message_at__lt=last.last_message_at) | Q(last_message_at=last.last_message_at, pk__lt=last.pk)
