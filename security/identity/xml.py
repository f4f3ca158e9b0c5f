"""XML that strangers wrote, read without anything that XML can do to its reader.

Danger: entities that grow or that fetch files, comments that cut a name in two, elements with the same name of which one is signed and the other is
read. Rule: no document type, no comment, no instruction, no id twice; else it is no document. Proof: tests/security/identity/test_saml.py.
"""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime
from typing import Final

from lxml import etree

from security.errors import Invalid

SAML: Final = "urn:oasis:names:tc:SAML:2.0:assertion"
PROTOCOL: Final = "urn:oasis:names:tc:SAML:2.0:protocol"
METADATA: Final = "urn:oasis:names:tc:SAML:2.0:metadata"
SIGNATURE: Final = "http://www.w3.org/2000/09/xmldsig#"
POST: Final = "urn:oasis:names:tc:SAML:2.0:bindings:HTTP-POST"
REDIRECT: Final = "urn:oasis:names:tc:SAML:2.0:bindings:HTTP-Redirect"
_MOST_ELEMENTS: Final = 5_000


def parse_xml(data: bytes) -> etree._Element:
    """The root of a plain document; Invalid("xml") for anything else."""
    parser = etree.XMLParser(resolve_entities=False, no_network=True, load_dtd=False, huge_tree=False)
    try:
        root = etree.fromstring(data, parser)
    except (etree.XMLSyntaxError, ValueError):
        raise Invalid("xml") from None
    info = root.getroottree().docinfo
    if info.doctype or info.internalDTD is not None or info.externalDTD is not None:
        raise Invalid("xml")
    seen: set[str] = set()
    for number, node in enumerate(_nodes(root)):
        if not isinstance(node.tag, str) or number > _MOST_ELEMENTS:
            raise Invalid("xml")
        for name in ("ID", "Id", "id", "{http://www.w3.org/XML/1998/namespace}id"):
            value = node.get(name)
            if value is not None and value in seen:
                raise Invalid("xml")
            if value is not None:
                seen.add(value)
    return root


def tag(namespace: str, name: str) -> str:
    """An element's name as lxml has it."""
    return f"{{{namespace}}}{name}"


def text_of(element: etree._Element | None) -> str:
    """All of an element's text, without the space around it; "" for none, and where there are elements in it."""
    if element is None or len(element):
        return ""
    return (element.text or "").strip()


def time_of(text: str | None) -> datetime | None:
    """A time as SAML writes it, in UTC; None for anything else."""
    try:
        found = datetime.fromisoformat(text or "")
    except ValueError:
        return None
    return found.replace(tzinfo=UTC) if found.tzinfo is None else found


def _nodes(root: etree._Element) -> Iterator[etree._Element]:
    """Also what stands before and after the root."""
    yield from root.itersiblings(preceding=True)
    yield from root.itersiblings()
    yield from root.iter()
