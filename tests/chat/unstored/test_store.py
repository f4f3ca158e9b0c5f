"""What Valkey keeps: a hash that goes as a whole, under one key, on no disk."""

from __future__ import annotations

from typing import Any
from uuid import uuid4

import pytest
import redis

from chat.unstored.store import ID, KEPT_FOR, KEY, REST, Away, Persists, Replaced, Store, keeps_nothing_on_disk, store
from tests.chat.conversations import House

PLACE = (7, uuid4())


class Clock:
    now = 0.0

    def __call__(self) -> float:
        return self.now


@pytest.fixture
def memory(valkey: redis.Redis, acme: House) -> Store:
    return Store(valkey, "test:", Clock())


def test_what_is_kept_is_found_until_its_time_is_over(memory: Store, valkey: redis.Redis) -> None:
    memory.put({PLACE: (b"one", {KEY: b"wrapped", "a": b"text"})})
    assert memory.read({PLACE: [ID, KEY, "a", "b"]}) == {PLACE: {ID: b"one", KEY: b"wrapped", "a": b"text"}}
    (name,) = valkey.keys("test:*")
    valkey.pexpire(name, 1_000)
    memory.put({PLACE: (b"one", {"b": b"more"})})
    assert 1_000 < valkey.pttl(name) <= KEPT_FOR * 1000 <= 15 * 60 * 1000
    valkey.pexpire(name, 0)
    assert memory.read({PLACE: [ID, "a", "b"]}) == {PLACE: {}}


def test_another_key_changes_nothing(memory: Store) -> None:
    memory.put({PLACE: (b"one", {"a": b"text"})})
    with pytest.raises(Replaced):
        memory.put({PLACE: (b"two", {"a": b"other", "b": b"more"})})
    assert memory.read({PLACE: [ID, "a", "b"]}) == {PLACE: {ID: b"one", "a": b"text"}}


def test_what_is_removed_is_gone_with_its_key(memory: Store, valkey: redis.Redis) -> None:
    memory.put({PLACE: (b"one", {KEY: b"wrapped", "a": b"text"})})
    memory.remove([PLACE])
    assert valkey.keys("test:*") == []


def test_what_only_adds_brings_nothing_back(memory: Store, valkey: redis.Redis) -> None:
    memory.put({PLACE: (b"one", {"a": b"text"})})
    memory.put({PLACE: (b"one", {"b": b"more"})}, begins=False)
    assert memory.read({PLACE: ["a", "b"]}) == {PLACE: {"a": b"text", "b": b"more"}}
    memory.remove([PLACE])
    memory.put({PLACE: (b"one", {"b": b"more"})}, begins=False)
    memory.settle({PLACE: {"a": (2, b"text")}})
    assert valkey.keys("test:*") == []


SECOND, THIRD = {PLACE: {"a": (9, b"second")}}, {PLACE: {"a": (10, b"third")}}


@pytest.mark.parametrize("order", [(SECOND, THIRD), (THIRD, SECOND)], ids=["in order", "the earlier one late"])
def test_of_two_changes_the_later_one_counts_whichever_is_settled_first(memory: Store, order: tuple[Any, Any]) -> None:
    memory.put({PLACE: (b"one", {"a": b"first", "ab+1": b"another's"})})
    memory.put({PLACE: (b"one", {"a+9": b"second"})})
    memory.put({PLACE: (b"one", {"a+10": b"third"})})
    for change in order:
        memory.settle(change)
    kept = memory.read({PLACE: ["a", "a+9", "a+10", "ab+1"]})
    assert kept == {PLACE: {"a": b"third", "ab+1": b"another's"}}


def test_a_change_that_is_not_committed_takes_no_earlier_one_with_it(memory: Store) -> None:
    memory.put({PLACE: (b"one", {"a": b"first", "a+9": b"second"})})
    memory.put({PLACE: (b"one", {"a+10": b"rolled back"})})
    memory.settle(SECOND)
    memory.settle(THIRD)  # not what was kept
    assert memory.read({PLACE: ["a", "a+9"]}) == {PLACE: {"a": b"second"}}


@pytest.mark.parametrize(("name", "value", "back"), [("save", "3600 1", ""), ("appendonly", "yes", "no")])
def test_nothing_is_kept_where_it_would_lie_on_a_disk(
    memory: Store, valkey: redis.Redis, name: str, value: str, back: str
) -> None:
    valkey.config_set(name, value)
    try:
        with pytest.raises(Persists):
            memory.put({PLACE: (b"one", {"a": b"text"})})
        assert not keeps_nothing_on_disk()
    finally:
        valkey.config_set(name, back)
    assert valkey.keys("test:*") == []


def test_a_server_that_does_not_say_is_taken_to_write(memory: Store, valkey: redis.Redis) -> None:
    valkey.execute_command("ACL", "SETUSER", "quiet", "on", ">secret", "allkeys", "+@all", "-config")  # type: ignore[no-untyped-call]
    quiet = redis.Redis(connection_pool=redis.ConnectionPool(
        **{**valkey.connection_pool.connection_kwargs, "username": "quiet", "password": "secret"},
        connection_class=valkey.connection_pool.connection_class,
    ))  # fmt: skip
    try:
        with pytest.raises(Persists):
            Store(quiet, "test:").put({PLACE: (b"one", {"a": b"text"})})
    finally:
        valkey.execute_command("ACL", "DELUSER", "quiet")  # type: ignore[no-untyped-call]


def test_one_that_is_away_is_left_in_peace_for_a_moment(acme: House) -> None:
    clock = Clock()
    away = Store(redis.Redis(host="127.0.0.1", port=1, socket_connect_timeout=0.5), "test:", clock)
    for _ in range(2):
        with pytest.raises(Away):
            away.read({PLACE: [ID]})
    assert away._away_until == REST
    clock.now = REST
    with pytest.raises(Away):
        away.read({PLACE: [ID]})
    assert away._away_until == 2 * REST


@pytest.mark.usefixtures("no_valkey")
def test_no_rule_promises_what_cannot_be_kept() -> None:
    assert not keeps_nothing_on_disk()
    assert store() is store()
