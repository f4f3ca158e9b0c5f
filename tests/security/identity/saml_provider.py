"""A real SAML provider, from a package: pysaml2 writes its answers, libxmlsec1 signs them."""

from __future__ import annotations

import base64
import warnings
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from importlib import import_module
from pathlib import Path
from typing import Any

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import rsa
from cryptography.x509.oid import NameOID
from lxml import etree

from security.identity.metadata import SamlProvider, ServiceProvider, metadata_of, parse_metadata

with warnings.catch_warnings():
    warnings.simplefilter("ignore")  # what the package imports, it imports by old names
    from saml2.authn_context import PASSWORD
    from saml2.config import IdPConfig
    from saml2.metadata import entity_descriptor
    from saml2.saml import NAMEID_FORMAT_PERSISTENT, NameID
    from saml2.server import Server
    from saml2.sigver import CryptoBackend

xmlsec: Any = import_module("xmlsec")  # its stubs lack what is used here
REDIRECT = "urn:oasis:names:tc:SAML:2.0:bindings:HTTP-Redirect"
ASSERTION = "{urn:oasis:names:tc:SAML:2.0:assertion}Assertion"


class _Signer(CryptoBackend):
    """pysaml2 calls a program by itself; here the same library signs inside this process."""

    version = "1.3"

    def sign_statement(self, statement: object, node_name: str, key_file: str, node_id: str) -> str:  # noqa: ARG002 - the package's interface
        root = etree.fromstring(statement if isinstance(statement, bytes) else str(statement).encode())
        xmlsec.tree.add_ids(root, ["ID"])
        nodes = [node for node in root.iter() if node.get("ID") == node_id]
        signature = xmlsec.tree.find_child(nodes[0], xmlsec.Node.SIGNATURE)
        context = xmlsec.SignatureContext()
        context.key = xmlsec.Key.from_file(key_file, xmlsec.KeyFormat.PEM)
        context.sign(signature)
        return str(etree.tostring(root).decode())


@dataclass(slots=True)
class SamlHouse:
    """A provider that knows one service: us."""

    server: Server
    metadata: bytes
    us: ServiceProvider

    @property
    def provider(self) -> SamlProvider:
        return parse_metadata(self.metadata)

    def answer(  # noqa: PLR0913 - what is to be wrong about it
        self,
        question: str,
        *,
        subject: str = "sub-alice",
        email: str = "alice@acme.example",
        name_format: str = NAMEID_FORMAT_PERSISTENT,
        recipient: str = "",
        audience: str = "",
        sign_assertion: bool = True,
        sign_response: bool = False,
        method: str = PASSWORD,
    ) -> bytes:
        """The document that the browser posts, before base64."""
        made = self.server.create_authn_response(
            {"mail": [email], "displayName": ["Alice Example"]},
            question,
            recipient or self.us.answers_at,
            audience or self.us.entity_id,
            name_id=NameID(format=name_format, text=subject),
            authn={
                "class_ref": method,
                "authn_auth": "https://provider.example",
                "authn_instant": datetime.now(UTC).timestamp(),
            },
            sign_assertion=sign_assertion,
            sign_response=sign_response,
            sign_alg="http://www.w3.org/2001/04/xmldsig-more#rsa-sha256",
            digest_alg="http://www.w3.org/2001/04/xmlenc#sha256",
        )
        return str(made).encode()


def posted(document: bytes) -> str:
    """As it stands in the form."""
    return base64.b64encode(document).decode()


def house(folder: Path, us: ServiceProvider, *, name: str = "https://provider.example/metadata") -> SamlHouse:
    """A provider with a key of its own."""
    key, certificate = _pair(folder)
    service = folder / "us.xml"
    service.write_bytes(metadata_of(us))
    # pysaml2 asks the program what it can do, and writes that into its metadata.
    program = folder / "xmlsec1"
    program.write_text('#!/bin/sh\necho\necho \'"rsa-sha256","sha256"\'\n')
    program.chmod(0o700)
    config = IdPConfig().load(
        {
            "entityid": name,
            "xmlsec_binary": str(program),
            "key_file": str(key),
            "cert_file": str(certificate),
            "metadata": {"local": [str(service)]},
            "service": {
                "idp": {
                    "endpoints": {"single_sign_on_service": [("https://provider.example/sign-in", REDIRECT)]},
                    "policy": {"default": {"lifetime": {"minutes": 5}, "attribute_restrictions": None}},
                    "name_id_format": [NAMEID_FORMAT_PERSISTENT],
                }
            },
        }
    )
    server = Server(config=config)
    server.sec.crypto = _Signer()
    return SamlHouse(server, str(entity_descriptor(config)).encode(), us)


def _pair(folder: Path) -> Sequence[Path]:
    key = rsa.generate_private_key(public_exponent=65537, key_size=2048)
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "provider.example")])
    now = datetime.now(UTC)
    certificate = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - timedelta(days=1))
        .not_valid_after(now + timedelta(days=30))
        .sign(key, hashes.SHA256())
    )
    private, public = folder / "key.pem", folder / "certificate.pem"
    private.write_bytes(
        key.private_bytes(serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption())
    )
    public.write_bytes(certificate.public_bytes(serialization.Encoding.PEM))
    return private, public
