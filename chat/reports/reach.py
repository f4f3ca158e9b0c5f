"""Whose conversations a report counts.

Danger: a report over a colleague's, another department's or another organisation's conversations. Rule: the limits come from the grant; filters
of the address can only narrow them, and one that names what the reader may not choose is refused like one that names nothing. Proof:
tests/chat/reports/test_reach.py.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from typing import Any, Final
from uuid import UUID

from django.db.models import QuerySet
from django.utils.translation import gettext as _

from chat.reports.periods import Refused
from security import permissions
from security.errors import Denied
from security.permissions import Grant, Permission, has
from tenants.models import Department, Site


class Tier(StrEnum):
    """How far a reader sees."""

    OWN = "own"
    DEPARTMENT = "department"
    ALL = "all"


PLACE: Final = """
    c.tenant_id = %(tenant)s
    AND (%(departments)s::bigint[] IS NULL OR c.department_id = ANY(%(departments)s::bigint[]))
    AND (%(site)s::bigint IS NULL OR c.site_id = %(site)s::bigint)
"""
"""The conversations `c` of the departments and the site that are counted, whoever answered."""
REACH: Final = f"{PLACE} AND (%(agent)s::bigint IS NULL OR c.assigned_to_id = %(agent)s::bigint)"
"""Of these the reader's own, where he sees no others: those that were his last."""


@dataclass(frozen=True, slots=True)
class Counted:
    """`departments` None: all of them, those of no department too; an empty one counts nothing."""

    tenant_id: int
    tier: Tier
    departments: tuple[int, ...] | None
    site: int | None
    agent: int | None
    author: UUID | None

    @property
    def limits(self) -> dict[str, Any]:
        """For PLACE and REACH."""
        return {
            "tenant": self.tenant_id,
            "departments": None if self.departments is None else list(self.departments),
            "site": self.site,
            "agent": self.agent,
            "author": self.author,
        }

    @property
    def is_whole(self) -> bool:
        """Whether nothing of the organisation is left out."""
        return self.tier is Tier.ALL and self.departments is None and self.site is None


@dataclass(frozen=True, slots=True)
class Chosen:
    """What the reader narrowed the report to."""

    department: UUID | None = None
    site: UUID | None = None


def departments_of(grant: Grant, *, is_export: bool = False) -> frozenset[int] | None:
    """The departments whose numbers the grant opens, or lets leave; None for all, those of no department too."""
    open_to_him = _held(grant, Permission.REPORTS_DEPARTMENT, Permission.REPORTS_ALL)
    if not is_export:
        return open_to_him
    leaving = _held(grant, Permission.REPORTS_EXPORT)
    if leaving is None or open_to_him is None:
        return open_to_him if leaving is None else leaving
    return open_to_him & leaving


def _held(grant: Grant, *rights: Permission) -> frozenset[int] | None:
    """Where any of these is held; the wide right of the tier says whether that is everywhere."""
    reaches = [permissions.reach_of(grant, right) for right in rights]
    if any(reach.is_everywhere for reach in reaches):
        return None
    return frozenset[int]().union(*(reach.departments for reach in reaches))


def tier_of(grant: Grant, *, is_export: bool = False) -> Tier:
    """The widest that the grant gives; Denied where it gives none."""
    departments = departments_of(grant, is_export=is_export)
    if departments is None:
        return Tier.ALL
    if departments or Permission.REPORTS_DEPARTMENT in grant.permissions:
        return Tier.DEPARTMENT
    if has(grant, Permission.REPORTS_OWN) and (not is_export or has(grant, Permission.REPORTS_EXPORT)):
        return Tier.OWN
    raise Denied


def departments_to_choose(grant: Grant, tier: Tier, *, is_export: bool = False) -> QuerySet[Department]:
    """The departments that a reader may narrow a report to."""
    departments = Department.objects.order_by("name")
    if tier is Tier.ALL:
        return departments
    if tier is Tier.OWN:
        return departments.none()
    return departments.filter(pk__in=departments_of(grant, is_export=is_export) or ())


def parse_chosen(asked: Mapping[str, str]) -> Chosen:
    """From `department` and `site`; empty means all."""
    return Chosen(_uuid(asked.get("department", "")), _uuid(asked.get("site", "")))


def counted_for(grant: Grant, chosen: Chosen, *, tier: Tier, is_export: bool = False) -> Counted:
    """What this member's report counts, at `tier`; Refused for a filter that is not his to choose."""
    departments: tuple[int, ...] | None = None
    if tier is Tier.DEPARTMENT:
        departments = tuple(sorted(departments_of(grant, is_export=is_export) or ()))
    if chosen.department is not None:
        found = departments_to_choose(grant, tier, is_export=is_export).filter(public_id=chosen.department).first()
        if found is None:
            raise Refused(_("There is no such department. Choose one from the list."))
        departments = (found.pk,)
    site = None
    if chosen.site is not None:
        site = Site.objects.filter(public_id=chosen.site).values_list("pk", flat=True).first()
        if site is None:
            raise Refused(_("There is no such website. Choose one from the list."))
    is_own = tier is Tier.OWN
    return Counted(
        tenant_id=grant.tenant_id,
        tier=tier,
        departments=departments,
        site=site,
        agent=grant.membership_id if is_own else None,
        author=grant.membership_public_id if is_own else None,
    )


def _uuid(typed: str) -> UUID | None:
    if not typed:
        return None
    try:
        return UUID(typed)
    except ValueError:
        raise Refused(_("A filter names nothing. Choose one from the list.")) from None
