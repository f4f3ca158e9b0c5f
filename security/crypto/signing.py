"""Ed25519 signatures, for checkpoints of the audit trail. The seed is the worker's; verifying needs no secret (`security.audit.offline`)."""

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey


def public_key(seed: bytes) -> bytes:
    """The 32 bytes that others verify with."""
    return Ed25519PrivateKey.from_private_bytes(seed).public_key().public_bytes_raw()


def sign(seed: bytes, text: bytes) -> bytes:
    """64 bytes; the same for the same text."""
    return Ed25519PrivateKey.from_private_bytes(seed).sign(text)
