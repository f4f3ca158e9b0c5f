"""What masking did, in numbers: for Prometheus at once, for each tenant's page added up in batches beside the path of messages.

Danger: a number that says too much. Rule: labels name detectors, never tenants, rules or texts; a tenant's counts stand in its own table, by rule
and day. Proof: tests/chat/live/test_figures.py.
"""

from __future__ import annotations

import asyncio
from collections import Counter, defaultdict
from collections.abc import Callable, Iterable
from datetime import UTC, date, datetime
from typing import Final

from prometheus_client import Counter as Metric

from chat.live import stages
from chat.live.work import in_scope
from chat.live.writer import Posted, Stored
from security.masking import MaskedText
from security.masking.marks import BROWSER, unfound
from security.masking.render import BULLET
from security.sockets.consumer import log_failure
from tenants.services.masking.counts import RULE_LENGTH, UNDONE, Hit, add_counts

HITS: Final = Metric("chatplatform_masking_hits", "Places that were masked in stored messages", ["detector"])
WITHHELD: Final = Metric("chatplatform_masking_withheld", "Texts that could not be masked and were withheld: an alarm")
HELD: Final = Metric("chatplatform_masking_held", "Messages that were held back as part of a number")
RELEASED: Final = Metric("chatplatform_masking_released", "Held messages that were released as typed")

WRITE_EVERY: Final = 5.0
_WITHHELD, _HELD, _RELEASED = "withheld", "held", "released"
_SPLIT: Final = "split"


def _today() -> date:
    return datetime.now(UTC).date()


class Figures:
    """Counts of this process that are not written yet."""

    def __init__(self, today: Callable[[], date] = _today) -> None:
        self._today = today
        self._hits: dict[int, Counter[Hit]] = defaultdict(Counter)
        self._withheld: Counter[int] = Counter()

    def looked_at(self, text: MaskedText, seconds: float, tenant_id: int | None) -> None:
        """One text went through the engine."""
        stages.MASK.observe(seconds)
        if text.is_withheld:
            WITHHELD.inc()
            if tenant_id is not None:
                self._withheld[tenant_id] += 1

    def stored(self, stored: Stored) -> None:
        """A message, or its new text, is durable."""
        if isinstance(stored, Posted):
            text = stored.message.text
        else:
            text = stored.text
            if stored.reason == _RELEASED:
                RELEASED.inc()
                return
        if text.findings or BULLET in text:
            self.hidden(stored.tenant_id, text)

    def hidden(self, tenant_id: int, text: MaskedText) -> None:
        """Count what was masked in a message that is stored."""
        day, hits = self._today(), self._hits[tenant_id]
        for finding in text.findings:
            if finding.kind == _HELD:
                HELD.inc()
            elif finding.kind == _WITHHELD:
                if finding.rule == _SPLIT:  # the engine's own were counted when they were looked at
                    WITHHELD.inc()
                    self._withheld[tenant_id] += 1
            else:
                HITS.labels(finding.kind).inc()
                hits[day, finding.rule[:RULE_LENGTH], finding.kind] += 1
        for kind, count in unfound(text).items():
            HITS.labels(kind).inc(count)
            hits[day, BROWSER, kind] += count

    def taken_back(self, tenant_id: int, packs: Iterable[str]) -> None:
        """Count a message whose author said that these packs are wrong in it, where his word counts."""
        day = self._today()
        self._hits[tenant_id].update((day, pack, UNDONE) for pack in packs)

    async def run(self) -> None:
        """Write until cancelled."""
        while True:
            await asyncio.sleep(WRITE_EVERY)
            await self.write()

    async def write(self) -> None:
        """Add to the tenants' tables what was counted; what could not be written is kept for the next time."""
        hits, self._hits = self._hits, defaultdict(Counter)
        withheld, self._withheld = self._withheld, Counter()
        for tenant_id in hits.keys() | withheld.keys():
            try:
                await in_scope(tenant_id, add_counts, hits=hits[tenant_id], withheld=withheld[tenant_id])
            except Exception as error:  # noqa: BLE001 - figures stop no message
                log_failure("counting", error)
                self._hits[tenant_id] += hits[tenant_id]
                self._withheld[tenant_id] += withheld[tenant_id]
