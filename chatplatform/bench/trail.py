"""What verifying an export of the audit trail costs, beside plain SHA-256 over the same bytes."""

import json
import tempfile
import time
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from hashlib import sha256
from itertools import chain
from pathlib import Path
from typing import Final, TextIO
from uuid import UUID

from security.audit.chain import canonical
from security.audit.checkpoints import EVENTS_AT_MOST, written
from security.audit.offline import commitment, genesis, link, verify
from security.crypto.signing import public_key

EVENTS: Final = 1_000_000
WANTED_SECONDS: Final = 10.0
"""For a million events."""
_SEED: Final = bytes(range(32))
_CHAIN: Final = UUID(int=1)
_BEGAN: Final = datetime(2026, 1, 1, tzinfo=UTC)
_DETAIL: Final = {
    "part": "actor",
    "salt": "73" * 32,
    "values": canonical({"address": "198.51.100.7", "name": "Alice Archer"}),
}
_CLAIM: Final = {
    "part": "actor",
    "of": f"person:{_CHAIN}",
    "hash": commitment(bytes.fromhex(_DETAIL["salt"]), _DETAIL["values"]).hex(),
}


@dataclass(frozen=True, slots=True)
class Verified:
    """How much processor time a chain took, and its bytes through SHA-256 alone."""

    events: int
    megabytes: float
    seconds: float
    baseline_seconds: float

    @property
    def ratio(self) -> float:
        """To plain SHA-256."""
        return self.seconds / self.baseline_seconds

    @property
    def microseconds(self) -> float:
        """For one event."""
        return self.seconds / self.events * 1e6


def run(events: int = EVENTS) -> Verified:
    """Write an export into a temporary file, as `export_audit` would, and verify it as an auditor would."""
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "export.jsonl"
        with path.open("w", encoding="utf-8") as file:
            header = write(file, events)
        begun = time.process_time()
        with path.open("rb") as raw:
            for line in raw:
                sha256(line).digest()
        plain = time.process_time() - begun
        begun = time.process_time()
        with path.open(encoding="utf-8") as rest:
            report = verify(chain([header], rest), keys=[public_key(_SEED)])
        taken = time.process_time() - begun
        if not report.ok or report.signed != events:
            raise RuntimeError(f"the export that was made does not verify: {report}")
        return Verified(events, path.stat().st_size / 1e6, taken, plain)


def write(file: TextIO, events: int) -> str:
    """The lines after the header: reads of transcripts by one person, with name and address sealed. The header, whose hash is known last."""
    begin = current = genesis(_CHAIN)
    at = _BEGAN
    for start in range(0, events, EVENTS_AT_MOST):
        hashes, lines = [], []
        for seq in range(start + 1, min(start + EVENTS_AT_MOST, events) + 1):
            at, entry = _BEGAN + timedelta(seconds=seq), canonical(_entry(seq))
            current = link(current, seq, at, entry)
            moment = at.isoformat(timespec="microseconds").replace("+00:00", "Z")
            hashes.append(current)
            lines.append(_line(seq=seq, at=moment, entry=entry, hash=current.hex(), details=[_DETAIL]))
        file.write(_line(checkpoint=written(_SEED, _CHAIN, start, hashes, at)))
        file.writelines(lines)
    said = {"previous": begin.hex(), "last": events, "hash": current.hex(), "exported": at.isoformat()}
    return _line(format="chatplatform-audit", version=2, chain=str(_CHAIN), first=1, **said)


def shortfalls(found: Verified) -> list[str]:
    """Whether it takes longer than agreed, for so many events."""
    wanted = WANTED_SECONDS * found.events / EVENTS
    return [f"{found.events:,} events: {found.seconds:.1f} s > {wanted:.1f} s"] if found.seconds > wanted else []


def lines(found: Verified) -> Iterator[str]:
    """As a person reads it."""
    yield f"{found.events:,} events, {found.megabytes:.0f} MB"
    yield f"verified        {found.seconds:8.2f} s  {found.microseconds:6.2f} µs an event"
    yield f"SHA-256 alone   {found.baseline_seconds:8.2f} s  {found.ratio:6.1f} times as fast"


def _entry(seq: int) -> dict[str, object]:
    return {
        "v": 1,
        "action": "conversation.read",
        "outcome": "ok",
        "actor": {"kind": "person", "id": str(_CHAIN), "role": "agent"},
        "request": "0123456789abcdef",
        "session": "0123456789abcdef",
        "on": {"type": "chat.conversation", "id": str(UUID(int=seq))},
        "extent": {"conversations": 1, "messages": 40},
        "sealed": [_CLAIM],
    }


def _line(**values: object) -> str:
    return json.dumps(values, separators=(",", ":"), ensure_ascii=True) + "\n"
