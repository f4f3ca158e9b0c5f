"""From which networks an organisation's members may work, and the pass that lets one in from elsewhere for an hour.

Danger: a list that is looked at on pages alone leaves the sockets open, and one that nobody can get past locks everybody out of changing it. Rule:
pages and sockets ask `is_let_in`; an address that is not known is in no network; a pass is for one session and one organisation and
ends by itself. Proof: tests/tenants/admin/test_networks.py.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import datetime, timedelta
from ipaddress import ip_network
from typing import Final

from django.contrib.sessions.backends.base import SessionBase

from security.errors import Invalid
from security.net import networks, parse_address
from tenants.models import Membership, Policy

PASS_KEY: Final = "network_pass"  # noqa: S105 - the name of an entry
"""In the session: the primary key of the organisation, and until when (seconds since 1970)."""
PASS_FOR: Final = timedelta(hours=1)
MOST: Final = 100
_LONGEST: Final = 43  # an IPv6 network in full


def networks_of(policy: Policy, membership: Membership) -> tuple[str, ...]:
    """Where this member may work; empty for everywhere. An operator who is in for a time works where he works: owners are told of him."""
    return () if membership.entry_id is not None else tuple(policy.allowed_networks)


def contains(wanted: Sequence[str], address: str | None) -> bool:
    """Whether the address is in one of the networks."""
    found = parse_address(address or "")
    return found is not None and any(found in network for network in networks(tuple(wanted)))


def is_let_in(
    wanted: Sequence[str], address: str | None, *, session: SessionBase, tenant_id: int, now: datetime
) -> bool:
    """Whether the organisation's pages and sockets answer a session from this address."""
    return not wanted or contains(wanted, address) or _has_pass(session, tenant_id, now)


def give_pass(session: SessionBase, tenant_id: int, now: datetime) -> None:
    """Let this session in from wherever, for `PASS_FOR`."""
    session[PASS_KEY] = [tenant_id, int((now + PASS_FOR).timestamp())]


def parse_networks(lines: Iterable[str]) -> list[str]:
    """Networks and single addresses in one spelling, each once. Invalid("network") for what is none or everybody's, ("too_many")."""
    found = [_parsed(line.strip()) for line in lines if line.strip()]
    if len(found) > MOST:
        raise Invalid("too_many")
    return list(dict.fromkeys(found))


def _parsed(text: str) -> str:
    if len(text) > _LONGEST:
        raise Invalid("network")
    try:
        network = ip_network(text, strict=False)
    except ValueError:
        raise Invalid("network") from None
    if network.prefixlen == 0:
        raise Invalid("network")
    return str(network)


def _has_pass(session: SessionBase, tenant_id: int, now: datetime) -> bool:
    match session.get(PASS_KEY):
        case [int(tenant), int(until)]:
            return tenant == tenant_id and now.timestamp() < until
    return False
