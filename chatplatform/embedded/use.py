"""Using the embedded parts from any process: `hold` starts what is not running and keeps it until this one ends."""

import contextlib
import fcntl
import os
import subprocess
import sys
import time
from collections.abc import Iterable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

from . import locks
from .process import EmbeddedError, open_log, wait_until
from .state import Layout, Part

_PROJECT = Path(__file__).resolve().parents[2]
_READY_SECONDS = 90.0
_MOMENTS = 1.0
_held: dict[Part, int] = {}
_keepers: list[subprocess.Popen[bytes]] = []


def hold(layout: Layout, parts: Iterable[Part]) -> None:
    """Have each of `parts` running from now on until this process ends; EmbeddedError says why that cannot be."""
    layout.make()
    with ThreadPoolExecutor(len(Part)) as pool:  # each waits for its server: together they take as long as the slower
        list(pool.map(lambda part: _hold(layout, part), parts))


def _hold(layout: Layout, part: Part) -> None:
    with locks.exclusively(layout.run / f"{part}.start"):
        if part not in _held:
            descriptor = locks.open_lock(layout.run / f"{part}.use")
            fcntl.flock(descriptor, fcntl.LOCK_SH)  # waits for a keeper that is just ending
            _held[part] = descriptor
    wait_until(
        lambda: _answers(layout, part),
        alive=lambda: True,
        seconds=_READY_SECONDS,
        failure=lambda: f"The embedded {part} does not answer; see {layout.logs / f'{part}.log'}.",
    )


def _answers(layout: Layout, part: Part) -> bool:
    """Whether the server of a keeper answers, started if there is none: one that is being ended may still hold its lock when we first look."""
    with locks.exclusively(layout.run / f"{part}.start"):
        if not is_kept(layout, part):
            _start_keeper(layout, part)
    return layout.server(part).answers()


def release() -> list[Part]:
    """Use none of them any more; what nobody else uses ends. The parts that were in use."""
    parts = list(_held)
    while _held:
        os.close(_held.popitem()[1])
    return parts


def wait_for_end(layout: Layout, parts: Iterable[Part], seconds: float) -> None:
    """After `release`: return when each part has ended, or is still used by another process."""
    for part in parts:
        begun = time.monotonic()
        while is_kept(layout, part) and time.monotonic() - begun < seconds:
            # The keeper takes the lock within moments of the last user's release.
            if time.monotonic() - begun > _MOMENTS and _has_users(layout, part):
                break
            time.sleep(0.05)
    for keeper in _keepers:
        with contextlib.suppress(subprocess.TimeoutExpired):  # it runs on for somebody else
            keeper.wait(0.5 if keeper.poll() is None else None)
    _keepers.clear()


def _has_users(layout: Layout, part: Part) -> bool:
    descriptor = locks.open_lock(layout.run / f"{part}.use")
    try:
        fcntl.flock(descriptor, fcntl.LOCK_SH | fcntl.LOCK_NB)
    except BlockingIOError:
        return False
    finally:
        os.close(descriptor)
    return True


def is_kept(layout: Layout, part: Part) -> bool:
    """Whether a keeper runs."""
    return locks.is_held(layout.run / f"{part}.keeper")


def _start_keeper(layout: Layout, part: Part) -> None:
    """A keeper in a session of its own: it may outlive the user that was first."""
    ours, keepers = os.pipe()
    with open_log(layout.logs / "keeper.log") as log, os.fdopen(ours, "rb") as answer:
        try:
            keeper = subprocess.Popen(  # noqa: S603
                [sys.executable, "-m", "chatplatform.embedded.keeper", part, str(layout.var), str(keepers)],
                cwd=_PROJECT,
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=log,
                pass_fds=(keepers,),
                start_new_session=True,
            )
            _keepers.append(keeper)
        finally:
            os.close(keepers)
        said = answer.read().decode()
    if said != "ready":
        raise EmbeddedError(said or f"The embedded {part} could not be started; see {layout.logs / 'keeper.log'}.")
