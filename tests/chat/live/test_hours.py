"""What a visitor is told outside business hours, and that what he writes then waits."""

from __future__ import annotations

import asyncio
from datetime import timedelta

from django.utils import timezone

from chat.live.work import unscoped
from security.scoping import tenant_scope
from tenants.models import Department
from tenants.services import hours
from tests.cast import Organisation

from .sockets import PATIENCE, Door

ALWAYS = ["0:00–24:00"] * 7


def never_today(of: Organisation, department: str | None = None) -> str:
    """Closed on each day of the next two months; open after that."""
    days = [timezone.now().date() + timedelta(days=days - 2) for days in range(60)]
    grant = of.grant("olga")
    with tenant_scope(of.tenant_id):
        found = Department.objects.get(name=department) if department else None
        row = hours.create_hours(grant=grant, department=found, week=ALWAYS, closed_dates=days)
    return (max(row.closed_dates) + timedelta(days=1)).isoformat()


async def test_a_closed_site_is_offline_though_agents_are_there(door: Door, acme_live: Organisation) -> None:
    alice = await door.agent(acme_live, "alice")
    before = await door.visitor(acme_live.site_key)
    assert (before.welcome["site"]["online"], before.welcome["site"]["back_at"]) == (True, None)
    opens = await unscoped(never_today, acme_live)
    async with asyncio.timeout(PATIENCE):
        while (vera := await door.visitor(acme_live.site_key)).welcome["site"]["online"]:
            await vera.connection.close()  # it is told a second later
    site = vera.welcome["site"]
    assert site["back_at"] == f"{opens}T00:00:00.000Z"
    assert [entry["back_at"] for entry in site["departments"]] == [site["back_at"]]
    assert "back_at" not in str(alice.welcome), "Colleagues see who is there, whatever the hour"
    sent = await vera.say("Is anybody there?")
    state = await alice.expect_state("waiting")
    assert state["id"] == sent["conversation"], "It waits in the queue like any other"


async def test_the_site_stands_as_the_department_does_that_a_chat_goes_to(door: Door, acme_live: Organisation) -> None:
    await unscoped(acme_live.add_department, "Sales", "bob")
    await door.agent(acme_live, "bob")
    opens = await unscoped(never_today, acme_live, "Support")
    site = (await door.visitor(acme_live.site_key)).welcome["site"]
    told = {entry["name"]: (entry["online"], "back_at" in entry) for entry in site["departments"]}
    assert told == {"Sales": (True, False), "Support": (False, True)}
    assert (site["online"], site["back_at"]) == (False, f"{opens}T00:00:00.000Z"), "Nobody of Sales answers it"
