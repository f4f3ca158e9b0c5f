"""The way in when an organisation's provider is broken, nobody comes in but by it, and no owner has a second factor of his own.

Danger: an operator opens the ways that the owners have closed, unseen, or for good. Rule: for owners alone, by their own passwords, for a day; every
owner is told by mail and both trails have it with the reason; it ends by itself, and with the next change of the provider. Proof:
tests/tenants/sign_in/test_owners_in.py.
"""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Final
from uuid import UUID

from django.db import transaction
from django.utils.timezone import localtime

from security.accounts.mail import send
from security.audit import Action, record
from security.errors import Conflict
from security.masking import MaskedText
from security.models import User
from security.scoping import tenant_scope
from tenants.access import owners_to_tell
from tenants.models import Policy, Tenant
from tenants.services.platform.operators import find, require_reason

FOR: Final = timedelta(days=1)


@transaction.atomic
def let_owners_in(*, operator: User, tenant: UUID, reason: MaskedText, now: datetime) -> None:
    """Owners' passwords count for a day; once more, and the day begins anew.

    Conflict("provider_not_only") where passwords count anyway, Conflict("entry_untold") where no owner could be told.
    """
    found, tenant_id = find(operator, tenant)
    require_reason(reason)
    until = now + FOR
    with tenant_scope(tenant_id):
        if not Policy.objects.filter(provider_only=True).update(owners_by_password_until=until):
            raise Conflict("provider_not_only")
        record(Action.PROVIDER_OWNERS_LET_IN, reason=reason, until=until)
        _tell_owners(operator, reason, until)
    record(Action.PROVIDER_OWNERS_LET_IN, organisation=found.public_id, reason=reason, until=until)


def _tell_owners(operator: User, reason: str, until: datetime) -> None:
    addresses = owners_to_tell()
    if not addresses:
        raise Conflict("entry_untold")
    context = {
        "organisation": Tenant.objects.get().name,
        "operator": operator.full_name,
        "reason": reason,
        "until": f"{localtime(until):%Y-%m-%d %H:%M %Z}",
    }
    for address in addresses:
        send("tenants/email/owners_let_in", address, context)
