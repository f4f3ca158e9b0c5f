"""An operator's stay in the console: reads along, writes nothing, and ends with its time."""

from __future__ import annotations

import asyncio
import json
from datetime import timedelta
from typing import Any

from django.utils import timezone

from chat.live.work import unscoped
from security.masking import mask_or_withhold
from security.models import AuditEvent, User
from security.scoping import tenant_scope
from tenants.models import OperatorEntry
from tenants.services.platform import stays
from tests.cast import Organisation

from .sockets import Door
from .test_conversation import talking

WHY = mask_or_withhold("Messages do not arrive, ticket 4711")
SHORT = timedelta(seconds=6)


def oscar_comes(acme: Organisation, stay: timedelta) -> OperatorEntry:
    """Known by Acme's address, so that the organisation finds his session."""
    oscar = User.objects.create_superuser("oscar@acme.example", None, full_name="Oscar")
    entry = stays.enter(
        operator=oscar,
        tenant=acme.public_id,
        role="supervisor",
        reason=WHY,
        stay=timedelta(minutes=15),
        now=timezone.now() - timedelta(minutes=15) + stay,
    )
    acme.session("oscar")
    return entry


def trail_of(acme: Organisation, action: str) -> list[dict[str, Any]]:
    with tenant_scope(acme.tenant_id):
        return [json.loads(event.entry) for event in AuditEvent.objects.filter(action=action).order_by("seq")]


async def test_the_socket_ends_within_a_second_of_the_stays_time(door: Door, acme_live: Organisation) -> None:
    """No row is written at that moment, and no sweep has run: the socket knows its own end."""
    entry = await unscoped(oscar_comes, acme_live, SHORT)
    oscar = await door.agent(acme_live, "oscar")
    assert await oscar.closed() == 4403
    assert entry.expires_at is not None
    late = (timezone.now() - entry.expires_at).total_seconds()
    assert 0 <= late < 2.0, "One second, and one for a machine under load"


async def test_a_stay_in_the_console_reads_and_writes_nothing(door: Door, acme_live: Organisation) -> None:
    _, _, conversation = await talking(door, acme_live)
    entry = await unscoped(oscar_comes, acme_live, timedelta(minutes=10))
    oscar = await door.agent(acme_live, "oscar", open={conversation: [0, 0]})
    await oscar.expect("message")
    await oscar.send("note", conversation=conversation, client_id="7b7c9d0e-6d2b-4f0e-9d46-0f6f0d3c1a11", text="Hi")
    assert (await oscar.expect("error"))["code"] == "forbidden"
    (read,) = [one for one in await unscoped(trail_of, acme_live, "conversation.read") if "entry" in one["actor"]]
    assert (read["actor"]["kind"], read["actor"]["entry"]) == ("operator", str(entry.public_id))


async def test_who_is_sent_out_is_out_within_a_second(door: Door, acme_live: Organisation) -> None:
    entry = await unscoped(oscar_comes, acme_live, timedelta(minutes=10))
    oscar = await door.agent(acme_live, "oscar")
    operator = await unscoped(acme_live.user, "oscar")
    await unscoped(
        lambda: stays.leave(operator=operator, tenant=acme_live.public_id, entry=entry.public_id, now=timezone.now())
    )
    done_at = asyncio.get_running_loop().time()
    assert await oscar.closed() == 4403
    assert asyncio.get_running_loop().time() - done_at < 2.0, "One second, and one for a machine under load"
