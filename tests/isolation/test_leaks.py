"""Each seeded leak still applies: where the code has moved on, its leak has to as well, or the proof proves less than it says."""

from __future__ import annotations

import ast

import pytest

from tests.sources import PROJECT

from .leak import Leak, Moved
from .leaks import LEAKS
from .mutate import Run, chosen

SEEDED = 150
"""The list only grows."""


@pytest.mark.parametrize("leak", LEAKS, ids=lambda leak: leak.name)
def test_a_leak_still_applies(leak: Leak) -> None:
    source = (PROJECT / leak.path).read_text()
    planted = leak.planted(source)
    assert planted != source
    ast.parse(planted)
    assert leak.tests
    assert all((PROJECT / test).is_file() for test in leak.tests)


def test_the_list_is_as_long_as_it_is_said_to_be() -> None:
    assert len(LEAKS) >= SEEDED
    assert len({leak.name for leak in LEAKS}) == len(LEAKS)


def test_a_leak_whose_place_has_moved_is_said_loudly() -> None:
    leak = Leak("gone", "manage.py", "what is there no more", "", ("tests/cast.py",))
    with pytest.raises(Moved, match="0 times, not once"):
        leak.planted((PROJECT / leak.path).read_text())
    with pytest.raises(Moved, match="2 times"):
        Leak("twice", "x", "a", "b", ()).planted("a a")


def test_only_a_failed_test_counts_as_caught() -> None:
    failed = "FAILED tests/x.py::test_y - AssertionError\n"
    assert Run(1, failed).caught_by == "tests/x.py::test_y"
    assert Run(0, "3 passed").caught_by is None
    assert Run(2, "ERROR tests/x.py - ImportError").caught_by is None, "What cannot be imported was not tested"
    assert Run(1, "Traceback (most recent call last):").caught_by is None


def test_leaks_are_chosen_by_number_range_and_word() -> None:
    assert [number for number, _ in chosen("2")] == [2]
    assert [number for number, _ in chosen("2-4")] == [2, 3, 4]
    assert len(chosen("")) == len(LEAKS)
    assert [leak.name for _, leak in chosen("queue is shown")] == ["the queue is shown without the right"]
