"""`python -m chatplatform.bench.audit.messages ROUNDS`: whether messages take longer where the acts beside them leave events.

Visitors of one organisation write through the product's writer; for every ten messages somebody reads a conversation, which is an event. In every
other round that event is not appended; all else is the same. Paced, each visitor writes ten times a second; flooded, as fast as answers come, so that
an event's own work on the same processors counts as well. Rounds that are flooded take half a second, so there are eight times as many of them. What
is told is the median of the pairs' ratios, with the quartiles that say how far it can be believed. The last line on stdout is the result.
"""

from __future__ import annotations

import asyncio
import os
import sys
import time
import uuid
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from statistics import median, quantiles
from typing import Any, Final

import django

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "chatplatform.settings")
django.setup()  # what follows imports models

import orjson
from django.core.management import call_command
from django.db import connections

from chat.live.protocol.shapes import Author, AuthorKind
from chat.live.writer import LockedConversation, Post, Writer
from chat.models import Conversation
from chatplatform.bench.audit import seed
from chatplatform.bench.remasking import fill
from chatplatform.bench.reports.seed import organisation
from security.audit import Action, Extent, record
from security.context import Actor, ActorKind, acting
from security.crypto import keyring
from security.masking import mask
from security.scoping import tenant_scope

TALKS: Final = 16
EACH: Final = 50
"""Messages of one conversation in a round."""
READ_EVERY: Final = 10
PAUSE: Final = 0.1
FLOODED: Final = 8
"""Flooded pairs for each paced one."""
_SAID: Final = "Hello, I would like to know when my parcel of 12 May will arrive"


def main(rounds: str) -> None:
    call_command("migrate", database="owner", verbosity=0)
    tenant_id = organisation("bench")
    keyring.load_tenant(tenant_id)
    with tenant_scope(tenant_id):
        fill(tenant_id, range(TALKS), 1)
        talks = list(Conversation.objects.select_related("visitor"))
    with ThreadPoolExecutor(4) as pool:
        found = asyncio.run(_alternate(tenant_id, talks, int(rounds), pool))
        list(pool.map(lambda _: connections.close_all(), range(4)))
    sys.stdout.write(orjson.dumps(found).decode() + "\n")


async def _alternate(
    tenant_id: int, talks: Sequence[Conversation], rounds: int, pool: ThreadPoolExecutor
) -> dict[str, Any]:
    """Pairs of rounds, the order turned round each time, after one that nobody counts."""
    writer = Writer(on_committed=lambda _stored: None)
    loop, read = asyncio.get_running_loop(), lambda talk: _read(tenant_id, talk)
    found: dict[str, Any] = {"rounds": rounds, "messages a round": TALKS * EACH}
    try:
        for name, pause, count in (("paced", PAUSE, rounds), ("flooded", 0.0, rounds * FLOODED)):
            pairs = []
            await _round(writer, talks, lambda talk: loop.run_in_executor(pool, read, talk), pause)
            for number in range(count):
                taken = {}
                for is_kept in (True, False) if number % 2 else (False, True):
                    with _trail(is_kept=is_kept):
                        taken[is_kept] = await _round(
                            writer, talks, lambda talk: loop.run_in_executor(pool, read, talk), pause
                        )
                pairs.append(taken)
            found |= _told(name, pairs)
    finally:
        await writer.close()
    return found


def _told(name: str, pairs: Sequence[dict[bool, float]]) -> dict[str, Any]:
    ratios = [pair[True] / pair[False] - 1 for pair in pairs]
    low, slower, high = quantiles(ratios, n=4) if len(ratios) > 1 else ratios * 3
    return {
        f"{name}: a message with": round(median(pair[True] for pair in pairs)),
        f"{name}: a message without": round(median(pair[False] for pair in pairs)),
        f"{name}: slower by percent": round(slower * 100, 1),
        f"{name}: quartiles of that": f"{low * 100:.1f} to {high * 100:.1f}",
    }


async def _round(
    writer: Writer, talks: Sequence[Conversation], read: Callable[[Conversation], asyncio.Future[None]], pause: float
) -> float:
    """Microseconds till a message is stored, the median; the acts go on beside them and are waited for afterwards."""
    acts: list[asyncio.Future[None]] = []
    times: list[float] = []

    async def talk(place: int, one: Conversation) -> None:
        await asyncio.sleep(pause * place / len(talks))
        for number in range(EACH):
            begun = time.perf_counter()
            await writer.put(_post(one))
            times.append(time.perf_counter() - begun)
            if (number + place) % READ_EVERY == 0:
                acts.append(read(one))
            await asyncio.sleep(pause)

    await asyncio.gather(*(talk(place, one) for place, one in enumerate(talks)))
    await asyncio.gather(*acts)
    return median(times) * 1e6


def _post(talk: Conversation) -> Post:
    return Post(
        tenant_id=talk.tenant_id,
        conversation=talk.public_id,
        author=Author(AuthorKind.VISITOR, talk.visitor.public_id, "Vera"),
        client_id=uuid.uuid4(),
        text=mask(_SAID),
        check=_allowed,
    )


def _allowed(_row: LockedConversation) -> None:
    return None


def _read(tenant_id: int, talk: Conversation) -> None:
    actor = Actor(ActorKind.PERSON, id=str(seed.people()[0].id), name="Alice Archer", role="agent")
    with acting(actor=actor, address="198.51.100.7", session="5e55", request_id="req"), tenant_scope(tenant_id):
        found = Conversation.objects.get(pk=talk.pk)
        record(Action.CONVERSATION_READ, on=found, extent=Extent(1, found.last_seq))


@contextmanager
def _trail(*, is_kept: bool) -> Iterator[None]:
    """Without it nothing is appended at a scope's end; nothing in the product knows of this."""
    module: Any = sys.modules["security.audit.record"]
    append = module._append_waiting
    if not is_kept:
        module._append_waiting = lambda: None
    try:
        yield
    finally:
        module._append_waiting = append


if __name__ == "__main__":
    main(*sys.argv[1:])
