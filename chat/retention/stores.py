"""Where objects of the archive lie: a folder. Bytes are written under a temporary name, flushed to the disk, and then named.

Danger: an object that is half there when what it holds is deleted elsewhere. Rule: nothing but `named` gives an object its name, and whoever deletes
reads it again first. Proof: tests/chat/retention/test_stores.py.
"""

from __future__ import annotations

import os
import re
from dataclasses import dataclass
from pathlib import Path
from typing import Final, Protocol
from uuid import UUID

from django.conf import settings

_NAME: Final = re.compile(r"[a-z0-9]+/[0-9a-f]{32}\.cpa", re.ASCII)


class Missing(Exception):
    """There is no such object."""


class Store(Protocol):
    """What an archive needs of a place. OSError where the place does not work just now."""

    def write(self, name: str, data: bytes) -> None:
        """Lay bytes under a temporary name, durably; what was there before is replaced."""

    def named(self, name: str) -> None:
        """Give what was written its name; nothing happens if it has it already."""

    def read(self, name: str, *, offset: int = 0, length: int | None = None) -> bytes:
        """The object, or a part of it; Missing."""

    def delete(self, name: str) -> None:
        """Take it away, and what may lie under its temporary name; nothing happens where there is neither."""


def name_of(tenant: UUID, chunk: UUID) -> str:
    """Of a chunk: below its organisation's id, which says nothing to who looks into the store."""
    return f"{tenant.hex}/{chunk.hex}.cpa"


@dataclass(frozen=True, slots=True)
class Folder:
    """A folder on this machine, or one that several machines share."""

    base: Path

    def write(self, name: str, data: bytes) -> None:
        draft = self._draft(name)
        self.base.mkdir(mode=0o700, parents=True, exist_ok=True)
        draft.parent.mkdir(mode=0o700, exist_ok=True)
        descriptor = os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_TRUNC | os.O_CLOEXEC, 0o600)
        with os.fdopen(descriptor, "wb") as file:
            file.write(data)
            file.flush()
            os.fsync(file.fileno())

    def named(self, name: str) -> None:
        draft, path = self._draft(name), self._path(name)
        if draft.exists() or not path.exists():
            draft.replace(path)
        _sync_folder(path.parent)
        _sync_folder(path.parent.parent)

    def read(self, name: str, *, offset: int = 0, length: int | None = None) -> bytes:
        try:
            with self._path(name).open("rb") as file:
                file.seek(offset)
                return file.read(-1 if length is None else length)
        except FileNotFoundError:
            raise Missing from None

    def delete(self, name: str) -> None:
        for path in (self._path(name), self._draft(name)):
            path.unlink(missing_ok=True)
        if self._path(name).parent.exists():
            _sync_folder(self._path(name).parent)

    def _path(self, name: str) -> Path:
        if not _NAME.fullmatch(name):
            raise ValueError("not a name of an object")
        return self.base / name

    def _draft(self, name: str) -> Path:
        path = self._path(name)
        return path.with_name(f".{path.name}.part")


def store() -> Store:
    """The platform's own."""
    return Folder(Path(settings.ARCHIVE_DIR))


def _sync_folder(path: Path) -> None:
    descriptor = os.open(path, os.O_RDONLY | os.O_CLOEXEC)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
