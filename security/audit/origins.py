"""From where an event came, as it can be searched for without being stored: digests under a key of the tenant's.

The address itself is sealed with the event under its person's key. A digest of it would still tell who was where to who has the tenant's key
and tries out addresses, so that `audit_append` deletes a person's digests with the event that erases the person.
"""

from __future__ import annotations

from base64 import b64encode
from ipaddress import ip_address, ip_network
from typing import Final

from security.audit.subjects import Subject
from security.crypto import keyring

DIGEST_BYTES: Final = 16
_KIND: Final = "audit_origin"
_PREFIX: Final = {4: 24, 6: 48}
"""What one household, office or provider has: a person who goes on with another address in it has not moved."""


def origin_of(address: str, subject: Subject) -> dict[str, str] | None:
    """What `audit_append` keeps; None for what is no address. In the tenant's scope, whose key it needs."""
    try:
        ip = ip_address(address)
    except ValueError:
        return None
    network = ip_network((ip, _PREFIX[ip.version]), strict=False)
    digests = keyring.lookup_digests(
        _KIND, str(ip), str(network)
    )  # a network says its length, so that it is no address
    names = ("address", "network")
    return {
        "subject": str(subject.id),
        **{name: b64encode(digest[:DIGEST_BYTES]).decode() for name, digest in zip(names, digests, strict=True)},
    }


def address_digest(address: str) -> bytes:
    """By what events from this address are found; ValueError for what is no address."""
    return keyring.lookup_digest(_KIND, str(ip_address(address)))[:DIGEST_BYTES]
