"""The writer's statements look rows up; what they read does not grow with what the tenant has written before."""

from __future__ import annotations

import asyncio
import json
import uuid
from datetime import UTC, datetime, timedelta

import psycopg
from asgiref.sync import sync_to_async
from psycopg.types.numeric import Int8BinaryDumper

from chat.live.writer import statements
from chat.live.writer.link import _SETTINGS, default_conninfo
from chat.models import Conversation, Visitor
from security.masking.splitting.check import TAIL
from security.scoping import tenant_scope
from tests.chat.conversations import House
from tests.services import session

from .writing import post, rows, writing


def rows_touched(plan: dict[str, object]) -> float:
    """The most rows that any scan of a table returned or threw away, over all its loops."""
    own = 0.0
    if "Relation Name" in plan:
        per_loop = float(plan["Actual Rows"]) + float(plan.get("Rows Removed by Filter", 0))
        own = per_loop * float(plan["Actual Loops"])
    return max([own, *(rows_touched(part) for part in plan.get("Plans", []))])  # type: ignore[attr-defined]


def planned(connection: psycopg.Connection, statement: str, values: tuple[object, ...]) -> dict[str, object]:
    """The plan of a statement, run as the writer's would be: prepared, without the values."""
    cursor = connection.execute("EXPLAIN (ANALYZE, FORMAT JSON) " + statement, values, prepare=True)
    (found,) = cursor.fetchone()
    return (json.loads(found) if isinstance(found, str) else found)[0]["Plan"]  # type: ignore[no-any-return]


async def test_each_statement_touches_only_what_it_was_asked_for(acme: House) -> None:
    talks = await sync_to_async(lambda: [acme.talk() for _ in range(20)])()
    await sync_to_async(_more_conversations)(acme)
    async with writing() as writer:
        await asyncio.gather(*(writer.put(post(talk)) for talk in talks for _ in range(100)))
    two, now = talks[:2], datetime.now(UTC)
    wanted = [talk.public_id for talk in two]
    sent = (["visitor"] * 2, [talk.visitor.id for talk in two], [uuid.uuid4() for _ in two])
    messages = [(await sync_to_async(rows)(talk))[0] for talk in two]
    tenant = acme.tenant_id
    pks, numbers, flags = [talk.pk for talk in two], [100, 100], [False, False]
    asked = {
        statements.LOCK: (tenant, wanted, tenant),
        statements.LOCK_FREE: (tenant, wanted, tenant),
        statements.KEYS: (wanted, tenant),
        statements.KNOWN: (*sent, tenant),
        statements.TARGETS: ([row.public_id for row in messages], tenant),
        statements.HELD: ([row.public_id for row in messages], tenant),
        statements.ADVANCE: (pks, numbers, numbers, numbers, [now, now], flags, [now, now], tenant, pks),
        statements.REVISE: (
            [row.public_id for row in messages], [101, 101], [b"", b""], ["[]", "[]"], [now, now], ["", ""], tenant,
            [row.public_id for row in messages],
        ),
    }  # fmt: skip
    visitors = [(await sync_to_async(talk.row)()).visitor_id for talk in two]
    last = {
        statements.ELSEWHERE: (wanted, tenant, tenant, now - timedelta(hours=1)),
        statements.SIBLINGS: (tenant, visitors, tenant, now - timedelta(hours=1), [0]),
        statements.TAIL: (visitors, tenant, tenant, tenant, now, pks),
    }

    def explain() -> dict[str, float]:
        with psycopg.connect(default_conninfo()) as connection:
            connection.adapters.register_dumper(int, Int8BinaryDumper)
            connection.execute(_SETTINGS)
            connection.execute("SELECT set_config('app.tenant_id', %s, true)", [str(tenant)])
            found = {
                query: rows_touched(planned(connection, query, values)) for query, values in (asked | last).items()
            }
            connection.rollback()
            return found

    # Before a table is first analysed its planner takes look-ups by tenant for cheap, as long as it is small; what it does then is its own.
    await sync_to_async(_analyze)()
    touched = await asyncio.to_thread(explain)
    assert {query: touched[query] for query in asked if touched[query] > 2} == {}
    assert {query: touched[query] for query in last if touched[query] > 2 * TAIL} == {}, "the last messages alone"


def _more_conversations(house: House) -> None:
    """So many that reading all of them is dearer than looking two up, however few pages the counters' updates have filled."""
    with tenant_scope(house.tenant_id):
        visitors = Visitor.objects.bulk_create(Visitor(site_id=house.site_pk) for _ in range(500))
        Conversation.objects.bulk_create(Conversation(site_id=house.site_pk, visitor=visitor) for visitor in visitors)


def _analyze() -> None:
    server, database = session.current()
    with server.superuser(database) as connection:
        connection.execute("ANALYZE")
