"""Encryption to somebody else's public key (age, X25519): who holds the private key reads it, this platform cannot any more."""

from __future__ import annotations

from pyrage import RecipientError, encrypt, x25519


def is_recipient(text: str) -> bool:
    """Whether it is a public key such as "age1…"."""
    try:
        x25519.Recipient.from_str(text)
    except RecipientError:
        return False
    return True


def sealed_to(recipient: str, data: bytes) -> bytes:
    """`data`, for who has the key of `recipient`."""
    sealed: bytes = encrypt(data, [x25519.Recipient.from_str(recipient)])
    return sealed
