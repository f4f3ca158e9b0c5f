"""What a provider says of a sign-in by one factor alone. Pure.

Danger: an owner who names such a word lets each sign-in by password there pass for one with a second factor here. Rule: no such word is taken, and
none that was stored before counts. Proof: tests/tenants/sign_in/test_single_factor.py.
"""

from __future__ import annotations

from typing import Final

_ALONE: Final = frozenset({
    "pwd", "pin", "kba",  # RFC 8176
    "password", "passwordprotectedtransport", "internetprotocolpassword", "unspecified",  # SAML, the last part of the URN
})  # fmt: skip


def is_single_factor(word: str) -> bool:
    """In whatever case, with or without the URN before it."""
    return word.strip().lower().rpartition(":")[2] in _ALONE
