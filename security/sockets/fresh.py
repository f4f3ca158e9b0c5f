"""Await a coroutine in a context of its own, without a task.

A ContextVar that one frame's handler set and did not reset (tenant, actor) must not be there for the next frame. A task
per frame would do it for 9 to 20 microseconds; stepping the coroutine inside a copied context does it for one.
"""

from __future__ import annotations

from collections.abc import Callable, Coroutine, Generator
from contextvars import Context
from threading import local
from time import perf_counter, thread_time
from typing import Any, Final, Generic, TypeVar

T = TypeVar("T")
_SHORT: Final = 0.001
_AFRESH: Final = 0.01


class _Watch(local):
    """How long this thread works, in seconds.

    The kernel takes as long to say that as a small frame takes, so it is asked for long steps alone: short ones are hardly ever interrupted.
    """

    asked_at = float("-inf")
    worked = 0.0

    def begin(self) -> float:
        """Now, for `since`."""
        now = perf_counter()
        if now - self.asked_at >= _AFRESH:
            self.asked_at, self.worked = now, thread_time()
        return now

    def since(self, begun: float) -> float:
        """What was worked since then; of a long step up to 10 ms too much, and never what others did meanwhile on this processor."""
        took = perf_counter() - begun
        return took if took < _SHORT else min(took, thread_time() - self.worked)


_watch: Final = _Watch()


class Fresh(Generic[T]):
    """Awaitable that runs every step of `work` inside `context`; results, errors and cancellation pass through."""

    __slots__ = ("_context", "_work")

    def __init__(self, work: Coroutine[Any, Any, T], context: Context) -> None:
        self._work = work
        self._context = context

    def __await__(self) -> Generator[Any, Any, T]:
        """Drive the coroutine as `yield from` would."""
        step: Callable[[Any], Any] = self._work.send
        sent: Any = None
        try:
            while True:
                waited = self._run(step, sent)
                try:
                    sent = yield waited
                    step = self._work.send
                except GeneratorExit:
                    raise
                except BaseException as error:  # noqa: BLE001 - handed to the coroutine, whose answer counts
                    sent, step = error, self._work.throw
        except StopIteration as done:
            result: T = done.value
            return result
        finally:
            self._work.close()

    def _run(self, step: Callable[[Any], Any], sent: Any) -> Any:
        return self._context.run(step, sent)


class Timed(Fresh[T]):
    """The same; `seconds` is how long this thread worked at it, without what it waited for, in so many `steps`: of one that waited for nothing one."""

    __slots__ = ("seconds", "steps")

    def __init__(self, work: Coroutine[Any, Any, T], context: Context) -> None:
        super().__init__(work, context)
        self.seconds = 0.0
        self.steps = 0

    def _run(self, step: Callable[[Any], Any], sent: Any) -> Any:
        self.steps += 1
        begun = _watch.begin()
        try:
            return self._context.run(step, sent)
        finally:
            self.seconds += _watch.since(begun)


class Begun:
    """Awaitable that goes on with a coroutine which was begun outside of any task and waits for `waited`."""

    __slots__ = ("_waited", "_work")

    def __init__(self, work: Coroutine[Any, Any, None], waited: Any) -> None:
        self._work = work
        self._waited = waited

    def __await__(self) -> Generator[Any, Any, None]:
        """Wait for what it waits for, then drive it as `yield from` would."""
        waited: Any = self._waited
        step: Callable[[Any], Any] = self._work.send
        sent: Any = None
        try:
            while True:
                try:
                    sent, step = (yield waited), self._work.send
                except GeneratorExit:
                    raise
                except BaseException as error:  # noqa: BLE001 - handed to the coroutine, whose answer counts
                    sent, step = error, self._work.throw
                waited = step(sent)
        except StopIteration:
            return
        finally:
            self._work.close()
