"""A new master key: each tenant's keys are wrapped by it, what they sealed stays as it is.

Danger: a key that was wrapped wrongly is lost with everything under it. Rule: what was wrapped is unwrapped again and compared before it is stored, in the
transaction that holds the row; the old master key stays in CRYPTOGRAPHY_KEY until nothing is left under it. Proof: tests/security/crypto/test_rotation.py.
"""

from __future__ import annotations

import hmac

from security.crypto.envelope import Undecryptable
from security.crypto.keyring import master, tenant_key_aad
from security.models.keys import TenantKey
from security.scoping import require_tenant_id


def outdated() -> int:
    """Keys of the tenant in scope that an older master key wraps."""
    ring = master()
    return sum(not ring.is_current(bytes(wrapped)) for wrapped in TenantKey.objects.values_list("wrapped", flat=True))


def rewrap() -> int:
    """Wrap them by the newest; how many. Undecryptable where no master key that is configured opens one: then none is changed."""
    ring, tenant_id, done = master(), require_tenant_id(), 0
    for row in TenantKey.objects.select_for_update(no_key=True).order_by("version"):
        if ring.is_current(bytes(row.wrapped)):
            continue
        place = tenant_key_aad(tenant_id, row.version)
        key = ring.unwrap(bytes(row.wrapped), place)
        wrapped = ring.wrap(key, place)
        if not hmac.compare_digest(ring.unwrap(wrapped, place), key):
            raise Undecryptable
        done += TenantKey.objects.filter(pk=row.pk).update(wrapped=wrapped)
    return done
