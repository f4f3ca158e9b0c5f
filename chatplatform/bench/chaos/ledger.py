"""What the clients were promised and shown: the side of the comparison that lives outside the server."""

from __future__ import annotations

import time
from dataclasses import dataclass, field

from chatplatform.bench.chaos.words import tenant_of


@dataclass(frozen=True, slots=True)
class Sent:
    """A message that somebody wants stored: the `number`th of `sender`."""

    tenant: str
    sender: str
    number: int
    text: str


@dataclass(frozen=True, slots=True)
class Acked:
    """What the server promised of it."""

    conversation: str
    id: str
    seq: int
    text: str


@dataclass(slots=True)
class View:
    """What one client has on its screen of one conversation, by `seq`: id and text.

    `before` says what a message follows, where that is known: an `ack` does not tell. `last_seq` is the end of what is there without a hole, which
    is what a client that comes back names, and `last_rev` the newest `rev` at a time without one.
    """

    shown: dict[int, tuple[str, str]] = field(default_factory=dict)
    before: dict[int, int] = field(default_factory=dict)
    last_seq: int = 0
    last_rev: int = 0
    highest_rev: int = 0

    @property
    def beyond_hole(self) -> int | None:
        """The first message in front of which something may be missing."""
        return min((seq for seq in self.shown if seq > self.last_seq), default=None)

    def take(self, seq: int, rev: int, message: tuple[str, str], before: int | None) -> None:
        """Put it in its place."""
        self.shown[seq] = message
        if before is not None:
            self.before[seq] = before
        self.highest_rev = max(self.highest_rev, rev)
        for following in sorted(seq for seq in self.shown if seq > self.last_seq):
            if self.before.get(following, following - 1) > self.last_seq:
                return
            self.last_seq = following
        self.last_rev = self.highest_rev


@dataclass(slots=True)
class Ledger:
    """Everybody's. `problems` are sentences about what no client may ever see."""

    sent: dict[str, Sent] = field(default_factory=dict)
    acked: dict[str, Acked] = field(default_factory=dict)
    views: dict[str, dict[str, View]] = field(default_factory=dict)
    tenants: dict[str, str] = field(default_factory=dict)
    agents: set[str] = field(default_factory=set)
    problems: list[str] = field(default_factory=list)
    changed_at: float = 0.0
    reconnects: int = 0
    again: int = 0
    said_at: dict[str, float] = field(default_factory=dict)
    waits: list[float] = field(default_factory=list)

    def say(self, client_id: str, sent: Sent) -> None:
        """Somebody wants this stored."""
        self.sent[client_id] = sent
        self.said_at[client_id] = time.monotonic()

    def waited(self) -> tuple[float, float, float]:
        """Seconds until the acknowledgement: median, 99th percentile, longest."""
        waits = sorted(self.waits) or [0.0]
        return waits[len(waits) // 2], waits[len(waits) * 99 // 100], waits[-1]

    def view(self, client: str, conversation: str) -> View:
        """What this client sees of it, empty at first."""
        return self.views.setdefault(client, {}).setdefault(conversation, View())

    def ack(self, client_id: str, acked: Acked) -> None:
        """A promise; one that contradicts an earlier one is a problem."""
        if client_id in self.said_at:
            self.waits.append(time.monotonic() - self.said_at.pop(client_id))
        before = self.acked.setdefault(client_id, acked)
        if (before.conversation, before.id, before.seq) != (acked.conversation, acked.id, acked.seq):
            self.problems.append(f"acknowledged twice, as {before.seq} and as {acked.seq}")

    def show(
        self, client: str, conversation: str, *, seq: int, rev: int, message: tuple[str, str], before: int | None
    ) -> None:
        """A message comes on the screen; another tenant's, or another one in the same place, is a problem."""
        view = self.view(client, conversation)
        whose = tenant_of(message[1])
        if whose is not None and whose != self.tenants[client]:
            self.problems.append(f"{client} was shown a message of {whose}")
        known = view.shown.get(seq)
        if known is not None and known[0] != message[0]:
            self.problems.append(f"{client} was shown two messages as {seq}")
        if known != message:
            self.changed_at = time.monotonic()
        view.take(seq, rev, message, before)
