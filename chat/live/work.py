"""Services are synchronous; frames are not. Work goes to a thread, inside the tenant's scope, on a pooled connection that is given back.

Django's own bridge runs everything of a consumer on one thread, whatever the number of sockets; these have several, of which one tenant has some.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from contextvars import copy_context
from functools import partial
from typing import ParamSpec, TypeVar
from weakref import WeakValueDictionary

from django.db import connections

from security.scoping import tenant_scope

P = ParamSpec("P")
T = TypeVar("T")

THREADS = 8
"""Fewer than the connection pool holds (`DATABASE_POOL` is at least 12), since pages use it too; the writer's connection is its own."""

OF_ONE_TENANT = THREADS // 2
"""Whatever comes from one tenant at once leaves threads to the others, and the interpreter to the event loop."""

_pool = ThreadPoolExecutor(THREADS, thread_name_prefix="chat-work")


async def in_scope(tenant_id: int, work: Callable[P, T], *args: P.args, **kwargs: P.kwargs) -> T:
    """Call `work` in a thread, in one transaction of this tenant; its context (actor, address, request id) is the frame's."""
    async with _turns_of(tenant_id):
        return await unscoped(_scoped, tenant_id, partial(work, *args, **kwargs))


def _turns_of(tenant_id: int) -> asyncio.Semaphore:
    """Kept for as long as somebody has a turn or waits for one."""
    key = (asyncio.get_running_loop(), tenant_id)
    turns = _turns.get(key)
    if turns is None:
        turns = _turns[key] = asyncio.Semaphore(OF_ONE_TENANT)
    return turns


_turns: WeakValueDictionary[tuple[asyncio.AbstractEventLoop, int], asyncio.Semaphore] = WeakValueDictionary()


async def unscoped(work: Callable[P, T], *args: P.args, **kwargs: P.kwargs) -> T:
    """Call `work` in a thread that may use the database; it opens the scopes that it needs."""
    call = partial(copy_context().run, _returned, partial(work, *args, **kwargs))
    return await asyncio.get_running_loop().run_in_executor(_pool, call)


def _scoped(tenant_id: int, work: Callable[[], T]) -> T:
    with tenant_scope(tenant_id):
        return work()


def _returned(work: Callable[[], T]) -> T:
    try:
        return work()
    finally:
        connections.close_all()  # to the pool
