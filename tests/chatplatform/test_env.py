"""Settings are read in one place, and what is wrong is said in one sentence without the value."""

from pathlib import Path

import pytest
from django.core.exceptions import ImproperlyConfigured

from chatplatform.env import Environment


def test_a_secret_may_lie_in_a_file(tmp_path: Path) -> None:
    (tmp_path / "key").write_text("from the file\n")
    assert Environment({"KEY_FILE": str(tmp_path / "key")}).secret("KEY") == "from the file"
    assert Environment({"KEY": " plain "}).secret("KEY") == "plain"
    assert Environment({}).secret("KEY") == ""


def test_a_secret_given_twice_is_refused(tmp_path: Path) -> None:
    with pytest.raises(ImproperlyConfigured, match="either KEY or KEY_FILE"):
        Environment({"KEY": "a", "KEY_FILE": str(tmp_path)}).secret("KEY")


def test_a_file_that_cannot_be_read_is_named_by_its_variable(tmp_path: Path) -> None:
    with pytest.raises(ImproperlyConfigured, match=r"^KEY_FILE names a file that cannot be read: No such file"):
        Environment({"KEY_FILE": str(tmp_path / "missing")}).secret("KEY")
    (tmp_path / "binary").write_bytes(b"\xff\xfe\x00")
    with pytest.raises(ImproperlyConfigured, match="KEY_FILE .* not UTF-8"):
        Environment({"KEY_FILE": str(tmp_path / "binary")}).secret("KEY")


@pytest.mark.parametrize(("text", "fact"), [("1", True), ("Yes", True), ("off", False), ("", False), ("0", False)])
def test_booleans(text: str, fact: bool) -> None:
    assert Environment({"FLAG": text}).boolean("FLAG", default=not fact) is fact


@pytest.mark.parametrize("text", ["2", "ja", "True!", "\uff11"])
def test_what_is_no_boolean_is_refused(text: str) -> None:
    with pytest.raises(ImproperlyConfigured, match=r"^FLAG must be 1 or 0\.$"):
        Environment({"FLAG": text}).boolean("FLAG")


@pytest.mark.parametrize("text", ["0", "65536", "-1", "8e3", "\u0661\u0662", "8000x"])
def test_numbers_out_of_bounds_are_refused(text: str) -> None:
    with pytest.raises(ImproperlyConfigured, match="^PORT must be a whole number from 1 to 65535"):
        Environment({"PORT": text}).integer("PORT", 8000, least=1, most=65535)


def test_words_drop_what_is_empty() -> None:
    assert Environment({"HOSTS": " a, ,b ,"}).words("HOSTS") == ["a", "b"]
    assert Environment({"HOSTS": " , "}).words("HOSTS", ("c",)) == ["c"]
