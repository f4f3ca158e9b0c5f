"""What was promised beside what is there. Pure: rows as `stage.read` gives them, a ledger, and sentences about what is wrong.

A message is *lost* that was acknowledged and is not there as it was; *doubled* if it is there twice; *out of order* if it lies before an earlier one
of its sender's; a *gap* is a `seq` that no row has; *foreign* is what another organisation sent. A client has *converged* when it shows just what
is there for it to see.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from chatplatform.bench.chaos.ledger import Acked, Ledger, Sent
from chatplatform.bench.chaos.words import tenant_of

Row = Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class Faults:
    """How often each went wrong; all are 0 in a run that passes."""

    lost: int
    doubled: int
    disordered: int
    gaps: int
    foreign: int
    unconverged: int
    told: int

    def __bool__(self) -> bool:
        return any((self.lost, self.doubled, self.disordered, self.gaps, self.foreign, self.unconverged, self.told))


def judged(ledger: Ledger, conversations: Sequence[Row]) -> Faults:
    """All that is wrong."""
    return Faults(
        lost=sum(1 for _ in lost(ledger.acked, conversations)),
        doubled=sum(1 for _ in doubled(conversations)),
        disordered=sum(1 for _ in disordered(ledger.sent, conversations)),
        gaps=sum(1 for _ in gaps(conversations)),
        foreign=sum(1 for _ in foreign(conversations)),
        unconverged=sum(1 for _ in unconverged(ledger, conversations)),
        told=len(ledger.problems),
    )


def sentences(ledger: Ledger, conversations: Sequence[Row]) -> list[str]:
    """What to look at where something is wrong: what clients were told, and what they show."""
    return [*ledger.problems, *unconverged(ledger, conversations)]


def lost(acked: Mapping[str, Acked], conversations: Iterable[Row]) -> Iterator[str]:
    """Client ids of what was acknowledged and is not there, or not as it was acknowledged."""
    there = {
        row["client_id"]: Acked(conversation["id"], row["id"], row["seq"], row["text"])
        for conversation in conversations
        for row in conversation["messages"]
    }
    yield from (client_id for client_id, promised in acked.items() if there.get(client_id) != promised)


def doubled(conversations: Iterable[Row]) -> Iterator[str]:
    """Texts that are there more than once: nobody sends one twice."""
    counted = Counter(
        row["text"] for conversation in conversations for row in conversation["messages"] if tenant_of(row["text"])
    )
    yield from (text for text, times in counted.items() if times > 1)


def disordered(sent: Mapping[str, Sent], conversations: Iterable[Row]) -> Iterator[str]:
    """Client ids that lie behind a later one of the same sender's in the same conversation."""
    for conversation in conversations:
        latest: dict[str, int] = defaultdict(lambda: -1)
        for row in sorted(conversation["messages"], key=lambda row: row["seq"]):
            known = sent.get(row["client_id"])
            if known is None:
                continue
            if known.number < latest[known.sender]:
                yield row["client_id"]
            latest[known.sender] = max(latest[known.sender], known.number)


def gaps(conversations: Iterable[Row]) -> Iterator[tuple[str, int]]:
    """Numbers below `last_seq` that no row has, and rows beyond it."""
    for conversation in conversations:
        found = {row["seq"] for row in conversation["messages"]}
        for seq in found ^ set(range(1, conversation["last_seq"] + 1)):
            yield conversation["id"], seq


def foreign(conversations: Iterable[Row]) -> Iterator[str]:
    """Texts that lie with another organisation than the one they were sent to."""
    for conversation in conversations:
        for row in conversation["messages"]:
            whose = tenant_of(row["text"])
            if whose is not None and whose != conversation["tenant"]:
                yield row["text"]


def unconverged(ledger: Ledger, conversations: Iterable[Row]) -> Iterator[str]:
    """Who shows something else than what is there for him to see, and which numbers it is about."""
    rows = {conversation["id"]: conversation["messages"] for conversation in conversations}
    for client, views in ledger.views.items():
        for conversation, view in views.items():
            there = {
                row["seq"]: (row["id"], row["text"])
                for row in rows[conversation]
                if row["is_visible"] or client in ledger.agents
            }
            if view.shown != there:
                wrong = sorted(seq for seq in view.shown.keys() | there.keys() if view.shown.get(seq) != there.get(seq))
                yield f"{client} has {len(view.shown)} of {len(there)} messages, wrong at {wrong[:10]}"
