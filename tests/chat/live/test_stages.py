"""Each stage of a message is measured where it happens, and the dashboard asks for what there is."""

from __future__ import annotations

import json
import re
from typing import Final

import httpx
from asgiref.sync import sync_to_async
from prometheus_client import REGISTRY

from chat.live import figures, stages
from chat.live.work import unscoped
from chatplatform.lags import Lags
from tests import cast
from tests.chat.conversations import House
from tests.chat.live.sockets import door_to
from tests.chat.live.writing import post, writing
from tests.services.web import WebServer
from tests.sources import PROJECT

DASHBOARD: Final = PROJECT / "docs/reference/grafana-dashboard.json"
OF_THE_WRITER: Final = ("wait", "read", "encrypt", "commit", "store")


def counted(stage: str) -> float:
    return REGISTRY.get_sample_value("chatplatform_stage_seconds_count", {"stage": stage}) or 0.0


async def test_a_stored_message_is_measured_at_each_stage_once(acme: House) -> None:
    talk = await sync_to_async(acme.talk)()
    before = {stage: counted(stage) for stage in OF_THE_WRITER}
    batches = REGISTRY.get_sample_value("chatplatform_batch_orders_sum") or 0.0
    async with writing() as writer:
        await writer.put(post(talk))
    assert {stage: counted(stage) - before[stage] for stage in OF_THE_WRITER} == dict.fromkeys(OF_THE_WRITER, 1.0)
    assert REGISTRY.get_sample_value("chatplatform_batch_orders_sum") == batches + 1


def asked_for() -> set[str]:
    """The metrics that panels ask for, without what Prometheus adds to a name."""
    panels = json.loads(DASHBOARD.read_text())["panels"]
    found = {
        name
        for panel in panels
        for target in panel["targets"]
        for name in re.findall(r"chatplatform_\w+", target["expr"])
    }
    return {re.sub(r"_(?:bucket|count|sum|total)$", "", name) for name in found}


def test_the_dashboard_shows_every_metric_and_no_other() -> None:
    ours = {metric.name for metric in REGISTRY.collect() if metric.name.startswith("chatplatform_")}
    ours |= {metric.name for metric in Lags().describe()}
    assert next(iter(figures.HITS.describe())).name in ours
    assert asked_for() == ours


async def test_the_server_tells_of_every_stage_and_of_what_waits(server: WebServer) -> None:
    of = await unscoped(cast.acme)
    async with door_to(server) as door:
        vera = await door.visitor(of.site_key)
        await vera.say("Hello, is anybody there?")
        await vera.say("I have a question")  # the first begins a conversation, which is another path
    async with httpx.AsyncClient() as client:
        told = (await client.get(f"{server.url}/metrics")).text
    counts = dict(re.findall(r'chatplatform_stage_seconds_count\{stage="(\w+)"\} ([\d.]+)', told))
    assert counts.keys() == set(stages.ALL)
    assert {stage for stage, count in counts.items() if float(count)} >= {*OF_THE_WRITER, "mask", "deliver"}
    assert 'chatplatform_queued{queue="writer"}' in told
    assert of.site_key not in told
