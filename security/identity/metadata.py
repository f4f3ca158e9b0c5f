"""What a SAML provider says of itself, and what we tell it of us."""

from __future__ import annotations

import base64
import binascii
from dataclasses import dataclass
from typing import Final

from lxml import etree

from security.errors import Invalid
from security.identity.fetching import MOST_BYTES, parse_address
from security.identity.xml import METADATA, POST, PROTOCOL, REDIRECT, SIGNATURE, parse_xml, tag, text_of
from security.masking import mask_or_withhold

_MOST_CERTIFICATES: Final = 10
_LEAST_BYTES: Final = 200
LONGEST_NAME: Final = 1_000


@dataclass(frozen=True, slots=True)
class SamlProvider:
    """Its name, where browsers are sent, and what it signs by, as base64."""

    entity_id: str
    sign_in: str
    certificates: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class ServiceProvider:
    """What we are called there, and where its answers come to."""

    entity_id: str
    answers_at: str


def parse_metadata(data: bytes) -> SamlProvider:
    """One provider. Invalid("metadata") for anything else, ("metadata_binding") for one that takes no redirect, ("metadata_certificate")."""
    if len(data) > MOST_BYTES:
        raise Invalid("metadata")
    try:
        root = parse_xml(data)
    except Invalid:
        raise Invalid("metadata") from None
    roles = root.findall(tag(METADATA, "IDPSSODescriptor"))
    entity_id = root.get("entityID", "")
    if root.tag != tag(METADATA, "EntityDescriptor") or len(roles) != 1 or not 0 < len(entity_id) <= LONGEST_NAME:
        raise Invalid("metadata")
    services = roles[0].findall(tag(METADATA, "SingleSignOnService"))
    address = next((one.get("Location", "") for one in services if one.get("Binding") == REDIRECT), None)
    if address is None:
        raise Invalid("metadata_binding")
    if parse_address(address).scheme != "https":
        raise Invalid("provider_clear")  # who stands on the way would answer in the provider's place
    if any(mask_or_withhold(one).findings for one in (entity_id, address)):
        raise Invalid("metadata")  # both are kept, and shown, as they are
    certificates = _certificates(roles[0])
    if not certificates:
        raise Invalid("metadata_certificate")
    return SamlProvider(entity_id, address, certificates)


def metadata_of(us: ServiceProvider) -> bytes:
    """For who enters us at his provider."""
    root = etree.Element(tag(METADATA, "EntityDescriptor"), {"entityID": us.entity_id}, nsmap={None: METADATA})
    role = etree.SubElement(
        root,
        tag(METADATA, "SPSSODescriptor"),
        {"protocolSupportEnumeration": PROTOCOL, "AuthnRequestsSigned": "false", "WantAssertionsSigned": "true"},
    )
    etree.SubElement(
        role,
        tag(METADATA, "AssertionConsumerService"),
        {"Binding": POST, "Location": us.answers_at, "index": "0", "isDefault": "true"},
    )
    text: bytes = etree.tostring(root, xml_declaration=True, encoding="UTF-8")
    return text


def _certificates(role: etree._Element) -> tuple[str, ...]:
    found = []
    for key in role.findall(tag(METADATA, "KeyDescriptor")):
        if key.get("use", "signing") == "signing":
            found += [text_of(one) for one in key.iter(tag(SIGNATURE, "X509Certificate"))]
    kept = dict.fromkeys("".join(one.split()) for one in found)
    return tuple(one for one in list(kept)[:_MOST_CERTIFICATES] if _is_base64(one))


def _is_base64(text: str) -> bool:
    try:
        return len(base64.b64decode(text, validate=True)) > _LEAST_BYTES
    except (binascii.Error, ValueError):
        return False
