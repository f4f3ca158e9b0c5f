"""Domains of mail addresses, and whether a name server shows the word that proves whose one is.

Danger: who is believed to own a domain may sign in everybody with an address in it. Rule: a domain is one spelling of a whole name, and is proven
by a record at a name below it that only its owner can write. Proof: tests/security/identity/test_domains.py.
"""

from __future__ import annotations

import re
import secrets
import unicodedata
from collections.abc import Sequence
from typing import Final

import idna
from dns.exception import DNSException
from dns.nameserver import Do53Nameserver
from dns.resolver import NXDOMAIN, NoAnswer, Resolver

from security.errors import Invalid

NAME: Final = "_chatplatform-verification"
"""The label, below the domain, of the record that is looked for."""
LONGEST: Final = 253 - len(NAME) - 1
WITHIN: Final = 5.0
"""Seconds for the whole question."""
_DOMAIN: Final = re.compile(r"(?:[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?\.)+[a-z](?:[a-z0-9-]{0,61}[a-z0-9])", re.ASCII)


def parse_domain(text: str) -> str:
    """A domain in one spelling: lower case, without the dot at its end, as IDNA 2008 (RFC 5891). Invalid("domain") for anything else.

    Python's own codec is that of 2003 (RFC 3490), which writes a name with ß or ς as another one, somebody else's since 2008. No letter is
    replaced by one that looks alike: what is no name as it stands is refused.
    """
    typed = unicodedata.normalize("NFC", text.strip().rstrip(".").lower().removeprefix("@"))
    if len(typed) > LONGEST:  # before it is looked at letter by letter
        raise Invalid("domain")
    try:
        domain = idna.encode(typed, strict=True).decode("ascii") if _is_beyond_ascii(typed) else typed
    except UnicodeError:
        raise Invalid("domain") from None
    if len(domain) > LONGEST or not _DOMAIN.fullmatch(domain):
        raise Invalid("domain")
    return domain


def _is_beyond_ascii(name: str) -> bool:
    """Also where it is written in ASCII already: what begins so and stands for no name is none."""
    return not name.isascii() or any(label.startswith("xn--") for label in name.split("."))


def domain_of(email: str) -> str | None:
    """The domain of an address, in the same spelling; None where it has none."""
    name, at, domain = email.strip().rpartition("@")
    if not name or not at:
        return None
    try:
        return parse_domain(domain)
    except Invalid:
        return None


def new_word() -> str:
    """What is to be published; nobody can guess it, and it says nothing."""
    return f"chatplatform-verification={secrets.token_hex(16)}"


def is_published(domain: str, word: str, *, servers: Sequence[tuple[str, int]] = ()) -> bool:
    """Whether the name servers show the word. `servers` are asked instead of the system's own, by address and port.

    Invalid("dns") where none of them answers, which is not the same as no.
    """
    try:
        resolver = Resolver(configure=not servers)
        if servers:
            resolver.nameservers = [Do53Nameserver(address, port) for address, port in servers]
        resolver.cache = None
        found = resolver.resolve(f"{NAME}.{domain}.", "TXT", search=False, lifetime=WITHIN)
    except (NXDOMAIN, NoAnswer):
        return False
    except (DNSException, OSError):
        raise Invalid("dns") from None
    texts = [b"".join(record.strings) for record in found]
    return any(secrets.compare_digest(text.strip(), word.encode()) for text in texts)
