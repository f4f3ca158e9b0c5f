"""What masking did is counted: in batches for the tenant, without names for Prometheus."""

from __future__ import annotations

from datetime import date
from functools import partial
from uuid import uuid4

import pytest
from asgiref.sync import sync_to_async
from prometheus_client import REGISTRY

from chat.live.figures import Figures
from chat.live.writer import Revised
from chat.models import Status
from security.masking import MaskedText, mask, withheld
from security.models import AuditEvent
from security.scoping import tenant_scope
from tenants.models import MaskingCount
from tests.chat.conversations import House

DAY = date(2026, 11, 22)
CARD = mask("4242 4242 4242 4242 and 5555 5555 5555 4444")


def rows(tenant_id: int) -> list[tuple[date, str, int]]:
    with tenant_scope(tenant_id):
        return list(MaskingCount.objects.order_by("kind").values_list("day", "kind", "hits"))


def actions(tenant_id: int) -> list[tuple[str, str]]:
    with tenant_scope(tenant_id):
        return [(event.action, event.entry) for event in AuditEvent.objects.order_by("seq")]


def total(name: str, **labels: str) -> float:
    return REGISTRY.get_sample_value(f"chatplatform_masking_{name}", labels) or 0.0


def revised(text: MaskedText, reason: str) -> Revised:
    return Revised(
        tenant_id=1,
        conversation=uuid4(),
        id=uuid4(),
        seq=1,
        rev=2,
        text=text,
        masked=(),
        reason=reason,
        status=Status.OPEN,
        is_visible=True,
    )


async def test_hits_are_added_up_by_day_and_rule(acme: House, rival: House) -> None:
    figures = Figures(today=lambda: DAY)
    before = total("hits_total", detector="card")
    for _ in range(2):
        figures.hidden(acme.tenant_id, CARD)
        await figures.write()
    figures.hidden(rival.tenant_id, mask("078-05-1120 is my ssn"))
    await figures.write()
    assert sum(hits for _, _, hits in await sync_to_async(rows)(acme.tenant_id)) == 4
    assert {(day, kind) for day, kind, _ in await sync_to_async(rows)(acme.tenant_id)} == {(DAY, "card")}
    assert [kind for _, kind, _ in await sync_to_async(rows)(rival.tenant_id)] in ([], ["ssn"])
    assert total("hits_total", detector="card") == before + 4


async def test_what_visitors_took_back_is_counted_apart_from_what_was_hidden(acme: House) -> None:
    figures = Figures(today=lambda: DAY)
    for packs in (["phone"], ["phone", "email"], []):
        figures.taken_back(acme.tenant_id, packs)
    figures.hidden(acme.tenant_id, CARD)
    await figures.write()
    assert sorted(await sync_to_async(rows)(acme.tenant_id)) == [
        (DAY, "card", 1),
        (DAY, "card", 1),
        (DAY, "undone", 1),
        (DAY, "undone", 2),
    ]


async def test_what_the_browser_masked_is_counted_under_a_rule_of_that_name(acme: House) -> None:
    figures = Figures(today=lambda: DAY)
    figures.hidden(acme.tenant_id, mask("•••• •••• •••• 4242 and 5555 5555 5555 4444"))
    await figures.write()

    def counted() -> list[tuple[str, int]]:
        with tenant_scope(acme.tenant_id):
            return list(MaskingCount.objects.filter(rule="browser").values_list("kind", "hits"))

    assert await sync_to_async(counted)() == [("card", 1)]


async def test_withheld_messages_raise_the_alarm_and_leave_one_event(acme: House) -> None:
    figures, before = Figures(), total("withheld_total")
    for _ in range(3):
        figures.looked_at(withheld("Hello", "rules"), 0.0001, acme.tenant_id)
    figures.looked_at(withheld("Hello", "rules"), 0.0001, None)
    await figures.write()
    assert total("withheld_total") == before + 4
    ((action, entry),) = await sync_to_async(actions)(acme.tenant_id)
    assert action == "masking.withheld"
    assert '"messages":3' in entry.replace(" ", "")
    assert await sync_to_async(rows)(acme.tenant_id) == []


async def test_what_could_not_be_written_is_written_the_next_time(acme: House, monkeypatch: pytest.MonkeyPatch) -> None:
    figures = Figures(today=lambda: DAY)
    figures.hidden(-1, CARD)  # no such tenant: the database refuses the row
    figures.hidden(acme.tenant_id, CARD)
    await figures.write()
    assert sum(hits for _, _, hits in await sync_to_async(rows)(acme.tenant_id)) == 2
    assert figures._hits[-1].total() == 2


def test_released_messages_are_counted_as_such() -> None:
    figures, before = Figures(), total("released_total")
    figures.stored(revised(mask("1234"), "released"))
    assert total("released_total") == before + 1
    hits = total("hits_total", detector="card")
    figures.stored(revised(CARD, "masked"))
    assert total("hits_total", detector="card") == hits + 2


def test_the_engines_time_is_measured() -> None:
    count = partial(REGISTRY.get_sample_value, "chatplatform_stage_seconds_count", {"stage": "mask"})
    before = count()
    Figures().looked_at(mask("Hello"), 0.000004, 1)
    assert count() == (before or 0) + 1


def test_no_label_says_whose_it_is(acme: House) -> None:
    Figures().hidden(acme.tenant_id, CARD)
    labels = {
        label
        for metric in REGISTRY.collect()
        if metric.name.startswith("chatplatform_masking")
        for sample in metric.samples
        for label in sample.labels
    }
    assert labels <= {"detector", "le"}
