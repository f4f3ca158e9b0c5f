"""`python -m chatplatform.bench.audit.measure pages|cost NUMBER`: fills an empty database, and times the trail's pages or its events.

The last line on stdout is the result. Run by the command, with the benchmark's own settings.
"""

from __future__ import annotations

import os
import sys
import time
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta
from typing import Any, Final
from uuid import UUID, uuid4

import django

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "chatplatform.settings")
django.setup()  # what follows imports models

import orjson
from django.core.management import call_command
from django.db import connection, connections
from django.test.utils import CaptureQueriesContext

from chatplatform.bench.audit import seed
from chatplatform.bench.reports.seed import organisation
from chatplatform.bench.timing import timed
from security.audit import Action, Extent, record
from security.audit.search import Filter, oldest_first
from security.context import Actor, ActorKind, acting
from security.models import User
from security.permissions import Grant
from security.scoping import tenant_scope
from tenants.access import active_grant
from tenants.services.audit.searching import search_trail

THREADS: Final = 8
_AUDIT: Final = ("security_auditevent", "security_auditdetail", "security_auditaddress")


def main(what: str, number: str) -> None:
    call_command("migrate", database="owner", verbosity=0)
    found = pages(int(number)) if what == "pages" else cost(int(number))
    sys.stdout.write(orjson.dumps(found).decode() + "\n")


def pages(events: int) -> dict[str, Any]:
    """Milliseconds of a page of fifty entries by filter: looked for, opened and told; and which plans scan a whole table."""
    tenant_id = organisation("bench")
    for name in seed.fill(tenant_id, events):
        sys.stderr.write(f"{name}\n")
    grant = active_grant(User.objects.get(email="owner@bench.example").pk, tenant_id)
    if grant is None:
        raise RuntimeError("The benchmark's owner has no organisation.")
    scans: list[str] = []
    times = {}
    for name, (wanted, before) in _cases(events).items():
        times[name] = _page(grant, wanted, before)
        scans += [name] if _scans(grant, wanted, before) else []
    with tenant_scope(tenant_id):
        exported = timed(lambda: oldest_first(Filter(outcome="failed"), after=events // 2, size=500))
    return {"events": events, "pages": times, "export page": exported, "scans": scans, "megabytes": _size()}


def _cases(events: int) -> dict[str, tuple[Filter, int | None]]:
    first, seldom, operator = (seed.people()[n] for n in (0, seed.PEOPLE - 2, seed.PEOPLE - 1))
    day = datetime.now(UTC) - timedelta(days=500)
    conversation = UUID(_md5(events // 40))
    return {
        "first page": (Filter(), None),
        "deep page, in the middle": (Filter(), events // 2),
        "deep page, at the beginning": (Filter(), 1_000),
        "who: acts most": (Filter(actor=first.id), None),
        "who: acts most, deep": (Filter(actor=first.id), events // 100),
        "who: acts seldom": (Filter(actor=seldom.id), None),
        "who: nobody such": (Filter(actor=uuid4()), None),
        "who: all operators": (Filter(kind="operator"), None),
        "who: all members": (Filter(kind="person"), None),
        "who: all visitors, of whom there is none": (Filter(kind="visitor"), None),
        "what: most frequent": (Filter(actions=("conversation.read",)), None),
        "what: rare": (Filter(actions=("hold.placed",)), None),
        "what: rare, deep": (Filter(actions=("hold.placed",)), events // 10),
        "what: a group": (Filter(actions=("audit.exported", "report.exported")), None),
        "outcome: denied": (Filter(outcome="denied"), None),
        "outcome: failed, deep": (Filter(outcome="failed"), events // 10),
        "outcome: done": (Filter(outcome="ok"), None),
        "address": (Filter(address=seldom.address), None),
        "address of who acts most": (Filter(address=first.address), None),
        "one day": (Filter(since=day, until=day + timedelta(days=1)), None),
        "one day and who": (Filter(since=day, until=day + timedelta(days=1), actor=first.id), None),
        "one record": (Filter(record=conversation), None),
        "timeline of a member": (Filter(about=(first.id, uuid4())), None),
        "who and what": (Filter(actor=seldom.id, actions=("session.signed_in",)), None),
        "who and what, nothing fits": (Filter(actor=operator.id, actions=("tag.created",)), None),
        "address, what and outcome": (Filter(address=first.address, actions=("hold.placed",), outcome="failed"), None),
    }


def _md5(number: int) -> str:
    with connection.cursor() as cursor:
        cursor.execute("SELECT md5(%s)", [str(number)])
        return str(cursor.fetchone()[0])


def _page(grant: Grant, wanted: Filter, before: int | None) -> float:
    def asked() -> None:
        with tenant_scope(grant.tenant_id):
            search_trail(grant=grant, wanted=wanted, before=before)

    return timed(asked)


def _scans(grant: Grant, wanted: Filter, before: int | None) -> bool:
    """Whether a query of the page reads a whole table of the trail."""
    with tenant_scope(grant.tenant_id), CaptureQueriesContext(connection) as asked:
        search_trail(grant=grant, wanted=wanted, before=before)
        statements = [
            query["sql"]
            for query in asked
            if query["sql"].startswith("SELECT") and 'FROM "security_audit' in query["sql"]
        ]
        with connection.cursor() as cursor:
            for statement in statements:
                cursor.execute(f"EXPLAIN {statement}")
                plan = " ".join(row[0] for row in cursor.fetchall())
                if any(f"Seq Scan on {table}" in plan for table in _AUDIT):
                    return True
    return False


def _size() -> int:
    with connections["owner"].cursor() as cursor:
        cursor.execute("SELECT sum(pg_total_relation_size(t::regclass)) FROM unnest(%s::text[]) t", [list(_AUDIT)])
        return int(cursor.fetchone()[0]) // 2**20


def cost(events: int) -> dict[str, Any]:
    """What an event adds to a transaction, and how many a second one tenant and eight tenants take."""
    tenants = [organisation(f"bench{n}") for n in range(THREADS)]
    for tenant_id in tenants:
        _act(tenant_id, 20, events_each=1)
    plain = min(_act(tenants[0], events, events_each=0) for _ in range(3))
    one = min(_act(tenants[0], events, events_each=1) for _ in range(3))
    ten = min(_act(tenants[0], events // 10, events_each=10) for _ in range(3)) / 10
    return {
        "events": events,
        "transaction without": round(plain),
        "transaction with one event": round(one),
        "an event": round(one - plain),
        "an event of ten": round(ten - plain / 10),
        "events a second, one tenant, one thread": round(1e6 / one),
        "events a second, one tenant, eight threads": round(_together([tenants[0]] * THREADS, events)),
        "events a second, eight tenants, eight threads": round(_together(tenants, events)),
    }


def _act(tenant_id: int, rounds: int, *, events_each: int) -> float:
    """Microseconds of one transaction that reads a row, and leaves so many events."""
    actor = Actor(ActorKind.PERSON, id=str(seed.people()[0].id), name="Alice Archer", role="agent")
    with acting(actor=actor, address="198.51.100.7", session="5e55", request_id="req"):
        begun = time.perf_counter()
        for _ in range(rounds):
            with tenant_scope(tenant_id):
                User.objects.filter(pk=1).exists()
                for _ in range(events_each):
                    record(Action.CONVERSATION_READ, extent=Extent(1, 12), view="bench")
        return (time.perf_counter() - begun) / rounds * 1e6


def _together(tenants: list[int], events: int) -> float:
    def work(tenant_id: int) -> None:
        _act(tenant_id, events // THREADS, events_each=1)
        connections.close_all()

    with ThreadPoolExecutor(THREADS) as pool:
        begun = time.perf_counter()
        list(pool.map(work, tenants))
        return events // THREADS * THREADS / (time.perf_counter() - begun)


if __name__ == "__main__":
    main(*sys.argv[1:])
