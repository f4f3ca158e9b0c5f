r"""Verifies an export of a Chatplatform audit trail: this file, Python 3.11 or newer, and nothing else.

    python3 verify_audit_export.py EXPORT.jsonl --key PUBLIC_KEY [--held CHECKPOINTS ...]

It exits with 0 if every event is as it was written, else with 1, naming the first that is not. Note the public key once, by a way
of your own (the admin shows it); a key that came with the export proves nothing. `--held` names files of checkpoints that you kept,
from mails or elsewhere: they show a tail that was cut off, and a history written anew together with its checkpoints.

    hash(0)    = SHA-256("chatplatform audit chain v1\n" || the 16 bytes of the chain's UUID)
    hash(n)    = SHA-256("chatplatform audit event v1\n" || hash(n-1) || n || at || entry)
    commitment = SHA-256("chatplatform audit detail v1\n" || 32 bytes of salt || values)

Integers are 8 bytes, big-endian, `at` in microseconds since 1970 in UTC. `entry` and `values` are JSON texts, hashed as they stand.
A checkpoint is a signed note (C2SP tlog-checkpoint): the chain's name, a number, hash(number), then `signed`, `after` and `prints`,
four bytes of the hash of each event since the one before, which name the first that was written anew. `pruned`: what follows is left.
"""

from __future__ import annotations

import argparse
import json
import sys
from collections import deque
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from hashlib import sha256
from heapq import heappop, heappush
from pathlib import Path
from struct import Struct, error
from typing import Any, Final
from uuid import UUID

from security.audit.notes import FORMAT, HASH_BYTES, Note, read_key, read_note, read_notes

SIGNED_WITHIN: Final = timedelta(minutes=10)  # it is done each minute; an older event without one was robbed of it
UNSIGNED_AT_MOST: Final = 2_000
DONE_AT_MOST: Final = 1_000  # checkpoints that are looked at for a signature, from the newest back
_EPOCH: Final = datetime(1970, 1, 1, tzinfo=UTC)
_INTEGERS: Final = Struct(">qq").pack
_DECODE: Final = json.JSONDecoder().raw_decode  # json.loads without what it does for other types, a million times
_ERASURES: Final = {"visitor.erased": "visitor", "member.erased": "person"}
Details = Mapping[str, bytes | None]


class Broken(Exception):
    """The chain does not hold at event `seq`."""

    def __init__(self, seq: int, reason: str) -> None:
        super().__init__(reason)
        self.seq, self.reason = seq, reason


@dataclass(frozen=True, slots=True)
class Report:
    """What a verification found: `first_bad` is the first event that is not as it was written, `signed` the last that a checkpoint covers.

    `forged` counts checkpoints that none of the keys signed, and that were passed over: who may write them proves and hides nothing by it.
    """

    ok: bool
    entries: int
    first_bad: int | None = None
    reason: str | None = None
    signed: int = 0
    forged: int = 0


def genesis(chain: UUID) -> bytes:
    """The hash before the first event."""
    return sha256(b"chatplatform audit chain v1\n" + chain.bytes).digest()


def link(previous: bytes, seq: int, at: datetime, entry: str) -> bytes:
    """The hash of event `seq`, which follows the one whose hash is `previous`."""
    if len(previous) != HASH_BYTES:
        raise ValueError(f"a hash has {HASH_BYTES} bytes")
    since = at - _EPOCH
    moment = (since.days * 86_400 + since.seconds) * 1_000_000 + since.microseconds
    return sha256(b"chatplatform audit event v1\n" + previous + _INTEGERS(seq, moment) + entry.encode()).digest()


def commitment(salt: bytes, values: str) -> bytes:
    """What the chain says about personal values that it does not hold."""
    if len(salt) != HASH_BYTES:
        raise ValueError(f"a salt has {HASH_BYTES} bytes")
    return sha256(b"chatplatform audit detail v1\n" + salt + values.encode()).digest()


@dataclass(slots=True)
class Witness:
    """Checkpoints, compared with the chain while it is followed."""

    chain: UUID
    keys: tuple[bytes, ...]
    covered: int = 0
    signed: int = 0
    forged: int = 0
    _known: set[Note] = field(default_factory=set)
    _kept: set[Note] = field(default_factory=set)
    _ahead: list[tuple[int, int, Note]] = field(default_factory=list)
    _notes: list[Note] = field(default_factory=list)
    _done: deque[Note] = field(default_factory=lambda: deque(maxlen=DONE_AT_MOST))

    def add(self, note: Note, *, is_kept: bool = False) -> None:
        """Take a checkpoint whose events are still to come; what an auditor kept himself is never passed over."""
        if is_kept:
            self._kept.add(note)
        if note.chain == self.chain and note not in self._known:
            self._known.add(note)
            heappush(self._ahead, (note.after, len(self._known), note))

    def see(self, seq: int, found: bytes) -> None:
        """Compare one event's hash with the checkpoints that cover it."""
        while self._ahead and self._ahead[0][0] < seq:
            note = heappop(self._ahead)[2]
            if note.seq >= seq:
                self._notes.append(note)
        done = None
        for note in self._notes:
            if not note.says(seq, found):
                if self._counts(note):
                    raise Broken(seq, self._why(note, seq, found))
                self._notes = [other for other in self._notes if other is not note]
            elif note.seq == seq:
                done = note
                self._done.append(note)
        if done is not None:
            self.covered = seq
            self._notes = [note for note in self._notes if note.seq > seq]

    def end(self, seq: int, since: Mapping[int, datetime], now: datetime) -> None:
        """At the end of the chain; `since` says when the event after each that a checkpoint ends with was written."""
        for note in (*self._notes, *(ahead[2] for ahead in self._ahead)):
            if note.seq > seq and self._counts(note):
                raise Broken(seq + 1, f"the tail is missing: {self._why(note, seq, b'')}")
        if not self.keys:
            return
        last = self._done[-1] if self._done else None
        while self._done and not self._done[-1].is_signed_by(self.keys):
            self._done.pop()
            self.forged += 1
        if last is not None and not self._done:
            raise Broken(last.after + 1, f"the checkpoint at {last.seq} is not signed by the key")
        self.signed = self._done[-1].seq if self._done else self.covered
        is_much = seq - self.signed > UNSIGNED_AT_MOST
        is_old = self.signed in since and now - since[self.signed] > SIGNED_WITHIN
        if seq > self.signed and (is_much or is_old):
            raise Broken(self.signed + 1, "no checkpoint covers the event, though one is signed each minute")

    def _counts(self, note: Note) -> bool:
        """Whether it may contradict the chain: what nobody signed could have been put there by whoever may write rows."""
        is_counted = not self.keys or note in self._kept or note.is_signed_by(self.keys)
        self.forged += not is_counted
        return is_counted

    def _why(self, note: Note, seq: int, found: bytes) -> str:
        if not note.is_signed_by(self.keys):
            return f"a checkpoint at {note.seq}, which the key did not sign, says otherwise"
        agreeing = (one for one in self._notes if one.seq >= seq and one.says(seq, found))
        is_fork = any(one.is_signed_by(self.keys) for one in agreeing)
        kind = "a fork" if is_fork else "written anew"
        return f"{kind}: the checkpoint that was signed at {note.seq} says otherwise"


@dataclass(slots=True)
class Walk:
    """A position in a chain: the number and hash of the last event that was right."""

    seq: int
    hash: bytes
    witness: Witness
    entries: int = 0
    began: int = 0
    _since: dict[int, datetime] = field(default_factory=dict)
    _pruned: int = 0
    _gone: dict[str, list[int]] = field(default_factory=dict)
    _erased: dict[str, int] = field(default_factory=dict)

    def step(self, seq: int, at: datetime, entry: str, found: bytes, details: Details) -> None:
        """Go on by one event, or raise Broken. `details` maps each part that is there to its commitment."""
        if seq > self.seq + 1:
            raise Broken(self.seq + 1, "the event is missing")
        if seq <= self.seq:
            raise Broken(seq, "the number is there twice")
        try:
            if link(self.hash, seq, at, entry) != found:
                raise Broken(seq, "the hash does not follow from the entry and the event before it")
            if not _is_plain(entry, details):
                self._look_at_details(seq, json.loads(entry), details)
        except (AttributeError, KeyError, OverflowError, TypeError, ValueError, error):
            raise Broken(seq, "the entry is not an event's") from None
        if self.witness.covered == self.seq:
            self._since[self.seq] = at
        self.witness.see(seq, found)
        self.seq, self.hash = seq, found
        self.entries += 1

    def end(self, seq: int, final: bytes, now: datetime) -> None:
        """Compare with where the chain is said to end, with the checkpoints, and missing details with erasures; or raise Broken."""
        if self.seq < seq:
            raise Broken(self.seq + 1, f"the tail is missing: the chain ends at {seq}")
        if self.seq > seq:
            raise Broken(seq + 1, f"the event is beyond the end of the chain at {seq}")
        if self.hash != final:
            raise Broken(seq, "the end of the chain has another hash")
        self.witness.end(seq, self._since, now)
        if self._pruned < self.began:
            raise Broken(self.began, "the beginning is missing: no event says that it was pruned")
        lost = [
            number
            for subject, numbers in self._gone.items()
            for number in numbers
            if number >= self._erased.get(subject, 0)
        ]
        if lost:
            raise Broken(min(lost), "sealed values are gone and no erasure names their subject")

    def _look_at_details(self, seq: int, said: dict[str, Any], details: Details) -> None:
        claims = {claim["part"]: claim for claim in said.get("sealed", ())}
        if not details.keys() <= claims.keys():
            raise Broken(seq, "sealed values were added")
        for part, claim in claims.items():
            found = details.get(part)
            if found is None:
                self._gone.setdefault(claim["of"], []).append(seq)
            elif found.hex() != claim["hash"]:
                raise Broken(seq, "sealed values were changed")
        kind = _ERASURES.get(said["action"])
        if kind is not None and said["outcome"] == "ok":
            self._erased[f"{kind}:{said['on']['id']}"] = seq
        if said["action"] == "audit.pruned":
            self._pruned = max(self._pruned, said["detail"]["until"])


def _is_plain(entry: str, details: Details) -> bool:
    """Whether nothing in the canonical text has to be parsed: so it is for most events."""
    for part, found in details.items():
        claim = f'{{"hash":"{found.hex()}","of":"' if found is not None else "nothing"
        place = entry.find(claim)
        end = entry.find('"', place + len(claim))
        if place < 0 or not entry.startswith(f'","part":"{part}"}}', end):
            return False
    is_quiet = '.erased"' not in entry and not entry.startswith('{"action":"audit.pruned"')
    return is_quiet and bool(details) and entry.count('"part":"') == len(details)


def verify(lines: Iterable[str], *, keys: Iterable[bytes] = (), held: Iterable[Note] = ()) -> Report:
    """Follow the chain in the lines of an export, with nothing but the export, the public keys, and checkpoints that were kept."""
    rest = iter(lines)
    try:
        header = read_header(next(rest, ""))
    except (KeyError, TypeError, ValueError):
        return Report(False, 0, None, "this is not an export of an audit trail")
    chain, begun = header["chain"], header["first"] - 1
    witness, kept = Witness(chain, tuple(keys), covered=begun), list(held)
    walk = Walk(begun, header["previous"], witness, began=begun)
    if not (_is_where_pruned(header, witness.keys) if begun else header["previous"] == genesis(chain)):
        return Report(False, 0, begun + 1, "the chain does not begin where its name or a signed checkpoint says")
    if kept and all(note.chain != chain for note in kept):
        return Report(False, 0, header["first"], "the checkpoints that were kept are of another chain")
    try:
        for note in kept:
            witness.add(note, is_kept=True)
        for line in rest:
            _take(walk, line)
        walk.end(header["last"], header["hash"], header["exported"])
    except Broken as broken:
        return Report(False, walk.entries, broken.seq, broken.reason, witness.signed, witness.forged)
    return Report(True, walk.entries, signed=witness.signed, forged=witness.forged)


def _is_where_pruned(header: dict[str, Any], keys: tuple[bytes, ...]) -> bool:
    wanted = (header["chain"], header["first"] - 1, header["previous"])
    notes = (note for note in read_notes(str(header.get("pruned"))) if not keys or note.is_signed_by(keys))
    return any((note.chain, note.seq, note.hash) == wanted for note in notes)


def read_header(line: str) -> dict[str, Any]:
    """The header of an export; ValueError, KeyError or TypeError for anything else."""
    header = json.loads(line)
    chain = UUID(header["chain"])
    first, last = header["first"], header["last"]
    previous, final = bytes.fromhex(header["previous"]), bytes.fromhex(header["hash"])
    exported = datetime.fromisoformat(header["exported"]) if header["version"] > 1 else datetime.now(UTC)
    is_range = type(first) is int and type(last) is int and 1 <= first <= last + 1
    is_known = header["format"] == FORMAT and header["version"] in {1, 2, 3} and exported.utcoffset() is not None
    if not is_known or not is_range or (len(previous), len(final)) != (HASH_BYTES, HASH_BYTES):
        raise ValueError("no such chain")
    return {**header, "chain": chain, "previous": previous, "hash": final, "exported": exported}


def _take(walk: Walk, line: str) -> None:
    try:
        said, end = _DECODE(line)
        if "checkpoint" in said:
            walk.witness.add(read_note(said["checkpoint"]))
            return
        details = {part["part"]: commitment(bytes.fromhex(part["salt"]), part["values"]) for part in said["details"]}
        seq, entry, found = said["seq"], said["entry"], bytes.fromhex(said["hash"])
        at = datetime.fromisoformat(said["at"])
        if type(seq) is not int or type(entry) is not str or at.utcoffset() or line[end:].strip():
            raise ValueError  # noqa: TRY301 - as what json or hex say of a line
    except (AttributeError, KeyError, TypeError, ValueError):
        raise Broken(walk.seq + 1, "the line is not an event") from None
    walk.step(seq, at, entry, found, details)


def main(arguments: list[str] | None = None) -> int:
    """0 if the export is as it was written, 1 if it is not."""
    parser = argparse.ArgumentParser(description="Verify an export of a Chatplatform audit trail.")
    parser.add_argument("export", type=Path)
    parser.add_argument("--key", action="append", default=[], type=read_key, help="the public key")
    parser.add_argument("--held", action="append", default=[], type=Path, help="a file with checkpoints that you kept")
    given = parser.parse_args(arguments)
    held = [note for path in given.held for note in read_notes(path.read_text(encoding="utf-8"))]
    with given.export.open(encoding="utf-8") as lines:
        report = verify(lines, keys=given.key, held=held)
    signed = f"signed up to {report.signed:,}" if given.key else "nobody knows by whom, since no --key was given"
    told = f"{report.entries:,} events, chain intact; {signed}."
    told += f" Passed over: {report.forged:,} checkpoints that the key did not sign." if report.forged else ""
    sys.stdout.write((told if report.ok else f"Event {report.first_bad or '?'}: {report.reason}.") + "\n")
    return 0 if report.ok else 1


if __name__ == "__main__":
    sys.exit(main())
