"""The demo: two organisations that know nothing of each other, their people, and a few weeks of conversations.

Its password is public, so it exists only where everything is bound to this machine (`DEMO=1`), and its accounts are switched off elsewhere.
"""

from __future__ import annotations

from uuid import UUID, uuid5

_NAMESPACE = UUID("6f1c1f0e-6c1d-4f0e-9b0a-3f5a7d2c9e41")


def fixed_id(*parts: object) -> UUID:
    """The same id on each machine, for people, conversations and messages of the demo."""
    return uuid5(_NAMESPACE, "/".join(str(part) for part in parts))
