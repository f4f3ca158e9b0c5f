"""The writer's SQL. Arrays in, sets out: the number of statements depends on the number of tenants in a turn, not on the messages.

Every statement names the tenant besides row-level security, so that each index is used from its first column.
"""

from __future__ import annotations

from typing import Final

from security.masking.splitting.check import TAIL as MESSAGES

BEGIN: Final = "BEGIN"
COMMIT: Final = "COMMIT"
ROLLBACK: Final = "ROLLBACK"

ENTER_TO_READ: Final = "SELECT set_config('app.tenant_id', %s, true), set_config('statement_timeout', '2s', true)"
"""Only what is read under the locks may time out: a COMMIT that waits for a standby and is interrupted would be taken for one that is safe."""

ENTER_TO_WRITE: Final = "SELECT set_config('app.tenant_id', %s, true), set_config('statement_timeout', '0', true)"

# Each look-up is an equality with all columns of a unique index, behind OFFSET 0, which the planner does not flatten. Without that, and as long as
# a table has no statistics, it walks through all that the tenant has ever written. Proof: tests/chat/live/test_writer_plans.py.
_COLUMNS: Final = """
SELECT c.tenant_id, c.id, c.public_id, c.status, c.visitor_id, c.department_id, c.assigned_to_id, c.offered_to_id,
       c.last_seq, c.last_rev, c.last_visible_seq, c.last_message_at, c.is_unstored
FROM chat_conversation c
"""
_LOCK: Final = f"""{_COLUMNS}
WHERE c.tenant_id = %b AND c.id = ANY(ARRAY(
    SELECT found.id
    FROM unnest(%b::uuid[]) AS wanted (public_id)
    CROSS JOIN LATERAL (
        SELECT i.id FROM chat_conversation i WHERE i.tenant_id = %b AND i.public_id = wanted.public_id OFFSET 0
    ) AS found
))
ORDER BY c.id + 0
FOR NO KEY UPDATE OF c
"""  # noqa: S608 - put together from constants
LOCK: Final = _LOCK
"""In the order of ids: writers that lock in different orders wait for each other. The key of the row is not changed, so foreign keys to it may be
checked meanwhile; FOR UPDATE, which the services use, excludes it all the same."""
LOCK_FREE: Final = _LOCK + "SKIP LOCKED"

# What follows must be statements of their own: only those that begin after the lock was given see what the one before it committed.
KEYS: Final = """
SELECT k.subject_id, k.wrapped
FROM unnest(%b::uuid[]) AS wanted (public_id)
CROSS JOIN LATERAL (
    SELECT s.subject_id, s.wrapped
    FROM security_subjectkey s
    WHERE s.tenant_id = %b AND s.kind = 'conversation' AND s.subject_id = wanted.public_id
    OFFSET 0
) AS k
"""

KNOWN: Final = """
SELECT m.author_kind, m.author_id, m.client_id, m.public_id, c.public_id, c.status, m.seq, m.rev, m.prev_visible_seq,
       m.sent_at, m.body, m.masked, m.is_visible, k.wrapped, c.is_unstored
FROM unnest(%b::text[], %b::uuid[], %b::uuid[]) AS sent (author_kind, author_id, client_id)
CROSS JOIN LATERAL (
    SELECT * FROM chat_message i
    WHERE i.tenant_id = %b AND i.author_kind = sent.author_kind AND i.author_id = sent.author_id AND i.client_id = sent.client_id
    OFFSET 0
) AS m
CROSS JOIN LATERAL (
    SELECT i.public_id, i.status, i.is_unstored FROM chat_conversation i WHERE i.tenant_id = m.tenant_id AND i.id = m.conversation_id OFFSET 0
) AS c
LEFT JOIN LATERAL (
    SELECT s.wrapped FROM security_subjectkey s
    WHERE s.tenant_id = m.tenant_id AND s.kind = 'conversation' AND s.subject_id = c.public_id
    OFFSET 0
) AS k ON true
"""

TARGETS: Final = """
SELECT m.public_id, m.conversation_id, m.seq, m.author_kind, m.author_id, m.sent_at, m.is_visible, m.body IS NULL
FROM unnest(%b::uuid[]) AS wanted (public_id)
CROSS JOIN LATERAL (
    SELECT * FROM chat_message i WHERE i.tenant_id = %b AND i.public_id = wanted.public_id OFFSET 0
) AS m
"""

HELD: Final = """
SELECT c.visitor_id, c.public_id, k.wrapped, m.conversation_id, m.public_id, m.seq, m.rev, m.author_kind, m.author_id, m.sent_at,
       m.is_visible, m.body, m.masked
FROM unnest(%b::uuid[]) AS wanted (public_id)
CROSS JOIN LATERAL (
    SELECT * FROM chat_message i WHERE i.tenant_id = %b AND i.public_id = wanted.public_id OFFSET 0
) AS m
CROSS JOIN LATERAL (
    SELECT i.public_id, i.visitor_id FROM chat_conversation i WHERE i.tenant_id = m.tenant_id AND i.id = m.conversation_id OFFSET 0
) AS c
LEFT JOIN LATERAL (
    SELECT s.wrapped FROM security_subjectkey s
    WHERE s.tenant_id = m.tenant_id AND s.kind = 'conversation' AND s.subject_id = c.public_id
    OFFSET 0
) AS k ON true
"""
"""Messages that are held, for who releases them: more may have been said since than `TAIL` reads. Columns as there."""

_OF_VISITORS: Final = """
FROM unnest(%b::bigint[]) AS wanted (visitor_id)
CROSS JOIN LATERAL (
    SELECT i.id, i.public_id, i.visitor_id, i.last_seq, i.last_message_at FROM chat_conversation i
    WHERE i.tenant_id = %b AND i.visitor_id = wanted.visitor_id
    ORDER BY i.created_at DESC LIMIT 3
) AS found
"""
"""The latest conversations of a visitor: somebody who goes on in a new one types the same number."""
_SIBLINGS: Final = f"""{_COLUMNS}
WHERE c.tenant_id = %b AND c.id = ANY(ARRAY(
    SELECT found.id {_OF_VISITORS} WHERE found.last_message_at > %b AND found.id <> ALL(%b::bigint[])
))
ORDER BY c.id + 0
FOR NO KEY UPDATE OF c
"""
SIBLINGS: Final = _SIBLINGS
"""Conversations beside those that are locked already, in which these visitors have written a moment ago."""
SIBLINGS_FREE: Final = _SIBLINGS + "SKIP LOCKED"
ELSEWHERE: Final = """
SELECT own.visitor_id
FROM unnest(%b::uuid[]) AS wanted (public_id)
CROSS JOIN LATERAL (
    SELECT i.id, i.visitor_id FROM chat_conversation i WHERE i.tenant_id = %b AND i.public_id = wanted.public_id OFFSET 0
) AS own
CROSS JOIN LATERAL (
    SELECT i.id, i.last_message_at FROM chat_conversation i
    WHERE i.tenant_id = %b AND i.visitor_id = own.visitor_id
    ORDER BY i.created_at DESC LIMIT 3
) AS found
WHERE found.id <> own.id AND found.last_message_at > %b
"""
"""The visitors of these conversations for whom `SIBLINGS` would find some: what is remembered of one conversation does not do for them."""

TAIL: Final = f"""
SELECT found.visitor_id, found.public_id, k.wrapped, m.conversation_id, m.public_id, m.seq, m.rev, m.author_kind, m.author_id, m.sent_at,
       m.is_visible, m.body, m.masked
{_OF_VISITORS}
CROSS JOIN LATERAL generate_series(greatest(found.last_seq - {MESSAGES} + 1, 1), found.last_seq) AS numbered (seq)
CROSS JOIN LATERAL (
    SELECT * FROM chat_message i WHERE i.tenant_id = %b AND i.conversation_id = found.id AND i.seq = numbered.seq OFFSET 0
) AS m
LEFT JOIN LATERAL (
    SELECT s.wrapped FROM security_subjectkey s
    WHERE s.tenant_id = %b AND s.kind = 'conversation' AND s.subject_id = found.public_id
    OFFSET 0
) AS k ON true
WHERE found.last_message_at > %b OR found.id = ANY(%b::bigint[])
ORDER BY m.sent_at, m.conversation_id, m.seq
"""  # noqa: S608 - put together from constants
"""The last messages of these visitors' conversations, of both sides, oldest first. By `seq`, which has no gaps: for an order with a limit all are read."""

# The ids are named twice: joined alone, a planner with few statistics reads all of the tenant's rows and throws the others away.
ADVANCE: Final = """
UPDATE chat_conversation c
SET last_seq = v.last_seq, last_rev = v.last_rev, last_visible_seq = v.last_visible_seq, last_message_at = v.last_message_at,
    first_replied_at = CASE WHEN v.is_replied THEN COALESCE(c.first_replied_at, v.replied_at) ELSE c.first_replied_at END
FROM unnest(%b::bigint[], %b::bigint[], %b::bigint[], %b::bigint[], %b::timestamptz[], %b::bool[], %b::timestamptz[])
     AS v (id, last_seq, last_rev, last_visible_seq, last_message_at, is_replied, replied_at)
WHERE c.tenant_id = %b AND c.id = ANY(%b::bigint[]) AND c.id = v.id
"""

INSERT: Final = """
INSERT INTO chat_message (tenant_id, public_id, conversation_id, seq, rev, first_rev, prev_visible_seq, author_kind, author_id, client_id,
                          sent_at, revised_reason, body, masked, code, is_visible)
SELECT %b, n.public_id, n.conversation_id, n.seq, n.rev, n.rev, n.prev_visible_seq, n.author_kind, n.author_id, n.client_id,
       n.sent_at, '', n.body, n.masked::jsonb, '', n.is_visible
FROM unnest(%b::uuid[], %b::bigint[], %b::bigint[], %b::bigint[], %b::bigint[], %b::text[], %b::uuid[], %b::uuid[],
            %b::timestamptz[], %b::bytea[], %b::text[], %b::bool[])
     AS n (public_id, conversation_id, seq, rev, prev_visible_seq, author_kind, author_id, client_id, sent_at, body, masked,
           is_visible)
"""

REVISE: Final = """
UPDATE chat_message m
SET rev = v.rev, body = v.body, masked = v.masked::jsonb, revised_at = v.revised_at, revised_reason = v.reason
FROM unnest(%b::uuid[], %b::bigint[], %b::bytea[], %b::text[], %b::timestamptz[], %b::text[])
     AS v (public_id, rev, body, masked, revised_at, reason)
WHERE m.tenant_id = %b AND m.public_id = ANY(%b::uuid[]) AND m.public_id = v.public_id
"""
