"""A log line holds no secret, and one record never reads as two."""

import json
import logging
import re
import sys

import pytest
from hypothesis import given
from hypothesis import strategies as st

from security.context import acting
from security.logs import CONTINUED, MAX_CHARACTERS, WITHHELD, MaskingFormatter

CARD = "4242 4242 4242 4242"
BEGINS = re.compile(r"\d{4}-\d{2}-\d{2}T\d{2}:\d{2}:\d{2}\.\d{3}Z ")


def record(message: str, *args: object, error: BaseException | None = None) -> logging.LogRecord:
    info = (type(error), error, error.__traceback__) if error else None
    return logging.LogRecord("chat.live", logging.WARNING, __file__, 1, message, args, info)


def fail(error: Exception) -> None:
    raise error


def raised(error: Exception) -> Exception:
    """The error with a traceback, as an except block sees it."""
    with pytest.raises(type(error)) as caught:
        fail(error)
    return caught.value


@pytest.mark.parametrize("formatter", [MaskingFormatter(), MaskingFormatter(json_lines=True)])
def test_message_arguments_and_traceback_are_masked(formatter: MaskingFormatter) -> None:
    line = formatter.format(record("%s said", CARD, error=raised(ValueError(f"bad value {CARD}"))))
    assert "4242 4242" not in line
    assert "ValueError" in line
    assert "test_logs.py" in line


def test_a_chained_error_is_masked_too() -> None:
    try:
        try:
            fail(KeyError(CARD))
        except KeyError as inner:
            raise RuntimeError("outer 123-45-6789") from inner
    except RuntimeError:
        line = MaskingFormatter().format(
            logging.LogRecord("x", logging.ERROR, __file__, 1, "failed", (), sys.exc_info())
        )
    assert "4242 4242" not in line
    assert "123-45" not in line
    assert "KeyError" in line


def test_the_raw_traceback_is_not_left_on_the_record_for_the_next_handler() -> None:
    one = record("failed", error=raised(ValueError(CARD)))
    MaskingFormatter().format(one)
    assert one.exc_text is None


@given(st.text(max_size=200), st.text(max_size=200))
def test_no_text_begins_a_second_record(message: str, in_error: str) -> None:
    line = MaskingFormatter().format(record("%s", message, error=raised(ValueError(in_error))))
    first, *rest = line.split("\n")
    assert BEGINS.match(first)
    assert all(part.startswith(CONTINUED[1:]) for part in rest)
    assert len(line.splitlines()) == len(line.split("\n"))
    assert not re.search("[\x00-\x09\x0b-\x1f\x7f-\x9f\u2028\u2029\u202a-\u202e]", line)


def test_a_forged_line_stays_inside_its_own() -> None:
    line = MaskingFormatter().format(record("hello\n2026-11-22T11:00:00.000Z INFO audit [-] Olga signed in\x1b[2J"))
    assert "\n" not in line
    assert r"hello\n2026" in line
    assert r"\u001b[2J" in line


@given(st.text(max_size=200))
def test_json_lines_are_one_object_each(message: str) -> None:
    line = MaskingFormatter(json_lines=True).format(record("%s", message))
    assert len(line.splitlines()) == 1
    assert set(json.loads(line)) == {"time", "level", "logger", "request_id", "message"}


def test_the_request_is_named() -> None:
    with acting(request_id="req-1"):
        assert " WARNING chat.live [req-1] hello" in MaskingFormatter().format(record("hello"))


def test_the_conversation_is_named_in_json() -> None:
    with acting(request_id="req-1", conversation="9c5b94b1-35ad-49bb-b118-8e8fc24abf80"):
        line = json.loads(MaskingFormatter(json_lines=True).format(record("hello")))
    assert line["conversation"] == "9c5b94b1-35ad-49bb-b118-8e8fc24abf80"


def test_wrong_arguments_do_not_raise_and_show_nothing() -> None:
    line = MaskingFormatter().format(record("%d", CARD))
    assert "wrong arguments" in line
    assert "4242" not in line


def test_a_cut_does_not_lay_a_number_open() -> None:
    for shift in range(25):
        line = MaskingFormatter().format(record("x" * (MAX_CHARACTERS - shift) + " " + CARD + " tail" * 100))
        assert "4242 4242" not in line
        assert line.endswith("[cut]")


class Broken(str):
    """A text that fails when it is looked at."""

    def __str__(self) -> str:
        return self

    def __getitem__(self, key: object) -> str:
        raise RuntimeError(CARD)


def test_what_cannot_be_masked_is_not_written() -> None:
    line = MaskingFormatter().format(record(Broken(CARD)))
    assert line.endswith(WITHHELD)
    assert "4242" not in line


WORDS = "the private words of somebody"


class DatabaseSaid(Exception):
    """As psycopg raises: its words quote the row."""

    sqlstate = "23505"


@pytest.mark.parametrize("formatter", [MaskingFormatter(), MaskingFormatter(json_lines=True)])
def test_an_error_is_named_and_never_quoted(formatter: MaskingFormatter) -> None:
    error = raised(DatabaseSaid(f"Key (name)=({WORDS}) already exists."))
    for line in (
        formatter.format(record("could not be stored", error=error)),
        formatter.format(record("could not be stored: %s", error, error=error)),
        formatter.format(record("could not be stored: %r", error)),
        formatter.format(record(f"future: <Task exception={error!r}>", error=error)),
    ):
        assert WORDS not in line
        assert "DatabaseSaid [23505]" in line
        assert "could not be stored" in line or "future: <Task exception=" in line


def test_neither_is_what_it_came_from_nor_one_of_a_group() -> None:
    inner = raised(ExceptionGroup("several", [raised(ValueError(WORDS)), raised(OSError(2, WORDS))]))
    outer = raised(RuntimeError("outer"))
    outer.__cause__ = inner
    line = MaskingFormatter().format(record("failed", error=outer))
    assert WORDS not in line
    for name in ("RuntimeError", "ExceptionGroup", "ValueError", "FileNotFoundError [errno 2]"):
        assert name in line


def test_what_a_task_raised_is_not_in_celerys_line() -> None:
    error = raised(KeyError(WORDS))
    line = logging.LogRecord(
        "celery.app.trace",
        logging.ERROR,
        __file__,
        1,
        "Task %(name)s[%(id)s] raised unexpected: %(exc)s\n%(traceback)s",
        ({"name": "chat.sweep", "id": "7", "exc": repr(error)[:30] + "…", "traceback": f"KeyError: {WORDS}"},),
        (KeyError, error, error.__traceback__),
    )
    text = MaskingFormatter().format(line)
    assert "private" not in text
    assert "Task chat.sweep[7] raised unexpected: KeyError" in text


def test_a_text_that_was_formatted_elsewhere_is_not_believed() -> None:
    line = record("failed")
    line.exc_text = f"ValueError: {WORDS}"
    assert WORDS not in MaskingFormatter().format(line)
