"""What arrives is counted: once, in order, at the sender and at both others."""

from __future__ import annotations

from chatplatform.bench.chat.tally import Tally


def told() -> tuple[Tally, list[tuple[int, int]]]:
    finished: list[tuple[int, int]] = []
    return Tally(2, lambda conversation, number: finished.append((conversation, number))), finished


def test_a_message_is_finished_when_it_is_acknowledged_and_both_have_it() -> None:
    tally, finished = told()
    number = tally.send(1)
    tally.arrived(0, 1, number)
    tally.arrived(2, 1, number)
    before = (list(finished), tally.is_complete)
    tally.arrived(1, 1, number)
    assert before == ([], False)
    assert (finished, tally.is_complete, tally.finished) == ([(1, 0)], True, 1)
    assert not tally.faults.any


def test_what_never_came_is_lost_for_each_who_misses_it() -> None:
    tally, _ = told()
    for _ in range(3):
        tally.send(0)
    for receiver in (0, 1):
        for number in range(3):
            tally.arrived(receiver, 0, number)
    tally.arrived(2, 0, 0)
    tally.arrived(2, 0, 2)
    assert tally.faults.lost == 1
    assert tally.faults.disordered == 0


def test_what_came_twice_is_doubled_and_finishes_nothing_twice() -> None:
    tally, finished = told()
    tally.send(0)
    for receiver in (0, 1, 2, 2):
        tally.arrived(receiver, 0, 0)
    assert tally.faults.doubled == 1
    assert finished == [(0, 0)]


def test_what_came_behind_a_later_one_is_disordered_and_not_lost() -> None:
    tally, _ = told()
    for _ in range(2):
        tally.send(0)
    for receiver in (0, 1):
        for number in (0, 1):
            tally.arrived(receiver, 0, number)
    tally.arrived(2, 0, 1)
    tally.arrived(2, 0, 0)
    assert (tally.faults.disordered, tally.faults.lost) == (1, 0)


def test_what_is_left_of_an_earlier_phase_is_not_looked_at() -> None:
    tally = Tally(1, lambda *_: None, first=100)
    tally.arrived(1, 0, 99)
    assert tally.send(0) == 100
    for receiver in range(3):
        tally.arrived(receiver, 0, 100)
    assert tally.is_complete
    assert not tally.faults.any


def test_a_frame_that_shows_what_is_to_be_masked_is_a_fault() -> None:
    tally, _ = told()
    tally.show_unmasked()
    assert tally.faults.any
