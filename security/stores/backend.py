"""Any storage that Django can be given, such as those of django-storages: it has no renaming, so naming is writing it once more.

Its settings are the operator's, and so is the trust in how it connects: it opens connections of its own. Proof: tests/security/stores/test_backend.py.
"""

from __future__ import annotations

import logging
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass

from django.core.files.base import ContentFile
from django.core.files.storage import Storage

from security.stores.store import Failed, Missing, draft_of, sound_folder, sound_name

logger = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class Backend:
    """One that gives an object the name that it was asked for, or is told apart by that it does not."""

    storage: Storage

    def write(self, name: str, data: bytes) -> None:
        with _told():
            self._put(draft_of(name), data)

    def named(self, name: str) -> None:
        draft, path = draft_of(name), sound_name(name)
        with _told():
            if not self.storage.exists(draft):
                if not self.storage.exists(path):
                    raise Missing
                return
            with self.storage.open(draft, "rb") as file:
                self._put(path, bytes(file.read()))
            self.storage.delete(draft)

    def read(self, name: str, *, most: int, offset: int = 0) -> bytes:
        with _told(), self.storage.open(sound_name(name), "rb") as file:
            file.seek(offset)
            return bytes(file.read(most))

    def delete(self, name: str) -> None:
        for one in (sound_name(name), draft_of(name)):
            with _told():
                if self.storage.exists(one):
                    self.storage.delete(one)

    def names(self, folder: str) -> list[str]:
        try:
            with _told():
                _, found = self.storage.listdir(sound_folder(folder))
        except Missing:
            return []
        return sorted(f"{folder}/{name}" for name in found if not name.startswith("."))

    def _put(self, name: str, data: bytes) -> None:
        if self.storage.exists(name):
            self.storage.delete(name)  # else it would be given another name
        if self.storage.save(name, ContentFile(data)) != name:
            raise Failed("renamed")


@contextmanager
def _told() -> Iterator[None]:
    """Each kind fails in words of its own. Missing, OSError."""
    try:
        yield
    except FileNotFoundError:
        raise Missing from None
    except (Missing, OSError):
        raise
    except Exception as odd:  # noqa: BLE001 - whatever the kind of storage raises, the copy is not there
        logger.warning("The storage of the archive failed: %s", type(odd).__name__)
        raise Failed("refused") from None
