"""A visitor's personal data: sealed under the visitor's own key, so destroying that key forgets the person everywhere at once."""

from __future__ import annotations

import json
import logging
from collections.abc import Mapping
from dataclasses import asdict, dataclass, field
from typing import Any
from uuid import UUID

from chat.live.protocol.fields import FIELD_COUNT
from security.crypto import keyring
from security.crypto.envelope import AAD_VERSION, Undecryptable, record_aad
from security.crypto.sealed import SealedData, open_data, seal_data
from security.masking import MaskedText
from security.models import KeySubject
from security.net import network_of
from security.scoping import require_tenant_id

logger = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class Profile:
    """What is known of a visitor; every value was masked or parsed as its type by the guard."""

    name: str = ""
    email: str = ""
    phone: str = ""
    fields: Mapping[str, str] = field(default_factory=dict)

    def merged(self, newer: Profile) -> Profile:
        """What `newer` leaves empty is kept; of a website's own fields the newest `FIELD_COUNT`, however many frames brought them."""
        fields = {name: value for name, value in self.fields.items() if name not in newer.fields} | dict(newer.fields)
        return Profile(
            name=newer.name or self.name,
            email=newer.email or self.email,
            phone=newer.phone or self.phone,
            fields=dict(list(fields.items())[-FIELD_COUNT:]),
        )


@dataclass(frozen=True, slots=True)
class Page:
    """Where the visitor is on the tenant's website."""

    url: str = ""
    title: str = ""
    referrer: str = ""


def seal_profile(visitor: UUID, profile: Profile, *, key: bytes | None = None) -> SealedData:
    """Inside the tenant's scope. `key` saves looking it up."""
    return _seal(visitor, "profile", asdict(profile), key)


def open_profile(visitor: UUID, sealed: bytes | None, *, key: bytes | None = None) -> Profile:
    """Inside the tenant's scope; an empty profile where nothing is known, or its key is no more. `key` saves looking it up."""
    return Profile(**_open(visitor, "profile", sealed, key))


def shown_profile(visitor: UUID, sealed: bytes | None, *, key: bytes | None = None) -> Profile:
    """As `open_profile`; an empty one where it was tampered with, so that one row takes no list or transcript with it."""
    try:
        return open_profile(visitor, sealed, key=key)
    except Undecryptable:
        logger.critical("A profile does not open; visitor=%s", visitor)
        return Profile()


def seal_page(visitor: UUID, page: Page, *, key: bytes | None = None) -> SealedData:
    return _seal(visitor, "page", asdict(page), key)


def open_page(visitor: UUID, sealed: bytes | None, *, key: bytes | None = None) -> Page:
    return Page(**_open(visitor, "page", sealed, key))


def shown_page(visitor: UUID, sealed: bytes | None) -> Page:
    """As `open_page`; an empty one where it was tampered with."""
    try:
        return open_page(visitor, sealed)
    except Undecryptable:
        logger.critical("A page does not open; visitor=%s", visitor)
        return Page()


def seal_address(visitor: UUID, address: str) -> SealedData:
    """The client address as `security.net` found it."""
    return _seal(visitor, "address", {"address": address})


def address_digest(address: str | None) -> bytes | None:
    """By what an address is found: keyed by the tenant, of an IPv6 address its /64; None where it is not known."""
    network = network_of(address)
    return keyring.lookup_digest("address", network) if network else None


def open_address(visitor: UUID, sealed: bytes | None) -> str:
    return str(_open(visitor, "address", sealed).get("address", ""))


def shown_address(visitor: UUID, sealed: bytes | None) -> str:
    """As `open_address`; empty where it was tampered with."""
    try:
        return open_address(visitor, sealed)
    except Undecryptable:
        logger.critical("An address does not open; visitor=%s", visitor)
        return ""


def seal_block_reason(visitor: UUID, reason: MaskedText) -> SealedData:
    """Why a visitor was blocked: words about him, so under his key."""
    return _seal(visitor, "block_reason", {"reason": reason})


def shown_block_reason(visitor: UUID, sealed: bytes | None, *, key: bytes | None = None) -> str:
    """What was sealed; empty where there is none, or it was tampered with."""
    try:
        return str(_open(visitor, "block_reason", sealed, key).get("reason", ""))
    except Undecryptable:
        logger.critical("The reason of a block does not open; visitor=%s", visitor)
        return ""


def _seal(visitor: UUID, name: str, value: Mapping[str, object], key: bytes | None = None) -> SealedData:
    key = key or keyring.data_key(KeySubject.VISITOR, visitor)
    return seal_data(json.dumps(value, ensure_ascii=False), key, _place(visitor, name))


def _open(visitor: UUID, name: str, sealed: bytes | None, key: bytes | None = None) -> dict[str, Any]:
    if sealed is None or (key := key or keyring.existing_key(KeySubject.VISITOR, visitor)) is None:
        return {}
    opened: dict[str, Any] = json.loads(open_data(sealed, key, _place(visitor, name)))
    return opened


def _place(visitor: UUID, name: str) -> bytes:
    return record_aad(AAD_VERSION, require_tenant_id(), "visitor", visitor, name)
