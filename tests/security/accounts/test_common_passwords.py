"""The list of common passwords is there, whole, and found in any case."""

from __future__ import annotations

from pathlib import Path

import pytest

from security.accounts import common_passwords


@pytest.mark.parametrize(
    "password", ["password1", "PASSWORD1", "12345678", "iloveyou", "qwertyuiop", "1q2w3e4r5t6y7u8i"]
)
def test_a_common_one_is_known(password: str) -> None:
    assert common_passwords.is_common(password)


@pytest.mark.parametrize("password", ["", "quiet-lantern-orbit-marble", "password1 ", "\x00" * 8])
def test_an_unusual_one_is_not(password: str) -> None:
    assert not common_passwords.is_common(password)


def test_it_holds_more_than_a_hundred_thousand_in_order() -> None:
    digests = common_passwords._list()
    assert len(digests) == 474_743
    assert all(digests[place] < digests[place + 1] for place in range(0, len(digests) - 1, 997))


def test_a_list_that_is_cut_short_is_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    short = tmp_path / "short.bin"
    short.write_bytes(common_passwords.list_of(["password1"], least_length=8))
    monkeypatch.setattr(common_passwords, "_FILE", short)
    common_passwords._list.cache_clear()
    try:
        with pytest.raises(ValueError, match="not whole"):
            common_passwords.is_common("password1")
    finally:
        common_passwords._list.cache_clear()


def test_what_is_too_short_for_any_rule_is_left_out() -> None:
    assert common_passwords.list_of(
        ["short", "Long enough", "long enough"], least_length=8
    ) == common_passwords._digest("LONG ENOUGH")
