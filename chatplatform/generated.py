"""Secrets that an installation without its own is given once, kept below `VAR_DIR` with mode 0600.

They protect a database dump, not a copy of the whole folder: `./run` says so.
"""

import base64
import contextlib
import os
import secrets
from datetime import datetime, timedelta
from pathlib import Path

from security.crypto import certificates

SECRET_KEY, CRYPTOGRAPHY_KEY, AUDIT_SIGNING_KEY = NAMES = ("SECRET_KEY", "CRYPTOGRAPHY_KEY", "AUDIT_SIGNING_KEY")
CERTIFICATE = "localhost.pem"
_RENEW = timedelta(days=7)


def fresh(name: str) -> str:
    """A new value: 50 characters for SECRET_KEY, 32 bytes in base64url for the others."""
    if name == SECRET_KEY:
        return secrets.token_urlsafe(48)
    return base64.urlsafe_b64encode(secrets.token_bytes(32)).decode()


def secret(folder: Path, name: str) -> str:
    """The secret kept as `folder/name`, made first if there is none; safe when several processes begin at once."""
    path = folder / name
    if not path.exists():
        _keep(path, fresh(name).encode() + b"\n")
    return path.read_text().strip()


def certificate(folder: Path, *, now: datetime) -> Path:
    """A file with key and certificate of this machine's own names, made first if there is none, and anew in the last week of the old one."""
    path = folder / CERTIFICATE
    if path.exists() and certificates.ends_at(path.read_bytes()) - now < _RENEW:
        path.unlink(missing_ok=True)
    if not path.exists():
        _keep(path, certificates.self_signed(now=now))
    return path


def _keep(path: Path, content: bytes) -> None:
    folder, name = path.parent, path.name
    folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    draft = folder / f".{name}.{os.getpid()}.{secrets.token_hex(4)}"
    descriptor = os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    try:
        with os.fdopen(descriptor, "wb") as file:
            file.write(content)
            file.flush()
            os.fsync(file.fileno())
        # A link fails if another process was faster, and never shows a file that is half written.
        with contextlib.suppress(FileExistsError):
            os.link(draft, path)
    finally:
        draft.unlink()
