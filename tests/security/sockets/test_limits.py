"""Counters count exactly."""

from hypothesis import given
from hypothesis import strategies as st

from security.sockets.codes import CloseCode
from security.sockets.limits import AddressCount, AddressWork, Rate, Seats, Work


def test_the_hundred_and_first_event_in_ten_seconds_is_one_too_many() -> None:
    rate = Rate(100, 10.0)
    assert [rate.spend(0.05 * n) for n in range(100)] == [0.0] * 100
    assert rate.spend(5.0) == 5.0
    assert rate.spend(9.999) > 0
    assert rate.spend(10.0) == 0.0
    assert rate.spend(10.0) > 0


@given(st.lists(st.floats(0, 3), max_size=60), st.integers(1, 8))
def test_no_window_ever_holds_more_than_the_limit(gaps: list[float], limit: int) -> None:
    rate, now, taken = Rate(limit, 10.0), 0.0, list[float]()
    for gap in gaps:
        now += gap
        if rate.spend(now) == 0.0:
            taken.append(now)
        assert len([moment for moment in taken if moment > now - 10.0]) <= limit
        assert len(rate.moments) <= limit


def test_an_address_has_so_many_anonymous_sockets_and_no_more() -> None:
    count = AddressCount()
    assert all(count.enter("192.0.2.7", 3) for _ in range(3))
    assert not count.enter("192.0.2.7", 3)
    assert count.enter("192.0.2.8", 3)
    assert count.enter(None, 3)
    count.leave("192.0.2.7")
    assert count.enter("192.0.2.7", 3)


def test_work_sinks_evenly() -> None:
    work, bounds = Work(), {"limit": 0.5, "seconds": 10.0}
    assert work.spend(0.5, 100.0, **bounds)
    assert not work.spend(0.25, 100.0, **bounds)
    assert not work.spend(0.0, 104.9, **bounds)
    assert work.spend(0.0, 105.1, **bounds)
    assert work.spend(0.5, 1_000.0, **bounds)
    assert not work.spend(0.01, 1_000.0, **bounds)


def test_the_work_of_addresses_is_forgotten_with_time() -> None:
    work, bounds = AddressWork(), {"limit": 0.5, "seconds": 10.0}
    assert not work.spend("192.0.2.7", 0.6, 0.0, **bounds)
    assert work.spend("192.0.2.8", 0.1, 1.0, **bounds)
    assert not work.spend("192.0.2.7", 0.0, 1.0, **bounds)
    for n in range(1_000):
        assert work.spend(f"198.51.100.{n}", 0.1, 100.0 + n, **bounds)
    assert len(work) < 100


class Socket:
    def __init__(self) -> None:
        self.code: CloseCode | None = None

    def cut(self, code: CloseCode, /) -> None:
        self.code = code


def test_one_socket_too_many_replaces_the_oldest() -> None:
    seats, sockets = Seats(), [Socket() for _ in range(6)]
    for socket in sockets:
        seats.take("visitor:vera", socket, 5)
    assert [socket.code for socket in sockets] == [CloseCode.REPLACED, None, None, None, None, None]
    seats.take("visitor:other", Socket(), 5)
    seats.leave("visitor:vera", sockets[0])
    assert seats.of("visitor:vera") == tuple(sockets[1:])
    for socket in sockets:
        seats.leave("visitor:vera", socket)
    assert seats.of("visitor:vera") == ()
