"""Whom a mail about the trail goes to."""

from __future__ import annotations

from django.utils import timezone

from security.permissions import Permission, has
from tenants.access import grants_of
from tenants.models import Membership, usable


def readers() -> list[str]:
    """The addresses of the members who may read the trail at this moment; no operator's, who is in for a time."""
    members = list(
        Membership.objects.filter(usable(timezone.now()), entry=None)
        .select_related("role", "user", "entry")
        .order_by("pk")
    )
    both = zip(members, grants_of(members), strict=True)
    return [member.user.email for member, grant in both if has(grant, Permission.AUDIT_READ)]
