"""A visitor who is blocked while he is there, and one who comes back: nothing of his gets in, by any of his sockets."""

from __future__ import annotations

import asyncio
from datetime import timedelta
from uuid import UUID

from django.test import Client
from django.utils import timezone
from websockets.exceptions import ConnectionClosed

from chat.live.work import in_scope, unscoped
from chat.models import Block, Conversation
from chat.personal import address_digest
from chat.services import blocking
from tests.cast import Organisation

from .sockets import PATIENCE, Door, Socket
from .test_conversation import stored

WITHIN = 1.0


async def talking_to_sam(door: Door, acme: Organisation) -> tuple[Socket, Socket, str]:
    """Sam, who may block, has taken Vera's conversation."""
    sam = await door.agent(acme, "sam")
    vera = await door.visitor(acme.site_key, profile={"name": "Vera"})
    ack = await vera.say("Hello")
    await sam.ask("next", "assigned")
    return vera, sam, ack["conversation"]


async def let_in(door: Door, acme: Organisation, **hello: object) -> Socket:
    """As soon as it is: for five seconds a socket is told what was revoked just before it opened, lest it was read before that."""
    async with asyncio.timeout(PATIENCE):
        while True:
            try:
                return await door.visitor(acme.site_key, **hello)
            except ConnectionClosed:
                continue


def block_quietly(conversation: str, *, address: str | None = None) -> None:
    """The row alone, as long after the act: nothing is revoked any more."""
    digest, ends = address_digest(address), timezone.now() + timedelta(days=1)
    visitor = Conversation.objects.get(public_id=conversation).visitor
    Block.objects.create(visitor=visitor, address_digest=digest, address_ends_at=ends if digest else None)


async def test_who_was_blocked_long_ago_opens_no_socket(door: Door, acme_live: Organisation) -> None:
    vera, _, conversation = await talking_to_sam(door, acme_live)
    await in_scope(acme_live.tenant_id, block_quietly, conversation)
    again = await door.dial(f"/ws/visitor/{acme_live.site_key}/")
    await again.send("hello", token=vera.welcome["token"])
    assert await again.closed() == 4403
    assert again.heard == []
    await door.visitor(acme_live.site_key)


async def test_an_address_that_was_blocked_long_ago_opens_no_socket(door: Door, acme_live: Organisation) -> None:
    _, _, conversation = await talking_to_sam(door, acme_live)
    await in_scope(acme_live.tenant_id, block_quietly, conversation, address="127.0.0.1")
    stranger = await door.dial(f"/ws/visitor/{acme_live.site_key}/")
    assert await stranger.closed() == 4403


async def test_all_his_sockets_end_within_a_second(door: Door, acme_live: Organisation) -> None:
    vera, sam, conversation = await talking_to_sam(door, acme_live)
    tab = await door.visitor(acme_live.site_key, token=vera.welcome["token"])
    other = await door.visitor(acme_live.site_key)
    answer = await sam.ask("block", "conversation", conversation=conversation, reason="Abuse", days=7)
    done_at = asyncio.get_running_loop().time()
    assert await vera.closed() == 4403
    assert await tab.closed() == 4403
    assert asyncio.get_running_loop().time() - done_at < WITHIN + 1.0, "One second, and one for a machine under load"
    assert answer["conversation"]["status"] == "closed"
    assert answer["conversation"]["visitor"]["blocked"] is True
    await other.ask("ping", "pong")


async def test_he_does_not_come_in_again_until_he_is_let_in(door: Door, acme_live: Organisation) -> None:
    vera, sam, conversation = await talking_to_sam(door, acme_live)
    token = vera.welcome["token"]
    await sam.ask("block", "conversation", conversation=conversation)
    await vera.closed()
    again = await door.dial(f"/ws/visitor/{acme_live.site_key}/")
    await again.send("hello", token=token)
    assert await again.closed() == 4403
    assert again.heard == []
    assert await stored(acme_live, author_kind="visitor") == 1
    answer = await sam.ask("unblock", "conversation", conversation=conversation)
    assert answer["conversation"]["visitor"]["blocked"] is False
    back = await let_in(door, acme_live, token=token)
    await back.say("Sorry")


async def test_a_message_that_is_under_way_is_not_stored(door: Door, acme_live: Organisation) -> None:
    """The row of the block is committed; the socket has not heard of it yet."""
    vera, _, conversation = await talking_to_sam(door, acme_live)
    await vera.ask("end", "status")
    await in_scope(acme_live.tenant_id, block_quietly, conversation)
    await vera.send("message", ref=5, client_id=UUID(int=9), text="One more")
    refused = await vera.expect("error", ref=5)
    assert refused["code"] == "forbidden"
    assert await stored(acme_live, author_kind="visitor") == 1


async def test_a_blocked_address_keeps_out_whoever_comes_from_there(door: Door, acme_live: Organisation) -> None:
    vera, sam, conversation = await talking_to_sam(door, acme_live)
    neighbour = await door.visitor(acme_live.site_key)
    silent = await door.dial(f"/ws/visitor/{acme_live.site_key}/")
    await neighbour.ask("ping", "pong")
    await sam.ask("block", "conversation", conversation=conversation, address=True, days=1)
    for socket in (vera, neighbour, silent):
        assert await socket.closed() == 4403
    stranger = await door.dial(f"/ws/visitor/{acme_live.site_key}/")
    assert await stranger.closed() == 4403
    await sam.ask("ping", "pong")
    await sam.ask("unblock", "conversation", conversation=conversation)
    await let_in(door, acme_live)


async def test_a_blocked_address_is_blocked_in_one_organisation(
    door: Door, acme_live: Organisation, rival_live: Organisation
) -> None:
    theirs = await door.visitor(rival_live.site_key)
    _, sam, conversation = await talking_to_sam(door, acme_live)
    await sam.ask("block", "conversation", conversation=conversation, address=True)
    await theirs.ask("ping", "pong")
    await door.visitor(rival_live.site_key)


async def test_his_token_becomes_no_cookie(door: Door, acme_live: Organisation) -> None:
    vera, _, conversation = await talking_to_sam(door, acme_live)
    grant = await unscoped(acme_live.grant, "sam")

    def remembered() -> int:
        return (
            Client()
            .post(
                f"/widget/{acme_live.site_key}/session",
                {"token": vera.welcome["token"]},
                content_type="application/json",
                headers={"origin": "http://testserver", "x-chat-widget": "1"},
            )
            .status_code
        )

    assert await unscoped(remembered) == 204
    await in_scope(
        acme_live.tenant_id, blocking.block_visitor,
        grant=grant, conversation=UUID(conversation), reason=None, days=None, address=False, now=timezone.now(),
    )  # fmt: skip
    assert await unscoped(remembered) == 403
