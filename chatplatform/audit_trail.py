"""What the environment says about the audit trail: whose checkpoints count, and where copies of them go; and where the archive lies."""

from __future__ import annotations

import binascii
from base64 import b64decode
from collections.abc import Callable, Mapping
from hashlib import sha256
from urllib.parse import SplitResult, parse_qs, urlsplit

from django.core.exceptions import ImproperlyConfigured

_FORMAT = "chatplatform-audit"
_MOST_YEARS = 100


def public_key(text: str) -> bytes:
    """A key as `audit_key` prints it; the verifier reads it alike (`security.audit.offline`), which cannot be imported before the settings are."""
    name, shown, encoded = (*text.split("+", 2), "", "")[:3]
    try:
        raw = b64decode(encoded, validate=True)
    except (binascii.Error, ValueError):
        raw = b""
    if name != _FORMAT or len(raw) != 33 or shown != sha256(f"{_FORMAT}\n".encode() + raw).hexdigest()[:8]:  # noqa: PLR2004
        raise ImproperlyConfigured("AUDIT_PUBLIC_KEYS must be keys as audit_key prints them, separated by commas.")
    return raw[1:]


def sound_place(url: str) -> str:
    """The URL itself, of a place that copies can go to."""
    if not _is_sound(url, _SOUND):
        raise ImproperlyConfigured(
            "AUDIT_CHECKPOINT_URLS must be file:///a/folder, mailto:somebody@example.com, s3+https://… or sftp://… as the settings page says."
        )
    return url


def sound_archive(url: str) -> str:
    """The URL itself, of a place where the archive can lie."""
    if not _is_sound(url, _ARCHIVES):
        raise ImproperlyConfigured(
            "ARCHIVE_URL must be file:///a/folder, s3+https://…, sftp://… or storage:a.class.of.a.storage?option=value as the settings page says."
        )
    return url


def _is_sound(url: str, kinds: Mapping[str, Callable[[SplitResult], bool]]) -> bool:
    try:
        split = urlsplit(url)
        return split.scheme in kinds and kinds[split.scheme](split)
    except ValueError:
        return False


def _is_folder(split: SplitResult) -> bool:
    return not split.netloc and split.path.startswith("/")


def _is_bucket(split: SplitResult) -> bool:
    """With a key, a bucket, and how long each object is locked."""
    years = parse_qs(split.query).get("years", ["1"])[-1]
    is_signed_in = bool(split.hostname and split.username and split.password)
    is_time = years.isascii() and years.isdigit() and 1 <= int(years) <= _MOST_YEARS
    return is_signed_in and is_time and bool(split.path.strip("/")) and (split.port or 1) > 0


def _is_account(split: SplitResult) -> bool:
    """With a host key: without one anybody on the way could take the server's place."""
    is_signed_in = bool(split.hostname and split.username and split.password)
    return is_signed_in and " " in parse_qs(split.query).get("host_key", [""])[-1] and (split.port or 1) > 0


_SOUND: Mapping[str, Callable[[SplitResult], bool]] = {
    "file": _is_folder,
    "mailto": lambda split: "@" in split.path,
    "s3+https": _is_bucket,
    "s3+http": _is_bucket,
    "sftp": _is_account,
}
_ARCHIVES: Mapping[str, Callable[[SplitResult], bool]] = {
    **{scheme: _SOUND[scheme] for scheme in ("file", "s3+https", "s3+http", "sftp")},
    "storage": lambda split: all(part.isidentifier() for part in split.path.split(".")) and "." in split.path,
}
