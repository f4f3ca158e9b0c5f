"""What the drafted rules would hide of the latest messages: counts and shapes, never what it is."""

from __future__ import annotations

from collections import defaultdict, deque
from datetime import datetime
from time import monotonic
from typing import Final

from chat import sealing
from chat.models import AuthorKind, JobStatus, MaskingJob, Message
from chat.tally import Tally
from security.audit import Action, Extent, record
from security.crypto import keyring
from security.crypto.envelope import Undecryptable
from security.masking import MaskedText
from security.models import KeySubject
from tenants.models import MaskingDraft
from tenants.policies import opened_rules
from tenants.rules import Masking, RulesBroken, masking_of

LATEST: Final = 1_000
CHUNK: Final = 100
CONTEXT: Final = 3
"""Messages before one that the engine is shown with it, as in a live conversation."""
SPOKEN: Final = (AuthorKind.VISITOR.value, AuthorKind.AGENT.value, AuthorKind.NOTE.value)


def step(job: MaskingJob, now: datetime, budget: float) -> None:  # noqa: ARG001
    """Look at more messages until the time is over; see `masking_jobs`, which holds the row and stores it."""
    draft = MaskingDraft.objects.first()
    if draft is None or draft.revision != job.rules:
        job.status = JobStatus.CANCELLED.value  # it would tell of rules that nobody sees any more
        return
    try:
        masking = masking_of(opened_rules(draft), draft.revision)
    except RulesBroken:
        job.status = JobStatus.FAILED.value
        return
    tally, until = Tally.of(job.found), monotonic() + budget
    while job.status == JobStatus.RUNNING.value:
        rows = _before(job.after, min(CHUNK, LATEST - job.done))
        _look_at(rows, masking, tally)
        job.done += len(rows)
        job.after = rows[-1].pk if rows else job.after
        if len(rows) < CHUNK or job.done >= LATEST:
            job.status, job.total = JobStatus.DONE.value, job.done
        elif monotonic() >= until:
            break
    job.found = tally.plain()
    if job.status == JobStatus.DONE.value:
        seen = Message.objects.filter(pk__gte=job.after, author_kind__in=SPOKEN).values("conversation").distinct()
        extent = Extent(conversations=seen.count() if job.done else 0, messages=job.done)
        record(Action.MASKING_TRIED, on=job, extent=extent, hit=tally.touched)


def _before(pk: int, limit: int) -> list[Message]:
    """Newest first; from the newest one where `pk` is 0."""
    spoken = Message.objects.filter(author_kind__in=SPOKEN, body__isnull=False).select_related("conversation")
    return list((spoken.filter(pk__lt=pk) if pk else spoken).order_by("-pk")[:limit])


def _look_at(rows: list[Message], masking: Masking, tally: Tally) -> None:
    keys = keyring.existing_keys(KeySubject.CONVERSATION, {row.conversation.public_id for row in rows})
    before: defaultdict[int, deque[MaskedText]] = defaultdict(lambda: deque(maxlen=CONTEXT))
    for row in reversed(rows):
        text = _text(row, keys.get(row.conversation.public_id))
        if text is None:
            continue
        context = before[row.conversation_id]
        tally.add(
            text,
            masking.masked(text, is_agents=row.author_kind != AuthorKind.VISITOR.value, context=tuple(context)),
        )
        context.append(text)


def _text(row: Message, key: bytes | None) -> MaskedText | None:
    conversation = row.conversation.public_id
    try:
        try:
            return sealing.open_with(key, row, conversation=conversation)
        except Undecryptable:
            return sealing.open_with(sealing.newest_key(conversation), row, conversation=conversation)
    except Undecryptable:
        return None
