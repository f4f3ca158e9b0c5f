"""A SAML provider signs by a key that nobody can guess."""

from __future__ import annotations

import base64
import re
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import rsa

from security.identity.metadata import ServiceProvider
from tenants.models import ProviderKind
from tenants.services.sign_in.provider import Given, carry_out

from ...security.identity.saml_provider import house


def made(bits: int) -> bytes:
    key, now = rsa.generate_private_key(public_exponent=65537, key_size=bits), datetime.now(UTC)
    name = x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, "provider")])
    found = x509.CertificateBuilder(name, name, key.public_key(), 1, now, now + timedelta(days=1))
    return base64.b64encode(found.sign(key, hashes.SHA256()).public_bytes(serialization.Encoding.DER))


@pytest.mark.parametrize(
    ("certificate", "code"), [(made(1024), "metadata_weak"), (b"QUFB" * 100, "metadata_weak"), (made(2048), "")]
)
def test_a_certificate_is_one_and_by_a_long_key(tmp_path: Path, certificate: bytes, code: str) -> None:
    theirs = house(tmp_path, ServiceProvider("https://unknown.example", "https://unknown.example"))
    metadata = re.sub(rb"(?s)(<\w+:X509Certificate>).*?<", rb"\g<1>" + certificate + b"<", theirs.metadata)
    assert carry_out(Given(ProviderKind.SAML, metadata=metadata.decode())).code == code
