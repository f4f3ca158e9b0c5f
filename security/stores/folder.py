"""A folder: bytes are written under a temporary name, flushed to the disk, and then named.

Danger: an object that is half there when what it holds is deleted elsewhere. Rule: nothing but `named` gives an object its name, and whoever deletes
reads it again first. Proof: tests/security/stores/test_folder.py.
"""

from __future__ import annotations

import os
from dataclasses import dataclass
from pathlib import Path

from security.stores.store import Missing, draft_of, sound_folder, sound_name


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

    def read(self, name: str, *, most: int, offset: int = 0) -> bytes:
        try:
            with self._path(name).open("rb") as file:
                file.seek(offset)
                return file.read(most)
        except FileNotFoundError:
            raise Missing from None

    def delete(self, name: str) -> None:
        for path in (self._path(name), self._draft(name)):
            path.unlink(missing_ok=True)
        if self._path(name).parent.exists():
            _sync_folder(self._path(name).parent)

    def names(self, folder: str) -> list[str]:
        return sorted(f"{folder}/{path.name}" for path in (self.base / sound_folder(folder)).glob("[!.]*"))

    def _path(self, name: str) -> Path:
        return self.base / sound_name(name)

    def _draft(self, name: str) -> Path:
        return self.base / draft_of(name)


def _sync_folder(path: Path) -> None:
    descriptor = os.open(path, os.O_RDONLY | os.O_CLOEXEC)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
