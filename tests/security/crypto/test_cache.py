"""Clear keys leave memory by themselves."""

import threading

from security.crypto.cache import LIFETIME, ShortLived


class Clock:
    def __init__(self) -> None:
        self.now = 1_000.0

    def __call__(self) -> float:
        return self.now


def test_an_entry_ends_sixty_seconds_after_it_was_read() -> None:
    clock = Clock()
    cache: ShortLived[str, bytes] = ShortLived(clock=clock)
    read_at = cache.now()
    clock.now += 30  # a slow transaction: the entry is no fresher for it
    cache.put("k", b"v", read_at)
    clock.now = read_at + LIFETIME - 0.001
    assert cache.get("k") == b"v"
    clock.now = read_at + LIFETIME
    assert cache.get("k") is None
    assert LIFETIME <= 60


def test_reading_does_not_prolong_it() -> None:
    clock = Clock()
    cache: ShortLived[str, bytes] = ShortLived(clock=clock)
    cache.put("k", b"v", clock.now)
    for _ in range(59):
        clock.now += 1
        assert cache.get("k") == b"v"
    clock.now += 1
    assert cache.get("k") is None


def test_ended_entries_leave_memory_without_being_asked_for() -> None:
    clock = Clock()
    cache: ShortLived[int, bytes] = ShortLived(clock=clock)
    for number in range(10):
        cache.put(number, b"v", clock.now)
    clock.now += LIFETIME
    cache.put(10, b"v", clock.now)
    assert list(cache._entries) == [10]


def test_it_is_bounded_and_forgets() -> None:
    cache: ShortLived[int, bytes] = ShortLived(capacity=3)
    for number in range(5):
        cache.put(number, b"v", cache.now())
    assert [cache.get(number) is None for number in range(5)] == [True, True, False, False, False]
    cache.forget(4)
    assert cache.get(4) is None
    cache.clear()
    assert cache.get(3) is None


def test_threads_may_use_it_at_once() -> None:
    cache: ShortLived[int, int] = ShortLived(capacity=50)
    failures: list[BaseException] = []

    def work(offset: int) -> None:
        try:
            for number in range(2_000):
                key = (number + offset) % 80
                cache.put(key, key, cache.now())
                assert cache.get(key) in (key, None)
                cache.forget((key + 1) % 80)
        except BaseException as error:  # noqa: BLE001 - carried to the test's own thread
            failures.append(error)

    threads = [threading.Thread(target=work, args=(offset,)) for offset in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert not failures
