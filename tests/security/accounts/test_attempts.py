"""What is counted before a password is looked at: each limit at its edge, one after the other; forty at once in test_burst.py."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from security.accounts import attempts
from security.accounts.attempts import Refused, Reserved, Who, Why
from security.models import Attempt

pytestmark = pytest.mark.django_db
NOW = datetime(2026, 11, 22, 12, tzinfo=UTC)
MINUTE = timedelta(minutes=1)


def fail(who: Who, times: int, *, at: datetime = NOW) -> None:
    for _ in range(times):
        assert isinstance(attempts.reserve(who, now=at), Reserved)


def why(who: Who, *, at: datetime = NOW) -> Why | None:
    found = attempts.reserve(who, now=at)
    if isinstance(found, Reserved):
        attempts.release(found)
        return None
    return found.why


def test_a_name_at_one_address_has_five_in_half_an_hour() -> None:
    olga = Who("olga", "198.51.100.7")
    fail(olga, 5)
    assert why(olga) is Why.NAME_HERE
    assert why(olga, at=NOW + 30 * MINUTE - timedelta(seconds=1)) is Why.NAME_HERE
    assert why(olga, at=NOW + 30 * MINUTE) is None
    assert why(Who("olga", "198.51.100.8")) is None
    assert why(Who("ada", "198.51.100.7")) is None


def test_who_comes_while_locked_does_not_lengthen_it() -> None:
    olga = Who("olga", "198.51.100.7")
    fail(olga, 5)
    found = attempts.reserve(olga, now=NOW + 20 * MINUTE)
    assert isinstance(found, Refused)
    assert found.wait == 10 * MINUTE
    assert Attempt.objects.count() == 5


def test_a_name_has_ten_from_anywhere() -> None:
    for number in range(10):
        fail(Who("olga", f"198.51.100.{number}"), 1)
    assert why(Who("olga", "203.0.113.1")) is Why.NAME_ANYWHERE
    assert why(Who("olga", "203.0.113.1", "her-own")) is None


def test_many_known_devices_are_no_more_guesses_than_any_others() -> None:
    for number in range(2):
        fail(Who("olga", "198.51.100.7", f"device-{number}"), 5)
    assert why(Who("olga", "198.51.100.7", "device-2")) is Why.NAME_ANYWHERE
    assert why(Who("ada", "198.51.100.7", "device-2")) is None


def test_an_address_has_fifty_in_an_hour() -> None:
    for number in range(50):
        fail(Who(f"name-{number}", "198.51.100.7"), 1, at=NOW + number * timedelta(seconds=1))
    assert why(Who("olga", "198.51.100.7"), at=NOW + 59 * MINUTE) is Why.ADDRESS
    assert why(Who("olga", "198.51.100.7"), at=NOW + 60 * MINUTE) is None
    assert why(Who("olga", "198.51.100.8"), at=NOW + MINUTE) is None
    assert why(Who("olga", "198.51.100.7", "her-own")) is None


def test_an_ipv6_address_counts_by_its_network() -> None:
    for number in range(5):
        fail(Who("olga", f"2001:db8:1:2::{number}"), 1)
    assert why(Who("olga", "2001:db8:1:2:ffff::1")) is Why.NAME_HERE
    assert why(Who("olga", "2001:db8:1:3::1")) is None


def test_a_known_device_has_a_count_of_its_own() -> None:
    own = Who("olga", "198.51.100.7", "her-own")
    fail(Who("olga", "198.51.100.7"), 5)
    fail(own, 5)
    assert why(own) is Why.NAME_HERE
    assert why(Who("olga", "198.51.100.7", "another")) is None


def test_failures_on_a_known_device_lock_no_other() -> None:
    fail(Who("olga", "198.51.100.7", "her-own"), 5)
    assert why(Who("olga", "198.51.100.7")) is None


def test_what_succeeded_does_not_count() -> None:
    olga = Who("olga", "198.51.100.7")
    for _ in range(20):
        found = attempts.reserve(olga, now=NOW)
        assert isinstance(found, Reserved)
        attempts.release(found)
    assert not Attempt.objects.exists()


def test_the_first_refusal_is_told_once() -> None:
    olga = Who("olga", "198.51.100.7")
    fail(olga, 5)
    found = [attempts.reserve(olga, now=NOW) for _ in range(3)]
    assert [refused.is_first for refused in found if isinstance(refused, Refused)] == [True, False, False]


def spray(first: int, names: int, *, network: str = "10.0") -> None:
    """So many names that failed once each, from networks of a hundred addresses."""
    Attempt.objects.bulk_create(
        Attempt(name=f"name-{number}", address=f"{network}.{number // 20}.{number % 20}", at=NOW)
        for number in range(first, first + names)
    )


def wait_of(who: Who) -> float:
    found = attempts.reserve(who, now=NOW)
    assert isinstance(found, Refused)
    assert found.why is Why.SPRAYING
    return found.wait.total_seconds()


def test_spraying_slows_unknown_devices_of_networks_that_fail_more_and_more() -> None:
    waits = []
    fail(Who("ada", "203.0.113.7"), 1)
    spray(0, 98)
    assert why(Who("olga", "203.0.113.1")) is None
    for first, names in ((98, 1), (99, 100), (199, 100), (299, 2_000)):
        spray(first, names)
        waits.append(wait_of(Who("olga", "203.0.113.1")))
    assert waits == [0.25, 0.5, 1.0, 8.0]
    assert why(Who("olga", "203.0.113.1", "her-own")) is None
    assert why(Who("olga", "203.0.113.1"), at=NOW + timedelta(seconds=8)) is None


def test_what_a_long_spray_costs_to_count_does_not_grow_with_it() -> None:
    """Names at their limit are the worst case: the newest attempts alone are counted, and still say the longest pause."""
    Attempt.objects.bulk_create(
        Attempt(name=f"name-{number // attempts.ANYWHERE}", address="10.0.0.1", at=NOW) for number in range(7_000)
    )
    with CaptureQueriesContext(connection) as asked:
        assert wait_of(Who("olga", "10.0.0.2")) == attempts.LONGEST_PAUSE.total_seconds() == 8
    counts = [one["sql"] for one in asked if "COUNT(*)" in one["sql"]]
    assert ["LIMIT 6000" in counts[0], "LIMIT 1500" in counts[1]] == [True, True]


def test_spraying_slows_nobody_where_nobody_failed() -> None:
    spray(0, 2_000)
    assert why(Who("olga", "203.0.113.1")) is None
    assert why(Who("olga", "2001:db8:1:2::1")) is None
    assert why(Who("olga", "")) is None


def test_one_network_is_slowed_by_fewer_names() -> None:
    for number in range(25):
        fail(Who(f"name-{number}", f"2001:db8:1:{number}::1"), 1, at=NOW - (24 - number) * timedelta(milliseconds=1))
    assert wait_of(Who("olga", "2001:db8:1:ffff::1")) == 0.25
    assert why(Who("olga", "2001:db8:2::1")) is None
    assert why(Who("olga", "2001:db8:11::1")) is None


def test_who_is_locked_is_known_until_when() -> None:
    fail(Who("olga", "198.51.100.7"), 5)
    fail(Who("ada", "198.51.100.7"), 4)
    assert attempts.locked_names(["olga", "ada", "alice"], now=NOW + MINUTE) == {"olga": NOW + 30 * MINUTE}
    assert attempts.forget("olga") == 5
    assert attempts.locked_names(["olga"], now=NOW) == {}
