"""What a SAML provider answers is believed as it was signed, for us, for this question, now; altered it is not.

The provider is a real one (pysaml2 and libxmlsec1); each hostile answer is one of its own, altered.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from urllib.parse import parse_qs, urlsplit

import pytest
from lxml import etree

from security.errors import Denied, Invalid
from security.identity.metadata import SamlProvider, ServiceProvider, parse_metadata
from security.identity.saml import address_to_ask, check_answer, new_question_id
from security.identity.statement import Statement
from security.identity.xml import parse_xml

from .saml_provider import ASSERTION, SamlHouse, house, posted

NAMEID_FORMAT_EMAILADDRESS = "urn:oasis:names:tc:SAML:1.1:nameid-format:emailAddress"
NAMEID_FORMAT_TRANSIENT = "urn:oasis:names:tc:SAML:2.0:nameid-format:transient"
US = ServiceProvider("https://chat.example.com/sso/7/metadata/", "https://chat.example.com/sso/7/saml/")
QUESTION = "_" + "a" * 40
SIGNATURE = "{http://www.w3.org/2000/09/xmldsig#}Signature"


@pytest.fixture(scope="module")
def theirs(tmp_path_factory: pytest.TempPathFactory) -> SamlHouse:
    return house(tmp_path_factory.mktemp("saml"), US)


@pytest.fixture(scope="module")
def others(tmp_path_factory: pytest.TempPathFactory) -> SamlHouse:
    """Says that it is the first one, and signs by a key of its own."""
    return house(tmp_path_factory.mktemp("saml"), US)


def checked(
    document: bytes,
    by: SamlProvider,
    *,
    question: str = QUESTION,
    after: timedelta = timedelta(),
    is_again: bool = False,
) -> Statement:
    now = datetime.now(UTC) + after
    return check_answer(posted(document), provider=by, us=US, question=question, is_again=is_again, now=now)


def test_a_signed_answer_names_the_person(theirs: SamlHouse) -> None:
    found = checked(theirs.answer(QUESTION), theirs.provider)
    assert (found.subject, found.email, found.name) == ("sub-alice", "alice@acme.example", "Alice Example")
    assert "urn:oasis:names:tc:SAML:2.0:ac:classes:Password" in found.methods
    assert found.signed_in_at is not None


def test_a_response_may_be_signed_besides(theirs: SamlHouse) -> None:
    assert checked(theirs.answer(QUESTION, sign_response=True), theirs.provider).subject == "sub-alice"


def test_an_address_may_be_the_name_itself(theirs: SamlHouse) -> None:
    document = theirs.answer(QUESTION, subject="bob@acme.example", email="", name_format=NAMEID_FORMAT_EMAILADDRESS)
    assert checked(document, theirs.provider).email == "bob@acme.example"


def test_the_question_is_a_redirect_to_the_provider(theirs: SamlHouse) -> None:
    asked = address_to_ask(theirs.provider, US, question=new_question_id(), now=datetime.now(UTC), is_again=True)
    query = parse_qs(urlsplit(asked).query)
    request = theirs.server.parse_authn_request(query["SAMLRequest"][0], theirs_binding())
    assert request.message.assertion_consumer_service_url == US.answers_at
    assert request.message.force_authn == "true"


def theirs_binding() -> str:
    return "urn:oasis:names:tc:SAML:2.0:bindings:HTTP-Redirect"


Alter = Callable[[etree._Element], None]


def text(name: str, value: str) -> Alter:
    def alter(root: etree._Element) -> None:
        next(root.iter(f"{{*}}{name}")).text = value

    return alter


def unsigned(root: etree._Element) -> None:
    for found in list(root.iter(SIGNATURE)):
        found.getparent().remove(found)


def comment_in_the_name(root: etree._Element) -> None:
    name = next(root.iter("{*}NameID"))
    name.text = "sub-"
    comment = etree.Comment("x")
    comment.tail = "alice"
    name.append(comment)


def _copy(root: etree._Element) -> etree._Element:
    """A forged assertion that is like the signed one but for the person and the id."""
    forged: etree._Element = etree.fromstring(etree.tostring(next(root.iter(ASSERTION))))
    for found in list(forged.iter(SIGNATURE)):
        found.getparent().remove(found)
    next(forged.iter("{*}NameID")).text = "sub-olga"
    forged.set("ID", "forged")
    return forged


def wrapped_before(root: etree._Element) -> None:
    """XSW 3: the forged one first, the signed one after it."""
    root.insert(root.index(next(root.iter(ASSERTION))), _copy(root))


def wrapped_around(root: etree._Element) -> None:
    """XSW 4: the signed one inside the forged one."""
    signed, forged = next(root.iter(ASSERTION)), _copy(root)
    root.replace(signed, forged)
    forged.append(signed)


def wrapped_in_the_signature(root: etree._Element) -> None:
    """XSW 6: the signed one hidden in the signature of the forged one, whose id the reference names."""
    signed, forged = next(root.iter(ASSERTION)), _copy(root)
    signature = next(signed.iter(SIGNATURE))
    root.replace(signed, forged)
    signed.remove(signature)
    forged.insert(1, signature)
    place = etree.SubElement(signature, "{http://www.w3.org/2000/09/xmldsig#}Object")
    place.append(signed)


def wrapped_in_extensions(root: etree._Element) -> None:
    """XSW 7: the signed one among the response's extensions."""
    signed, forged = next(root.iter(ASSERTION)), _copy(root)
    root.replace(signed, forged)
    extensions = etree.Element("{urn:oasis:names:tc:SAML:2.0:protocol}Extensions")
    extensions.append(signed)
    root.insert(0, extensions)


def same_id_twice(root: etree._Element) -> None:
    forged = _copy(root)
    forged.set("ID", next(root.iter(ASSERTION)).get("ID"))
    extensions = etree.Element("{urn:oasis:names:tc:SAML:2.0:protocol}Extensions")
    extensions.append(forged)
    root.insert(0, extensions)


def signature_of_another_part(root: etree._Element) -> None:
    """The reference names the response, so the assertion would be taken as it lies there."""
    next(root.iter("{*}Reference")).set("URI", "#" + str(root.get("ID")))


@pytest.mark.parametrize(
    ("alter", "code"),
    [
        (text("NameID", "sub-olga"), "provider_signature"),
        (text("AttributeValue", "olga@acme.example"), "provider_signature"),
        (text("Audience", "https://other.example"), "provider_signature"),
        (unsigned, "provider_unsigned"),
        (comment_in_the_name, "provider_token"),
        (wrapped_before, "provider_token"),
        (wrapped_around, "provider_token"),
        (wrapped_in_the_signature, "provider_token|provider_signature"),
        (wrapped_in_extensions, "provider_token"),
        (same_id_twice, "provider_token"),
        (signature_of_another_part, "provider_signature"),
    ],
)
def test_an_altered_answer_is_refused(theirs: SamlHouse, alter: Alter, code: str) -> None:
    root = etree.fromstring(theirs.answer(QUESTION))
    alter(root)
    with pytest.raises(Denied, match=code):
        checked(etree.tostring(root), theirs.provider)


def test_a_signature_on_the_response_alone_is_none(theirs: SamlHouse) -> None:
    with pytest.raises(Denied, match="provider_unsigned"):
        checked(theirs.answer(QUESTION, sign_assertion=False, sign_response=True), theirs.provider)


def test_another_houses_key_is_none(theirs: SamlHouse, others: SamlHouse) -> None:
    with pytest.raises(Denied, match="provider_signature"):
        checked(others.answer(QUESTION), theirs.provider)


def test_another_houses_name_is_refused_whatever_its_key(theirs: SamlHouse) -> None:
    renamed = SamlProvider("https://other.example", theirs.provider.sign_in, theirs.provider.certificates)
    with pytest.raises(Denied, match="provider_issuer"):
        checked(theirs.answer(QUESTION), renamed)


@pytest.mark.parametrize(
    ("given", "code"),
    [
        ({"audience": "https://other.example"}, "provider_audience"),
        ({"recipient": "https://chat.example.com/sso/8/saml/"}, "provider_recipient"),
        ({"name_format": NAMEID_FORMAT_TRANSIENT}, "provider_subject"),
    ],
)
def test_what_was_meant_for_another_service_is_refused(theirs: SamlHouse, given: dict[str, str], code: str) -> None:
    with pytest.raises(Denied, match=code):
        checked(theirs.answer(QUESTION, **given), theirs.provider)


@pytest.mark.parametrize("other", ["_" + "b" * 40, "", "é"])
def test_the_answer_to_another_question_is_refused(theirs: SamlHouse, other: str) -> None:
    with pytest.raises(Denied, match="provider_state"):
        checked(theirs.answer(QUESTION), theirs.provider, question=other)


@pytest.mark.parametrize(
    ("after", "code"),
    [
        (timedelta(minutes=5, seconds=50), ""),
        (timedelta(minutes=6, seconds=10), "provider_expired"),
        (timedelta(seconds=-50), ""),
        (timedelta(seconds=-120), "provider_early"),
    ],
)
def test_an_answer_has_its_time_give_or_take_a_minute(theirs: SamlHouse, after: timedelta, code: str) -> None:
    document = theirs.answer(QUESTION)
    if not code:
        checked(document, theirs.provider, after=after)
        return
    with pytest.raises(Denied, match=code):
        checked(document, theirs.provider, after=after)


def test_who_is_asked_again_has_signed_in_just_now(theirs: SamlHouse) -> None:
    document = theirs.answer(QUESTION)
    assert checked(document, theirs.provider, is_again=True).subject == "sub-alice"
    with pytest.raises(Denied, match="provider_expired|provider_not_again"):
        checked(document, theirs.provider, is_again=True, after=timedelta(minutes=6, seconds=30))


BOMB = b'<!DOCTYPE x [<!ENTITY a "aaaaaaaaaa"><!ENTITY b "&a;&a;&a;&a;&a;&a;&a;&a;">]><x>&b;</x>'
FILE = b'<!DOCTYPE x [<!ENTITY a SYSTEM "file:///etc/hostname">]><x>&a;</x>'


@pytest.mark.parametrize(
    "document",
    [
        BOMB,
        FILE,
        b'<!DOCTYPE x SYSTEM "http://127.0.0.1/x.dtd"><x/>',
        b"<x><?target data?></x>",
        b"<x/><!-- after -->",
        b'<x ID="1"><y ID="1"/></x>',
        b"<x>" * 300 + b"</x>" * 300,
        b"",
        b"\xff\xfe<x/>",
        BOMB.decode().encode("utf-16"),
    ],
)
def test_xml_that_can_do_anything_is_no_document(document: bytes) -> None:
    with pytest.raises(Invalid, match="xml"):
        parse_xml(document)


@pytest.mark.parametrize("text", ["", "not base64!", posted(b"<x/>"), posted(FILE), "A" * 200_000])
def test_what_is_no_answer_is_refused(theirs: SamlHouse, text: str) -> None:
    with pytest.raises(Denied):
        check_answer(text, provider=theirs.provider, us=US, question=QUESTION, is_again=False, now=datetime.now(UTC))


@pytest.mark.parametrize(
    ("pattern", "instead", "code"),
    [
        (rb"HTTP-Redirect", b"HTTP-POST", "metadata_binding"),
        (rb"(?s)<\w+:X509Certificate.*?</\w+:X509Certificate>", b"", "metadata_certificate"),
        (rb"IDPSSODescriptor", b"SPSSODescriptor", "metadata"),
        (rb'entityID="[^"]*"', b'entityID=""', "metadata"),
        (rb'Location="https:', b'Location="javascript:', "provider_address"),
        (rb'Location="https:', b'Location="http:', "provider_clear"),
        (rb"^", b'<!DOCTYPE x SYSTEM "http://127.0.0.1/x.dtd">', "metadata"),
    ],
)
def test_metadata_that_lacks_something_is_refused(theirs: SamlHouse, pattern: bytes, instead: bytes, code: str) -> None:
    with pytest.raises(Invalid, match=code):
        parse_metadata(re.sub(pattern, instead, theirs.metadata))


@pytest.mark.parametrize(
    ("before", "after"),
    [
        (b"https://provider.example/metadata", b"https://provider.example/4242424242424242"),
        (b'Location="', b'Location="https://provider.example/4242424242424242?'),
    ],
)
def test_metadata_that_spells_a_card_number_is_refused(theirs: SamlHouse, before: bytes, after: bytes) -> None:
    """What a provider calls itself and where it is are kept as they are."""
    spelled = theirs.metadata.replace(before, after)
    assert spelled != theirs.metadata
    with pytest.raises(Invalid, match="metadata"):
        parse_metadata(spelled)
