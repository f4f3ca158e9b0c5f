"""How long the stages of a message take in this process, and what waits in it: numbers for Prometheus.

Danger: a number that says too much, and a measure that costs what it measures. Rule: labels are from fixed sets and name no organisation; what is
done for many messages at once is measured once, and what waits is looked at every five seconds. Proof: tests/chat/live/test_stages.py.
"""

from __future__ import annotations

from typing import Final

from prometheus_client import Gauge, Histogram

_STAGES: Final = Histogram(
    "chatplatform_stage_seconds",
    "Time of one stage of the message path",
    ["stage"],
    buckets=(5e-6, 2e-5, 5e-5, 1e-4, 2e-4, 5e-4, 1e-3, 2e-3, 5e-3, 1e-2, 2e-2, 5e-2, 0.1, 0.2, 0.5, 1, 5),
)
MASK: Final = _STAGES.labels("mask")
"""One text in the engine."""
WAIT: Final = _STAGES.labels("wait")
"""The order that a turn of the writer takes first, from its coming until then."""
READ: Final = _STAGES.labels("read")
"""What a turn reads and locks: one round trip, or two where numbers are joined."""
ENCRYPT: Final = _STAGES.labels("encrypt")
"""Deciding, numbering and sealing what a turn stores."""
COMMIT: Final = _STAGES.labels("commit")
"""A turn's rows with their COMMIT, one round trip."""
STORE: Final = _STAGES.labels("store")
"""One order from its coming until it is durable: what its sender waits for."""
PUBLISH: Final = _STAGES.labels("publish")
"""One batch of events to Valkey, sealed, sent and answered."""
DELIVER: Final = _STAGES.labels("deliver")
"""What a turn has committed, put into the queues of all sockets here."""
ALL: Final = ("mask", "wait", "read", "encrypt", "commit", "store", "publish", "deliver")

BATCH: Final = Histogram(
    "chatplatform_batch_orders", "Orders that one turn of the writer took", buckets=(1, 2, 5, 10, 20, 50, 100, 200, 500)
)
QUEUED: Final = Gauge(
    "chatplatform_queued", "What waits for its turn, by queue", ["queue"], multiprocess_mode="livesum"
)
SOCKETS: Final = Gauge("chatplatform_sockets", "Open sockets", multiprocess_mode="livesum")
REMEMBERED: Final = Gauge(
    "chatplatform_remembered", "Texts and tails kept for two minutes to join numbers", multiprocess_mode="livesum"
)
