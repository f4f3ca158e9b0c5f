"""What the signer remembers, outside the database: for each chain the last checkpoint, in a folder that only the worker writes.

Danger: without a memory of its own the signer would believe whatever history the database shows. Rule: a note is on disk before its row is
committed, and it is replaced as a whole. Proof: tests/security/audit/test_checkpoints.py.
"""

from __future__ import annotations

import fcntl
import os
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path


@dataclass(frozen=True, slots=True)
class Memory:
    """Files by tenant number; nothing in them is secret."""

    folder: Path

    @contextmanager
    def held(self, tenant_id: int) -> Iterator[bool]:
        """Nobody else signs for this tenant meanwhile; False where somebody does. The kernel lets go at the process's end."""
        self.folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        with (self.folder / f"{tenant_id}.lock").open("w") as lock:
            try:
                fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
            except BlockingIOError:
                yield False
                return
            yield True

    def last(self, tenant_id: int) -> str | None:
        """The newest note of the tenant's chain."""
        try:
            return self._path(tenant_id).read_text(encoding="utf-8")
        except FileNotFoundError:
            return None

    def signed(self, tenant_id: int) -> int:
        """Up to which event the newest note says the chain goes; 0 where there is none that can be read."""
        lines = (self.last(tenant_id) or "").split("\n", 2)
        return int(lines[1]) if len(lines) > 1 and lines[1].isdecimal() else 0

    def looked_to(self, tenant_id: int) -> int:
        """Up to which row of the database's checkpoints the signer has looked for forged ones."""
        try:
            return int(self._looked(tenant_id).read_text(encoding="utf-8"))
        except (FileNotFoundError, ValueError):
            return 0

    def look_on(self, tenant_id: int, pk: int) -> None:
        """Look at later rows only, from now on; where this is lost they are looked at, and told of, again."""
        if pk != self.looked_to(tenant_id):
            self._looked(tenant_id).write_text(str(pk), encoding="utf-8")

    def remember(self, tenant_id: int, note: str) -> None:
        """Replace the note; it is on disk when this returns."""
        draft = self.folder / f".{tenant_id}.{os.getpid()}"
        with draft.open("w", encoding="utf-8") as file:
            file.write(note)
            file.flush()
            os.fsync(file.fileno())
        draft.replace(self._path(tenant_id))
        self._sync()

    def set_aside(self, tenant_id: int, now: datetime) -> str | None:
        """Begin anew with what the database says; the old note is kept under another name. What it was, None if there was none."""
        note = self.last(tenant_id)
        if note is not None:
            self._path(tenant_id).rename(self.folder / f"{tenant_id}.{now:%Y%m%dT%H%M%S}.aside")
            self._sync()
        (self.folder / f"{tenant_id}.refused").unlink(missing_ok=True)
        return note

    def is_new_refusal(self, tenant_id: int, reason: str) -> bool:
        """Whether this refusal was not told yet; it is, then."""
        path = self.folder / f"{tenant_id}.refused"
        if path.exists() and path.read_text(encoding="utf-8") == reason:
            return False
        path.write_text(reason, encoding="utf-8")
        return True

    def owe(self, tenant_id: int, place: str, after: int, *, is_less: bool = False) -> None:
        """A place has to get the checkpoints after this number; what it was owed before stays owed unless it `is_less` now."""
        path = self._debt(tenant_id, place)
        if is_less or not path.exists():
            draft = path.with_suffix(".draft")
            draft.write_text(str(after), encoding="utf-8")
            draft.replace(path)

    def owed(self, place: str) -> list[tuple[int, int]]:
        """By tenant, after which number."""
        found = sorted(self.folder.glob(f"*.{place}.owed"))
        return [(int(path.name.partition(".")[0]), int(path.read_text(encoding="utf-8"))) for path in found]

    def paid(self, tenant_id: int, place: str) -> None:
        """A place has got everything."""
        self._debt(tenant_id, place).unlink(missing_ok=True)

    def _debt(self, tenant_id: int, place: str) -> Path:
        return self.folder / f"{tenant_id}.{place}.owed"

    def _looked(self, tenant_id: int) -> Path:
        return self.folder / f"{tenant_id}.looked"

    def _path(self, tenant_id: int) -> Path:
        return self.folder / f"{tenant_id}.note"

    def _sync(self) -> None:
        descriptor = os.open(self.folder, os.O_RDONLY)
        try:
            os.fsync(descriptor)
        finally:
            os.close(descriptor)
