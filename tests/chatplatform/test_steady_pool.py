"""After an outage the database is used again at once, however long it was away."""

from __future__ import annotations

import logging
import threading
from collections.abc import Iterator
from pathlib import Path

import pytest
from psycopg_pool import ConnectionPool

from chatplatform.bench.chat.stage import Stage

TRIES = 8
"""With pauses that double, the eighth try would come after two minutes."""
WITHIN = 30.0


class Refusals(logging.Handler):
    """Counts what the pool says of attempts that failed."""

    def __init__(self) -> None:
        super().__init__()
        self.many = threading.Event()
        self.count = 0

    def emit(self, record: logging.LogRecord) -> None:
        self.count += "error connecting" in record.getMessage()
        if self.count >= TRIES:
            self.many.set()


@pytest.fixture
def refusals() -> Iterator[Refusals]:
    handler, logger = Refusals(), logging.getLogger("psycopg.pool")
    logger.addHandler(handler)
    yield handler
    logger.removeHandler(handler)


@pytest.fixture
def stage(tmp_path: Path) -> Iterator[Stage]:
    with Stage(tmp_path) as stage:
        yield stage


def test_it_is_tried_steadily_while_it_is_away_and_used_when_it_is_back(stage: Stage, refusals: Refusals) -> None:
    with ConnectionPool(stage.urls().app, min_size=1, max_size=2, timeout=5) as pool:
        with pool.connection() as connection:
            connection.execute("SELECT 1")
        stage.postgres.stop()
        pool.check()  # finds that its connection is gone, and wants another
        assert refusals.many.wait(WITHIN)
        stage.postgres.start()
        with pool.connection(timeout=2.0) as connection:
            assert connection.execute("SELECT 1").fetchone() == (1,)
