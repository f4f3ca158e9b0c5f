"""What an OpenID provider answers is believed for us, for this question, now, and by its own keys; anything else is not.

The provider is a real one, a process of its own; hostile answers are those it gives to other questions, or its own, signed anew.
"""

from __future__ import annotations

import base64
import hmac
import json
from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from ipaddress import ip_network
from typing import Any

import jwt
import pytest
from cryptography.hazmat.primitives.asymmetric import rsa

from security.errors import Denied, Invalid
from security.identity.oidc import (
    Client,
    Endpoints,
    Question,
    address_to_ask,
    check_token,
    discover,
    keys_of,
    new_question,
    redeem,
)
from security.identity.statement import Statement

from .openid_provider import OpenIdProvider

US = Client("chat-of-acme", "not-so-secret", "https://chat.example.com/sso/7/openid/")
HERE = (ip_network("127.0.0.0/8"), ip_network("::1/128"))
ASKED = Question("s" * 43, "n" * 43, "v" * 64)
NOW = datetime(2026, 11, 22, 12, tzinfo=UTC)


@pytest.fixture(scope="module")
def provider(openid_house: OpenIdProvider) -> OpenIdProvider:
    openid_house.add("sub-alice", email="alice@acme.example", email_verified=True, name="Alice Example")
    return openid_house


@pytest.fixture(scope="module")
def endpoints(provider: OpenIdProvider) -> Endpoints:
    return discover(provider.issuer, allowed=HERE)


def come_back(
    provider: OpenIdProvider,
    endpoints: Endpoints,
    *,
    asked: Question | None = None,
    redeemed_for: Question | None = None,
    client: Client = US,
    **altered: str,
) -> Statement:
    """The whole way: asked, signed in there, and redeemed."""
    question = asked or new_question(is_again=False)
    given = provider.answer(address_to_ask(endpoints, client, question), "sub-alice")
    return redeem(
        {**given, **altered},
        endpoints=endpoints,
        client=US,
        question=redeemed_for or question,
        allowed=HERE,
        now=datetime.now(UTC),
    )


def test_who_signed_in_there_is_named(provider: OpenIdProvider, endpoints: Endpoints) -> None:
    found = come_back(provider, endpoints)
    assert (found.subject, found.email, found.name) == ("sub-alice", "alice@acme.example", "Alice Example")
    assert found.is_email_verified


def test_the_question_has_pkce_and_no_secret(endpoints: Endpoints) -> None:
    asked = address_to_ask(endpoints, US, new_question(is_again=True))
    assert "code_challenge_method=S256" in asked
    assert "prompt=login" in asked
    assert US.secret not in asked


@pytest.mark.parametrize(
    ("altered", "code"),
    [
        ({"state": "x" * 43}, "provider_state"),
        ({"state": ""}, "provider_state"),
        ({"iss": "https://other.example"}, "provider_issuer"),
        ({"error": "access_denied"}, "provider_said_no"),
        ({"code": ""}, "provider_said_no"),
        ({"code": "x" * 43}, "provider_code"),
    ],
)
def test_an_answer_to_something_else_is_refused(
    provider: OpenIdProvider, endpoints: Endpoints, altered: dict[str, str], code: str
) -> None:
    with pytest.raises(Denied, match=code):
        come_back(provider, endpoints, **altered)


def test_both_conversations_together_end_in_time(
    provider: OpenIdProvider, endpoints: Endpoints, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("security.identity.oidc.WITHIN", 0)
    with pytest.raises(Invalid, match="provider_late"):
        come_back(provider, endpoints)


def test_a_code_is_good_once(provider: OpenIdProvider, endpoints: Endpoints) -> None:
    question = new_question(is_again=False)
    given = provider.answer(address_to_ask(endpoints, US, question), "sub-alice")

    def once() -> Statement:
        return redeem(given, endpoints=endpoints, client=US, question=question, allowed=HERE, now=datetime.now(UTC))

    assert once().subject == "sub-alice"
    with pytest.raises(Denied, match="provider_code"):
        once()


def test_a_token_for_another_browsers_question_is_refused(provider: OpenIdProvider, endpoints: Endpoints) -> None:
    """Injected: the code of one question, brought back as the answer to another."""
    asked, other = new_question(is_again=False), new_question(is_again=False)
    injected = Question(asked.state, other.nonce, asked.verifier)
    with pytest.raises(Denied, match="provider_nonce"):
        come_back(provider, endpoints, asked=asked, redeemed_for=injected)


def test_the_same_house_under_another_name_is_refused(provider: OpenIdProvider, endpoints: Endpoints) -> None:
    """Mixed up: the keys fit, the issuer does not."""
    mixed = Endpoints("https://provider.example", endpoints.authorization, endpoints.token, endpoints.keys)
    with pytest.raises(Denied, match="provider_issuer"):
        come_back(provider, mixed)


def test_who_is_asked_again_says_when(provider: OpenIdProvider, endpoints: Endpoints) -> None:
    assert come_back(provider, endpoints, asked=new_question(is_again=True)).signed_in_at is not None


def test_an_issuer_that_calls_itself_something_else_is_refused(provider: OpenIdProvider) -> None:
    with pytest.raises(Invalid, match="provider_issuer"):
        discover(provider.issuer + "/", allowed=HERE)


def test_the_own_network_is_asked_only_where_the_operator_named_it(provider: OpenIdProvider) -> None:
    with pytest.raises(Invalid, match="provider_private"):
        discover(provider.issuer, allowed=())


# Tokens, signed by a key of the test's own

_KEY = rsa.generate_private_key(public_exponent=65537, key_size=2048)
_SMALL = rsa.generate_private_key(public_exponent=65537, key_size=1024)  # noqa: S505 - to be refused


def jwk(key: rsa.RSAPrivateKey, **more: str) -> dict[str, Any]:
    return {**json.loads(jwt.algorithms.RSAAlgorithm.to_jwk(key.public_key())), "kid": "1", **more}


def claims(**altered: object) -> dict[str, Any]:
    at = int(NOW.timestamp())
    made: dict[str, Any] = {
        "iss": "https://provider.example",
        "aud": US.client_id,
        "sub": "sub-alice",
        "iat": at,
        "exp": at + 300,
        "nonce": ASKED.nonce,
        "email": "alice@acme.example",
        "email_verified": True,
    }
    return {name: value for name, value in {**made, **altered}.items() if value is not None}


def check(token: str, *keys: Mapping[str, Any], again: bool = False) -> Statement:
    asked = Question(ASKED.state, ASKED.nonce, ASKED.verifier, again)
    return check_token(
        token,
        keys=list(keys) or [jwk(_KEY)],
        issuer="https://provider.example",
        client_id=US.client_id,
        question=asked,
        now=NOW,
    )


def signed(made: Mapping[str, Any], *, algorithm: str = "RS256", key: Any = _KEY) -> str:
    return jwt.encode(dict(made), key, algorithm=algorithm, headers={"kid": "1"})


AT = int(NOW.timestamp())


@pytest.mark.parametrize(
    ("altered", "code"),
    [
        ({}, ""),
        ({"aud": [US.client_id]}, ""),
        ({"aud": [US.client_id, "other"], "azp": US.client_id}, ""),
        ({"exp": AT - 59}, ""),
        ({"iat": AT + 59}, ""),
        ({"email_verified": "true"}, ""),
        ({"iss": "https://other.example"}, "provider_issuer"),
        ({"iss": None}, "provider_token"),
        ({"aud": "other"}, "provider_audience"),
        ({"aud": None}, "provider_token|provider_audience"),
        ({"aud": [US.client_id, "other"]}, "provider_audience"),
        ({"aud": [US.client_id, "other"], "azp": "other"}, "provider_audience"),
        ({"azp": "other"}, "provider_audience"),
        ({"exp": AT - 61}, "provider_expired"),
        ({"exp": None}, "provider_token"),
        ({"iat": AT + 61}, "provider_early"),
        ({"nbf": AT + 61}, "provider_early"),
        ({"nonce": "x"}, "provider_nonce"),
        ({"nonce": None}, "provider_nonce"),
        ({"sub": None}, "provider_token"),
        ({"sub": ""}, "provider_subject"),
        ({"sub": "x" * 256}, "provider_subject"),
    ],
)
def test_each_claim_is_looked_at(altered: dict[str, Any], code: str) -> None:
    token = signed(claims(**altered))
    if not code:
        assert check(token).subject == "sub-alice"
        return
    with pytest.raises(Denied, match=code):
        check(token)


@pytest.mark.parametrize("verified", [False, None, "false", 1, "True", []])
def test_an_address_is_confirmed_only_where_it_is_said_so(verified: object) -> None:
    found = check(signed(claims(email_verified=verified)))
    assert found.is_email_verified is (verified is True or verified == 1), "1 is how Python spells true"


def _bare(header: Mapping[str, object], made: Mapping[str, Any], signature: bytes = b"") -> str:
    def part(value: bytes) -> str:
        return base64.urlsafe_b64encode(value).rstrip(b"=").decode()

    return ".".join([part(json.dumps(header).encode()), part(json.dumps(made).encode()), part(signature)])


def test_no_signature_is_none() -> None:
    for algorithm in ("none", "None", "", None):
        with pytest.raises(Denied, match="provider_algorithm|provider_token"):
            check(_bare({"alg": algorithm, "kid": "1"}, claims()))


def test_a_public_key_is_no_secret() -> None:
    """HMAC with what everybody can read of the provider's key."""
    header = {"alg": "HS256", "kid": "1"}
    by_public_key = hmac.digest(json.dumps(jwk(_KEY)).encode(), _bare(header, claims()).rstrip(".").encode(), "sha256")
    with pytest.raises(Denied, match="provider_algorithm"):
        check(_bare(header, claims(), by_public_key), jwk(_KEY), {"kty": "oct", "k": "AAAA", "kid": "1"})


@pytest.mark.filterwarnings("ignore::jwt.warnings.InsecureKeyLengthWarning")
@pytest.mark.parametrize(
    ("key", "code"),
    [
        (jwk(_SMALL), "provider_signature"),
        (jwk(_KEY, use="enc"), "provider_signature"),
        (jwk(_KEY, kid="2"), "provider_signature"),
        (jwk(_KEY, alg="RS512"), "provider_signature"),
        ({"kty": "EC", "crv": "P-256", "kid": "1"}, "provider_signature"),
        ({"kty": "RSA", "kid": "1", "n": "!", "e": "AQAB"}, "provider_signature"),
    ],
)
def test_a_key_that_does_not_fit_is_not_taken(key: dict[str, Any], code: str) -> None:
    by = _SMALL if key == jwk(_SMALL) else _KEY
    with pytest.raises(Denied, match=code):
        check(signed(claims(), key=by), key)


def test_another_key_of_the_same_name_is_passed_over() -> None:
    other = rsa.generate_private_key(public_exponent=65537, key_size=2048)
    assert check(signed(claims()), jwk(other), jwk(_KEY)).subject == "sub-alice"
    with pytest.raises(Denied, match="provider_signature"):
        check(signed(claims()), jwk(other))


@pytest.mark.parametrize(
    ("ago", "code"), [(300, ""), (359, ""), (361, "provider_not_again"), (None, "provider_not_again")]
)
def test_who_is_asked_again_has_signed_in_just_now(ago: int | None, code: str) -> None:
    token = signed(claims(auth_time=None if ago is None else AT - ago))
    if not code:
        assert check(token, again=True).signed_in_at == NOW - timedelta(seconds=ago or 0)
        return
    with pytest.raises(Denied, match=code):
        check(token, again=True)


def test_methods_are_what_the_provider_said() -> None:
    assert check(signed(claims(amr=["pwd", "mfa"], acr="high"))).methods == {"pwd", "mfa", "high"}


@pytest.mark.parametrize("token", ["", "a.b.c", "é", "." * 100])
def test_what_is_no_token_is_refused(token: str) -> None:
    with pytest.raises(Denied, match="provider_token"):
        check(token)


def test_keys_are_what_the_provider_publishes(endpoints: Endpoints) -> None:
    assert {key["kty"] for key in keys_of(endpoints, allowed=HERE)} == {"RSA"}
