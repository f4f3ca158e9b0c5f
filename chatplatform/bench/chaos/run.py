"""One run: an installation, clients, a storm over it, silence, and the comparison."""

from __future__ import annotations

import asyncio
import json
import random
import time
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from types import MappingProxyType
from typing import Any, Final

import psycopg

from chatplatform.bench.chaos import judge
from chatplatform.bench.chaos.clients import Agent, Client, Visitor
from chatplatform.bench.chaos.house import UNSAFE, House, house
from chatplatform.bench.chaos.judge import Faults
from chatplatform.bench.chaos.ledger import Ledger
from chatplatform.bench.chaos.storm import SHARES, Storm
from chatplatform.bench.chaos.words import SIGN, spelled
from chatplatform.embedded.postgres import SUPERUSER, Postgres

_STAGE: Final = ("-m", "chatplatform.bench.chaos.stage")
_LOOK_EVERY: Final = 0.25
_DRAIN: Final = 60.0
_AT_MOST: Final = 60.0
CONVERGED_WITHIN: Final = 10.0
"""Seconds from a server that is ready again to screens that show everything (REQUIREMENTS, line 21)."""
UNLIMITED: Final = {
    f"LIMIT_{name}": "1000000"
    for name in (
        "VISITOR_MESSAGES", "AGENT_MESSAGES", "ANONYMOUS_SOCKETS", "FRAMES", "REQUESTS", "CONNECTIONS", "VISITOR_ACTS",
        "NEW_CONVERSATIONS", "WORK_MS", "ADDRESS_WORK_MS", "ALL_CONNECTIONS",
    )
}  # fmt: skip
"""Everybody comes from one address here."""


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


SHORT: Final = Plan(seconds=20.0, messages=250, tenants=6, visitors=3, pause=0.25, shortest=0.8, longest=2.0)
"""Part of `./test`."""
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

    @property
    def passed(self) -> bool:
        """Whether nothing at all went wrong."""
        return (
            not self.faults and not self.plaintext and self.trail_is_whole and self.converged_within <= CONVERGED_WITHIN
        )


def rehearse(
    plan: Plan,
    *,
    base: Path,
    tell: Callable[[str], None] = lambda _: None,
    start: Callable[[Postgres], None] = Postgres.start,
) -> Outcome:
    """Have it done in a folder below `base`; `tell` is given a line now and then, `start` starts PostgreSQL."""
    tell("Starting an installation of its own")
    with house(base, UNLIMITED, webs=plan.webs, start=start) as home:
        people = json.loads(home.run(*_STAGE, "make", str(plan.tenants)))
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
        people = json.loads(home.run(*_STAGE, "make", str(CONTROL.tenants * len(wanted))))
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
class _Run:
    plan: Plan
    home: House
    people: list[dict[str, str]]
    tell: Callable[[str], None]
    ledger: Ledger = field(default_factory=Ledger)

    async def outcome(self) -> Outcome:
        plan, begun = self.plan, time.monotonic()
        storm = Storm(self.home, random.Random(plan.seed), plan.victims, plan.shortest, plan.longest, plan.is_aimed)
        clients = list(self._clients())
        talking = [asyncio.create_task(client.run()) for client in clients]
        raging = asyncio.create_task(storm.rage())
        await self._until_enough(storm, begun)
        raging.cancel()
        self.home.spare()
        for client in clients:
            client.is_talking = False
        self.tell("Silence: waiting for everybody to have everything")
        await asyncio.to_thread(self.home.wait_until_ready)
        ready_at = time.monotonic()
        await self._until_quiet(clients)
        words = {tenant["word"] for tenant in self.people}
        stored = json.loads(await asyncio.to_thread(self.home.run, *_STAGE, "read"))
        rows = [row for row in stored if row["tenant"] in words]
        for client, task in zip(clients, talking, strict=True):
            if task.done():  # a defect of the client's, or a frame that no client expects
                self.ledger.problems.append(f"{client.name} went away: {task.exception()!r}")
            task.cancel()
        await asyncio.gather(*talking, return_exceptions=True)
        for client in clients:
            if client.under_way:
                self.ledger.problems.append(f"{client.name} never heard of {len(client.under_way)} messages")
        return Outcome(
            faults=judge.judged(self.ledger, rows),
            clients=len(clients),
            conversations=len(rows),
            sent=len(self.ledger.sent),
            acked=len(self.ledger.acked),
            killed=dict(storm.killed),
            reconnects=self.ledger.reconnects,
            again=self.ledger.again,
            seconds=time.monotonic() - begun,
            converged_within=max(0.0, self.ledger.changed_at - ready_at),
            plaintext=() if plan.is_control else tuple(await asyncio.to_thread(self._plaintext)),
            trail_is_whole=plan.is_control or await asyncio.to_thread(self._trail_is_whole),
            problems=tuple(judge.sentences(self.ledger, rows)[:20]),
        )

    def _clients(self) -> list[Client]:
        plan, home = self.plan, self.home
        budget = max(plan.messages // (plan.tenants * plan.visitors), 30)
        made: list[Client] = []
        for number, tenant in enumerate(self.people):
            everybody: dict[str, Any] = {
                "origin": home.url, "tenant": tenant["word"], "ledger": self.ledger, "pause": plan.pause,
            }  # fmt: skip
            cookie = {"Cookie": f"session={tenant['session']}"}
            urls = [f"{url}/ws/agent/" for url in home.socket_urls]
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
            urls = [f"{url}/ws/visitor/{tenant['site_key']}/" for url in home.socket_urls]
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

    async def _until_enough(self, storm: Storm, begun: float) -> None:
        plan, told_at = self.plan, begun
        while True:
            await asyncio.sleep(_LOOK_EVERY)
            now, acked, kills = time.monotonic(), len(self.ledger.acked), storm.killed.total()
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

    def _plaintext(self) -> list[str]:
        """Files in which something lies that somebody said; a name that is stored in clear must be found, else the search is worth nothing."""
        with psycopg.connect(self.home.stage.postgres.url(SUPERUSER), autocommit=True) as connection:
            connection.execute("CHECKPOINT")
        sign, control, found, is_searched = SIGN.encode(), self.people[0]["site_key"].encode(), [], False
        for path in self.home.folder.rglob("*"):
            content = _content(path)
            is_searched = is_searched or control in content
            if sign in content or "".join(f"{letter}\0" for letter in SIGN).encode() in content:
                found.append(str(path.relative_to(self.home.folder)))
        return found if is_searched else ["nothing was searched: what is stored in clear was not found either"]

    def _trail_is_whole(self) -> bool:
        lines = self.home.run("manage.py", "verify_audit", "--json").splitlines()
        return bool(lines) and all(json.loads(line)["ok"] for line in lines)


def _content(path: Path) -> bytes:
    try:
        return path.read_bytes() if path.is_file() else b""
    except OSError:  # it went away meanwhile
        return b""
