"""By when a member has to have a second factor: the organisation may ask it of everybody, and of whoever has certain roles.

Danger: a role that opens much is held by who shows a password alone, since only one of the places was looked at where it is asked for. Rule: pages,
sockets and the admin ask `enrol_by`; the earliest of all that asks it of him holds, roles on departments included. Proof:
tests/tenants/test_factor_by_role.py.
"""

from __future__ import annotations

from collections.abc import Iterable
from contextlib import nullcontext
from datetime import datetime, timedelta

from security.accounts.second_factor import has_second_factor
from security.permissions import Came
from security.scoping import current_tenant_id, tenant_scope
from tenants.models import DepartmentRole, Membership, Policy, Role

Asked = Iterable[tuple[datetime | None, datetime]]
"""Of each role that a member has: since when it asks for a second factor, and when he was given it."""


def enrol_by(membership: Membership, policy: Policy, came: Came) -> datetime | None:
    """When this member has to have the second factor that he lacks; None where he has one, needs none or has shown one at the provider.

    Inside no other organisation's scope. His roles are looked at only where the policy says that one of them asks.
    """
    if came.has_shown_factor_to(membership.tenant_id) or not policy.asks_for_second_factor:
        return None
    if has_second_factor(membership.user):
        return None
    return due_at(membership, policy, _asked_of(membership) if policy.second_factor_by_role else ())


def due_at(membership: Membership, policy: Policy, asked: Asked) -> datetime | None:
    """The earliest of what is asked of a member with these roles, whether he has one or not."""
    grace = timedelta(days=policy.second_factor_grace_days)
    by_roles = [max(since, given_at) + grace for since, given_at in asked if since is not None]
    of_all = policy.second_factor_due_at(membership.created_at)
    return min(by_roles if of_all is None else [of_all, *by_roles], default=None)


def asked_of_loaded(membership: Membership) -> Asked:
    """The same of a row that came with its role and its roles on departments."""
    further = [(row.role.second_factor_since, row.given_at) for row in membership.department_roles.all()]
    return [(membership.role.second_factor_since, membership.role_given_at), *further]


def _asked_of(membership: Membership) -> Asked:
    with nullcontext() if current_tenant_id() == membership.tenant_id else tenant_scope(membership.tenant_id):
        own = Role.objects.filter(pk=membership.role_id).values_list("second_factor_since", flat=True)
        further = DepartmentRole.objects.filter(membership=membership.pk)
        return [
            *((since, membership.role_given_at) for since in own),
            *further.values_list("role__second_factor_since", "given_at"),
        ]
