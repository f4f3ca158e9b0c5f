"""Who is killed, and when: drawn from a seed, so that a run can be repeated."""

from __future__ import annotations

import asyncio
import random
from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass, field
from types import MappingProxyType
from typing import Final, Protocol

from chatplatform.bench.chaos.house import House

SHARES: Final[Mapping[str, int]] = MappingProxyType({"web": 4, "postgres": 3, "valkey": 3, "worker": 1, "beat": 1})
"""How often each is drawn: what messages pass through more often than what they do not."""


class Weather(Protocol):
    """What befalls an installation, and how often it did."""

    @property
    def killed(self) -> Counter[str]: ...

    async def rage(self) -> None:
        """Until cancelled."""
        ...


@dataclass(slots=True)
class Storm:
    """Kills one process after the other, with pauses of `shortest` to `longest` seconds between them."""

    house: House
    chance: random.Random
    shares: Mapping[str, int]
    shortest: float
    longest: float
    is_aimed: bool = False
    """Not at any time, but where a missing safeguard would be needed."""
    killed: Counter[str] = field(default_factory=Counter)

    async def rage(self) -> None:
        """Until cancelled. Whoever is down already is spared, which is no kill."""
        while True:
            await asyncio.sleep(self.chance.uniform(self.shortest, self.longest))
            (kind,) = self.chance.choices(list(self.shares), weights=list(self.shares.values()))
            victim = self.chance.choice([name for name in self.house.members() if name.partition("-")[0] == kind])
            if await asyncio.to_thread(self._strike, victim):
                self.killed[kind] += 1

    def _strike(self, victim: str) -> bool:
        return self.house.kill_in_its_moment() if self.is_aimed else self.house.kill(victim)
