"""X.509: a certificate for development, and what is wrong with one that was given. No secret of anybody's chats is near it."""

import base64
import hashlib
import ipaddress
from datetime import UTC, datetime, timedelta
from typing import Final

from cryptography import x509
from cryptography.exceptions import UnsupportedAlgorithm
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec, rsa
from cryptography.x509.oid import ExtendedKeyUsageOID

OWN_NAMES: Final = ("localhost", "127.0.0.1", "::1")
_LASTS: Final = timedelta(days=397)
"""Longer ones are refused by Apple's browsers."""
_LEAST_RSA_BITS: Final = 2048


def self_signed(*, now: datetime) -> bytes:
    """Key and certificate of this machine's loopback names, as one PEM text."""
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, "Chatplatform for development, this machine only")])
    identifier = x509.SubjectKeyIdentifier.from_public_key(key.public_key())
    server = x509.ExtendedKeyUsage([ExtendedKeyUsageOID.SERVER_AUTH])
    made = (
        x509.CertificateBuilder(
            name, name, key.public_key(), x509.random_serial_number(), now - timedelta(hours=1), now + _LASTS
        )
        .add_extension(x509.SubjectAlternativeName([_general(one) for one in OWN_NAMES]), critical=False)
        .add_extension(x509.BasicConstraints(ca=False, path_length=None), critical=True)
        .add_extension(server, critical=False)
        .add_extension(identifier, critical=False)
        .add_extension(x509.AuthorityKeyIdentifier.from_issuer_subject_key_identifier(identifier), critical=False)
    )
    private = key.private_bytes(
        serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
    )
    return private + made.sign(key, hashes.SHA256()).public_bytes(serialization.Encoding.PEM)


def is_strong(text: str) -> bool:
    """Whether this base64 is a certificate, and by no RSA key that is too short to believe what it signs."""
    try:
        key = x509.load_der_x509_certificate(base64.b64decode(text, validate=True)).public_key()
    except (ValueError, UnsupportedAlgorithm):
        return False
    return not isinstance(key, rsa.RSAPublicKey) or key.key_size >= _LEAST_RSA_BITS


def span_of(text: str) -> tuple[datetime, datetime]:
    """From when until when this base64 certificate is good; ValueError where it is none."""
    found = x509.load_der_x509_certificate(base64.b64decode(text, validate=True))
    return found.not_valid_before_utc, found.not_valid_after_utc


def fingerprint_of(text: str) -> str:
    """By what a base64 certificate is compared: SHA-256 of it, as other programs write it."""
    return hashlib.sha256(base64.b64decode(text)).hexdigest()


def ends_at(pem: bytes) -> datetime:
    """Until when the first certificate of a chain is good; ValueError where there is none."""
    return x509.load_pem_x509_certificates(pem)[0].not_valid_after_utc


def faults(chain: bytes, key: bytes, *, host: str, now: datetime) -> list[str]:
    """What browsers would refuse in a certificate chain and its key: ends of sentences that begin with its name."""
    try:
        leaf = x509.load_pem_x509_certificates(chain)[0]
    except ValueError:
        return ["holds no certificate in PEM"]
    found = []
    if not leaf.not_valid_before_utc <= now <= leaf.not_valid_after_utc:
        found.append(f"is good from {_day(leaf.not_valid_before_utc)} to {_day(leaf.not_valid_after_utc)} only")
    if not _covers(leaf, host):
        found.append(f"does not name {host}, the host of SITE_URL")
    public = leaf.public_key()
    if isinstance(public, rsa.RSAPublicKey) and public.key_size < _LEAST_RSA_BITS:
        found.append(f"has an RSA key of {public.key_size} bits, {_LEAST_RSA_BITS} are the least")
    return [*found, *_key_faults(leaf, key)]


def _key_faults(leaf: x509.Certificate, key: bytes) -> list[str]:
    try:
        private = serialization.load_pem_private_key(key, None)
    except (ValueError, TypeError):
        return ["has a TLS_KEY that is no PEM key without a passphrase"]
    theirs, ours = (
        one.public_bytes(serialization.Encoding.DER, serialization.PublicFormat.SubjectPublicKeyInfo)
        for one in (leaf.public_key(), private.public_key())
    )
    return [] if theirs == ours else ["does not belong to TLS_KEY"]


def _covers(leaf: x509.Certificate, host: str) -> bool:
    try:
        names = leaf.extensions.get_extension_for_class(x509.SubjectAlternativeName).value
    except x509.ExtensionNotFound:
        return False
    try:
        return ipaddress.ip_address(host) in names.get_values_for_type(x509.IPAddress)
    except ValueError:
        own, star = host.lower(), "*." + host.lower().partition(".")[2]
        return any(name.lower() in {own, star} for name in names.get_values_for_type(x509.DNSName))


def _general(name: str) -> x509.GeneralName:
    try:
        return x509.IPAddress(ipaddress.ip_address(name))
    except ValueError:
        return x509.DNSName(name)


def _day(moment: datetime) -> str:
    return moment.astimezone(UTC).strftime("%Y-%m-%d")
