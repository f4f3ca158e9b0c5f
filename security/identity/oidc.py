"""OpenID Connect, by the authorization code flow with PKCE.

Danger: a token that was made for another client, by another provider, by nobody (`none`, or HMAC with a public key), earlier, or for another
browser. Rule: the algorithm is one of a list and fits the key; issuer, audience, azp, times and nonce are those of the question that this browser
asked; what is missing is wrong. Proof: tests/security/identity/test_oidc.py.
"""

from __future__ import annotations

import base64
import hashlib
import secrets
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from time import monotonic
from typing import Any, Final
from urllib.parse import quote_plus, urlencode

import jwt
from jwt.exceptions import PyJWTError

from security.errors import Denied, Invalid
from security.identity.fetching import WITHIN, fetch, parse_address, parse_json
from security.identity.statement import FRESH_WITHIN, LEEWAY, LONGEST, Statement
from security.masking import mask_or_withhold
from security.net import Networks

ALGORITHMS: Final[Mapping[str, str]] = {
    **dict.fromkeys(("RS256", "RS384", "RS512", "PS256", "PS384", "PS512"), "RSA"),
    **dict.fromkeys(("ES256", "ES384", "ES512"), "EC"),
    "EdDSA": "OKP",
}
"""What a token may be signed by, and the kind of key that fits. No `none`, no HMAC: those anybody can make who knows public keys."""
SCOPE: Final = "openid email profile"
_WELL_KNOWN: Final = "/.well-known/openid-configuration"
_MOST_KEYS: Final = 50
_LONGEST_TOKEN: Final = 32_768
_LEAST_RSA_BITS: Final = 2_048


@dataclass(frozen=True, slots=True)
class Endpoints:
    """Where a provider is spoken to. Kept as they were when an administrator looked at them."""

    issuer: str
    authorization: str
    token: str
    keys: str


@dataclass(frozen=True, slots=True)
class Client:
    """What the provider knows us as."""

    client_id: str
    secret: str
    redirect_uri: str


@dataclass(frozen=True, slots=True)
class Question:
    """What one browser asked, kept in its session: an answer to anything else is none."""

    state: str
    nonce: str
    verifier: str
    is_again: bool = False


def new_question(*, is_again: bool) -> Question:
    """With secrets of its own. `is_again`: the person signs in anew there, even if he just did."""
    return Question(secrets.token_urlsafe(32), secrets.token_urlsafe(32), secrets.token_urlsafe(48), is_again)


def discover(issuer: str, *, allowed: Networks) -> Endpoints:
    """The endpoints that the issuer publishes. Invalid("provider_…"), ("provider_issuer") where it calls itself something else."""
    parts = parse_address(issuer)
    if parts.query:
        raise Invalid("provider_address")
    found = parse_json(fetch(issuer.rstrip("/") + _WELL_KNOWN, allowed=allowed))
    if found.get("issuer") != issuer:
        raise Invalid("provider_issuer")
    endpoints = Endpoints(
        issuer, *(str(found.get(name, "")) for name in ("authorization_endpoint", "token_endpoint", "jwks_uri"))
    )
    for address in (endpoints.authorization, endpoints.token, endpoints.keys):
        if parse_address(address).scheme != parts.scheme or mask_or_withhold(address).findings:  # it is kept as it is
            raise Invalid("provider_address")
    return endpoints


def keys_of(endpoints: Endpoints, *, allowed: Networks, within: float = WITHIN) -> Sequence[Mapping[str, Any]]:
    """The public keys that the provider signs by. Invalid("provider_keys") for none that we could use."""
    found = parse_json(fetch(endpoints.keys, allowed=allowed, within=within)).get("keys")
    keys = found[:_MOST_KEYS] if isinstance(found, list) else []
    usable = [key for key in keys if isinstance(key, dict) and key.get("kty") in ALGORITHMS.values()]
    if not usable:
        raise Invalid("provider_keys")
    return usable


def address_to_ask(endpoints: Endpoints, client: Client, question: Question, *, hint: str = "") -> str:
    """Where the browser is sent."""
    challenge = base64.urlsafe_b64encode(hashlib.sha256(question.verifier.encode()).digest()).rstrip(b"=").decode()
    asked = {
        "response_type": "code",
        "client_id": client.client_id,
        "redirect_uri": client.redirect_uri,
        "scope": SCOPE,
        "state": question.state,
        "nonce": question.nonce,
        "code_challenge": challenge,
        "code_challenge_method": "S256",
        **({"prompt": "login", "max_age": "0"} if question.is_again else {}),
        **({"login_hint": hint} if hint else {}),
    }
    joint = "&" if "?" in endpoints.authorization else "?"
    return f"{endpoints.authorization}{joint}{urlencode(asked)}"


def redeem(
    given: Mapping[str, str],
    *,
    endpoints: Endpoints,
    client: Client,
    question: Question,
    allowed: Networks,
    now: datetime,
) -> Statement:
    """Who came back with this answer. Denied("provider_…") for what is not to be believed, Invalid for a provider that does not work."""
    if not secrets.compare_digest(given.get("state", "").encode(), question.state.encode()):
        raise Denied("provider_state")
    if given.get("iss", endpoints.issuer) != endpoints.issuer:  # RFC 9207: another provider's answer
        raise Denied("provider_issuer")
    if "error" in given or not given.get("code"):
        raise Denied("provider_said_no")
    until = monotonic() + WITHIN  # for both conversations together
    token = _exchanged(given["code"], endpoints, client, question, allowed)
    left = until - monotonic()
    if left <= 0:
        raise Invalid("provider_late")
    return check_token(
        token,
        keys=keys_of(endpoints, allowed=allowed, within=left),
        issuer=endpoints.issuer,
        client_id=client.client_id,
        question=question,
        now=now,
    )


def check_token(
    token: str,
    *,
    keys: Sequence[Mapping[str, Any]],
    issuer: str,
    client_id: str,
    question: Question,
    now: datetime,
) -> Statement:
    """The person whom the token names, or Denied("provider_…")."""
    claims = _claims(token, keys, issuer, client_id, now)
    if not secrets.compare_digest(str(claims.get("nonce", "")).encode(), question.nonce.encode()):
        raise Denied("provider_nonce")
    audience, authorized = claims["aud"], claims.get("azp")
    is_for_many = isinstance(audience, list) and len(audience) > 1
    if (is_for_many and authorized is None) or authorized not in {None, client_id}:
        raise Denied("provider_audience")
    signed_in_at = _time(claims.get("auth_time"))
    if question.is_again and (signed_in_at is None or now - signed_in_at > FRESH_WITHIN + LEEWAY):
        raise Denied("provider_not_again")
    subject = claims["sub"]
    if not isinstance(subject, str) or not 0 < len(subject) <= LONGEST:
        raise Denied("provider_subject")
    methods = claims.get("amr")
    said = {str(one) for one in methods} if isinstance(methods, list) else set()
    return Statement(
        subject=subject,
        email=str(claims.get("email", "")),
        is_email_verified=claims.get("email_verified") in (True, "true"),
        name=str(claims.get("name", ""))[:LONGEST],
        methods=frozenset(said | ({str(claims["acr"])} if claims.get("acr") else set())),
        signed_in_at=signed_in_at,
    )


def _exchanged(code: str, endpoints: Endpoints, client: Client, question: Question, allowed: Networks) -> str:
    """The token for the code. The secret goes in a header, as every provider has to take it."""
    form = {
        "grant_type": "authorization_code",
        "code": code,
        "redirect_uri": client.redirect_uri,
        "code_verifier": question.verifier,
    }
    pair = f"{quote_plus(client.client_id)}:{quote_plus(client.secret)}"
    headers = {"Authorization": "Basic " + base64.b64encode(pair.encode()).decode()}
    try:
        token = parse_json(fetch(endpoints.token, allowed=allowed, form=form, headers=headers)).get("id_token")
    except Invalid as refused:
        raise Denied("provider_code" if refused.code == "provider_status" else refused.code) from None
    if not isinstance(token, str) or len(token) > _LONGEST_TOKEN:
        raise Denied("provider_token")
    return token


def _claims(
    token: str, keys: Sequence[Mapping[str, Any]], issuer: str, client_id: str, now: datetime
) -> dict[str, Any]:
    """Signed by one of the keys, for us, by this issuer, and still good."""
    try:
        header = jwt.get_unverified_header(token)
    except PyJWTError:
        raise Denied("provider_token") from None
    algorithm = header.get("alg")
    kind = ALGORITHMS.get(str(algorithm))
    if kind is None:
        raise Denied("provider_algorithm")
    options: Any = {
        "require": ["iss", "aud", "exp", "iat", "sub"],
        "verify_exp": False,
        "verify_iat": False,
        "verify_nbf": False,
    }
    for key in _fitting(keys, kind, header.get("kid"), str(algorithm)):
        try:
            claims: dict[str, Any] = jwt.decode(
                token, key, algorithms=[str(algorithm)], audience=client_id, issuer=issuer, options=options
            )
        except jwt.InvalidSignatureError:
            continue
        except jwt.InvalidAudienceError:
            raise Denied("provider_audience") from None
        except jwt.InvalidIssuerError:
            raise Denied("provider_issuer") from None
        except (PyJWTError, ValueError, TypeError):
            raise Denied("provider_token") from None
        _require_in_time(claims, now)
        return claims
    raise Denied("provider_signature")


def _fitting(keys: Sequence[Mapping[str, Any]], kind: str, key_id: object, algorithm: str) -> list[Any]:
    """The keys that may have signed: of the kind, of the name where one is named, and not for something else."""
    found = []
    for key in keys:
        if key.get("kty") != kind or key.get("use", "sig") != "sig" or key.get("alg", algorithm) != algorithm:
            continue
        if key_id is not None and key.get("kid", key_id) != key_id:
            continue
        try:
            public = jwt.PyJWK(dict(key), algorithm=algorithm)
        except (PyJWTError, ValueError, TypeError, KeyError):
            continue
        if kind != "RSA" or public.key.key_size >= _LEAST_RSA_BITS:
            found.append(public)
    return found


def _require_in_time(claims: Mapping[str, Any], now: datetime) -> None:
    """By our clock, give or take a minute; by the time that the caller says, so that a test can pin it."""
    ends, begins, made = (_time(claims.get(name)) for name in ("exp", "nbf", "iat"))
    if ends is None or made is None or now >= ends + LEEWAY:
        raise Denied("provider_expired")
    if made > now + LEEWAY or (begins is not None and begins > now + LEEWAY):
        raise Denied("provider_early")


def _time(seconds: object) -> datetime | None:
    if isinstance(seconds, bool) or not isinstance(seconds, int | float):
        return None
    try:
        return datetime.fromtimestamp(seconds, UTC)
    except (ValueError, OverflowError, OSError):
        return None
