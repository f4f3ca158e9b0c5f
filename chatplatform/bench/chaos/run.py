"""One run: an installation, clients, a storm over it, silence, and the comparison."""

from __future__ import annotations

import asyncio
import contextlib
import json
import random
import time
from collections.abc import AsyncIterator, Callable, Iterable, Sequence
from dataclasses import dataclass, field, replace
from functools import partial
from pathlib import Path
from typing import Any, Final

import psycopg

from chatplatform.bench.chaos import evidence, judge
from chatplatform.bench.chaos.clients import Agent, Client, Visitor
from chatplatform.bench.chaos.crowd import Crowd
from chatplatform.bench.chaos.house import SERVE, UNSAFE, House, house
from chatplatform.bench.chaos.ledger import Ledger
from chatplatform.bench.chaos.mishaps import MISHAPS, Mishap, Mishaps, small_disk
from chatplatform.bench.chaos.plan import CONTROL, CONVERGED_WITHIN, SAFEGUARDS, Outcome, Plan
from chatplatform.bench.chaos.relay import fall_silent, relays
from chatplatform.bench.chaos.storm import Storm, Weather
from chatplatform.bench.chaos.words import spelled
from chatplatform.embedded.postgres import SUPERUSER, Postgres

STAGE: Final = ("-m", "chatplatform.bench.chaos.stage")
_LOOK_EVERY: Final = 0.25
_DRAIN: Final = 60.0
_AT_MOST: Final = 60.0
_SILENT_FOR: Final = 90.0
"""Servers end what has been silent for 60 seconds, and count every five."""
UNLIMITED: Final = {
    f"LIMIT_{name}": "1000000"
    for name in (
        "VISITOR_MESSAGES", "AGENT_MESSAGES", "ANONYMOUS_SOCKETS", "FRAMES", "REQUESTS", "CONNECTIONS", "VISITOR_ACTS", "TENANT_MESSAGES",
        "NEW_CONVERSATIONS", "WORK_MS", "ADDRESS_WORK_MS", "ALL_CONNECTIONS",
    )
}  # fmt: skip
"""Everybody comes from one address here."""


def rehearse(
    plan: Plan,
    *,
    base: Path,
    tell: Callable[[str], None] = lambda _: None,
    start: Callable[[Postgres], None] = Postgres.start,
) -> Outcome:
    """Have it done in a folder below `base`; `tell` is given a line now and then, `start` starts PostgreSQL."""
    tell("Starting an installation of its own")
    mishap = MISHAPS.get(plan.mishap or "")
    with contextlib.ExitStack() as stack:
        place = stack.enter_context(small_disk(base)) if mishap and mishap.is_on_small_disk else base
        serve = mishap.serve if mishap else SERVE
        home = stack.enter_context(house(place, UNLIMITED, serve=serve, webs=plan.webs, start=start))
        people = json.loads(home.run(*STAGE, "make", str(plan.tenants)))
        home.keep_up()
        return asyncio.run(_Run(plan, home, people, tell).outcome())


def rehearse_without(
    safeguards: Iterable[str],
    *,
    base: Path,
    seed: int = CONTROL.seed,
    tell: Callable[[str], None] = lambda _: None,
    start: Callable[[Postgres], None] = Postgres.start,
) -> dict[str, Outcome]:
    """A control run for each, one after the other in one installation, with organisations of its own; the outcomes by safeguard.

    They are taken in the order of `SAFEGUARDS`, since not all that is taken away is put back.
    """
    wanted = [name for name in SAFEGUARDS if name in set(safeguards)]
    tell("Starting an installation of its own")
    outcomes = {}
    with house(base, UNLIMITED, serve=UNSAFE, webs=CONTROL.webs, start=start) as home:
        people = json.loads(home.run(*STAGE, "make", str(CONTROL.tenants * len(wanted))))
        home.keep_up()
        for name in wanted:
            tell(f"Without {name}")
            victim, statements = SAFEGUARDS[name]
            with psycopg.connect(home.stage.postgres.url(SUPERUSER), autocommit=True) as connection:
                for statement in statements:
                    connection.execute(statement.encode())
            home.serve_without(name)
            own, people = people[: CONTROL.tenants], people[CONTROL.tenants :]
            plan = replace(CONTROL, victims={victim: 1}, seed=seed, is_aimed=victim == "web")
            outcomes[name] = asyncio.run(_Run(plan, home, own, tell).outcome())
    return outcomes


@dataclass(slots=True)
class _Surroundings:
    """What the clients of one run find: where to connect, and what befalls them."""

    urls: Sequence[str]
    weather: Weather
    crowd: Crowd | None = None


@dataclass(slots=True)
class _Run:
    plan: Plan
    home: House
    people: list[dict[str, str]]
    tell: Callable[[str], None]
    ledger: Ledger = field(default_factory=Ledger)

    @property
    def _mishap(self) -> Mishap | None:
        return MISHAPS[self.plan.mishap] if self.plan.mishap else None

    async def outcome(self) -> Outcome:
        begun = time.monotonic()
        async with self._surroundings() as around:
            clients = list(self._clients(around.urls))
            talking = [asyncio.create_task(client.run()) for client in clients]
            await self._weather(around, begun)
            for client in clients:
                client.is_talking = False
            self.tell("Silence: waiting for everybody to have everything")
            await asyncio.to_thread(self.home.wait_until_ready)
            ready_at = time.monotonic()
            await self._until_quiet(clients)
            notes = await self._notes(around, len(clients))
            rows = await self._stored()
            await self._send_home(clients, talking)
        return await self._judged(around, rows, clients, begun=begun, ready_at=ready_at, notes=notes)

    @contextlib.asynccontextmanager
    async def _surroundings(self) -> AsyncIterator[_Surroundings]:
        plan, home, mishap = self.plan, self.home, self._mishap
        chance = random.Random(plan.seed)
        if mishap is None:
            storm = Storm(home, chance, plan.victims, plan.shortest, plan.longest, plan.is_aimed)
            yield _Surroundings(home.socket_urls, storm)
            return
        mishaps = Mishaps(home, plan.mishap or "", mishap, chance)
        found = _Surroundings(home.socket_urls, mishaps)
        async with contextlib.AsyncExitStack() as stack:
            if mishap.loses_way:
                made, found.urls = await stack.enter_async_context(relays(home.ports))
                mishaps.silence = partial(fall_silent, made)
            if mishap.crowd:
                sites = [f"{url}/ws/visitor/{tenant['site_key']}/" for url in found.urls for tenant in self.people]
                found.crowd = Crowd(mishap.crowd, sites, home.url, chance)
                sitting = asyncio.create_task(found.crowd.run())
                stack.callback(sitting.cancel)
            yield found

    async def _weather(self, around: _Surroundings, begun: float) -> None:
        """Until enough of it was gone through."""
        if around.crowd is not None:
            self.tell(f"Waiting for {around.crowd.count} sockets")
            await around.crowd.is_in.wait()
        raging = asyncio.create_task(around.weather.rage())
        await self._until_enough(around.weather, begun)
        if raging.done():
            raging.result()
        raging.cancel()
        self.home.spare()

    async def _notes(self, around: _Surroundings, clients: int) -> tuple[str, ...]:
        """What this mishap is about besides messages."""
        notes: list[str] = []
        if around.crowd is not None:
            with contextlib.suppress(TimeoutError):
                async with asyncio.timeout(_DRAIN):
                    while around.crowd.present < around.crowd.count:  # noqa: ASYNC110 - looked at, not waited for
                        await asyncio.sleep(_LOOK_EVERY)
            notes.extend(around.crowd.lines())
        if self._mishap and self._mishap.loses_way:
            notes.append(await self._let_go(clients))
        return tuple(notes)

    async def _let_go(self, clients: int) -> str:
        """Sockets that nobody is at any more are closed by the servers themselves."""
        begun = time.monotonic()
        while time.monotonic() - begun < _SILENT_FOR:
            there = await asyncio.to_thread(evidence.open_sockets, self.home)
            if there <= clients:
                return f"{there} sockets of {clients} clients are open {time.monotonic() - begun:.0f} s after the last was lost"
            await asyncio.sleep(1)
        self.ledger.problems.append(f"{there} sockets are open, and there are {clients} clients")
        return self.ledger.problems[-1]

    async def _stored(self) -> list[Any]:
        words = {tenant["word"] for tenant in self.people}
        stored = json.loads(await asyncio.to_thread(self.home.run, *STAGE, "read"))
        return [row for row in stored if row["tenant"] in words]

    async def _send_home(self, clients: Sequence[Client], talking: Sequence[asyncio.Task[None]]) -> None:
        for client, task in zip(clients, talking, strict=True):
            if task.done():  # a defect of the client's, or a frame that no client expects
                self.ledger.problems.append(f"{client.name} went away: {task.exception()!r}")
            task.cancel()
        await asyncio.gather(*talking, return_exceptions=True)
        for client in clients:
            if client.under_way:
                self.ledger.problems.append(f"{client.name} never heard of {len(client.under_way)} messages")

    async def _judged(
        self,
        around: _Surroundings,
        rows: list[Any],
        clients: Sequence[Client],
        *,
        begun: float,
        ready_at: float,
        notes: tuple[str, ...],
    ) -> Outcome:
        is_control, home = self.plan.is_control, self.home
        control = self.people[0]["site_key"]
        return Outcome(
            faults=judge.judged(self.ledger, rows),
            clients=len(clients),
            conversations=len(rows),
            sent=len(self.ledger.sent),
            acked=len(self.ledger.acked),
            killed=dict(around.weather.killed),
            reconnects=self.ledger.reconnects,
            again=self.ledger.again,
            seconds=time.monotonic() - begun,
            converged_within=max(0.0, self.ledger.changed_at - ready_at),
            plaintext=() if is_control else tuple(await asyncio.to_thread(evidence.plaintext, home, control)),
            trail_is_whole=is_control or await asyncio.to_thread(evidence.trail_is_whole, home),
            problems=tuple(judge.sentences(self.ledger, rows)[:20]),
            converged_bound=CONVERGED_WITHIN + (self._mishap.heals_within if self._mishap else 0.0),
            waited=self.ledger.waited(),
            notes=notes,
        )

    def _clients(self, at: Sequence[str]) -> list[Client]:
        plan, home = self.plan, self.home
        budget = max(plan.messages // (plan.tenants * plan.visitors), 30)
        made: list[Client] = []
        for number, tenant in enumerate(self.people):
            everybody: dict[str, Any] = {
                "origin": home.url, "tenant": tenant["word"], "ledger": self.ledger, "pause": plan.pause,
            }  # fmt: skip
            cookie = {"Cookie": f"session={tenant['session']}"}
            urls = [f"{url}/ws/agent/" for url in at]
            made.append(
                Agent(
                    **everybody,
                    urls=urls,
                    name=f"a{spelled(number)}",
                    headers=cookie,
                    budget=10**9,
                    chance=self._chance(f"a{number}"),
                )
            )
            urls = [f"{url}/ws/visitor/{tenant['site_key']}/" for url in at]
            for place in range(plan.visitors):
                which = number * plan.visitors + place
                made.append(
                    Visitor(
                        **everybody,
                        urls=urls,
                        name=f"v{spelled(which)}",
                        budget=budget,
                        chance=self._chance(f"v{which}"),
                    )
                )
        return made

    def _chance(self, of: str) -> random.Random:
        return random.Random(f"{self.plan.seed} {of}")

    async def _until_enough(self, weather: Weather, begun: float) -> None:
        plan, told_at = self.plan, begun
        while True:
            await asyncio.sleep(_LOOK_EVERY)
            now, acked, kills = time.monotonic(), len(self.ledger.acked), weather.killed.total()
            if now - told_at > 5:
                told_at = now
                self.tell(
                    f"{now - begun:4.0f} s: {acked} acknowledged, {kills} killed, {self.ledger.reconnects} reconnects"
                )
            is_enough = acked >= plan.messages and kills >= plan.kills and now - begun >= plan.seconds
            if is_enough or now - begun >= max(4 * plan.seconds, _AT_MOST):
                return

    async def _until_quiet(self, clients: Sequence[Client]) -> None:
        begun = time.monotonic()
        while time.monotonic() - begun < _DRAIN:
            await asyncio.sleep(_LOOK_EVERY)
            is_quiet = time.monotonic() - max(self.ledger.changed_at, begun) > self.plan.quiet
            if is_quiet and not any(client.under_way for client in clients):
                return
