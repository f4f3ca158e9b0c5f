"""Detectors that a tenant switches on, beside cards and social security numbers, which are always on.

Each names the source of its rule and checks what it finds by it. `hint` is what the prefilter looks for: RE2, and less
than the detector needs. Numbers that any list of numbers holds by chance are taken only where a word speaks for them.
"""

from types import MappingProxyType
from typing import Final

from security.masking.packs import banking, contact, identity, secrets
from security.masking.packs.kinds import Pack

PACKS: Final = MappingProxyType(
    {pack.name: pack for room in (banking, identity, contact, secrets) for pack in room.PACKS}
)

__all__ = ["PACKS", "Pack"]
