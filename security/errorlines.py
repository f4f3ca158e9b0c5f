"""An error as lines that say where it arose and what kind it is, never what it says.

Danger: the words of an error hold the value that it is about – `invalid input syntax for type uuid: "…"`, a duplicate key's value, the
document that a parser could not read – and patterns find only what they know. Rule: class, SQLSTATE or errno, files, lines
and functions; words only of errors whose sentences are written here. Proof: tests/security/test_logs.py.
"""

from __future__ import annotations

import re
import traceback
from collections.abc import Iterator
from typing import Final

from django.core.exceptions import ImproperlyConfigured

OWN_WORDS: Final = (ImproperlyConfigured,)
"""Raised for settings and code, before anybody could type anything."""
_LONGEST_CHAIN: Final = 20
_SQLSTATE: Final = re.compile(r"[0-9A-Z]{5}")


def chain_of(error: BaseException | None) -> Iterator[BaseException]:
    """The error, then what it came from; with the members of groups."""
    waiting, seen = [error], set[int]()
    while waiting and len(seen) < _LONGEST_CHAIN:
        current = waiting.pop(0)
        if current is None or id(current) in seen:
            continue
        seen.add(id(current))
        yield current
        if isinstance(current, BaseExceptionGroup):
            waiting.extend(current.exceptions)
        waiting.append(current.__cause__ or (None if current.__suppress_context__ else current.__context__))


def name_of(error: BaseException) -> str:
    """Its class, with what the database or the system numbers it by."""
    kind = type(error)
    name = kind.__qualname__ if kind.__module__ == "builtins" else f"{kind.__module__}.{kind.__qualname__}"
    if isinstance(error, OWN_WORDS):
        return f"{name}: {error}"
    state = getattr(error, "sqlstate", None)
    if isinstance(state, str) and _SQLSTATE.fullmatch(state):
        return f"{name} [{state}]"
    if isinstance(error, OSError) and isinstance(error.errno, int):
        return f"{name} [errno {error.errno}]"
    return name


def trace_of(error: BaseException) -> str:
    """Tracebacks of the whole chain, the first cause first, each ending in the error's name."""
    parts = []
    for each in reversed(list(chain_of(error))):
        frames = "".join(traceback.format_tb(each.__traceback__))
        parts.append(f"Traceback (most recent call last):\n{frames}{name_of(each)}" if frames else name_of(each))
    return "\nand then\n".join(parts)
