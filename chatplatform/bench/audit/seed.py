"""A made-up trail of any length, by SQL as the owner: events that the product would take days to leave. Only on the benchmark's own database.

Sealed names and addresses open, as they are each person's once and for all; hashes do not follow from each other, since no page looks at them.
"""

from __future__ import annotations

import json
from base64 import b64decode
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Final
from uuid import UUID, uuid5

from django.db import connections

from security.audit import Action
from security.audit.entry import drafted, sealed
from security.audit.registry import Outcome
from security.context import Actor, ActorKind, Context
from security.scoping import tenant_scope

PEOPLE: Final = 200
AT_ONCE: Final = 250_000
DAYS: Final = 1_095
_NAMES: Final = UUID(int=7)
_TABLES: Final = ("security_auditevent", "security_auditdetail", "security_auditaddress")
_INDEXES: Final = """
SELECT i.indexname, i.indexdef FROM pg_indexes i
WHERE i.tablename = ANY(%s) AND NOT EXISTS (SELECT FROM pg_constraint c WHERE c.conname = i.indexname)
"""
_PEOPLE: Final = """
CREATE TEMP TABLE acting (
    n int PRIMARY KEY, id uuid, kind text, claim text, sealed bytea, address bytea, network bytea
)
"""
# 40 % of all are reads of transcripts; the last three actions, operators and the last person are rare.
_EVENTS: Final = """
INSERT INTO security_auditevent (tenant_id, seq, at, entry, hash, action, outcome, actor_kind, actor_id, object_id)
SELECT %(tenant)s, t.seq, now() - %(days)s * interval '1 day' * (1 - t.seq / %(events)s::float8),
       '{"action":"' || t.action || '","actor":{"id":"' || a.id || '","kind":"' || a.kind || '","role":"agent"},"extent":{"conversations":1,"messages":12},'
       || '"on":{"id":"' || t.object || '","type":"chat.conversation"},"outcome":"' || t.outcome || '","request":"0123456789abcdef",'
       || '"sealed":[' || a.claim || '],"session":"0123456789abcdef","v":1}',
       sha256(int8send(t.seq)), t.action, t.outcome, a.kind, a.id, t.object
FROM (
    SELECT seq,
           CASE WHEN seq %% 100003 = 7 THEN 'hold.placed' WHEN seq %% 10007 = 5 THEN 'audit.exported' WHEN seq %% 5003 = 3 THEN 'policy.changed'
                ELSE (ARRAY['conversation.read','conversation.read','conversation.read','conversation.read','conversation.searched',
                            'conversation.taken','conversation.created','conversation.closed','session.signed_in','conversation.rated'])[1 + seq %% 10]
           END AS action,
           CASE WHEN seq %% 97 = 0 THEN 'denied' WHEN seq %% 1009 = 0 THEN 'failed' ELSE 'ok' END AS outcome,
           md5((seq / 20)::text)::uuid AS object,
           CASE WHEN seq %% 50021 = 0 THEN %(people)s - 1 ELSE (%(people)s - 2) * power((hashint8(seq) & 65535) / 65536.0, 2) END::int AS who
    FROM generate_series(%(first)s::bigint, %(last)s::bigint) AS seq
) t JOIN acting a ON a.n = t.who ORDER BY t.seq
"""
_DETAILS: Final = """
INSERT INTO security_auditdetail (tenant_id, event_id, part, subject_kind, subject_id, sealed)
SELECT e.tenant_id, e.id, 'actor', 'person', e.actor_id, a.sealed
FROM security_auditevent e JOIN acting a ON a.id = e.actor_id WHERE e.tenant_id = %(tenant)s AND e.seq BETWEEN %(first)s AND %(last)s
"""
_ADDRESSES: Final = """
INSERT INTO security_auditaddress (tenant_id, seq, subject_id, address, network)
SELECT e.tenant_id, e.seq, e.actor_id, a.address, a.network
FROM security_auditevent e JOIN acting a ON a.id = e.actor_id WHERE e.tenant_id = %(tenant)s AND e.seq BETWEEN %(first)s AND %(last)s
"""


@dataclass(frozen=True, slots=True)
class Acting:
    """One of the people: number 0 acts most, the last but one seldom, the last is an operator."""

    number: int
    id: UUID
    address: str

    @property
    def kind(self) -> ActorKind:
        return ActorKind.OPERATOR if self.number == PEOPLE - 1 else ActorKind.PERSON


def people() -> list[Acting]:
    return [Acting(n, uuid5(_NAMES, str(n)), f"10.{n}.0.7") for n in range(PEOPLE)]


def fill(tenant_id: int, events: int) -> Iterator[str]:
    """So many events of one tenant, spread over three years; says how far it came. Indexes are made afterwards."""
    with connections["owner"].cursor() as cursor:
        cursor.execute("SET maintenance_work_mem = '512MB'")
        cursor.execute("SELECT seq FROM security_audithead WHERE tenant_id = %s", [tenant_id])
        (begun,) = cursor.fetchone()
        cursor.execute(_INDEXES, [list(_TABLES)])
        indexes = cursor.fetchall()
        for name, _ in indexes:
            cursor.execute(f"DROP INDEX {name}")
        cursor.execute("ALTER TABLE security_auditdetail DROP CONSTRAINT security_auditdetail_event_same_tenant")
        _write_people(cursor, tenant_id)
        for first in range(begun + 1, events + 1, AT_ONCE):
            values = {"tenant": tenant_id, "events": events, "days": DAYS, "people": PEOPLE}
            values |= {"first": first, "last": min(first + AT_ONCE - 1, events)}
            for statement in (_EVENTS, _DETAILS, _ADDRESSES):
                cursor.execute(statement, values)
            yield f"{values['last']:,} events"
        for name, definition in indexes:
            cursor.execute(definition)
            yield name
        cursor.execute("UPDATE security_audithead SET seq = %s WHERE tenant_id = %s", [events, tenant_id])
        for table in _TABLES:
            cursor.execute(f"VACUUM (ANALYZE) {table}")


def _write_people(cursor: object, tenant_id: int) -> None:
    rows = []
    with tenant_scope(tenant_id):
        for one in people():
            actor = Actor(one.kind, id=str(one.id), name=f"Person {one.number}", role="agent")
            draft = drafted(
                Action.CONVERSATION_READ, Context(actor, one.address), on=None, on_label="", outcome=Outcome.OK,
                extent=None, changes=None, detail={},
            )  # fmt: skip
            told = json.loads(json.dumps(sealed(draft, tenant_id)))
            claim = json.dumps(json.loads(told["entry"])["sealed"][0], separators=(",", ":"), sort_keys=True)
            origin = (b64decode(told["from"]["address"]), b64decode(told["from"]["network"]))
            rows.append((one.number, one.id, one.kind.value, claim, b64decode(told["details"][0]["sealed"]), *origin))
    cursor.execute(_PEOPLE)  # type: ignore[attr-defined]
    cursor.executemany("INSERT INTO acting VALUES (%s, %s, %s, %s, %s, %s, %s)", rows)  # type: ignore[attr-defined]
