"""SAML 2.0: the question in a redirect, the answer in a form that the browser posts.

Danger: an answer of which another part is signed than the one that is read, an answer to somebody else's question, to another service, an old one.
Rule: the one assertion is signed itself, by a certificate that an administrator entered; from then on nothing is read but what the signature
covered; audience, recipient, question and times are ours or it is none. Proof: tests/security/identity/test_saml.py.
"""

from __future__ import annotations

import base64
import binascii
import secrets
import zlib
from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Final
from urllib.parse import urlencode

from lxml import etree
from signxml.algorithms import DigestAlgorithm, SignatureMethod
from signxml.exceptions import SignXMLException
from signxml.verifier import SignatureConfiguration, XMLVerifier

from security.errors import Denied, Invalid
from security.identity.metadata import SamlProvider, ServiceProvider
from security.identity.statement import FRESH_WITHIN, LEEWAY, LONGEST, Statement
from security.identity.xml import POST, PROTOCOL, SAML, SIGNATURE, parse_xml, tag, text_of, time_of

MOST_BYTES: Final = 128 * 1024
"""Of an answer, as it is posted."""
_SUCCESS: Final = "urn:oasis:names:tc:SAML:2.0:status:Success"
_BEARER: Final = "urn:oasis:names:tc:SAML:2.0:cm:bearer"
_AS_EMAIL: Final = "urn:oasis:names:tc:SAML:1.1:nameid-format:emailAddress"
_TRANSIENT: Final = "urn:oasis:names:tc:SAML:2.0:nameid-format:transient"
_METHODS: Final = frozenset(
    method
    for method in SignatureMethod
    if method.name.startswith(("RSA_SHA", "ECDSA_SHA", "SHA256_RSA_MGF1", "SHA384_RSA_MGF1", "SHA512_RSA_MGF1"))
    and not method.name.endswith(("SHA1", "SHA224"))
)
_DIGESTS: Final = frozenset({DigestAlgorithm.SHA256, DigestAlgorithm.SHA384, DigestAlgorithm.SHA512})
_SIGNED_HERE: Final = SignatureConfiguration(
    location=f"./{tag(SAML, 'Assertion')}/",
    expect_references=1,
    signature_methods=_METHODS,
    digest_algorithms=_DIGESTS,
)
_EMAIL_NAMES: Final = (
    "email",
    "mail",
    "emailaddress",
    "http://schemas.xmlsoap.org/ws/2005/05/identity/claims/emailaddress",
    "urn:oid:0.9.2342.19200300.100.1.3",
)
_FULL_NAMES: Final = (
    "displayname",
    "name",
    "http://schemas.microsoft.com/identity/claims/displayname",
    "urn:oid:2.16.840.1.113730.3.1.241",
)
_METHOD_NAMES: Final = (
    "amr",
    "authnmethodsreferences",
    "http://schemas.microsoft.com/claims/authnmethodsreferences",
)


def new_question_id() -> str:
    """The name of one question; an XML id does not begin with a digit."""
    return "_" + secrets.token_hex(20)


def address_to_ask(
    provider: SamlProvider, us: ServiceProvider, *, question: str, now: datetime, is_again: bool, relay: str = ""
) -> str:
    """Where the browser is sent. `is_again`: the person signs in anew there, even if he just did."""
    asked = {
        "ID": question,
        "Version": "2.0",
        "IssueInstant": now.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ"),
        "Destination": provider.sign_in,
        "AssertionConsumerServiceURL": us.answers_at,
        "ProtocolBinding": POST,
        **({"ForceAuthn": "true"} if is_again else {}),
    }
    root = etree.Element(tag(PROTOCOL, "AuthnRequest"), asked, nsmap={"samlp": PROTOCOL, "saml": SAML})
    etree.SubElement(root, tag(SAML, "Issuer")).text = us.entity_id
    packer = zlib.compressobj(wbits=-15)
    packed = packer.compress(etree.tostring(root)) + packer.flush()
    query = urlencode({"SAMLRequest": base64.b64encode(packed).decode(), **({"RelayState": relay} if relay else {})})
    return f"{provider.sign_in}{'&' if '?' in provider.sign_in else '?'}{query}"


def check_answer(
    posted: str,
    *,
    provider: SamlProvider,
    us: ServiceProvider,
    question: str,
    is_again: bool,
    now: datetime,
) -> Statement:
    """The person whom the answer names, or Denied("provider_…")."""
    root = _parsed(posted)
    if root.tag != tag(PROTOCOL, "Response"):
        raise Denied("provider_token")
    status = root.find(f"{tag(PROTOCOL, 'Status')}/{tag(PROTOCOL, 'StatusCode')}")
    if status is None or status.get("Value") != _SUCCESS:
        raise Denied("provider_said_no")
    if root.get("Destination", us.answers_at) != us.answers_at:
        raise Denied("provider_recipient")
    assertion = _signed_part(root, provider)
    if text_of(assertion.find(tag(SAML, "Issuer"))) != provider.entity_id:
        raise Denied("provider_issuer")
    _require_conditions(assertion, us, now)
    name = _confirmed_name(assertion, us, question, now)
    instant, method = _authentication(assertion)
    if is_again and (instant is None or now - instant > FRESH_WITHIN + LEEWAY):
        raise Denied("provider_not_again")
    said = _attributes(assertion)
    return Statement(
        subject=_subject(name),
        email=_email(name, said),
        is_email_verified=True,  # the provider is the domain's, which is asked for besides
        name=_first(said, _FULL_NAMES)[:LONGEST],
        methods=frozenset({method, *(value for key in _METHOD_NAMES for value in said.get(key, []))} - {""}),
        signed_in_at=instant,
    )


def _parsed(posted: str) -> etree._Element:
    try:
        if len(posted) > MOST_BYTES:
            raise Denied("provider_long")
        return parse_xml(base64.b64decode("".join(posted.split()), validate=True))
    except (binascii.Error, ValueError, Invalid):
        raise Denied("provider_token") from None


def _signed_part(root: etree._Element, provider: SamlProvider) -> etree._Element:
    """What the signature covers, as it was signed: a new tree, in which nothing else is."""
    if root.find(f".//{tag(SAML, 'EncryptedAssertion')}") is not None:
        raise Denied("provider_encrypted")
    everywhere = list(root.iter(tag(SAML, "Assertion")))
    if len(everywhere) != 1 or everywhere[0].getparent() is not root:
        raise Denied("provider_token")
    if len(everywhere[0].findall(tag(SIGNATURE, "Signature"))) != 1:
        raise Denied("provider_unsigned")
    data = etree.tostring(root)
    for certificate in provider.certificates:
        try:
            found = XMLVerifier().verify(data, x509_cert=certificate, id_attribute="ID", expect_config=_SIGNED_HERE)
        except (SignXMLException, etree.LxmlError, ValueError, TypeError, AttributeError):
            continue
        signed = None if isinstance(found, list) else found.signed_xml
        if signed is not None and signed.tag == tag(SAML, "Assertion") and signed.get("ID") == everywhere[0].get("ID"):
            return signed
    raise Denied("provider_signature")


def _require_conditions(assertion: etree._Element, us: ServiceProvider, now: datetime) -> None:
    conditions = assertion.findall(tag(SAML, "Conditions"))
    if len(conditions) != 1:
        raise Denied("provider_audience")
    _require_in_time(conditions[0], now)
    restrictions = conditions[0].findall(tag(SAML, "AudienceRestriction"))
    for restriction in restrictions:
        if us.entity_id not in {text_of(one) for one in restriction.findall(tag(SAML, "Audience"))}:
            raise Denied("provider_audience")
    if not restrictions:
        raise Denied("provider_audience")


def _require_in_time(element: etree._Element, now: datetime) -> None:
    begins, ends = time_of(element.get("NotBefore")), time_of(element.get("NotOnOrAfter"))
    if ends is None or now >= ends + LEEWAY:
        raise Denied("provider_expired")
    if element.get("NotBefore") is not None and (begins is None or now < begins - LEEWAY):
        raise Denied("provider_early")


def _confirmed_name(assertion: etree._Element, us: ServiceProvider, question: str, now: datetime) -> etree._Element:
    """The name, where its bearer was sent to us for this very question."""
    subjects = assertion.findall(tag(SAML, "Subject"))
    name = subjects[0].find(tag(SAML, "NameID")) if len(subjects) == 1 else None
    if name is None:
        raise Denied("provider_subject")
    confirmations = [
        one for one in subjects[0].findall(tag(SAML, "SubjectConfirmation")) if one.get("Method") == _BEARER
    ]
    data = confirmations[0].find(tag(SAML, "SubjectConfirmationData")) if len(confirmations) == 1 else None
    if data is None or data.get("Recipient") != us.answers_at:
        raise Denied("provider_recipient")
    if not secrets.compare_digest((data.get("InResponseTo") or "").encode(), question.encode()):
        raise Denied("provider_state")
    _require_in_time(data, now)
    return name


def _authentication(assertion: etree._Element) -> tuple[datetime | None, str]:
    """When, and how, the person signed in there."""
    statement = assertion.find(tag(SAML, "AuthnStatement"))
    if statement is None:
        raise Denied("provider_token")
    path = f"{tag(SAML, 'AuthnContext')}/{tag(SAML, 'AuthnContextClassRef')}"
    return time_of(statement.get("AuthnInstant")), text_of(statement.find(path))


def _attributes(assertion: etree._Element) -> Mapping[str, list[str]]:
    found: dict[str, list[str]] = {}
    for attribute in assertion.findall(f"{tag(SAML, 'AttributeStatement')}/{tag(SAML, 'Attribute')}"):
        values = [text_of(value) for value in attribute.findall(tag(SAML, "AttributeValue"))]
        found.setdefault((attribute.get("Name") or "").lower(), []).extend(values)
    return found


def _subject(name: etree._Element) -> str:
    subject = text_of(name)
    if name.get("Format") == _TRANSIENT or not 0 < len(subject) <= LONGEST:
        raise Denied("provider_subject")
    return subject


def _email(name: etree._Element, said: Mapping[str, list[str]]) -> str:
    """One address, or "" where several are said: none of them is the person's for sure."""
    return _first(said, _EMAIL_NAMES) or (text_of(name) if name.get("Format") == _AS_EMAIL else "")


def _first(said: Mapping[str, list[str]], names: tuple[str, ...]) -> str:
    for name in names:
        values = dict.fromkeys(value for value in said.get(name, []) if value)
        if len(values) == 1:
            return next(iter(values))
    return ""
