"""What is remembered to join numbers is forgotten after two minutes, also by a process that nobody writes to any more."""

from __future__ import annotations

import asyncio

import pytest

from chat.live.writer import Writer
from tests.chat.conversations import Talk

from .splitting import Clock, Watcher, typed


async def _turns(of: int) -> None:
    for _ in range(of):
        await asyncio.sleep(0)


@pytest.mark.parametrize("text", ["4242 4242", "It was 12 May"], ids=["held", "only remembered"])
async def test_an_idle_process_forgets(talk: Talk, text: str) -> None:
    clock = Clock()
    writer = Writer(on_committed=Watcher(), clock=clock, forget_every=0)
    await writer.put(typed(talk, text))
    clock.passes(60)
    await _turns(20)
    assert writer.kept, "A minute is not two"
    clock.passes(61)
    await _turns(20)
    assert not writer.kept
    await writer.close()
