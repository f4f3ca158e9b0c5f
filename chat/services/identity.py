"""Visitors whom the tenant's own server vouches for, by a short-lived token signed with the site's secret.

Danger: whoever can forge or replay a token reads another person's conversations. Rule: HS256 with the site's secret and nothing else, `aud` is the
site's key, at most 5 minutes to `exp`, each `jti` once; claims are not believed, nor even read, before that. Proof: tests/chat/test_identity.py.
"""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import jwt
from django.db import transaction

from chat.live.protocol import fields
from chat.live.protocol.fields import NAME_LIMIT, Refused
from chat.models import IdentityToken, Visitor, VisitorToken
from chat.personal import Profile, open_profile, seal_profile
from chat.services import blocking
from chat.services.visitors import TOKEN_LIFE, VisitorSession, email_digest, store_visitor
from chat.side_by_side import without_joined_numbers
from chat.unstored.mode import is_anything_unstored
from security.audit import Action, record
from security.crypto import keyring
from security.errors import Denied
from security.masking import MAX_LENGTH
from tenants.access import SiteRef
from tenants.policies import current_masking
from tenants.services.identity import identity_secret

LONGEST_LIFE = timedelta(minutes=5)
LONGEST_SUBJECT = 255
_REQUIRED = ["sub", "aud", "exp", "jti"]


@transaction.atomic
def identify_visitor(*, site: SiteRef, session: VisitorSession, token: str, now: datetime) -> VisitorSession:
    """The visitor named by `sub`, who is the same one on each device; Denied for a token that is not good."""
    claims = _verified(token, site=site, now=now)
    digest = keyring.lookup_digest("external_id", str(claims["sub"]))
    visitor = Visitor.objects.select_for_update().filter(site=site.site_id, external_id_digest=digest).first()
    if visitor is None:
        waits = is_anything_unstored()  # where the conversation will be says whether who he is may be stored
        visitor = store_visitor(
            session, site_id=site.site_id, locale="", page=None, address=None, now=now, is_unstored=waits
        )
        if visitor.is_verified:  # this browser is known as somebody else, who stays what he is
            visitor = Visitor.objects.create(site_id=site.site_id, created_at=now, seen_at=now)
        visitor.external_id_digest, visitor.is_verified = digest, True
        visitor.save(update_fields=["external_id_digest", "is_verified"])
    if blocking.is_blocked(visitor_pk=visitor.pk, address=None, now=now):
        raise Denied
    VisitorToken.objects.update_or_create(
        digest=session.token_digest,
        defaults={"visitor": visitor, "expires_at": now + TOKEN_LIFE},
    )
    merged = open_profile(visitor.public_id, visitor.profile).merged(_profile(claims))
    profile = without_joined_numbers(merged, current_masking().masked)
    if visitor.profile is not None or not is_anything_unstored():
        visitor.profile, visitor.email_digest = seal_profile(visitor.public_id, profile), email_digest(profile.email)
        visitor.save(update_fields=["profile", "email_digest"])
    record(Action.VISITOR_IDENTIFIED, on=visitor)
    return replace(session, public_id=visitor.public_id, pk=visitor.pk, profile=profile, is_verified=True)


def _verified(token: str, *, site: SiteRef, now: datetime) -> dict[str, object]:
    secret = identity_secret(site_id=site.site_id)
    if secret is None:
        raise Denied
    try:
        claims: dict[str, object] = jwt.decode(
            token, secret, algorithms=["HS256"], audience=site.key, options={"require": _REQUIRED, "verify_exp": False}
        )
    except jwt.PyJWTError:
        raise Denied from None
    try:
        expires_at = datetime.fromtimestamp(int(float(str(claims["exp"]))), UTC)
    except (ValueError, OverflowError, OSError):
        raise Denied from None
    is_text = (
        isinstance(claims["sub"], str) and isinstance(claims["jti"], str) and 0 < len(claims["sub"]) <= LONGEST_SUBJECT
    )
    is_timely = timedelta() < expires_at - now <= LONGEST_LIFE  # by one clock: the library would look at another
    if not is_text or not is_timely or not _is_first_use(str(claims["jti"]), expires_at):
        raise Denied
    return claims


def _is_first_use(jti: str, expires_at: datetime) -> bool:
    digest = keyring.lookup_digest("jti", jti)  # keyed: a bare hash of a short text can be tried out
    _, is_new = IdentityToken.objects.get_or_create(digest=digest, defaults={"expires_at": expires_at})
    return is_new


def _profile(claims: dict[str, object]) -> Profile:
    """The claims that are known, masked or parsed like anything a visitor says; one that is neither is left out."""
    name, address = claims.get("name"), claims.get("email")
    masker = current_masking().masked

    # Masked before it is cut: half a number is none that can be recognised.
    shown = str(masker(name))[:NAME_LIMIT] if isinstance(name, str) and len(name) <= MAX_LENGTH else ""
    try:
        email = fields.email(address, masker) or ""
    except Refused:
        email = ""
    return Profile(name=shown, email=email)
