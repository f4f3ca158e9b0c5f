"""Copies of signed checkpoints at places outside the database: what somebody else keeps shows a history that was written anew.

A place is chosen by the scheme of its URL: a folder, a bucket whose objects are locked, an SFTP server; mailboxes take one mail a day and chain
(`security.tasks`). What is owed to a place is written down before it is sent, so a place that was away gets everything later.
"""

from __future__ import annotations

import logging
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from hashlib import sha256
from itertools import islice
from pathlib import Path
from time import monotonic
from typing import Final
from urllib.parse import SplitResult, parse_qs, unquote, urlsplit

from django.conf import settings

from security.audit.copies import Place, copied, forget_others, not_copied
from security.audit.memory import Memory
from security.audit.notes import read_note
from security.audit.stored import genuine
from security.models import AuditCheckpoint
from security.net import networks
from security.scoping import tenant_scope
from security.stores.places import account_at, bucket_at
from security.stores.store import Failed

logger = logging.getLogger(__name__)

WITHIN: Final = 20
"""Seconds for the copies of one chain at one place."""
AT_ONCE: Final = 50
_YEAR: Final = timedelta(days=366)


@dataclass(slots=True)
class Outside:
    """The places, and what each of them still has to get."""

    urls: tuple[str, ...]
    memory: Memory
    keys: tuple[bytes, ...]
    """Whose checkpoints go there."""
    _away: set[str] = field(default_factory=set)

    def owe(self, tenant_id: int, note: str) -> None:
        """Each place shall get this checkpoint, and all after it."""
        for url in self._places():
            self.memory.owe(tenant_id, _name_of(url), read_note(note).after)

    def pay(self) -> None:
        """Send what is owed, chain by chain. A place that fails is logged once, and asked again at the next turn."""
        for url in self._places():
            for tenant_id, after in self.memory.owed(_name_of(url)):
                with self.memory.held(tenant_id) as is_ours:
                    if is_ours and url not in self._away:
                        self._send(url, tenant_id, after)

    def _send(self, url: str, tenant_id: int, after: int) -> None:
        split, ends, failure = urlsplit(url), monotonic() + WITHIN, ""
        with tenant_scope(tenant_id):
            rows = AuditCheckpoint.objects.filter(after__gte=after, public_key__in=self.keys).order_by("after", "pk")
            found = genuine(rows.iterator(), self.keys)
            notes = [stored.row.note for stored in islice(found, AT_ONCE + 1)]
        try:
            for note in notes[:AT_ONCE]:
                PLACES[split.scheme](split, note, ends)
                after = read_note(note).seq
        except Exception as error:  # one place must keep neither the others nor other chains from theirs
            self._away.add(url)
            failure = error.code if isinstance(error, Failed) else "failed"
            logger.exception("A checkpoint was not written outside; tenant=%s", tenant_id)
        self._say(tenant_id, url, after if notes else None, failure)
        if len(notes) > AT_ONCE or url in self._away:
            self.memory.owe(tenant_id, _name_of(url), after, is_less=True)
        else:
            self.memory.paid(tenant_id, _name_of(url))

    def _say(self, tenant_id: int, url: str, seq: int | None, failure: str) -> None:
        split, now = urlsplit(url), datetime.now(UTC)
        place = Place(_name_of(url), split.scheme, "" if split.scheme == "file" else split.hostname or "")
        with tenant_scope(tenant_id):
            if failure:
                not_copied(place, failure=failure[:32], now=now)
            elif seq is not None:
                copied(place, seq=seq, now=now)
            forget_others([_name_of(other) for other in self._places()])

    def _places(self) -> list[str]:
        return [url for url in self.urls if urlsplit(url).scheme in PLACES]


def mailboxes(urls: Iterable[str]) -> list[str]:
    """Addresses among the places."""
    return [unquote(urlsplit(url).path) for url in urls if url.startswith("mailto:")]


def _name_of(url: str) -> str:
    """The place without who signs in: what is owed outlives a new password."""
    split = urlsplit(url)
    return sha256(f"{split.scheme} {split.hostname} {split.port} {split.path}".encode()).hexdigest()[:16]


def _object_of(note: str) -> str:
    """A name of its own for each checkpoint, also for two that contradict each other: neither hides the other."""
    read = read_note(note)
    return f"{read.chain}/{read.seq:012d}-{sha256(note.encode()).hexdigest()[:16]}.txt"


def _to_folder(place: SplitResult, note: str, _ends: float) -> None:
    """One file for each chain, only ever appended to; on storage that keeps what was written, nobody takes it back."""
    folder = Path(unquote(place.path))
    folder.mkdir(parents=True, exist_ok=True)
    with (folder / f"{read_note(note).chain}.txt").open("a", encoding="utf-8") as file:
        file.write(f"{note}\n")


def _to_bucket(place: SplitResult, note: str, ends: float) -> None:
    """An object that nobody deletes or replaces before its years are over, its owner neither: the lock is asked for, and looked at."""
    store = bucket_at(place, allowed=networks(tuple(settings.OUTGOING_NETWORKS)), until=ends)
    years = int(parse_qs(place.query).get("years", ["1"])[-1])
    store.write_locked(_object_of(note), note.encode(), until=datetime.now(UTC) + years * _YEAR)


def _to_sftp(place: SplitResult, note: str, ends: float) -> None:
    """One file for each checkpoint."""
    store = account_at(place, allowed=networks(tuple(settings.OUTGOING_NETWORKS)), until=ends)
    name = _object_of(note)
    store.write(name, note.encode())
    store.named(name)


PLACES: Final[dict[str, Callable[[SplitResult, str, float], None]]] = {
    "file": _to_folder,
    "s3+https": _to_bucket,
    "s3+http": _to_bucket,
    "sftp": _to_sftp,
}
