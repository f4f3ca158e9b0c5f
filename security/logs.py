"""Log lines that carry no secret and cannot be forged.

Danger: a traceback, a database error or a user's own text in a log line is read by people who may not read chats,
and a line break in it writes a second, false line. Rule: an error is named and never quoted, since those of databases and
parsers hold the values they choked on; the finished text – message, traceback, everything – is masked and its control
characters are written out, in the formatter, since a filter never sees the traceback. Proof: tests/security/test_logs.py.
"""

import json
import logging
import logging.config
import re
from collections.abc import Mapping
from datetime import UTC, datetime
from http import HTTPStatus
from typing import Any, Final

from security import unhandled
from security.context import current
from security.errorlines import chain_of, name_of, trace_of
from security.masking import mask_line

MAX_CHARACTERS: Final = 32_000
_MARGIN: Final = 200
_SHORTEST_QUOTE: Final = 4
WITHHELD: Final = "[log line withheld: masking error]"
CONTINUED: Final = "\n    | "
_CELERY: Final = "celery."
# C0 and C1 controls, line and paragraph separators, and marks that turn the direction of what follows.
_UNPRINTABLE: Final = re.compile("[\x00-\x1f\x7f-\x9f\u2028\u2029\u200e\u200f\u202a-\u202e\u2066-\u2069\ud800-\udfff]")
_NAMED: Final = {"\n": "\\n", "\r": "\\r", "\t": "\\t"}


def configure(config: dict[str, Any]) -> None:
    """For settings.LOGGING_CONFIG: every process that reads the settings writes its lines, and its ends, in this way."""
    logging.config.dictConfig(config)
    unhandled.install()


class MaskingFormatter(logging.Formatter):
    """One record, one line that begins with its time; a traceback follows in lines that begin with `    | `.

    As `"()": "security.logs.MaskingFormatter"`; `json_lines: true` writes one JSON object a line instead.
    """

    def __init__(self, *, json_lines: bool = False) -> None:
        super().__init__()
        self._json_lines = json_lines

    def format(self, record: logging.LogRecord) -> str:
        """Format, mask and escape `record`; never raises for what it holds."""
        message, trace = self._texts(record)
        if self._json_lines:
            return self._as_json(record, message, trace)
        context = current()
        head = f"{_time(record)} {record.levelname} {record.name} [{_escaped(context.request_id) or '-'}] "
        lines = [_escaped(line) for line in trace.splitlines()]
        return CONTINUED.join([head + _escaped(message), *lines])

    def _texts(self, record: logging.LogRecord) -> tuple[str, str]:
        error = record.exc_info[1] if record.exc_info else None
        try:
            message = _said(record)
        except Exception:  # noqa: BLE001 - wrong arguments for the format: the arguments may hold anything
            return "[log message with wrong arguments]", ""
        trace = "" if error is None else trace_of(error)
        if record.stack_info:
            trace = f"{trace}\n{record.stack_info}" if trace else record.stack_info
        return _masked(_unquoted(message, error)), _masked(trace)

    def _as_json(self, record: logging.LogRecord, message: str, trace: str) -> str:
        context = current()
        line: dict[str, Any] = {
            "time": _time(record),
            "level": record.levelname,
            "logger": record.name,
            "request_id": context.request_id,
            "message": message,
        }
        if context.conversation:
            line["conversation"] = context.conversation
        if trace:
            line["trace"] = trace
        return json.dumps(line, ensure_ascii=True)


class RouteFilter(logging.Filter):
    """Django's own lines about a request name its route, never its path, headers or body."""

    def filter(self, record: logging.LogRecord) -> bool:
        """Let every line through; what quotes the request does so no more."""
        request = getattr(record, "request", None)
        path = getattr(request, "path", None)
        if not isinstance(path, str) or request is None:
            return True
        match = getattr(request, "resolver_match", None)
        route = f"route {match.view_name if match is not None and match.view_name else 'none'}"
        if record.name.startswith("django.security"):
            # The words of these quote hosts, origins and whatever else was found suspicious.
            record.msg, record.args = "Refused as %s: %s", (record.name.rpartition(".")[2], route)
        elif isinstance(record.args, tuple):
            quoted = {path, path.encode("unicode_escape").decode("ascii")}
            status = _phrase(getattr(record, "status_code", None))
            record.args = tuple(route if value in quoted else status for value in record.args)
        return True


def _said(record: logging.LogRecord) -> str:
    """The message, in which errors are named, not quoted."""
    text = name_of(record.msg) if isinstance(record.msg, BaseException) else str(record.msg)
    if not record.args:
        return text
    if isinstance(record.args, Mapping):
        error = record.exc_info[1] if record.exc_info else None
        named = {name: _named(value) for name, value in record.args.items()}
        if record.name.startswith(_CELERY) and error is not None:
            named.update(exc=name_of(error), traceback="")  # the error's words, cut to a length
        return text % named
    return text % tuple(_named(value) for value in record.args)


def _named(value: object) -> object:
    return name_of(value) if isinstance(value, BaseException) else value


def _unquoted(message: str, error: BaseException | None) -> str:
    """Without the words of the error that a library has written into its message, such as asyncio with a task's repr."""
    for each in chain_of(error):
        for quoted in (repr(each), str(each)):
            if len(quoted) >= _SHORTEST_QUOTE:
                message = message.replace(quoted, name_of(each))
    return message


def _phrase(status: object) -> str:
    return HTTPStatus(status).phrase if isinstance(status, int) and status in set(HTTPStatus) else "Refused"


def _masked(text: str) -> str:
    if not text:
        return text
    try:
        # Masked before it is cut: half of a number is no number, and would stay.
        masked = mask_line(text[: MAX_CHARACTERS + _MARGIN])
    except Exception:  # noqa: BLE001 - what cannot be masked is not written
        return WITHHELD
    return masked if len(masked) <= MAX_CHARACTERS else masked[:MAX_CHARACTERS] + " [cut]"


def _escaped(text: str) -> str:
    return _UNPRINTABLE.sub(lambda match: _NAMED.get(match.group(), f"\\u{ord(match.group()):04x}"), text)


def _time(record: logging.LogRecord) -> str:
    return datetime.fromtimestamp(record.created, UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")
