"""Conversations that were closed long ago, sealed as the product seals them; and a great many that are empty, to ask among.

Only on the benchmark's own database.
"""

from __future__ import annotations

import uuid
from collections.abc import Iterator
from datetime import datetime
from typing import Final

from django.db import connection, connections

from chat import sealing
from chat.models import Conversation, Message, Status, Visitor
from chat.personal import Profile, seal_profile
from security.crypto import keyring
from security.masking import mask
from security.models import KeySubject, SubjectKey
from security.scoping import tenant_scope
from tenants.models import Site

AT_ONCE: Final = 500
SAID: Final = (
    "Hello, I would like to know when my parcel will arrive; it was sent on Monday",
    "I have looked it up: the parcel is with the carrier and comes tomorrow",
)
_MESSAGES: Final = """
INSERT INTO chat_message (tenant_id, public_id, conversation_id, seq, rev, first_rev, prev_visible_seq, author_kind, author_id, client_id,
    sent_at, revised_reason, body, masked, code, is_visible)
SELECT %s, id, conversation, seq, seq, seq, seq - 1, 'visitor', author, gen_random_uuid(), %s, '', body, '[]', '', true
FROM unnest(%s::uuid[], %s::bigint[], %s::int[], %s::uuid[], %s::bytea[]) AS n (id, conversation, seq, author, body)
"""
_MANY: Final = """
WITH site AS (SELECT min(id) AS id FROM tenants_site WHERE tenant_id = %(tenant)s), visitors AS (
    INSERT INTO chat_visitor (tenant_id, public_id, site_id, is_verified, locale, created_at, seen_at)
    SELECT %(tenant)s, gen_random_uuid(), site.id, false, 'en', now(), now() FROM site, generate_series(1, %(count)s) RETURNING id
)
INSERT INTO chat_conversation (tenant_id, public_id, site_id, visitor_id, status, last_seq, last_rev, last_visible_seq, visitor_read_seq,
    agent_read_seq, created_at, last_message_at, closed_at, outcome)
SELECT %(tenant)s, gen_random_uuid(), site.id, visitors.id, 'closed', 10, 10, 10, 10, 10, at, at, at, ''
FROM site, visitors CROSS JOIN LATERAL (SELECT %(now)s::timestamptz - random() * %(days)s * interval '1 day' + visitors.id * interval '0' AS at) AS t
"""
_TABLES: Final = ("chat_visitor", "chat_conversation", "chat_message", "security_subjectkey")


def talks(tenant_id: int, count: int, each: int, *, last: datetime) -> Iterator[int]:
    """So many closed conversations of `each` messages; says how many there are already."""
    for first in range(0, count, AT_ONCE):
        keyring.forget_everything()
        keyring.load_tenant(tenant_id)  # anew for each lot: keys are remembered for a minute
        number = min(AT_ONCE, count - first)
        with tenant_scope(tenant_id):
            made, keys = _conversations(tenant_id, number, each, last)
            _insert(tenant_id, made, keys, each, last)
        yield first + number


def _conversations(
    tenant_id: int, number: int, each: int, last: datetime
) -> tuple[list[Conversation], dict[uuid.UUID, bytes]]:
    site, keys, rows = Site.objects.order_by("pk")[0], {}, []
    visitors = [Visitor(site=site) for _ in range(number)]
    told = {"status": Status.CLOSED.value, "last_seq": each, "last_rev": each, "last_visible_seq": each}
    times = {"created_at": last, "last_message_at": last, "closed_at": last}
    made = [Conversation(site=site, visitor=visitor, **told, **times) for visitor in visitors]
    subjects = [(KeySubject.VISITOR, one.public_id) for one in visitors]
    subjects += [(KeySubject.CONVERSATION, one.public_id) for one in made]
    for kind, subject in subjects:
        fresh = keyring.new_subject_key(tenant_id, kind, subject)
        keys[subject] = fresh.key
        version, wrapped = fresh.tenant_key_version, fresh.wrapped
        rows.append(SubjectKey(kind=kind.value, subject_id=subject, wrapped=wrapped, tenant_key_version=version))
    for one in visitors:
        one.profile = seal_profile(one.public_id, Profile(name="Vera"), key=keys[one.public_id])
    Visitor.objects.bulk_create(visitors)
    Conversation.objects.bulk_create(made)
    SubjectKey.objects.bulk_create(rows)
    return made, keys


def _insert(tenant_id: int, made: list[Conversation], keys: dict[uuid.UUID, bytes], each: int, last: datetime) -> None:
    rows = [_row(one, keys[one.public_id], seq) for one in made for seq in range(1, each + 1)]
    with connection.cursor() as cursor:
        cursor.execute(_MESSAGES, [tenant_id, last, *(list(column) for column in zip(*rows, strict=True))])


def _row(conversation: Conversation, key: bytes, seq: int) -> tuple[uuid.UUID, int, int, uuid.UUID, bytes]:
    row = Message(conversation=conversation, seq=seq, rev=seq)
    body = sealing.seal_with(key, row, mask(SAID[seq % 2]), conversation=conversation.public_id)
    return row.public_id, conversation.pk, seq, conversation.visitor.public_id, bytes(body)


def many(tenant_id: int, count: int, *, now: datetime, days: int) -> None:
    """So many closed conversations without a message, by SQL as the owner, the last of them now and the first so many days ago."""
    with connections["owner"].cursor() as cursor:
        cursor.execute("SELECT setseed(0.42)")
        cursor.execute(_MANY, {"tenant": tenant_id, "count": count, "now": now, "days": days})


def settle() -> None:
    """As autovacuum leaves tables behind."""
    with connections["owner"].cursor() as cursor:
        for table in _TABLES:
            cursor.execute(f"VACUUM (ANALYZE) {table}")
