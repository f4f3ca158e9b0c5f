"""A visitor's identity on a site: token, profile, page. Nothing is stored before the first message."""

from __future__ import annotations

import hashlib
import secrets
import uuid
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta
from uuid import UUID

from django.db import transaction

from chat.models import Conversation, IdentityToken, Status, Visitor, VisitorToken, unended
from chat.personal import (
    Page,
    Profile,
    address_digest,
    open_profile,
    seal_address,
    seal_page,
    seal_profile,
)
from chat.side_by_side import without_joined_numbers
from chat.unstored import talk
from security.crypto import keyring
from security.masking import MaskedText
from security.models import RevocationKind
from security.revocation import revoke

TOKEN_BYTES = 32
TOKEN_LIFE = timedelta(days=180)
"""Counted from last use; renewed at most once a day, so that a reload costs no write."""


@dataclass(frozen=True, slots=True)
class VisitorSession:
    """Who is on a visitor socket. `pk` is None until his first message is stored."""

    public_id: UUID
    token: str | None
    token_digest: bytes
    pk: int | None
    profile: Profile
    is_verified: bool = False
    is_blocked: bool = False


def token_digest(token: str) -> bytes:
    return hashlib.sha256(token.encode()).digest()


def new_session() -> VisitorSession:
    """A visitor nobody knows yet, with a fresh token of 256 random bits."""
    token = secrets.token_urlsafe(TOKEN_BYTES)
    return VisitorSession(uuid.uuid4(), token, token_digest(token), None, Profile())


def access_session(*, site_id: int, token: str | None, now: datetime) -> VisitorSession:
    """The visitor whom `token` proves, on this site; a new one for no, an unknown or an expired token."""
    if not token:
        return new_session()
    digest = token_digest(token)
    found = (
        VisitorToken.objects.select_related("visitor")
        .filter(digest=digest, expires_at__gt=now, visitor__site=site_id)
        .first()
    )
    if found is None:
        return new_session()
    if found.expires_at - now < TOKEN_LIFE - timedelta(days=1):
        VisitorToken.objects.filter(pk=found.pk).update(expires_at=now + TOKEN_LIFE)
    visitor = found.visitor
    return VisitorSession(
        public_id=visitor.public_id,
        token=token,
        token_digest=digest,
        pk=visitor.pk,
        profile=open_profile(visitor.public_id, visitor.profile),
        is_verified=visitor.is_verified,
        is_blocked=visitor.blocks.filter(unended(now)).exists(),
    )


def store_visitor(
    session: VisitorSession,
    *,
    site_id: int,
    locale: str,
    page: Page | None,
    address: str | None,
    now: datetime,
    is_unstored: bool = False,
) -> Visitor:
    """Make the visitor's row and token, once; part of the transaction that stores his first message.

    With `is_unstored` the row says nothing of who he is, nor where: that is the caller's to keep.
    """
    visitor, is_new = Visitor.objects.get_or_create(
        public_id=session.public_id, defaults={"site_id": site_id, "locale": locale, "created_at": now, "seen_at": now}
    )
    if (
        visitor.profile is None and not is_unstored
    ):  # new, or known so far from conversations of which nothing is stored
        visitor.profile = seal_profile(visitor.public_id, session.profile)
        visitor.email_digest = email_digest(session.profile.email)
        visitor.page = seal_page(visitor.public_id, page) if page else None
        visitor.save(update_fields=["profile", "email_digest", "page"])
    if is_new:
        VisitorToken.objects.create(visitor=visitor, digest=session.token_digest, expires_at=now + TOKEN_LIFE)
    if not is_unstored:
        _note_address(visitor, address)
    return visitor


def _note_address(visitor: Visitor, address: str | None) -> None:
    """Where the visitor came from last: what an agent sees, and may block."""
    digest = address_digest(address)
    if address is None or digest is None or digest == visitor.address_digest:
        return
    visitor.address, visitor.address_digest = seal_address(visitor.public_id, address), digest
    visitor.save(update_fields=["address", "address_digest"])


def email_digest(email: str) -> bytes | None:
    """Keyed digest for finding a visitor by address; None for no address."""
    return keyring.lookup_digest("email", email.strip().lower()) if email else None


@transaction.atomic
def change_profile(*, visitor_id: int, profile: Profile, masker: Callable[[str], MaskedText]) -> Profile:
    """Add what the visitor told of himself; unsigned, so it proves nothing and merges with nobody."""
    visitor, latest = _to_change(visitor_id)
    if latest is not None:
        return _tell(visitor, latest, profile, masker)
    merged = without_joined_numbers(open_profile(visitor.public_id, visitor.profile).merged(profile), masker)
    visitor.profile = seal_profile(visitor.public_id, merged)
    visitor.email_digest = email_digest(merged.email)
    visitor.save(update_fields=["profile", "email_digest"])
    return merged


def _to_change(visitor_id: int) -> tuple[Visitor, Conversation | None]:
    """The visitor, locked; or unlocked, with his latest conversation, where nothing of it is stored: of what he tells then nothing is either.

    Nobody waits for his row while Valkey is spoken to. Of two tabs that tell at the same moment the later one counts.
    """
    latest = _unstored_latest(visitor_id)
    if latest is not None:
        return Visitor.objects.get(pk=visitor_id), latest
    visitor = Visitor.objects.select_for_update().get(pk=visitor_id)
    return visitor, _unstored_latest(visitor_id)  # again: one may have begun while this waited for the row


def _unstored_latest(visitor_id: int) -> Conversation | None:
    latest = Conversation.objects.filter(visitor=visitor_id).order_by("-created_at", "-pk").first()
    return latest if latest is not None and latest.is_unstored else None


def _tell(visitor: Visitor, row: Conversation, profile: Profile, masker: Callable[[str], MaskedText]) -> Profile:
    """To memory, as long as the conversation; once it has ended nobody keeps it but the page that told it."""
    before = open_profile(visitor.public_id, visitor.profile).merged(talk.told_in([row])[row.pk].profile)
    merged = without_joined_numbers(before.merged(profile), masker)
    if row.status != Status.CLOSED.value:
        talk.tell(row.public_id, profile=merged)
    return merged


@transaction.atomic
def change_page(*, visitor_id: int, page: Page, now: datetime) -> None:
    """Remember the page that the visitor is on; the last one only."""
    visitor, latest = _to_change(visitor_id)
    if latest is not None:
        if latest.status != Status.CLOSED.value:
            talk.tell(latest.public_id, page=page)
        return
    visitor.page = seal_page(visitor.public_id, page)
    visitor.seen_at = now
    visitor.save(update_fields=["page", "seen_at"])


@transaction.atomic
def forget_session(*, site_id: int, token: str) -> None:
    """End this browser's token; its open sockets close. The conversation stays, as the tenant's record."""
    found = (
        VisitorToken.objects.select_related("visitor").filter(digest=token_digest(token), visitor__site=site_id).first()
    )
    if found is not None:
        revoke(RevocationKind.VISITOR, bytes(found.digest).hex()[:32])
        found.delete()


def sweep_tokens(*, now: datetime) -> int:
    """Remove proofs that have run out, of browsers and of identity; how many."""
    return (
        VisitorToken.objects.filter(expires_at__lte=now).delete()[0]
        + (IdentityToken.objects.filter(expires_at__lte=now).delete()[0])
    )
