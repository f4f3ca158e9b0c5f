"""Masking again what is stored, by the rules that are active now.

Danger: text that is destroyed by a fault, an old ciphertext that comes back, a client that goes on showing what was hidden. Rule: a conversation is
rewritten as a whole in one transaction under a new key, or left as it is and counted as failed; each changed message moves its `rev` and is told
as `revised`. Proof: tests/chat/test_remasking.py.

A visitor's name, fields and page are masked again under the key they have: his entries in the audit trail lie under it too. Tags are counted only:
they are shared, and whoever may change them renames them.
"""

from __future__ import annotations

import logging
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from time import monotonic
from typing import Any, Final, TypeVar

from chat.models import Conversation, JobKind, JobStatus, MaskingJob, Tag, Visitor
from chat.services.remasked_conversation import Stored, judged, stored
from chat.services.remasked_rewriting import STAYS, rewrite
from chat.services.remasked_visitor import remask_visitor
from chat.tally import Tally
from security.audit import Action, Extent, record
from security.crypto import keyring
from security.models import KeySubject
from tenants.policies import current_masking
from tenants.rules import Masking

Row = TypeVar("Row", Conversation, Visitor)

logger = logging.getLogger(__name__)

_CONVERSATIONS, _VISITORS = "conversations", "visitors"
_AT_ONCE: Final = 50
_MESSAGES_AT_ONCE: Final = 500
READ: Final = ("read_conversations", "read_messages")
"""Of what was looked at, changed or not: the extent that the trail tells."""
_COUNTS: Final = ("messages", "conversations", "visitors", "failed", "tags", *READ)


@dataclass(frozen=True, slots=True)
class _Step:
    """What one step works with; `until` is when its time is over, by the monotonic clock."""

    job: MaskingJob
    masking: Masking
    tally: Tally
    counts: dict[str, int]
    now: datetime
    until: float

    @property
    def is_over(self) -> bool:
        return monotonic() >= self.until

    @property
    def is_trial(self) -> bool:
        return self.job.kind == JobKind.REMASK_TRIAL.value

    def in_time(self, rows: Sequence[Row]) -> Iterator[Row]:
        """The job's place moves as each is taken; at least one is."""
        for row in rows:
            self.job.after = row.pk
            self.job.done += 1
            yield row
            if self.is_over:
                return


def step(job: MaskingJob, now: datetime, budget: float) -> None:
    """Mask more again until the time is over; see `masking_jobs`, which holds the row and stores it."""
    masking = current_masking()
    if masking.is_broken:
        job.status = JobStatus.FAILED.value
        return
    if masking.version != job.rules:  # newer rules were activated meanwhile: in the end everything is masked by them
        job.rules, job.stage, job.after, job.done = masking.version, "", 0, 0
        job.found = {**job.found, **dict.fromkeys(READ, 0)}  # what was read is read again
    tally, counts = Tally.of(job.found), {name: int(job.found.get(name, 0)) for name in _COUNTS}
    work = _Step(job, masking, tally, counts, now, monotonic() + budget)
    for _ in _batches(work):
        if work.is_over:
            break
    else:
        _finish(job, masking, counts)
    job.found = {**tally.plain(), **counts}


def _batches(work: _Step) -> Iterator[None]:
    """Each as it is done, conversations before visitors; one ends with the time, and what is left of it is read again."""
    job = work.job
    if job.stage in {"", _CONVERSATIONS}:
        job.stage = _CONVERSATIONS
        while batch := _batch(job):
            _remask_conversations(batch, work)
            yield
        job.stage, job.after = _VISITORS, 0
    while visitors := _next(job, Visitor):
        _remask_visitors(visitors, work)
        yield


def _remask_conversations(batch: Sequence[Conversation], work: _Step) -> None:
    """Read together, judged one by one, and rewritten together where something was found. Nothing is locked or written where nothing is."""
    counts = work.counts
    found, changed = stored(batch), {}
    for conversation in work.in_time(batch):
        counts["read_conversations"] += 1
        if isinstance(rows := found[conversation.pk], Stored):
            counts["read_messages"] += len(rows.rows)
        try:
            reading = judged(conversation, rows, work.masking, work.tally)
        except STAYS as error:
            _fail(error, conversation, counts)
            continue
        if reading.changes:
            changed[conversation.pk] = reading
    changes = [reading.changes for reading in changed.values()]
    if changed and not work.is_trial:
        changes = rewrite(changed, work.masking, now=work.now, fail=lambda error, row: _fail(error, row, counts))
    counts["messages"] += sum(changes)
    counts["conversations"] += len(changes)


def _remask_visitors(visitors: Sequence[Visitor], work: _Step) -> None:
    keys = keyring.existing_keys(KeySubject.VISITOR, [visitor.public_id for visitor in visitors])
    for visitor in work.in_time(visitors):
        key = keys.get(visitor.public_id)
        try:
            is_changed = remask_visitor(visitor, work.masking, work.tally, key=key, is_trial=work.is_trial)
        except STAYS as error:
            _fail(error, visitor, work.counts)
        else:
            work.counts["visitors"] += is_changed


def _fail(error: Exception, row: Conversation | Visitor, counts: dict[str, int]) -> None:
    """Left as it was. The type alone is logged: an error's words may quote the text."""
    logger.error("Not masked again: %s; %s %s", type(error).__name__, row._meta.model_name, row.public_id)
    counts["failed"] += 1


def _batch(job: MaskingJob) -> list[Conversation]:
    """Conversations that are read at once: so many that their messages fill little memory, and one at least."""
    batch: list[Conversation] = []
    messages = 0
    for row in _next(job, Conversation):
        messages += row.last_seq
        if batch and messages > _MESSAGES_AT_ONCE:
            break
        batch.append(row)
    return batch


def _next(job: MaskingJob, model: Any) -> list[Any]:
    """Rows in the order of their keys, those that come meanwhile too."""
    return list(model.objects.filter(pk__gt=job.after).order_by("pk")[:_AT_ONCE])


def _finish(job: MaskingJob, masking: Masking, counts: dict[str, int]) -> None:
    names = Tag.objects.values_list("name", flat=True)
    counts["tags"] = sum(bool(masking.masked(name, is_agents=True).findings) for name in names)
    job.status, job.total = JobStatus.DONE.value, job.done
    is_trial = job.kind == JobKind.REMASK_TRIAL.value
    record(
        Action.MASKING_REMASK_TRIED if is_trial else Action.MASKING_REMASKED,
        on=job,
        extent=Extent(conversations=counts["read_conversations"], messages=counts["read_messages"]),
        version=masking.version,
        changed=counts["messages"],
        visitors=counts["visitors"],
        failed=counts["failed"],
    )
