"""Storages that Django can be given, as places for the archive: one of memory, a folder, and django-storages on a real S3 server."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from urllib.parse import quote, urlencode, urlsplit
from uuid import uuid4

import pytest
from django.core.exceptions import ImproperlyConfigured
from django.core.files.storage import FileSystemStorage

from chatplatform.audit_trail import sound_archive
from security.stores.backend import Backend
from security.stores.places import store_at
from security.stores.store import Failed, Missing, Store
from security.stores.trying import try_out

from .servers import BUCKET, HERE, KEY_ID, PASSWORD, SECRET, USER, S3Server, SftpServer

NAME = "acme/0123456789abcdef0123456789abcdef.cpa"
S3_STORAGE = "storages.backends.s3.S3Storage"
KINDS = ["folder", "s3", "sftp", "django folder", "django-storages"]


@pytest.fixture(scope="module")
def served(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[S3Server, SftpServer]]:
    with S3Server() as s3, SftpServer(tmp_path_factory.mktemp("served")) as sftp:
        yield s3, sftp


def url_of(kind: str, servers: tuple[S3Server, SftpServer], folder: Path) -> str:
    s3, sftp = servers
    at = urlsplit(s3.endpoint).netloc
    options = {"bucket_name": BUCKET, "endpoint_url": s3.endpoint, "access_key": KEY_ID, "secret_key": SECRET}
    options |= {"region_name": "us-east-1", "addressing_style": "path"}
    return {
        "folder": folder.as_uri(),
        "s3": f"s3+http://{KEY_ID}:{quote(SECRET, safe='')}@{at}/{BUCKET}/chat?region=us-east-1",
        "sftp": f"sftp://{USER}:{PASSWORD}@127.0.0.1:{sftp.port}/chat?host_key={quote(sftp.host_key, safe='')}",
        "django folder": f"storage:django.core.files.storage.FileSystemStorage?{urlencode({'location': folder})}",
        "django-storages": f"storage:{S3_STORAGE}?{urlencode(options)}",
    }[kind]


@pytest.fixture(params=KINDS)
def place(request: pytest.FixtureRequest, served: tuple[S3Server, SftpServer], tmp_path: Path) -> Iterator[Store]:
    """By the URL that ARCHIVE_URL would have."""
    yield store_at(sound_archive(url_of(request.param, served, tmp_path)), allowed=HERE)
    for server in served:
        server.empty()


def test_each_does_what_an_archive_needs(place: Store) -> None:
    try_out(place, token=uuid4())
    place.write(NAME, b"everything")
    with pytest.raises(Missing):
        place.read(NAME, most=99)
    assert place.names("acme") == []
    place.named(NAME)
    place.named(NAME)
    assert (place.read(NAME, most=99), place.read(NAME, most=3, offset=5)) == (b"everything", b"thi")
    place.write(NAME, b"written anew")
    assert place.read(NAME, most=99) == b"everything", "till it is named"
    place.named(NAME)
    assert place.read(NAME, most=99) == b"written anew"
    assert place.names("acme") == [NAME]
    assert place.names("nothing") == []
    place.delete(NAME)
    place.delete(NAME)
    assert place.names("acme") == []
    with pytest.raises((Missing, FileNotFoundError)):
        place.named(NAME)


def test_more_than_a_page_of_names_is_listed(
    served: tuple[S3Server, SftpServer], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("security.stores.s3._A_PAGE", 2)
    s3, _ = served
    wanted = [f"acme/{number}.json" for number in range(5)]
    for name in wanted:
        s3.client.put_object(Bucket=BUCKET, Key=f"chat/{name}", Body=b"{}")
    assert s3.store().names("acme") == wanted
    s3.empty()


def test_what_a_storage_raises_is_told_as_a_failure_of_the_place(
    served: tuple[S3Server, SftpServer], tmp_path: Path
) -> None:
    url = url_of("django-storages", served, tmp_path)
    with pytest.raises(Failed, match="refused"):
        store_at(url.replace(BUCKET, "another"), allowed=HERE).write(NAME, b"everything")


class Renaming(FileSystemStorage):
    """As some do where a name is taken."""

    def get_available_name(self, name: str, max_length: int | None = None) -> str:  # noqa: ARG002 - Django's
        return f"{name}.other"


def test_a_storage_that_gives_another_name_is_none(tmp_path: Path) -> None:
    with pytest.raises(Failed, match="renamed"):
        Backend(Renaming(location=tmp_path)).write(NAME, b"everything")


@pytest.mark.parametrize(
    "url",
    [
        *("file://host/folder", "folder", "s3+https://host/bucket", "s3+https://key:secret@host", "mailto:a@b.example"),
        *("sftp://user:password@host/folder", "storage:", "storage:one", "storage:os;x.y", "http://[", "storage://a.b"),
    ],
)
def test_what_is_no_place_stops_the_start(url: str) -> None:
    with pytest.raises(ImproperlyConfigured, match="ARCHIVE_URL"):
        sound_archive(url)
