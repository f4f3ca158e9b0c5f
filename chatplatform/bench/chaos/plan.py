"""How much of it, and what came of it: plans of runs, and their outcomes."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from types import MappingProxyType
from typing import Final

from chatplatform.bench.chaos.judge import Faults
from chatplatform.bench.chaos.storm import SHARES

CONVERGED_WITHIN: Final = 10.0
"""Seconds from a server that is ready again to screens that show everything (REQUIREMENTS, line 21)."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Plan:
    """How much of it: until `messages` were acknowledged and `kills` done, `seconds` at least and four times as long, or a minute, at most.

    A client writes every `pause` seconds on average; between two kills lie `shortest` to `longest`. It is over when nothing new was on any screen for
    `quiet` seconds: messages of other processes may take 5.
    """

    seconds: float = 40.0
    messages: int = 0
    kills: int = 0
    tenants: int = 20
    visitors: int = 5
    pause: float = 0.5
    shortest: float = 1.0
    longest: float = 5.0
    seed: int = 20261122
    webs: int = 2
    quiet: float = 6.0
    victims: Mapping[str, int] = field(default_factory=lambda: dict(SHARES))
    is_aimed: bool = False
    """Kills are placed where the missing safeguard would be needed."""
    is_control: bool = False
    """Only what became of the messages is judged."""
    mishap: str | None = None
    """What befalls the installation instead of kills, one of `MISHAPS`; `kills` is how often at least."""


SHORT: Final = Plan(seconds=20.0, messages=250, tenants=6, visitors=3, pause=0.25, shortest=0.8, longest=2.0)
"""Part of `./test`."""
MISHAP: Final = Plan(seconds=20.0, messages=500, tenants=10, pause=0.3)
"""Of each of `MISHAPS`."""
FULL: Final = Plan(seconds=600.0, messages=100_000, kills=200, pause=0.35)
"""What REQUIREMENTS, line 21, asks for."""
CONTROL: Final = Plan(
    seconds=3.0,
    kills=2,
    tenants=2,
    visitors=4,
    pause=0.1,
    shortest=2.5,
    longest=3.5,
    webs=1,
    quiet=1.0,
    is_control=True,
)
"""A short run that must fail, since one of `SAFEGUARDS` is missing and what it guards against is killed."""
SAFEGUARDS: Final[Mapping[str, tuple[str, Sequence[str]]]] = MappingProxyType(
    {
        "ack-after-commit": ("web", ()),
        "durable-commit": ("postgres", ("ALTER SYSTEM SET wal_writer_delay = '10s'", "SELECT pg_reload_conf()")),
        "idempotency-key": ("web", ("DROP INDEX chat_message_client_id_key",)),
    }
)
"""What each control run kills, and what it changes in the database first. `unsafe` takes the safeguard itself away. The index is not put back: last.

A web server dies in the very moment that its safeguard guards. PostgreSQL dies at any time: it writes what nobody waits for every 0.2 seconds unless
told to take longer, and a kill would have to be lucky to find something that is not written.
"""


@dataclass(frozen=True, slots=True, kw_only=True)
class Outcome:
    """What came of it. `converged_within` in seconds after the last process was ready again."""

    faults: Faults
    clients: int
    conversations: int
    sent: int
    acked: int
    killed: Mapping[str, int]
    reconnects: int
    again: int
    seconds: float
    converged_within: float
    plaintext: tuple[str, ...]
    trail_is_whole: bool
    problems: tuple[str, ...]
    converged_bound: float = CONVERGED_WITHIN
    waited: tuple[float, float, float] = (0.0, 0.0, 0.0)
    """Seconds from a message to its acknowledgement, whatever came in between: median, 99th percentile, longest."""
    notes: tuple[str, ...] = ()
    """What else was seen."""

    @property
    def passed(self) -> bool:
        """Whether nothing at all went wrong."""
        is_in_time = self.converged_within <= self.converged_bound
        return not self.faults and not self.plaintext and self.trail_is_whole and is_in_time
