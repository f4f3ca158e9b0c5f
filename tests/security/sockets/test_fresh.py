"""What one frame sets, the next one does not see."""

import asyncio
import threading
from contextvars import ContextVar, copy_context
from time import thread_time

import pytest
from asgiref.sync import sync_to_async

from security.sockets.fresh import Fresh, Timed

tenant: ContextVar[str] = ContextVar("tenant", default="none")


async def set_and_wait(name: str) -> str:
    tenant.set(name)
    await asyncio.sleep(0)
    await sync_to_async(tenant.set)(name + "!")
    return tenant.get()


async def test_a_variable_set_inside_stays_inside() -> None:
    assert await Fresh(set_and_wait("acme"), copy_context()) == "acme!"
    assert tenant.get() == "none"


async def test_many_at_once_do_not_see_each_other() -> None:
    async def one(name: str) -> str:
        return await Fresh(set_and_wait(name), copy_context())

    names = [str(n) for n in range(50)]
    assert await asyncio.gather(*(one(name) for name in names)) == [f"{name}!" for name in names]


async def test_errors_pass_in_and_out() -> None:
    async def fail() -> None:
        await asyncio.sleep(0)
        raise KeyError("x")

    with pytest.raises(KeyError):
        await Fresh(fail(), copy_context())

    async def patient() -> str:
        future: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        asyncio.get_running_loop().call_soon(future.set_exception, ValueError())
        try:
            await future
        except ValueError:
            return "caught"
        return "missed"

    assert await Fresh(patient(), copy_context()) == "caught"


async def test_cancellation_and_timeouts_reach_the_work() -> None:
    seen: list[str] = []

    async def hang() -> None:
        try:
            await asyncio.Event().wait()
        except asyncio.CancelledError:
            seen.append("cancelled")
            raise

    with pytest.raises(TimeoutError):
        async with asyncio.timeout(0.01):
            await Fresh(hang(), copy_context())
    task = asyncio.ensure_future(Fresh(hang(), copy_context()))
    await asyncio.sleep(0)
    task.cancel()
    with pytest.raises(asyncio.CancelledError):
        await task
    assert seen == ["cancelled", "cancelled"]

    async def own_timeout() -> str:
        try:
            async with asyncio.timeout(0.01):
                await asyncio.Event().wait()
        except TimeoutError:
            return "in time"
        return "late"

    assert await Fresh(own_timeout(), copy_context()) == "in time"


def worked(seconds: float) -> None:
    """Compute for so long."""
    until = thread_time() + seconds
    while thread_time() < until:
        pass


async def test_what_the_thread_worked_at_it_is_counted() -> None:
    async def busy() -> None:
        worked(0.03)
        await asyncio.sleep(0)
        worked(0.03)

    timed = Timed(busy(), copy_context())
    await timed
    assert timed.seconds >= 0.06
    assert timed.steps == 2


async def test_what_others_do_meanwhile_on_its_processor_is_not_counted() -> None:
    """A long step in which this thread was not at work."""

    async def held_up() -> None:
        threading.Event().wait(0.2)

    timed = Timed(held_up(), copy_context())
    await timed
    assert timed.seconds < 0.1
