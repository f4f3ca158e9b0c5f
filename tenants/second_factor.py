"""Who has to have a second factor before he administers anything."""

from __future__ import annotations

from typing import Final

from django.conf import settings
from django.http import HttpRequest

from security.accounts.second_factor import has_second_factor
from security.models import User
from security.permissions import Permission
from tenants.guards import grant_of_request

ADMINISTERS: Final = frozenset(
    {
        Permission.CONFIGURATION_ACCOUNT,
        Permission.CONFIGURATION_KEYS,
        Permission.CONFIGURATION_MASKING,
        Permission.CONFIGURATION_RETENTION,
        Permission.CONFIGURATION_STORAGE,
        Permission.CONFIGURATION_MEMBERS,
        Permission.CONFIGURATION_ROLES,
        Permission.CONFIGURATION_PASSWORDS,
        Permission.CONFIGURATION_SECURITY,
        Permission.CONFIGURATION_API_TOKENS,
        Permission.CONFIGURATION_WEBHOOKS,
    }
)
"""Rights that open an organisation to others; who has none of them is no administrator."""


def lacks_second_factor(request: HttpRequest) -> bool:
    """Whether an administrator or operator asks who could be anybody that knows his password. Outside of production nobody does.

    What an organisation's provider said of a second factor counts in that organisation, and for no operator.
    """
    user, grant = request.user, grant_of_request(request)
    if not settings.SECOND_FACTOR_FOR_ADMINS or not isinstance(user, User):
        return False
    if user.is_operator:
        return not has_second_factor(user)
    if grant is None or not grant.permissions & ADMINISTERS or grant.came.has_shown_factor_to(grant.tenant_id):
        return False
    return not has_second_factor(user)
