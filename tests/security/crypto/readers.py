"""Threads that read keys on while something is done to them."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager

from django.db import connection

from security.crypto import keyring


@contextmanager
def reading(is_right: Callable[[], bool], *, readers: int) -> Iterator[Callable[[int], None]]:
    """Each reads from the database again and again; what is yielded waits for so many more reads. None may have failed in the end."""
    ended, failed, reads = threading.Event(), [], threading.Semaphore(0)

    def read_on() -> None:
        try:
            while not ended.is_set():
                keyring.forget_everything()
                if not is_right():
                    failed.append("another key")
                reads.release()
        except Exception as error:  # noqa: BLE001 - whatever it is, it was a failed read
            failed.append(repr(error))
        finally:
            connection.close()

    def wait(count: int) -> None:
        happened = all(reads.acquire(timeout=30) for _ in range(count))
        assert happened, f"They do not read any more: {failed}"

    threads = [threading.Thread(target=read_on) for _ in range(readers)]
    for thread in threads:
        thread.start()
    try:
        yield wait
    finally:
        ended.set()
        for thread in threads:
            thread.join()
    assert failed == []
