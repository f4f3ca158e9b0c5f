"""Masking again what is stored, by the rules that are active now.

Danger: text that is destroyed by a fault, an old ciphertext that comes back, a client that goes on showing what was hidden. Rule: a conversation is
rewritten as a whole in one transaction under a new key, or left as it is and counted as failed; each changed message moves its `rev` and is told
as `revised`. Proof: tests/chat/test_remasking.py.

A visitor's name, fields and page are masked again under the key they have: his entries in the audit trail lie under it too. Tags are counted only:
they are shared, and whoever may change them renames them.
"""

from __future__ import annotations

import logging
from collections.abc import Iterator
from datetime import datetime
from time import monotonic
from typing import Any, Final

from chat.models import Conversation, JobKind, JobStatus, MaskingJob, Message, Tag, Visitor
from chat.services.remasked_conversation import Unmaskable, remask_conversation
from chat.services.remasked_visitor import remask_visitor
from chat.tally import Tally
from security.audit import Action, Extent, record
from security.crypto.envelope import Undecryptable
from security.masking import TooLong
from tenants.policies import current_masking
from tenants.rules import Masking

logger = logging.getLogger(__name__)

_CONVERSATIONS, _VISITORS = "conversations", "visitors"
_AT_ONCE: Final = 50
READ: Final = ("read_conversations", "read_messages")
"""Of what was looked at, changed or not: the extent that the trail tells."""
_COUNTS: Final = ("messages", "conversations", "visitors", "failed", "tags", *READ)


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
    until = monotonic() + budget
    for _ in _work(job, masking, tally, counts, now):
        if monotonic() >= until:
            break
    else:
        _finish(job, masking, counts)
    job.found = {**tally.plain(), **counts}


def _work(job: MaskingJob, masking: Masking, tally: Tally, counts: dict[str, int], now: datetime) -> Iterator[None]:
    """Each item as it is done, conversations before visitors."""
    is_trial = job.kind == JobKind.REMASK_TRIAL.value
    if job.stage in {"", _CONVERSATIONS}:
        job.stage = _CONVERSATIONS
        for conversation in _after(job, Conversation):
            counts["read_conversations"] += 1
            counts["read_messages"] += Message.objects.filter(conversation=conversation, body__isnull=False).count()
            try:
                changed = remask_conversation(conversation, masking, tally, is_trial=is_trial, now=now)
                counts["messages"] += changed
                counts["conversations"] += changed > 0
            except (Unmaskable, Undecryptable, TooLong) as error:
                _fail(error, conversation, counts)
            yield
        job.stage, job.after = _VISITORS, 0
    for visitor in _after(job, Visitor):
        try:
            counts["visitors"] += remask_visitor(visitor, masking, tally, is_trial=is_trial)
        except (Unmaskable, Undecryptable, TooLong) as error:
            _fail(error, visitor, counts)
        yield


def _fail(error: Exception, row: Conversation | Visitor, counts: dict[str, int]) -> None:
    """Left as it was. The type alone is logged: an error's words may quote the text."""
    logger.error("Not masked again: %s; %s %s", type(error).__name__, row._meta.model_name, row.public_id)
    counts["failed"] += 1


def _after(job: MaskingJob, model: Any) -> Iterator[Any]:
    """Rows in the order of their keys, those that come meanwhile too; the job's place moves when one is done."""
    while rows := list(model.objects.filter(pk__gt=job.after).order_by("pk")[:_AT_ONCE]):
        for row in rows:
            job.after = row.pk
            job.done += 1
            yield row


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
