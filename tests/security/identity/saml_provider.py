"""A real SAML provider, from a package: pysaml2 writes its answers, libxmlsec1 signs them."""

from __future__ import annotations

import base64
import warnings
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from functools import cache
from importlib import import_module
from pathlib import Path
from typing import Any

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import rsa
from cryptography.x509.oid import NameOID
from lxml import etree

from security.identity.metadata import SamlProvider, ServiceProvider, metadata_of, parse_metadata

PASSWORD = "urn:oasis:names:tc:SAML:2.0:ac:classes:Password"
NAMEID_FORMAT_PERSISTENT = "urn:oasis:names:tc:SAML:2.0:nameid-format:persistent"
REDIRECT = "urn:oasis:names:tc:SAML:2.0:bindings:HTTP-Redirect"
ASSERTION = "{urn:oasis:names:tc:SAML:2.0:assertion}Assertion"


@cache
def _pysaml2(module: str) -> Any:
    """One of its modules, when the first test asks: every process collects this file, and each import reads all of SAML's schemas."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # what the package imports, it imports by old names
        return import_module(f"saml2.{module}")


class _Signer:
    """pysaml2 calls a program by itself; here the same library signs inside this process."""

    version = "1.3"

    def sign_statement(self, statement: object, node_name: str, key_file: str, node_id: str) -> str:  # noqa: ARG002 - the package's interface
        xmlsec: Any = import_module("xmlsec")  # its stubs lack what is used here
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

    server: Any
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
            name_id=_pysaml2("saml").NameID(format=name_format, text=subject),
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
    """A provider with a key of its own, the one that lies in the folder if there is one."""
    key, certificate = _pair(folder)
    service = folder / "us.xml"
    service.write_bytes(metadata_of(us))
    # pysaml2 asks the program what it can do, and writes that into its metadata.
    program = folder / "xmlsec1"
    program.write_text('#!/bin/sh\necho\necho \'"rsa-sha256","sha256"\'\n')
    program.chmod(0o700)
    config = (
        _pysaml2("config")
        .IdPConfig()
        .load(
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
    )
    server = _pysaml2("server").Server(config=config)
    server.sec.crypto = _Signer()
    return SamlHouse(server, str(_pysaml2("metadata").entity_descriptor(config)).encode(), us)


def _pair(folder: Path) -> Sequence[Path]:
    private, public = folder / "key.pem", folder / "certificate.pem"
    if private.exists():
        return private, public
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
    private.write_bytes(
        key.private_bytes(serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption())
    )
    public.write_bytes(certificate.public_bytes(serialization.Encoding.PEM))
    return private, public
