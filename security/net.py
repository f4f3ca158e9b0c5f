"""Client addresses, as far as they can be believed.

Danger: a forged X-Forwarded-For that is believed lets an attacker choose the address in lock-outs, limits and the
audit trail. Rule: a header counts only as far as it was written by a proxy of `TRUSTED_PROXIES`; what cannot be
parsed ends the search and never raises. Proof: tests/security/test_net.py.
"""

from collections.abc import Iterable, Mapping
from functools import lru_cache
from ipaddress import IPv4Address, IPv4Network, IPv6Address, IPv6Network, ip_address, ip_network
from typing import Any, Final

Address = IPv4Address | IPv6Address
Networks = tuple[IPv4Network | IPv6Network, ...]

_MAX_HOPS: Final = 20
_OWN_PREFIX: Final = 64
_MAX_CHARACTERS: Final = 64  # of one hop: the longest address with brackets, zone and port is shorter


@lru_cache(maxsize=16)
def networks(cidrs: tuple[str, ...]) -> Networks:
    """The networks of a setting; ValueError for what is none, so that the start is refused."""
    return tuple(ip_network(cidr.strip(), strict=False) for cidr in cidrs)


def parse_address(text: str) -> Address | None:
    """One address, with or without brackets, port or zone; IPv4 inside IPv6 is IPv4; None for anything else."""
    text = text.strip()
    if not text or len(text) > _MAX_CHARACTERS:
        return None
    if text.startswith("["):
        text, bracket, _ = text[1:].partition("]")
        if not bracket:
            return None
    elif text.count(":") == 1:
        text = text.partition(":")[0]
    try:
        address = ip_address(text.partition("%")[0])
    except ValueError:
        return None
    return (address.ipv4_mapped or address) if isinstance(address, IPv6Address) else address


def network_of(address: str | None) -> str:
    """What one client has for itself: its IPv4 address, or the /64 of its IPv6 address, from which it may choose at will. "" for none."""
    found = parse_address(address or "")
    if found is None:
        return ""
    return str(ip_network((found, _OWN_PREFIX), strict=False)) if isinstance(found, IPv6Address) else str(found)


def client_ip(peer: str | None, forwarded_for: Iterable[str], trusted: Networks) -> str | None:
    """The first address from the right that is no trusted proxy's; None where the peer has no address.

    `forwarded_for` are the values of the X-Forwarded-For headers in their order.
    """
    nearest = parse_address(peer or "")
    if nearest is None:
        return None
    hops = ",".join(forwarded_for).rsplit(",", _MAX_HOPS)[-_MAX_HOPS:]
    for hop in reversed(hops):
        if not _is_within(nearest, trusted):
            break
        farther = parse_address(hop)
        if farther is None:  # the trusted proxy is the last that is known for sure
            break
        nearest = farther
    return str(nearest)


def client_ip_of_scope(scope: Mapping[str, Any], trusted: Networks) -> str | None:
    """The client of an ASGI connection, HTTP or WebSocket."""
    client = scope.get("client")
    forwarded = [value.decode("latin-1") for name, value in scope.get("headers", ()) if name == b"x-forwarded-for"]
    return client_ip(client[0] if client else None, forwarded, trusted)


def client_ip_of_meta(meta: Mapping[str, Any], trusted: Networks) -> str | None:
    """The client of a Django request, by its META."""
    forwarded = meta.get("HTTP_X_FORWARDED_FOR")
    return client_ip(meta.get("REMOTE_ADDR"), [forwarded] if forwarded else [], trusted)


def _is_within(address: Address, trusted: Networks) -> bool:
    return any(address in network for network in trusted)
