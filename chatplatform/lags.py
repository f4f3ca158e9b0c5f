"""How far behind what is done by the clock is, asked of the database when Prometheus asks and the last answer is old.

Danger: a job that has stopped says nothing of it; and a database that hangs would keep Prometheus from all other numbers too. Rule: each number grows
by itself while nobody does the work, and is left out where the database does not answer within a second; it is the worst of all organisations, and
names none. Proof: tests/chatplatform/test_lags.py.
"""

from __future__ import annotations

import logging
import time
from collections.abc import Callable, Iterator, Sequence
from threading import Lock, Thread
from typing import Final

from django.db import DEFAULT_DB_ALIAS, DatabaseError, connections, transaction
from prometheus_client import CollectorRegistry
from prometheus_client.core import GaugeMetricFamily
from prometheus_client.registry import Collector

from security.audit.lateness import told_lateness

logger = logging.getLogger(__name__)

_LAGS: Final = {
    "chatplatform_audit_lag_seconds": "Age of the oldest event of the audit trail that no checkpoint has signed",
    "chatplatform_retention_lag_seconds": "By how much the day's retention of an organisation is late, 26 hours after the one before",
}
_GOOD_FOR: Final = 10
"""Seconds: less than between two scrapes, so that several who ask cost the database one look."""
_PATIENCE: Final = 1
_LONGEST: Final = "5s"


def read() -> Sequence[float] | None:
    """What the database says, and the worker of what it has signed, in the order of the names; None where it does not."""
    try:
        with transaction.atomic(), connections[DEFAULT_DB_ALIAS].cursor() as cursor:
            cursor.execute("SELECT set_config('statement_timeout', %s, true)", [_LONGEST])
            cursor.execute("SELECT audit, retention FROM lags()")
            audit, retention = cursor.fetchone()
    except DatabaseError as error:
        logger.warning("The database could not be asked what is late: %s", type(error).__name__)
        return None
    return max(audit, told_lateness()), retention


class Lags(Collector):
    """The numbers as `read` gave them last, a few seconds ago at most. It is called in a thread of its own, since nobody can end a call that hangs."""

    def __init__(self, source: Callable[[], Sequence[float] | None] = read) -> None:
        self._source = source
        self._lock = Lock()
        self._asking: Thread | None = None
        self._found: Sequence[float] | None = None
        self._old_at = 0.0

    def describe(self) -> Iterator[GaugeMetricFamily]:
        """Their names, without the database."""
        for name, about in _LAGS.items():
            yield GaugeMetricFamily(name, about)

    def collect(self) -> Iterator[GaugeMetricFamily]:
        """Their values; nothing where there are none within a second."""
        with self._lock:
            if self._asking is None and time.monotonic() >= self._old_at:
                self._asking = Thread(target=self._ask, daemon=True, name="lags")
                self._asking.start()
            asking = self._asking
        if asking is not None:
            asking.join(_PATIENCE)
        with self._lock:
            found = self._found if time.monotonic() < self._old_at else None
        if found is not None:
            for (name, about), value in zip(_LAGS.items(), found, strict=True):
                yield GaugeMetricFamily(name, about, value=value)

    def _ask(self) -> None:
        found = None
        try:
            found = self._source()
        finally:
            connections.close_all()  # this thread's own
            with self._lock:
                self._found, self._asking = found, None
                self._old_at = time.monotonic() + _GOOD_FOR


REGISTRY: Final = CollectorRegistry()
"""Beside the processes' own numbers, since this one is the same for all of them."""
REGISTRY.register(Lags())
