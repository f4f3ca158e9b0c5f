"""Connections to servers that an organisation names.

Danger: a name that leads into the platform's own network, to its database or to a cloud's metadata. Rule: what counts is each address that the name
resolves to, judged after resolving, and the socket is opened to that very address, never to the name once more; one that is not public is refused
unless the operator named its network in OUTGOING_NETWORKS. Proof: tests/security/test_outgoing.py.
"""

from __future__ import annotations

import re
import socket
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, suppress
from ipaddress import IPv4Address, IPv6Address, ip_address, ip_network
from threading import Thread, Timer
from time import monotonic
from typing import Any, Final

from security.net import Address, Networks

CONNECT_WITHIN: Final = 10
"""Seconds, for finding the addresses and trying them all, and for each time that nothing comes."""
_MOST_ADDRESSES: Final = 4
_HOST: Final = re.compile(r"(?=.{1,253}\Z)[A-Za-z0-9_]([A-Za-z0-9_.-]*[A-Za-z0-9_])?\.?|[0-9A-Fa-f:.]{2,45}", re.ASCII)
_EMBEDDING: Final = tuple(
    ip_network(text)
    # IPv4 inside IPv6, in clear or to be translated on the way: what it leads to is not for us to say.
    for text in ("::/96", "::ffff:0:0/96", "::ffff:0:0:0/96", "64:ff9b::/96", "64:ff9b:1::/48", "2002::/16", "2001::/32", "fec0::/10")
)  # fmt: skip


class Refused(OSError):
    """No connection was made, or it was not kept; `code` says why."""

    def __init__(self, code: str) -> None:
        super().__init__(code)
        self.code = code


def is_public(address: Address) -> bool:
    """Whether an address is one of the Internet's, and hides no other in it."""
    if isinstance(address, IPv6Address) and any(address in network for network in _EMBEDDING):
        return False
    return address.is_global and not (address.is_multicast or address.is_reserved or address.is_unspecified)


def connect(
    host: str, port: int, *, allowed: Networks = (), in_clear: bool = False, within: float = CONNECT_WITHIN
) -> socket.socket:
    """A connected TCP socket, after `within` seconds at most. `in_clear`: nothing protects what is sent, so only the operator's own networks will do.

    Refused("host", "private", "clear", "unreachable", "late"); "private" for a name that there is not, too.
    """
    until = monotonic() + within
    addresses = _addresses(host, port, within)
    own = [address for address in addresses if any(address in network for network in allowed)]
    if len(own) != len(addresses):
        if not all(is_public(address) for address in addresses if address not in own):
            raise Refused("private")
        if in_clear:
            raise Refused("clear")
    late, tried = False, addresses[:_MOST_ADDRESSES]
    for number, address in enumerate(tried):
        share = max(0.01, (until - monotonic()) / (len(tried) - number))
        try:
            return socket.create_connection((str(address), port), share)
        except TimeoutError:
            late = True
        except OSError:
            continue
    raise Refused("late" if late else "unreachable")


@contextmanager
def cut_after(seconds: float, connection: socket.socket) -> Iterator[None]:
    """End the connection then, however busily the other side keeps it alive; also where TLS has taken it over meanwhile."""
    handle = connection.dup()

    def cut() -> None:
        with suppress(OSError):
            handle.shutdown(socket.SHUT_RDWR)

    timer = Timer(seconds, cut)
    timer.daemon = True
    timer.start()
    try:
        yield
    finally:
        timer.cancel()
        handle.close()


def _addresses(host: str, port: int, within: float) -> list[IPv4Address | IPv6Address]:
    if not _HOST.fullmatch(host):
        raise Refused("host")
    addresses: list[IPv4Address | IPv6Address] = []
    for *_, place in _found(host, port, within):
        if "%" in str(place[0]):  # a link-local address of one of our own interfaces
            raise Refused("private")
        address = ip_address(place[0])
        if address not in addresses:
            addresses.append(address)
    if not addresses:
        raise Refused("private")  # as for a private one: nobody learns which names the own network has
    return addresses


def _found(host: str, port: int, within: float) -> Sequence[tuple[Any, ...]]:
    """In a thread of its own: the system's resolver waits as long as somebody's name server likes."""
    found: list[tuple[Any, ...]] = []

    def ask() -> None:
        with suppress(OSError, UnicodeError):
            found.extend(socket.getaddrinfo(host, port, type=socket.SOCK_STREAM))

    asking = Thread(target=ask, daemon=True)
    asking.start()
    asking.join(within)
    if asking.is_alive():
        raise Refused("late")
    return found
