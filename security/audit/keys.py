"""Whose checkpoints count: the worker's own key, and the public keys that the operator has noted in AUDIT_PUBLIC_KEYS.

Danger: a key that the database names is believed by whoever has no other, so who writes the whole database anew signs it by a key of his. Rule: where
the setting names keys, no other counts; a key that got into wrong hands is not named any more. Proof: tests/security/audit/test_keys.py.
"""

from __future__ import annotations

from pathlib import Path

from django.conf import settings

from security.audit.checkpoints import Signer
from security.audit.memory import Memory
from security.crypto.signing import public_key
from security.models import AuditCheckpoint


def noted_keys() -> tuple[bytes, ...]:
    """Those of the setting; none where the operator has noted none."""
    return tuple(settings.AUDIT_PUBLIC_KEYS)


def believed_keys() -> tuple[bytes, ...]:
    """To verify the trail of the tenant in scope: those that are noted, else those that its checkpoints name."""
    named = AuditCheckpoint.objects.values_list("public_key", flat=True).distinct()
    return noted_keys() or tuple(sorted(bytes(key) for key in named))


def counted_keys() -> tuple[bytes, ...]:
    """Whose checkpoints of the tenant in scope go to others: the worker's own and those before it; elsewhere those that are believed."""
    signer = workers_signer()
    return believed_keys() if signer is None else signer.believed


def workers_signer() -> Signer | None:
    """The worker's; None where its key is not."""
    seed = settings.AUDIT_SIGNING_KEY()
    if seed is None:
        return None
    former = tuple(key for key in noted_keys() if key != public_key(seed))
    return Signer(seed, Memory(Path(settings.AUDIT_CHECKPOINT_DIR)), former)
