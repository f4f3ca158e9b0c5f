"""Stored messages that are masked again, as those learn of it who have the conversation open, and those who come back."""

from __future__ import annotations

from uuid import uuid4

from django.utils import timezone

from chat.live.work import unscoped
from chat.models import JobKind
from chat.services import masking_jobs
from security.scoping import tenant_scope
from tests.cast import Organisation
from tests.chat.masking_cast import add_rule

from .sockets import Door
from .test_conversation import talking


def remask(of: Organisation) -> None:
    """As a worker in another process does."""
    add_rule(of)
    with tenant_scope(of.tenant_id):
        job = masking_jobs.begin_job(kind=JobKind.REMASK, now=timezone.now()).public_id
    with tenant_scope(of.tenant_id):
        masking_jobs.advance(job=job, worker=uuid4(), now=timezone.now(), budget=60.0)


async def test_open_clients_are_told_and_the_conversation_goes_on(door: Door, acme_live: Organisation) -> None:
    vera, alice, conversation = await talking(door, acme_live, "I am EMP-123456")
    await unscoped(remask, acme_live)
    for socket in (vera, alice):
        told = await socket.expect("revised", conversation=conversation)
        assert (told["text"], told["reason"], told["masked"]) == (
            "I am [staff]",
            "remasked",
            [{"kind": "custom", "count": 1}],
        )
    while (await alice.expect_state("open"))["last_text"] != "I am [staff]":
        pass  # states from before come first
    ack = await vera.say("And now?")  # the writer seals under the new key
    assert (await alice.expect("message", id=ack["id"]))["text"] == "And now?"
    history = await alice.ask("history", "history", conversation=conversation, before_seq=None, limit=50)
    assert [message["text"] for message in history["messages"] if message["author"]["kind"] == "visitor"] == [
        "I am [staff]",
        "And now?",
    ]


async def test_who_was_away_learns_of_it(door: Door, acme_live: Organisation) -> None:
    vera, _, conversation = await talking(door, acme_live, "I am EMP-123456")
    await vera.connection.close()
    await unscoped(remask, acme_live)
    token = vera.welcome["token"]
    again = await door.visitor(acme_live.site_key, token=token, conversation=conversation, last_seq=2, last_rev=2)
    told = await again.expect("revised", conversation=conversation)
    assert (told["text"], told["reason"]) == ("I am [staff]", "remasked")
