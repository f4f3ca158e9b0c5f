"""What agents of one department are told, as it happens, of a conversation in another: nothing."""

from __future__ import annotations

from chat.live.work import unscoped
from tests.cast import Organisation

from .sockets import Door


async def test_an_agent_is_not_told_of_another_departments_conversation(door: Door, acme_live: Organisation) -> None:
    sales = await unscoped(acme_live.add_department, "Sales", "bob")
    alice, bob = await door.agent(acme_live, "alice"), await door.agent(acme_live, "bob")
    vera = await door.visitor(acme_live.site_key, department=str(sales))
    sent = await vera.say("For Sales alone")
    state = await bob.expect("conversation")
    assert state["conversation"]["id"] == sent["conversation"]
    await vera.ask("end", "status")
    await bob.expect_state("closed")
    other = await door.visitor(acme_live.site_key)
    await other.say("For Support")
    heard = await alice.expect("conversation")
    assert heard["conversation"]["last_text"] == "For Support", "Events of a room come in order: Sales' came before"
    assert sent["conversation"] not in str(alice.heard)
    assert "For Sales alone" not in str(alice.heard)
