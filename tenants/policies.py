"""What a tenant decided, as frozen values for those who must not know of tenants."""

from __future__ import annotations

from security.masking import MaskingPolicy
from tenants.models import Policy


def masking_policy() -> MaskingPolicy:
    """What is masked for the tenant in scope."""
    return MaskingPolicy(keep_last_four=Policy.objects.get().keep_last_four)
