"""Certificates for the tests: an authority, and what it vouches for."""

import ipaddress
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec, rsa

Key = ec.EllipticCurvePrivateKey | rsa.RSAPrivateKey


def pem_of(key: Key) -> bytes:
    """The key, in clear."""
    return key.private_bytes(
        serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
    )


@dataclass(frozen=True)
class Authority:
    """Somebody who signs."""

    name: str
    key: ec.EllipticCurvePrivateKey = field(default_factory=lambda: ec.generate_private_key(ec.SECP256R1()))

    def write(self, path: Path) -> Path:
        """Its own certificate, for those who believe it."""
        made = self._builder(self.name, self.key.public_key()).add_extension(x509.BasicConstraints(True, 0), True)
        path.write_bytes(made.sign(self.key, hashes.SHA256()).public_bytes(serialization.Encoding.PEM))
        return path

    def vouch(self, *names: str, ends: timedelta = timedelta(days=1), key: Key | None = None) -> tuple[bytes, bytes]:
        """Certificate and key of a server of these names."""
        key = key or ec.generate_private_key(ec.SECP256R1())
        made = self._builder(names[0], key.public_key(), ends).add_extension(
            x509.SubjectAlternativeName([_general(name) for name in names]), False
        )
        return made.sign(self.key, hashes.SHA256()).public_bytes(serialization.Encoding.PEM), pem_of(key)

    def _builder(
        self, subject: str, key: ec.EllipticCurvePublicKey | rsa.RSAPublicKey, ends: timedelta = timedelta(days=1)
    ) -> x509.CertificateBuilder:
        now = datetime.now(UTC)
        return x509.CertificateBuilder(
            _named(self.name), _named(subject), key, x509.random_serial_number(), now - timedelta(days=90), now + ends
        )


def _named(name: str) -> x509.Name:
    return x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, name)])


def _general(name: str) -> x509.GeneralName:
    try:
        return x509.IPAddress(ipaddress.ip_address(name))
    except ValueError:
        return x509.DNSName(name)
