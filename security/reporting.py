"""Django's page for developers, without values: it names the error and the lines that led to it.

Danger: Django's own shows every variable on the way, the request's data and the settings, to whoever met the error. Rule: as in the log, an error is
named and never quoted; no variables, no request. Proof: tests/security/test_reporting.py.
"""

from __future__ import annotations

from typing import Any

from django.utils.html import escape, format_html
from django.views.debug import ExceptionReporter

from security.errorlines import trace_of

_PAGE = "<!doctype html><html lang=en><meta charset=utf-8><title>Error</title><pre>{}</pre>\n"


class NamingReporter(ExceptionReporter):
    """For settings.DEFAULT_EXCEPTION_REPORTER."""

    def get_traceback_html(self) -> Any:
        return format_html(_PAGE, self._named())

    def get_traceback_text(self) -> Any:
        """Plain text, which Django sends as such."""
        return escape(self._named())

    def _named(self) -> str:
        return "" if self.exc_value is None else trace_of(self.exc_value)
