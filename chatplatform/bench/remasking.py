"""`python -m chatplatform.bench.remasking CONVERSATIONS MESSAGES`: masks so many conversations again that are stored as the product stores them.

Every tenth holds something that a rule hides which was activated after it was said. The last line on stdout is the result. Run by the command, with
the benchmark's own settings.
"""

from __future__ import annotations

import os
import resource
import sys
import time
import uuid
from typing import Any, Final

import django

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "chatplatform.settings")
django.setup()  # what follows imports models

import orjson
from django.core.management import call_command
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from chat import sealing
from chat.models import AuthorKind, Conversation, JobKind, Message, Status, Visitor
from chat.personal import Page, Profile, seal_page, seal_profile
from chat.services import masking_jobs
from chatplatform.bench.reports.seed import organisation
from security.crypto import keyring
from security.masking import mask
from security.models import KeySubject, SubjectKey, User
from security.scoping import tenant_scope
from tenants.access import active_grant
from tenants.models import MaskingDraft, Site
from tenants.rules import Rule, RuleKind
from tenants.services.masking import drafting

AT_ONCE: Final = 500
TOUCHED: Final = 10
SAID: Final = "Hello, I would like to know when my parcel of 12 May will arrive"
HIDDEN: Final = "I am EMP-123456, please look"
RULE: Final = Rule(public_id=uuid.UUID(int=1), name="Staff", kind=RuleKind.FORMAT, value=("EMP-######",))


def main(conversations: str, each: str) -> None:
    call_command("migrate", database="owner", verbosity=0)
    tenant_id = organisation("bench")
    for first in range(0, int(conversations), AT_ONCE):
        keyring.forget_everything()
        keyring.load_tenant(tenant_id)  # anew for each lot: keys are remembered for a minute
        with tenant_scope(tenant_id):
            fill(tenant_id, range(first, min(first + AT_ONCE, int(conversations))), int(each))
    with tenant_scope(tenant_id):
        _activate(tenant_id)
    found = [_run(tenant_id), _run(tenant_id)]  # the second finds nothing any more
    sys.stdout.write(orjson.dumps(dict(zip(("rewritten", "read"), found, strict=True))).decode() + "\n")


def fill(tenant_id: int, numbers: range, each: int) -> None:
    """Visitors with a profile and a page, a conversation of each, its messages and their keys, all in a few statements."""
    site = Site.objects.order_by("pk")[0]
    visitors = [Visitor(site=site) for _ in numbers]
    keys = {one.public_id: _key(tenant_id, KeySubject.VISITOR, one.public_id) for one in visitors}
    for one in visitors:
        key = keys[one.public_id][0]
        one.profile = seal_profile(one.public_id, Profile(name="Vera", fields={"plan": "basic"}), key=key)
        one.page = seal_page(one.public_id, Page(url="https://bench.example/shoes", title="Shoes"), key=key)
    Visitor.objects.bulk_create(visitors)
    waiting = {"status": Status.WAITING.value, "waiting_since": timezone.now(), "last_seq": each, "last_rev": each}
    conversations = [Conversation(site=site, visitor=one, last_visible_seq=each, **waiting) for one in visitors]
    keys |= {one.public_id: _key(tenant_id, KeySubject.CONVERSATION, one.public_id) for one in conversations}
    Conversation.objects.bulk_create(conversations)
    SubjectKey.objects.bulk_create([row for _, row in keys.values()])
    messages = [
        _message(one, keys[one.public_id][0], seq, hides=number % TOUCHED == 0 and seq == 1)
        for number, one in zip(numbers, conversations, strict=True)
        for seq in range(1, each + 1)
    ]
    Message.objects.bulk_create(messages, batch_size=AT_ONCE)


def _key(tenant_id: int, kind: KeySubject, subject: uuid.UUID) -> tuple[bytes, SubjectKey]:
    fresh = keyring.new_subject_key(tenant_id, kind, subject)
    row = SubjectKey(
        kind=kind.value, subject_id=subject, wrapped=fresh.wrapped, tenant_key_version=fresh.tenant_key_version
    )
    return fresh.key, row


def _message(conversation: Conversation, key: bytes, seq: int, *, hides: bool) -> Message:
    row = Message(
        conversation=conversation,
        seq=seq,
        rev=seq,
        first_rev=seq,
        prev_visible_seq=seq - 1,
        author_kind=AuthorKind.VISITOR.value,
        author_id=conversation.visitor.public_id,
        client_id=uuid.uuid4(),
        sent_at=timezone.now(),
        masked=[],
        is_visible=True,
    )
    row.body = sealing.seal_with(key, row, mask(HIDDEN if hides else SAID), conversation=conversation.public_id)
    return row


def _activate(tenant_id: int) -> None:
    """By the owner, as on the Masking page."""
    grant = active_grant(User.objects.get(email="owner@bench.example").pk, tenant_id)
    if grant is None:
        raise RuntimeError("The benchmark's owner has no organisation.")
    drafting.add_rule(grant=grant, rule=RULE)
    drafting.activate(grant=grant, revision=MaskingDraft.objects.get().revision, now=timezone.now())


def _run(tenant_id: int) -> dict[str, Any]:
    """As the command does it: step by step, each a transaction."""
    worker, queries = uuid.uuid4(), 0
    with tenant_scope(tenant_id):
        job = masking_jobs.begin_or_take_over(kind=JobKind.REMASK, now=timezone.now()).public_id
    begun, work, memory = time.perf_counter(), time.process_time(), _memory()
    goes_on = True
    while goes_on:
        with CaptureQueriesContext(connection) as asked, tenant_scope(tenant_id):
            goes_on = masking_jobs.advance(job=job, worker=worker, now=timezone.now())
        queries += len(asked)
    taken, worked = time.perf_counter() - begun, time.process_time() - work
    with tenant_scope(tenant_id):
        row = masking_jobs.job_of(job)
    read = row.found["read_conversations"]
    return {
        "conversations": read,
        "messages": row.found["read_messages"],
        "changed": row.found["conversations"],
        "failed": row.found["failed"],
        "seconds": round(taken, 2),
        "processor_seconds": round(worked, 2),
        "messages_a_second": round(row.found["read_messages"] / taken),
        "queries_a_conversation": round(queries / read, 2),
        "grown_mib": round(_memory() - memory, 1),
    }


def _memory() -> float:
    """The most that this process had, in MiB."""
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024


if __name__ == "__main__":
    main(*sys.argv[1:])
