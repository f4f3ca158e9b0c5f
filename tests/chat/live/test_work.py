"""Work in threads: one tenant's never takes all of them."""

from __future__ import annotations

import asyncio
import threading

import pytest

from chat.live.work import OF_ONE_TENANT, THREADS, in_scope

ACME, RIVAL = 1, 2


@pytest.mark.usefixtures("committed_db")
async def test_who_has_much_to_do_leaves_threads_to_the_others() -> None:
    begun, done = threading.Semaphore(0), threading.Event()

    def toil() -> bool:
        begun.release()
        return done.wait(60)

    toiling = [asyncio.create_task(in_scope(ACME, toil)) for _ in range(2 * THREADS)]
    try:
        for _ in range(OF_ONE_TENANT):
            assert await asyncio.to_thread(begun.acquire, timeout=30)
        async with asyncio.timeout(30):
            assert await in_scope(RIVAL, lambda: "mine") == "mine"
        assert not begun.acquire(blocking=False), "No more of theirs have begun"
    finally:
        done.set()
    assert await asyncio.gather(*toiling) == [True] * len(toiling)
