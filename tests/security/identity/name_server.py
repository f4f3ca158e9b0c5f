"""A real name server on this machine, whose records a test writes."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field

from dnslib import QTYPE, RCODE, RR, TXT
from dnslib.server import BaseResolver, DNSLogger, DNSServer


@dataclass(slots=True, eq=False)
class NameServer(BaseResolver):
    """Answers TXT questions with what `records` holds; NXDOMAIN for any other name, and for all a failure while it is `broken`."""

    records: dict[str, list[str]] = field(default_factory=dict)
    broken: bool = False
    address: tuple[str, int] = ("127.0.0.1", 0)

    def resolve(self, request: object, handler: object) -> object:  # noqa: ARG002 - dnslib's interface
        reply = request.reply()  # type: ignore[attr-defined]
        name = str(request.q.qname).rstrip(".").lower()  # type: ignore[attr-defined]
        if self.broken:
            reply.header.rcode = RCODE.SERVFAIL
        elif name not in self.records:
            reply.header.rcode = RCODE.NXDOMAIN
        for text in self.records.get(name, []):
            reply.add_answer(RR(f"{name}.", QTYPE.TXT, rdata=TXT(text)))
        return reply


@contextmanager
def running(port: int = 0) -> Iterator[NameServer]:
    """Started at this port, or a free one; stopped afterwards."""
    names = NameServer()
    server = DNSServer(names, address="127.0.0.1", port=port, logger=DNSLogger("-request,-reply,-truncated,-error"))
    names.address = ("127.0.0.1", server.server.server_address[1])
    server.start_thread()
    try:
        yield names
    finally:
        server.stop()
        server.server.server_close()
