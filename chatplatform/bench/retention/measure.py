"""`python -m chatplatform.bench.retention.measure CONVERSATIONS EACH DUE_AMONG FOLDER`: archives, brings back and deletes on an empty database.

The last line on stdout is the result. Run by the command, with the benchmark's own settings.
"""

from __future__ import annotations

import base64
import os
import resource
import secrets
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path
from statistics import quantiles
from typing import Any, Final

import django

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "chatplatform.settings")
os.environ.setdefault("AUDIT_SIGNING_KEY", base64.urlsafe_b64encode(secrets.token_bytes(32)).decode())
django.setup()  # what follows imports models

import orjson
from django.core.management import call_command
from django.db import connections

from chat.models import Afterwards, ArchivedConversation, Conversation, RetentionRule, Status, Visitor
from chat.retention.preview import effect, forecast
from chat.retention.restore import restore_archived
from chat.retention.rules import held, over, rules, zone_of_tenant
from chat.retention.run import CHUNK, run
from chatplatform.bench.reports.seed import organisation
from chatplatform.bench.retention import seed
from chatplatform.bench.timing import timed
from security.crypto import keyring
from security.models import KeySubject
from security.scoping import tenant_scope
from security.stores.folder import Folder
from tenants.models import Membership, Site

NOW: Final = datetime(2026, 11, 22, 12, tzinfo=UTC)
OLD: Final = NOW - timedelta(days=900)
DAYS: Final = 740
"""Of them ten are over by the default rule: a week in which nothing was archived."""
QUIET: Final = 10.0
BESIDE: Final = 20_000
"""Conversations at most of what is compared: to fill them takes longer than to delete them."""
RESTORED: Final = 200
TALKS: Final = 16


def main(conversations: str, each: str, among: str, folder: str) -> None:
    call_command("migrate", database="owner", verbosity=0)
    tenant_id, store = organisation("bench"), Folder(Path(folder))
    found: dict[str, Any] = {"messages": int(conversations) * int(each), "conversations": int(conversations)}
    _fill(tenant_id, int(conversations), int(each))
    with _probe(organisation("neighbour")) as (part, latencies):
        time.sleep(QUIET)
        part("archive")
        found["archive"] = _timed_run(tenant_id, store, int(each))
        part("")
    found["latency"] = {name: _percentiles(values) for name, values in latencies.items() if name}
    found["restore"] = _restored(tenant_id, store, int(each))
    beside = min(int(conversations), BESIDE)
    found["export"], found["delete"] = _plain(beside, int(each))
    purged = organisation("purged")
    _fill(purged, beside, int(each))
    with tenant_scope(purged):
        RetentionRule.objects.create(afterwards=Afterwards.PURGE.value)
    found["purge"] = _timed_run(purged, store, int(each))
    found["due"] = _due(organisation("many"), int(among))
    sys.stdout.write(orjson.dumps(found).decode() + "\n")


def _fill(tenant_id: int, conversations: int, each: int) -> None:
    for done in seed.talks(tenant_id, conversations, each, last=OLD):
        if done % 10_000 == 0:
            _say(f"{done} conversations")
    seed.settle()


def _timed_run(tenant_id: int, store: Folder, each: int) -> dict[str, Any]:
    """As the worker does it: step by step."""
    begun, worked, memory = time.perf_counter(), time.process_time(), _memory()
    done = run(tenant_id, NOW, store=store)
    seconds, count = time.perf_counter() - begun, done.archived + done.purged
    return {
        "conversations": count,
        "seconds": round(seconds, 2),
        "processor_seconds": round(time.process_time() - worked, 2),
        "messages_a_second": round(count * each / seconds),
        "grown_mib": round(_memory() - memory, 1),
    }


def _restored(tenant_id: int, store: Folder, each: int) -> dict[str, Any]:
    with tenant_scope(tenant_id):
        ids = list(ArchivedConversation.objects.order_by("pk").values_list("public_id", flat=True)[:RESTORED])
    begun = time.perf_counter()
    for public_id in ids:
        with tenant_scope(tenant_id):
            restore_archived(conversation=public_id, now=NOW, store=store)
    seconds = time.perf_counter() - begun
    return {
        "ms_a_conversation": round(seconds * 1000 / len(ids), 1),
        "messages_a_second": round(len(ids) * each / seconds),
    }


def _plain(conversations: int, each: int) -> tuple[dict[str, Any], dict[str, Any]]:
    """What the same rows take without archive, keys, states and events: read through, and one DELETE."""
    plain = organisation("plain")
    _fill(plain, conversations, each)
    with connections["owner"].cursor() as cursor:
        begun, rows = time.perf_counter(), 0
        with cursor.copy(f"COPY (SELECT * FROM chat_message WHERE tenant_id = {plain:d}) TO STDOUT") as copy:  # noqa: S608 - a number
            for block in copy:
                rows += bytes(block).count(b"\n")
        exported = time.perf_counter() - begun
        begun = time.perf_counter()
        for table in ("chat_message", "chat_conversation"):
            cursor.execute(f"DELETE FROM {table} WHERE tenant_id = %s", [plain])  # noqa: S608 - our own tables
        deleted = time.perf_counter() - begun
    return tuple({"seconds": round(one, 2), "messages_a_second": round(rows / one)} for one in (exported, deleted))  # type: ignore[return-value]


def _due(tenant_id: int, count: int) -> dict[str, Any]:
    """Milliseconds of what is asked each hour, and by the page, among so many; and what of it reads a whole table."""
    seed.many(tenant_id, count, now=NOW, days=DAYS)
    seed.settle()
    with tenant_scope(tenant_id):
        (kept,), zone = rules(), zone_of_tenant()
        chosen = over(kept, now=NOW, zone=zone).exclude(held()).select_for_update(skip_locked=True, of=("self",))
        asked: dict[str, Callable[[], object]] = {
            "the next chunk": lambda: list(chosen.values_list("pk", flat=True)[:CHUNK]),
            "what today's run does": lambda: effect(NOW),
            "14 days ahead": lambda: forecast(NOW, days=14),
        }
        found: dict[str, Any] = {name: timed(work) for name, work in asked.items()}
        found["plan"] = [
            line.strip() for line in chosen[:CHUNK].explain().splitlines() if "Scan" in line or "Sort" in line
        ]
    return {"among": count, **found}


@contextmanager
def _probe(tenant_id: int) -> Iterator[tuple[Callable[[str], None], dict[str, list[float]]]]:
    """Messages of a neighbour meanwhile; the first part is what they take alone."""
    with tenant_scope(tenant_id):
        site, agent, pairs = Site.objects.order_by("pk")[0], Membership.objects.order_by("pk")[0], []
        for _ in range(TALKS):
            visitor = Visitor.objects.create(site=site)
            talk = Conversation.objects.create(site=site, visitor=visitor, status=Status.OPEN.value, assigned_to=agent)
            keyring.data_key(KeySubject.CONVERSATION, talk.public_id)
            pairs.append(f"{talk.public_id}:{visitor.public_id}")
    command = [sys.executable, "-m", "chatplatform.bench.retention.probe", str(tenant_id), *pairs]
    latencies: dict[str, list[float]] = {}
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as probe:  # noqa: S603
        if probe.stdin is None or probe.stdout is None:
            raise RuntimeError("the probe has no pipes")

        def part(name: str) -> None:
            probe.stdin.write(f"{name}\n")  # type: ignore[union-attr]
            probe.stdin.flush()  # type: ignore[union-attr]

        part("alone")
        yield part, latencies
        latencies |= orjson.loads(probe.stdout.read())


def _percentiles(values: list[float]) -> dict[str, Any]:
    cuts = quantiles(values, n=100, method="inclusive")
    return {
        "messages": len(values),
        "p50": round(cuts[49], 1),
        "p99": round(cuts[98], 1),
        "worst": round(max(values), 1),
    }


def _memory() -> float:
    """The most that this process had, in MiB."""
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024


def _say(text: str) -> None:
    sys.stderr.write(f"{text}\n")


if __name__ == "__main__":
    main(*sys.argv[1:])
