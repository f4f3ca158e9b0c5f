"""A few weeks of conversations, told by the product's own services: masked, sealed and numbered like real ones."""

from __future__ import annotations

import hashlib
import json
from collections import Counter
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any
from uuid import UUID

from chat.demo import fixed_id
from chat.live.admission import actor_of
from chat.live.protocol.shapes import Author, AuthorKind
from chat.live.writer.orders import masked_in
from chat.models import Conversation, Visitor
from chat.personal import Page, Profile
from chat.services import assignment, beginning, lifecycle, messages
from chat.services.visitors import VisitorSession
from security.context import Actor, ActorKind, acting
from security.masking import MaskedText, mask
from security.permissions import Grant
from tenants.access import grant_of
from tenants.models import Department, Membership, Site
from tenants.services.masking.counts import RULE_LENGTH, add_counts

CONVERSATIONS = Path(__file__).with_name("conversations.json")
BETWEEN = timedelta(seconds=50)
ADDRESS = "203.0.113.7"
_KINDS = {"v": AuthorKind.VISITOR, "a": AuthorKind.AGENT, "n": AuthorKind.NOTE}


@dataclass(frozen=True, slots=True)
class Cast:
    """Those who speak: agents by their short name, and the site on which it happens."""

    site: Site
    agents: dict[str, Grant]
    departments: dict[str, UUID]


def seed_conversations(*, now: datetime, most: int | None = None) -> int:
    """Tell what has not been told yet, in the scope of the tenant, `most` of it; times count back from `now`. How many were new."""
    members = Membership.objects.select_related("role", "user").filter(
        user__email__in=["alice@acme.example", "bob@acme.example"]
    )
    cast = Cast(
        site=Site.objects.get(key="pk_demo_acme"),
        agents={member.user.email.partition("@")[0]: grant_of(member) for member in members},
        departments=dict(Department.objects.values_list("name", "public_id")),
    )
    told = set(Visitor.objects.values_list("public_id", flat=True))
    stories = json.loads(CONVERSATIONS.read_text(encoding="utf-8"))
    fresh = [(number, story) for number, story in enumerate(stories) if _visitor_id(number) not in told]
    for number, story in fresh[:most]:
        _tell(number, story, cast, _start(story, now))
        _count(story, _start(story, now))
    return len(fresh[:most])


def _count(story: dict[str, Any], at: datetime) -> None:
    """What was hidden, as the message path counts it: the Masking page would show none beside a conversation with a hidden number."""
    found = [finding for _, line in story["lines"] for finding in mask(line).findings]
    day = at.astimezone(UTC).date()
    add_counts(hits=Counter((day, one.rule[:RULE_LENGTH], one.kind) for one in found), withheld=0)


def _visitor_id(number: int) -> UUID:
    return fixed_id("acme", "visitor", number)


def _start(story: dict[str, Any], now: datetime) -> datetime:
    """So many days ago at that hour; for today, so many hours ago."""
    if story["days"] == 0:
        return now + timedelta(hours=story["hour"])
    day = now.replace(hour=0, minute=0, second=0, microsecond=0) - timedelta(days=story["days"])
    return day + timedelta(hours=story["hour"])


def _tell(number: int, story: dict[str, Any], cast: Cast, at: datetime) -> None:
    visitor = VisitorSession(
        public_id=_visitor_id(number),
        token=None,
        token_digest=hashlib.sha256(_visitor_id(number).bytes).digest(),
        pk=None,
        profile=Profile(name=story["visitor"], email=story["email"]),
    )
    (_, first), *others = story["lines"]
    text = mask(first)
    with acting(actor=Actor(ActorKind.VISITOR, id=str(visitor.public_id)), address=ADDRESS):
        begun = _begin(number, story, visitor, text, cast, at)
    if story["agent"]:
        agent = cast.agents[story["agent"]]
        with acting(actor=actor_of(agent)):
            assignment.claim(grant=agent, conversation=begun.conversation, now=at + BETWEEN / 2)
            at = _speak(number, others, begun.conversation, visitor, agent, at)
            _end(story, begun.conversation, agent, at)
        with acting(actor=Actor(ActorKind.VISITOR, id=str(visitor.public_id)), address=ADDRESS):
            _rate(story, begun, at)
    else:
        _speak(number, others, begun.conversation, visitor, None, at)


def _begin(
    number: int, story: dict[str, Any], visitor: VisitorSession, text: MaskedText, cast: Cast, at: datetime
) -> beginning.Begun:
    return beginning.begin_conversation(
        opening=beginning.Opening(
            site_pk=cast.site.pk,
            session=visitor,
            client_id=fixed_id("acme", "message", number, 0),
            text=text,
            masked=masked_in(text),
            department=cast.departments[story["department"]],
            page=Page(url=f"https://shop.acme.example{story['page']}", title="Acme"),
            locale="en",
            address=ADDRESS,
        ),
        now=at,
    )


def _speak(
    number: int, lines: list[list[str]], conversation: UUID, visitor: VisitorSession, agent: Grant | None, at: datetime
) -> datetime:
    for index, (who, line) in enumerate(lines, start=1):
        at += BETWEEN if agent is None else _pause(number, index)
        kind = _KINDS[who]
        author = Author(kind, visitor.public_id, visitor.profile.name)
        if kind is not AuthorKind.VISITOR and agent is not None:
            author = Author(kind, agent.membership_public_id, agent.name)
        text = mask(line)
        messages.append(
            Conversation.objects.select_for_update().get(public_id=conversation),
            author=author,
            text=text,
            masked=masked_in(text),
            client_id=fixed_id("acme", "message", number, index),
            now=at,
        )
    return at


def _pause(number: int, index: int) -> timedelta:
    """Between 30 seconds and four minutes, the same on each machine: nobody answers like a clock."""
    return timedelta(seconds=30 + (number * 37 + index * 53) % 210)


def _end(story: dict[str, Any], conversation: UUID, agent: Grant, at: datetime) -> None:
    tags = [mask(tag) for tag in story["tags"]]
    lifecycle.tag_conversation(grant=agent, conversation=conversation, add=tags, remove=())
    lifecycle.close_conversation(grant=agent, conversation=conversation, outcome="resolved", now=at + BETWEEN)


def _rate(story: dict[str, Any], begun: beginning.Begun, at: datetime) -> None:
    if story["rating"]:
        comment = mask(story["comment"]) if story["comment"] else None
        lifecycle.rate_conversation(
            visitor_pk=begun.visitor_pk,
            conversation=begun.conversation,
            score=story["rating"],
            comment=comment,
            now=at + 2 * BETWEEN,
        )
