"""Log lines that carry no secret and cannot be forged.

Danger: a traceback, a database error or a user's own text in a log line is read by people who may not read chats,
and a line break in it writes a second, false line. Rule: the finished text – message, traceback, everything – is
masked and its control characters are written out, in the formatter, since a filter never sees the traceback.
Proof: tests/security/test_logs.py.
"""

import json
import logging
import re
from datetime import UTC, datetime
from typing import Any, Final

from security.context import current
from security.masking import mask_line

MAX_CHARACTERS: Final = 32_000
_MARGIN: Final = 200
WITHHELD: Final = "[log line withheld: masking error]"
CONTINUED: Final = "\n    | "
# C0 and C1 controls, line and paragraph separators, and marks that turn the direction of what follows.
_UNPRINTABLE: Final = re.compile("[\x00-\x1f\x7f-\x9f\u2028\u2029\u200e\u200f\u202a-\u202e\u2066-\u2069\ud800-\udfff]")
_NAMED: Final = {"\n": "\\n", "\r": "\\r", "\t": "\\t"}


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
        try:
            message = record.getMessage()
        except Exception:  # noqa: BLE001 - wrong arguments for the format: the arguments may hold anything
            return "[log message with wrong arguments]", ""
        trace = self.formatException(record.exc_info) if record.exc_info else record.exc_text or ""
        if record.stack_info:
            trace = f"{trace}\n{record.stack_info}" if trace else record.stack_info
        return _masked(message), _masked(trace)

    def _as_json(self, record: logging.LogRecord, message: str, trace: str) -> str:
        context = current()
        line: dict[str, Any] = {
            "time": _time(record),
            "level": record.levelname,
            "logger": record.name,
            "request_id": context.request_id,
            "message": message,
        }
        if trace:
            line["trace"] = trace
        return json.dumps(line, ensure_ascii=True)


class RouteFilter(logging.Filter):
    """Django's own lines about a request name its route instead of its path, which holds keys, tokens and what people searched for."""

    def filter(self, record: logging.LogRecord) -> bool:
        """Let every line through; what quotes the path does so no more."""
        request = getattr(record, "request", None)
        path = getattr(request, "path", None)
        if isinstance(path, str) and isinstance(record.args, tuple):
            match = request.resolver_match if request is not None else None
            route = match.view_name if match is not None and match.view_name else "none"
            quoted = {path, path.encode("unicode_escape").decode("ascii")}
            record.args = tuple(f"route {route}" if value in quoted else value for value in record.args)
        return True


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
