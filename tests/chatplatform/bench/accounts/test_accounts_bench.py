"""`bench accounts`: what is told, and what fails the gate. The run itself takes minutes and is not part of the tests."""

from __future__ import annotations

from typing import Any

import pytest

from chatplatform.bench.accounts.command import as_table, near, shortfalls

FOUND: dict[str, Any] = {
    "ways": {"sign-in": {"known": [100.0, 102.0, 300.0], "unknown": [101.0, 104.0, 90.0]}},
    "hash": {"algorithm": "argon2", "ms": 61.0, "mib": 100, "passes": 2},
    "burst": {"attempts": 40, "hashes": 5, "refused": 35, "ms": 912.0},
}


def test_medians_stand_beside_each_other_with_the_hash_and_the_burst() -> None:
    text = as_table(FOUND)
    assert text.splitlines()[1].split() == ["sign-in", "102.0", "101.0", "+1.0"]
    assert "one hash (argon2)" in text
    assert "40 attempts at once on one name: 5 hashes, 35 refused" in text
    assert shortfalls(FOUND) == []


@pytest.mark.parametrize(
    ("known", "unknown", "is_near"), [(10, 13, True), (10, 13.1, False), (100, 105, True), (106, 100, False)]
)
def test_within_three_milliseconds_or_a_twentieth_is_near(known: float, unknown: float, is_near: bool) -> None:
    assert near({"known": [known], "unknown": [unknown]}) is is_near


@pytest.mark.parametrize(
    ("part", "told"),
    [
        ({"ways": {"reset": {"known": [9.0], "unknown": [13.0]}}}, "reset tells by its time whether an account exists"),
        ({"burst": FOUND["burst"] | {"hashes": 6}}, "a burst ran 6 hashes, 5 are allowed"),
        ({"hash": FOUND["hash"] | {"ms": 0.4}}, "a hash costs 0.4 ms only"),
    ],
)
def test_what_is_not_as_agreed_fails_the_gate(part: dict[str, Any], told: str) -> None:
    assert shortfalls(FOUND | part) == [told]
