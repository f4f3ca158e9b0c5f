"""How the database's connection pool comes back after an outage: by trying steadily.

psycopg's pool tries again after 1, 2, 4 … seconds, and while one attempt to grow waits for its turn nobody else's is made: after some seconds
without a database every request and every socket of the process waits for half a minute longer than it has to. Proof:
tests/chatplatform/test_steady_pool.py; seen by `bench chaos`.
"""

from typing import Final

from psycopg_pool.base import AttemptWithBackoff

TRY_EVERY: Final = 0.5
"""Seconds. A refused connection costs next to nothing, and there are at most as many attempts as the pool has connections."""
CONNECT_WITHIN: Final = 5
"""Seconds, for libpq: a host that does not answer at all would take its time-out of minutes."""


def try_steadily() -> None:
    """For every pool of this process, from now on."""
    AttemptWithBackoff.INITIAL_DELAY = TRY_EVERY
    AttemptWithBackoff.DELAY_BACKOFF = 1.0
