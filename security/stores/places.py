"""A place by its URL, as settings name them: a folder, a bucket, an account of SFTP, or a storage of Django's.

file:///a/folder
s3+https://KEY:SECRET@host/bucket/folder?region=eu-central-1
sftp://user:password@host/folder?host_key=ssh-ed25519%20AAAA…
storage:storages.backends.gcloud.GoogleCloudStorage?bucket_name=transcripts
"""

from __future__ import annotations

from math import inf
from pathlib import Path
from urllib.parse import SplitResult, parse_qs, parse_qsl, unquote, urlsplit

from django.utils.module_loading import import_string

from security.net import Networks
from security.stores.backend import Backend
from security.stores.folder import Folder
from security.stores.s3 import S3
from security.stores.sftp import Sftp
from security.stores.store import Store

_SSH = 22


def store_at(url: str, *, allowed: Networks) -> Store:
    """What the URL names; it was found to be sound when the settings were read."""
    place = urlsplit(url)
    if place.scheme == "file":
        return Folder(Path(unquote(place.path)))
    if place.scheme == "storage":
        return Backend(import_string(place.path)(**dict(parse_qsl(place.query))))
    return account_at(place, allowed=allowed) if place.scheme == "sftp" else bucket_at(place, allowed=allowed)


def bucket_at(place: SplitResult, *, allowed: Networks, until: float = inf) -> S3:
    """Of an S3-compatible server."""
    bucket, _, folder = unquote(place.path).strip("/").partition("/")
    return S3(
        endpoint=f"{place.scheme.removeprefix('s3+')}://{place.netloc.rpartition('@')[2]}",
        region=parse_qs(place.query).get("region", ["us-east-1"])[-1],
        bucket=bucket,
        folder=folder,
        key_id=unquote(place.username or ""),
        secret=unquote(place.password or ""),
        allowed=allowed,
        until=until,
    )


def account_at(place: SplitResult, *, allowed: Networks, until: float = inf) -> Sftp:
    """Of an SFTP server."""
    return Sftp(
        host=place.hostname or "",
        port=place.port or _SSH,
        user=unquote(place.username or ""),
        folder=unquote(place.path).strip("/"),
        host_key=parse_qs(place.query)["host_key"][-1],
        secret=unquote(place.password or ""),
        allowed=allowed,
        until=until,
    )
