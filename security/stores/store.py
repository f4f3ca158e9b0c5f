"""What a place for objects can do, whatever kind it is of."""

from __future__ import annotations

import re
from time import monotonic
from typing import Final, Protocol

_NAME: Final = re.compile(r"(?:[a-z0-9-]{1,64}/){1,3}[a-z0-9-]{1,80}\.[a-z0-9]{1,8}(?:\.[a-z0-9]{1,8})?", re.ASCII)


class Missing(Exception):
    """There is no such object."""


class Failed(OSError):
    """The place does not work just now, or does not let us; `code` says in what, for a sentence to be made of it."""

    def __init__(self, code: str, told: str = "") -> None:
        super().__init__(code)
        self.code = code
        self.told = told
        """What the other side showed of itself, where a person has to look at it: a host key."""


class Store(Protocol):
    """What an archive needs of a place. OSError, of which Failed is one, where the place does not work just now."""

    def write(self, name: str, data: bytes) -> None:
        """Lay bytes under a temporary name, durably; what was there before is replaced."""

    def named(self, name: str) -> None:
        """Give what was written its name; nothing happens if it has it already."""

    def read(self, name: str, *, most: int, offset: int = 0) -> bytes:
        """From `offset` on, `most` bytes and never more, whatever the place says or sends; Missing. Ask for one more to see whether it ends."""

    def delete(self, name: str) -> None:
        """Take it away, and what may lie under its temporary name; nothing happens where there is neither."""

    def names(self, folder: str) -> list[str]:
        """What has a name in one folder, in order; the folder's own name stands in each."""


def time_left(within: float, until: float) -> float:
    """Seconds for one act that may take `within`, and ends before `until` on the monotonic clock. Failed("late")."""
    left = min(within, until - monotonic())
    if left <= 0:
        raise Failed("late")
    return left


def sound_name(name: str) -> str:
    """The name itself; ValueError for what could lead anywhere else."""
    if not _NAME.fullmatch(name):
        raise ValueError("not a name of an object")
    return name


def sound_folder(folder: str) -> str:
    """One folder's name; ValueError for what could lead anywhere else."""
    sound_name(f"{folder}/a.b")
    return folder


def draft_of(name: str) -> str:
    """The temporary name of an object: beside it, so that naming it is a step inside one folder."""
    folder, _, last = sound_name(name).rpartition("/")
    return f"{folder}/.{last}.part"
