"""What a SAML provider's page has posted, kept for the moment until a page of ours reads it.

Danger: name and address of a person, and an assertion, in a cache's memory and in what it writes to disk. Rule: sealed under the organisation's key for
its handle alone, read once, gone after a minute. Proof: tests/tenants/sign_in/test_parking.py.
"""

from __future__ import annotations

import secrets
from base64 import b64decode, b64encode
from typing import Final

from django.core.cache import cache

from security.crypto import keyring
from security.crypto.envelope import Undecryptable, bind, open_sealed, seal
from security.scoping import tenant_scope
from tenants.services.sign_in.provider import ProviderRef

KEPT_FOR: Final = 60
"""Seconds."""
_PURPOSE: Final = "saml answer"


def park(ref: ProviderRef, answer: str) -> str:
    """Put it down; the handle by which it is taken up."""
    handle = secrets.token_urlsafe(32)  # as long as what `security.addresses` knows for a token
    with tenant_scope(ref.tenant_id):
        sealed = seal(keyring.derived_key(_PURPOSE), answer.encode(), _place(ref, handle))
    cache.set(_name(handle), b64encode(sealed).decode(), KEPT_FOR)
    return handle


def take(ref: ProviderRef, handle: str) -> str:
    """Take it up, once; "" where nothing of this provider's lies there."""
    parked = cache.get(_name(handle))
    cache.delete(_name(handle))
    if not isinstance(parked, str):
        return ""
    sealed = b64decode(parked)
    with tenant_scope(ref.tenant_id):
        keys = keyring.derived_keys(_PURPOSE)
    for key in keys:
        try:
            return open_sealed(key, sealed, _place(ref, handle)).decode()
        except Undecryptable:
            continue
    return ""


def _name(handle: str) -> str:
    return f"saml:{handle}"


def _place(ref: ProviderRef, handle: str) -> bytes:
    return bind("saml answer", ref.tenant_id, ref.public_id, handle)
