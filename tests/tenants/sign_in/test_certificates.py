"""A SAML provider signs by a key that nobody can guess, within the days of its certificate; owners are told before those are over."""

from __future__ import annotations

import base64
import json
import re
from datetime import UTC, datetime, timedelta
from pathlib import Path
from uuid import UUID

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec, rsa
from django.core import mail
from django.test import Client
from pytest_django import DjangoCaptureOnCommitCallbacks

from security.errors import Denied
from security.identity.metadata import ServiceProvider
from security.models import AuditEvent
from security.scoping import tenant_scope
from tenants.models import IdentityProvider, ProviderKind
from tenants.services.sign_in import provider as service
from tenants.services.sign_in.arriving import ask, come_in
from tenants.services.sign_in.certificates import good_at, warn_of_certificate
from tenants.services.sign_in.provider import Given, carry_out

from ...security.identity.saml_provider import house, posted
from ..admin.pages import sign_in, text_of
from ..people import Organisation
from .providers import connect

NOW = datetime.now(UTC)
DAY = timedelta(days=1)
Key = rsa.RSAPrivateKey | ec.EllipticCurvePrivateKey
CURVE = ec.generate_private_key(ec.SECP256R1())


def made(key: Key = CURVE, *, begins: timedelta = -DAY, ends: timedelta = DAY) -> bytes:
    name = x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, "provider")])
    found = x509.CertificateBuilder(name, name, key.public_key(), 1, NOW + begins, NOW + ends)
    return base64.b64encode(found.sign(key, hashes.SHA256()).public_bytes(serialization.Encoding.DER))


def short() -> bytes:
    return made(rsa.generate_private_key(public_exponent=65537, key_size=1024))  # noqa: S505 - that is the point


@pytest.fixture(scope="module")
def metadata(tmp_path_factory: pytest.TempPathFactory) -> bytes:
    us = ServiceProvider("https://unknown.example", "https://unknown.example")
    return house(tmp_path_factory.mktemp("saml"), us).metadata


def given(metadata: bytes, *certificates: bytes) -> Given:
    """What an owner enters of a provider with these certificates."""
    begins, around, ends = re.search(
        rb"(?s)(<\w+:KeyDescriptor.*?X509Certificate>)(.*?)(<.*?KeyDescriptor>)", metadata
    ).groups()  # type: ignore[union-attr]
    assert around
    keys = b"".join(begins + one + ends for one in certificates)
    written = re.sub(rb"(?s)<(\w+:KeyDescriptor).*</\1>", lambda _: keys, metadata)
    return Given(ProviderKind.SAML, metadata=written.decode())


@pytest.mark.parametrize(
    ("certificates", "code"),
    [
        ([short()], "metadata_weak"),
        ([b"QUFB" * 100], "metadata_weak"),
        ([made()], ""),
        ([made(ends=-timedelta(hours=1))], "metadata_ended"),
        ([made(begins=timedelta(hours=1))], "metadata_ended"),
        ([made(ends=-timedelta(hours=1)), made()], ""),
    ],
)
def test_a_certificate_is_one_by_a_long_key_and_good_today(
    metadata: bytes, certificates: list[bytes], code: str
) -> None:
    assert carry_out(given(metadata, *certificates), now=NOW).code == code


def test_each_certificate_signs_within_its_own_days() -> None:
    old, now, next_one = made(ends=-timedelta(seconds=1)), made(), made(begins=timedelta(seconds=1))
    named = [one.decode() for one in (old, now, next_one)]
    assert good_at(named, NOW) == (now.decode(),)


def told(of: Organisation) -> list[object]:
    """The days of each event, and of nothing else."""
    with tenant_scope(of.tenant_id):
        events = AuditEvent.objects.filter(action="provider.certificate_ending").order_by("seq")
        return [json.loads(event.entry)["detail"]["days"] for event in events]


@pytest.mark.django_db
def test_owners_are_told_in_time_once_each(
    proven: Organisation, metadata: bytes, django_capture_on_commit_callbacks: DjangoCaptureOnCommitCallbacks
) -> None:
    connect(proven, "olga", given(metadata, made(), made(ends=40 * DAY)))

    def warned(after: float) -> bool:
        with django_capture_on_commit_callbacks(execute=True), tenant_scope(proven.tenant_id):
            return warn_of_certificate(now=NOW + after * DAY)

    assert [warned(days) for days in (0, 9.5)] == [False, False], "by the one that is good longest"
    assert [warned(days) for days in (10.5, 10.6, 32.5)] == [True, False, False]
    assert [letter.to for letter in mail.outbox] == [["olga@acme.example"]]
    assert "ends within 30 days" in mail.outbox[0].body
    assert [warned(days) for days in (33.5, 38.5, 39.5, 39.9, 40.5, 50)] == [True, False, True, False, True, False]
    assert told(proven) == [30, 7, 1, 0]
    assert "has ended" in mail.outbox[-1].subject


@pytest.mark.django_db
def test_nobody_is_told_of_a_provider_that_is_off_nor_of_another_organisations(
    proven: Organisation, rival: Organisation, metadata: bytes
) -> None:
    entry = connect(proven, "olga", given(metadata, made()))
    with tenant_scope(rival.tenant_id):
        assert not warn_of_certificate(now=NOW)
    with tenant_scope(proven.tenant_id):
        IdentityProvider.objects.filter(public_id=entry).update(is_on=False)
        assert not warn_of_certificate(now=NOW)
    assert told(proven) == []


@pytest.mark.django_db
def test_a_new_certificate_is_told_of_anew(proven: Organisation, metadata: bytes) -> None:
    for ends in (3, 5):
        connect(proven, "olga", given(metadata, made(ends=ends * DAY)))
        with tenant_scope(proven.tenant_id):
            assert warn_of_certificate(now=NOW)
    assert told(proven) == [3, 5]


@pytest.mark.django_db
@pytest.mark.parametrize(
    ("days", "said"), [(40, "Its certificate is good until"), (20.5, "ends in 21 days"), (0.5, "ends within a day")]
)
def test_the_page_says_until_when_it_is_good(proven: Organisation, metadata: bytes, days: float, said: str) -> None:
    connect(proven, "olga", given(metadata, made(ends=days * DAY)))
    assert said in text_of(sign_in(proven.user("olga")).client.get("/admin/security/provider/"))


def come(entry: UUID, document: str, question: str, now: datetime) -> str:
    """What an answer to this question comes to at this time."""
    client = Client()
    session, ref = client.session, service.access_provider(entry)
    ask(session, ref, to="", again=None, now=now)
    session["provider_question"]["question"][0] = question
    try:
        return come_in(session, ref, {"SAMLResponse": document}, user=None, now=now).user.email
    except Denied as refused:
        return refused.code


@pytest.mark.django_db
def test_nobody_comes_in_by_a_certificate_that_has_ended(proven: Organisation, tmp_path: Path) -> None:
    first = house(tmp_path, ServiceProvider("https://unknown.example", "https://unknown.example"))
    entry = connect(proven, "olga", Given(ProviderKind.SAML, metadata=first.metadata.decode()))
    theirs = house(tmp_path, service.service_of(entry))
    connect(proven, "olga", Given(ProviderKind.SAML, metadata=theirs.metadata.decode()))
    question = "_" + "a" * 40
    document = posted(theirs.answer(question))
    assert come(entry, document, question, datetime.now(UTC)) == "alice@acme.example"
    assert come(entry, document, question, datetime.now(UTC) + 31 * DAY) == "provider_certificate_ended"
    assert proven.actions()[-1] == "session.provider_refused"
