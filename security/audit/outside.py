"""Copies of signed checkpoints at places outside the database: what somebody else keeps shows a history that was written anew.

A place is chosen by the scheme of its URL. Folders are written here; mailboxes take one mail a day and chain (`security.tasks`); whatever else
comes, an archive for one, is one more function in PLACES.
"""

from __future__ import annotations

import logging
from collections.abc import Callable, Iterable
from pathlib import Path
from typing import Final
from urllib.parse import SplitResult, unquote, urlsplit

from security.audit.offline import read_note

logger = logging.getLogger(__name__)


def push(urls: Iterable[str], notes: Iterable[str]) -> None:
    """Hand the notes to each place. One that fails is logged: the next checkpoint says where the chain stood, too."""
    made = list(notes)
    for url in urls:
        split = urlsplit(url)
        try:
            for note in made:
                PLACES[split.scheme](split, note)
        except OSError:
            logger.exception("A checkpoint was not written outside")


def mailboxes(urls: Iterable[str]) -> list[str]:
    """Addresses among the places."""
    return [unquote(urlsplit(url).path) for url in urls if url.startswith("mailto:")]


def _to_folder(place: SplitResult, note: str) -> None:
    """One file for each chain, only ever appended to; on storage that keeps what was written, nobody takes it back."""
    folder = Path(unquote(place.path))
    folder.mkdir(parents=True, exist_ok=True)
    with (folder / f"{read_note(note).chain}.txt").open("a", encoding="utf-8") as file:
        file.write(f"{note}\n")


PLACES: Final[dict[str, Callable[[SplitResult, str], None]]] = {
    "file": _to_folder,
    "mailto": lambda _place, _note: None,
}
