"""TLS as this platform serves it, under uvicorn and daphne alike, and whether what it was given for that is any good.

Danger: a cipher, a version or a certificate that lets somebody read along. Rule: one list of ciphers and options for both servers; a certificate that
browsers would refuse stops the start. Proof: tests/chatplatform/test_tls.py and, under a scanner, tests/chatplatform/test_tls_scan.py.
"""

import ssl
from datetime import datetime, timedelta
from pathlib import Path
from typing import Final
from urllib.parse import urlsplit

from django.core.exceptions import ImproperlyConfigured

from security.crypto import certificates

CIPHERS: Final = "ECDHE+AESGCM:ECDHE+CHACHA20"
IN_ORDER: Final = f"ECDHE+AES256+AESGCM:{CIPHERS}"
"""The same, 256 bits first."""
OPTIONS: Final = ssl.OP_CIPHER_SERVER_PREFERENCE | ssl.OP_NO_RENEGOTIATION | ssl.OP_NO_COMPRESSION
LEAST_VERSION: Final = ssl.TLSVersion.TLSv1_2
_RENEW: Final = timedelta(days=7)
_OF_OTHERS: Final = 0o007


def harden(context: ssl.SSLContext) -> None:
    """TLS 1.2 and 1.3, forward secrecy, authenticated ciphers, ours first, no renegotiation, no compression."""
    context.minimum_version = LEAST_VERSION
    context.set_ciphers(IN_ORDER)
    context.options |= OPTIONS


def check(cert: str, key: str, *, site_url: str, now: datetime) -> None:
    """Refuse what is given for TLS, in one sentence, where browsers would refuse it."""
    if not cert and not key:
        return
    if not (cert and key):
        missing = "TLS_KEY" if cert else "TLS_CERT"
        raise ImproperlyConfigured(f"{missing} must be set: TLS_CERT and TLS_KEY belong together.")
    texts = {"TLS_CERT": _read("TLS_CERT", cert), "TLS_KEY": _read("TLS_KEY", key)}
    if Path(key).stat().st_mode & _OF_OTHERS:
        raise ImproperlyConfigured(f"TLS_KEY can be read by everybody on this machine: chmod 600 {key}")
    host = urlsplit(site_url).hostname or ""
    for fault in certificates.faults(texts["TLS_CERT"], texts["TLS_KEY"], host=host, now=now):
        raise ImproperlyConfigured(f"TLS_CERT {fault}.")


def check_days_left(cert: str, *, now: datetime) -> None:
    """Refuse a certificate that is good today, but not for a week."""
    if cert and (ends_at := certificates.ends_at(Path(cert).read_bytes())) < now + _RENEW:
        raise ImproperlyConfigured(f"TLS_CERT ends on {ends_at:%Y-%m-%d}: renew it now.")


def _read(name: str, path: str) -> bytes:
    try:
        return Path(path).read_bytes()
    except FileNotFoundError:
        raise ImproperlyConfigured(f"{name} names a file that is not there.") from None
    except OSError as error:
        raise ImproperlyConfigured(f"{name} names a file that cannot be read: {error.strerror}.") from None
