"""Services are synchronous; frames are not. Work goes to a thread, inside the tenant's scope, on a pooled connection that is given back.

Django's own bridge runs everything of a consumer on one thread, whatever the number of sockets; these have several.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from contextvars import copy_context
from functools import partial
from typing import ParamSpec, TypeVar

from django.db import connections

from security.scoping import tenant_scope

P = ParamSpec("P")
T = TypeVar("T")

THREADS = 8
"""Fewer than the connection pool holds (`DATABASE_POOL` is at least 12), since pages use it too; the writer's connection is its own."""

_pool = ThreadPoolExecutor(THREADS, thread_name_prefix="chat-work")


async def in_scope(tenant_id: int, work: Callable[P, T], *args: P.args, **kwargs: P.kwargs) -> T:
    """Call `work` in a thread, in one transaction of this tenant; its context (actor, address, request id) is the frame's."""
    return await unscoped(_scoped, tenant_id, partial(work, *args, **kwargs))


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
