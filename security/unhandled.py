"""What nobody caught, and warnings: through the log like everything else, so masked, and named instead of quoted.

Danger: Python writes an error that ends a thread or a process to stderr with its words, warnings with the value they are
about, and a log record that cannot be written with its arguments. Rule: each of these ways leads to the log. Proof:
tests/security/test_unhandled.py.
"""

from __future__ import annotations

import logging
import sys
import threading
import warnings
from pathlib import PurePath
from types import TracebackType
from typing import Any

logger = logging.getLogger(__name__)


def install() -> None:
    """For every process, once its log is configured."""
    logging.raiseExceptions = False  # it would print the record's arguments
    sys.excepthook = _ended_process
    threading.excepthook = _ended_thread
    sys.unraisablehook = _could_not_raise
    warnings.showwarning = _warned


def _ended_process(kind: type[BaseException], error: BaseException, trace: TracebackType | None) -> None:
    if issubclass(kind, KeyboardInterrupt):
        sys.stderr.write("Interrupted.\n")
        return
    logger.critical("Ended by an error", exc_info=(kind, error, trace))


def _ended_thread(ended: threading.ExceptHookArgs) -> None:
    if ended.exc_value is not None and not issubclass(ended.exc_type, SystemExit):
        logger.error("A thread ended by an error", exc_info=(ended.exc_type, ended.exc_value, ended.exc_traceback))


def _could_not_raise(found: Any) -> None:
    if found.exc_value is not None:
        logger.error(
            "An error could not be raised", exc_info=(type(found.exc_value), found.exc_value, found.exc_traceback)
        )


def _warned(
    message: Warning | str,  # noqa: ARG001 - it may quote a value
    category: type[Warning],
    filename: str,
    lineno: int,
    file: object = None,  # noqa: ARG001 - warnings' interface
    line: str | None = None,  # noqa: ARG001
) -> None:
    logger.warning("%s at %s, line %s", category.__name__, "/".join(PurePath(filename).parts[-3:]), lineno)
