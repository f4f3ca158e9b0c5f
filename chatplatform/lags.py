"""How far behind what is done by the clock is, asked of the database whenever Prometheus asks.

Danger: a job that has stopped says nothing of it. Rule: each number grows by itself while nobody does the work, and is left out where the database
does not answer; it is the worst of all organisations, and names none. Proof: tests/chatplatform/test_lags.py.
"""

from __future__ import annotations

import logging
from collections.abc import Iterator
from typing import Final

from django.db import DEFAULT_DB_ALIAS, DatabaseError, connections
from prometheus_client import CollectorRegistry
from prometheus_client.core import GaugeMetricFamily
from prometheus_client.registry import Collector

logger = logging.getLogger(__name__)

_LAGS: Final = {
    "chatplatform_audit_lag_seconds": "Age of the oldest event of the audit trail that no checkpoint has signed",
    "chatplatform_retention_lag_seconds": "By how much the day's retention of an organisation is late, 26 hours after the one before",
}


class Lags(Collector):
    """One look at the database for each time that it is asked."""

    def describe(self) -> Iterator[GaugeMetricFamily]:
        """Their names, without the database."""
        for name, about in _LAGS.items():
            yield GaugeMetricFamily(name, about)

    def collect(self) -> Iterator[GaugeMetricFamily]:
        """Their values."""
        try:
            with connections[DEFAULT_DB_ALIAS].cursor() as cursor:
                cursor.execute("SELECT audit, retention FROM lags()")
                found = cursor.fetchone()
        except DatabaseError as error:
            logger.warning("The database could not be asked what is late: %s", type(error).__name__)
            return
        for (name, about), value in zip(_LAGS.items(), found, strict=True):
            yield GaugeMetricFamily(name, about, value=value)


REGISTRY: Final = CollectorRegistry()
"""Beside the processes' own numbers, since this one is the same for all of them."""
REGISTRY.register(Lags())
