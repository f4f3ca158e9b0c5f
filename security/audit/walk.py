"""Following a chain from event to event, pure: the same steps for the database and for an export.

Caught, each with the first bad entry: an event edited, deleted, inserted or moved; a truncated tail, by the head; columns
that say something else than their entry; sealed values changed, added, or missing without an erasure that explains it.
Not caught here: a whole history written anew from some event on, head included, and a fork. Whoever can do that computes
valid hashes; only checkpoints kept outside the database tell the two histories apart.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from security.audit.chain import link
from security.audit.subjects import erased_by


@dataclass(frozen=True, slots=True)
class Report:
    """What a verification found: `first_bad` is the number of the first event that is not as it was written."""

    ok: bool
    entries: int
    first_bad: int | None = None
    reason: str | None = None

    def as_json(self) -> dict[str, bool | int | str | None]:
        """The shape that `verify_audit --json` prints."""
        return {"ok": self.ok, "entries": self.entries, "first_bad": self.first_bad, "reason": self.reason}


@dataclass(frozen=True, slots=True)
class Step:
    """One stored event. `details` maps each part that is there to its commitment, or to None where no key opens it.

    `columns` are what the database repeats beside the entry; an export has none.
    """

    seq: int
    at: datetime
    entry: str
    hash: bytes
    details: Mapping[str, bytes | None]
    columns: Mapping[str, str | None] | None = None


class Broken(Exception):
    """The chain does not hold at event `seq`."""

    def __init__(self, seq: int, reason: str) -> None:
        super().__init__(reason)
        self.seq, self.reason = seq, reason


@dataclass(slots=True)
class Walk:
    """A position in a chain: the number and hash of the last event that was right."""

    seq: int
    hash: bytes
    entries: int = 0
    _gone: dict[str, list[int]] = field(default_factory=dict)
    _erased: dict[str, int] = field(default_factory=dict)

    def step(self, event: Step) -> None:
        """Go on by one event, or raise Broken."""
        expected = self.seq + 1
        if event.seq > expected:
            raise Broken(expected, "the event is missing")
        if event.seq < expected:
            raise Broken(event.seq, "the number is there twice")
        try:
            if link(self.hash, event.seq, event.at, event.entry) != event.hash:
                raise Broken(event.seq, "the hash does not follow from the entry and the event before it")
            said = json.loads(event.entry)
            if event.columns is not None and event.columns != columns_of(said):
                raise Broken(event.seq, "the columns differ from the entry")
            self._look_at_details(event, said)
        except (AttributeError, KeyError, OverflowError, TypeError, ValueError):
            raise Broken(event.seq, "the entry is not an event's") from None
        self.seq, self.hash = event.seq, event.hash
        self.entries += 1

    def end(self, seq: int, final: bytes) -> None:
        """Compare with where the chain is said to end, and the missing details with the erasures; or raise Broken."""
        if self.seq < seq:
            raise Broken(self.seq + 1, f"the tail is missing: the chain ends at {seq}")
        if self.seq > seq:
            raise Broken(seq + 1, f"the event is beyond the end of the chain at {seq}")
        if self.hash != final:
            raise Broken(seq, "the end of the chain has another hash")
        unexplained = [
            gone for subject, numbers in self._gone.items() for gone in numbers if gone >= self._erased.get(subject, 0)
        ]
        if unexplained:
            raise Broken(min(unexplained), "sealed values are gone and no erasure names their subject")

    def _look_at_details(self, event: Step, said: dict[str, Any]) -> None:
        claims = {claim["part"]: claim for claim in said.get("sealed", ())}
        if not event.details.keys() <= claims.keys():
            raise Broken(event.seq, "sealed values were added")
        for part, claim in claims.items():
            found = event.details.get(part)
            if found is None:
                self._gone.setdefault(claim["of"], []).append(event.seq)
            elif found.hex() != claim["hash"]:
                raise Broken(event.seq, "sealed values were changed")
        subject = erased_by(said["action"], said.get("on", {}).get("id")) if said["outcome"] == "ok" else None
        if subject is not None:
            self._erased[subject] = event.seq


def columns_of(said: Mapping[str, Any]) -> dict[str, str | None]:
    """What stands beside an entry to be searched by."""
    return {
        "action": said["action"],
        "outcome": said["outcome"],
        "actor_kind": said["actor"]["kind"],
        "actor_id": said["actor"].get("id"),
        "object_id": said.get("on", {}).get("id"),
    }
