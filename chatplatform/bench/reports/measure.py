"""`python -m chatplatform.bench.reports.measure CONVERSATIONS MESSAGES`: fills an empty database and times each query and page.

The last line on stdout is the result. Run by the command, with the benchmark's own settings.
"""

from __future__ import annotations

import os
import sys
from datetime import timedelta
from typing import Any, Final

import django

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "chatplatform.settings")
django.setup()  # what follows imports models

import orjson
from django.core.management import call_command
from django.db import connection
from django.utils import timezone

from chat.reports import agents, reading, satisfaction, times, volume
from chat.reports.asking import Question, question
from chat.reports.clock import read_calendar, read_clock
from chat.reports.periods import parse_period
from chat.reports.reach import Chosen, counted_for, tier_of
from chatplatform.bench.reports import seed
from chatplatform.bench.timing import timed
from security.models import User
from security.permissions import Grant
from security.scoping import tenant_scope
from tenants.access import active_grant

PERIODS: Final = ("28", "90", "400")
QUERIES: Final = {
    "new by day": volume.NEW_BY_DAY,
    "new by hour and weekday": volume.BY_HOUR,
    "closed by day": volume.CLOSED_BY_DAY,
    "first response": times.REPLIES,
    "time to the end": times.ENDS,
    "waiting now": times.WAITING,
    "ratings": satisfaction.RATINGS,
    "messages by agent": agents.MESSAGES,
    "first replies by agent": agents.FIRST_REPLIES,
    "ends by agent": agents.ENDS,
}
BASELINES: Final = {
    "count(*) of all conversations": "SELECT count(*) FROM chat_conversation WHERE tenant_id = %s",
    "count(*) of all messages": "SELECT count(*) FROM chat_message WHERE tenant_id = %s",
}


def main(conversations: str, messages: str) -> None:
    size = seed.Size(int(conversations), int(messages))
    call_command("migrate", database="owner", verbosity=0)
    tenant_id = seed.organisation("bench")
    neighbour = seed.organisation("neighbour")
    for name in (*seed.fill(neighbour, size), *seed.fill(tenant_id, size)):
        _say(name)
    seed.settle()
    grant = active_grant(User.objects.get(email="owner@bench.example").pk, tenant_id)
    if grant is None:
        raise RuntimeError("The benchmark's owner has no organisation.")
    sys.stdout.write(orjson.dumps(measured(grant)).decode() + "\n")


def measured(grant: Grant) -> dict[str, Any]:
    """Milliseconds, by query or page and period; the baselines have none."""
    with tenant_scope(grant.tenant_id):
        found: dict[str, Any] = {
            "baselines": {name: _counted(grant.tenant_id, statement) for name, statement in BASELINES.items()},
            "queries": {name: {} for name in QUERIES},
            "pages": {kind.slug: {} for kind in reading.KINDS},
        }
        for period in PERIODS:
            asked = _asked(period)
            put = _question(grant, asked)
            for name, statement in QUERIES.items():
                found["queries"][name][period] = timed(lambda put=put, statement=statement: put.rows(statement))  # type: ignore[misc]
            for kind in reading.KINDS:
                found["pages"][kind.slug][period] = timed(
                    lambda kind=kind, asked=asked: reading.read_report(  # type: ignore[misc]
                        grant=grant, kind=kind.slug, asked=asked, now=timezone.now()
                    )
                )
    return found


def _asked(period: str) -> dict[str, str]:
    if period != "400":
        return {"period": period}
    today = timezone.now().date()
    first = today - timedelta(days=399)
    return {"period": "custom", "from": first.isoformat(), "to": today.isoformat()}


def _question(grant: Grant, asked: dict[str, str]) -> Question:
    clock = read_clock(now=timezone.now())
    counted = counted_for(grant, Chosen(), tier=tier_of(grant))
    return question(counted, read_calendar(clock, parse_period(asked, today=clock.today)))


def _counted(tenant_id: int, statement: str) -> dict[str, float]:
    def count() -> int:
        with connection.cursor() as cursor:
            cursor.execute(statement, [tenant_id])
            return int(cursor.fetchone()[0])

    return {"rows": count(), "ms": timed(count)}


def _say(text: str) -> None:
    sys.stderr.write(f"{text}\n")


if __name__ == "__main__":
    main(*sys.argv[1:])
