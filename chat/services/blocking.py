"""Visitors who are kept out: blocked by an agent, for a time or for good, and where it is wanted with the address they came from.

Danger: a blocked person goes on writing, or an address that many share shuts out customers. Rule: a block is looked at when a socket opens, at
`hello`, before a first message is stored and before a token becomes a cookie, and what is open ends by a revocation; a block of an address ends by
itself, within 30 days at most. Proof: tests/chat/live/test_blocking.py, tests/chat/test_blocking.py.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final
from uuid import UUID

from django.db import transaction
from django.db.models import Q

from chat import access
from chat.models import Block, Conversation, Status, Visitor, unended
from chat.personal import address_digest, seal_block_reason, shown_address, shown_block_reason, shown_profile
from chat.services.lifecycle import close_blocked
from chat.unstored import talk
from security.audit import Action, record
from security.crypto import keyring
from security.errors import Conflict, Invalid, NotFound
from security.masking import MaskedText
from security.models import KeySubject, RevocationKind
from security.permissions import Grant, Permission, require
from security.revocation import revoke

MOST_DAYS: Final = 365
ADDRESS_DAYS: Final = 7
"""How long an address is blocked with a visitor who is blocked for good."""
MOST_ADDRESS_DAYS: Final = 30
KEPT_AFTER: Final = timedelta(days=30)
"""How long a block that has ended stays in the list."""


@dataclass(frozen=True, slots=True)
class BlockView:
    """A block as the list shows it; `name` is empty where the visitor gave none, `shared_by` counts visitors of the blocked address."""

    name: str
    reason: str
    shared_by: int | None


def address_subject(digest: bytes) -> str:
    """The name of a blocked address in revocations."""
    return digest.hex()[:32]


def is_blocked(*, visitor_pk: int | None, address: str | None, now: datetime) -> bool:
    """Whether this visitor, or whoever comes from this address, is kept out now."""
    return Block.objects.filter(_keeps_out(visitor_pk, address, now)).exists()


@transaction.atomic
def block_visitor(
    *, grant: Grant, conversation: UUID, reason: MaskedText | None, days: int | None, address: bool, now: datetime
) -> Block:
    """Keep the visitor of this conversation out, for some days or for good; blocked already: by these terms from now on.

    What he has open ends, and so does his conversation. Conflict("no_address") where his address is not known.
    """
    require(grant, Permission.CHAT_BLOCK_VISITOR)
    found = access.access_conversation(grant, conversation)
    if days is not None and not 0 < days <= MOST_DAYS:
        raise Invalid("days")
    # In the order of a first message: the visitor's row, then his conversations.
    visitor = Visitor.objects.select_for_update(of=("self",)).get(pk=found.visitor_id)
    digest = address_digest(_address(found)) if address else None
    if address and digest is None:
        raise Conflict("no_address")
    block = Block.objects.filter(visitor=visitor).first() or Block(visitor=visitor)
    block.blocked_by_id, block.created_at = grant.membership_id, now
    block.reason = seal_block_reason(visitor.public_id, reason) if reason else None
    block.ends_at = None if days is None else now + timedelta(days=days)
    block.address_digest = digest
    block.address_ends_at = now + timedelta(days=min(days or ADDRESS_DAYS, MOST_ADDRESS_DAYS)) if digest else None
    block.save()
    _end_conversation(visitor, now)
    record(Action.VISITOR_BLOCKED, on=visitor, days=days, with_address=digest is not None)
    revoke(RevocationKind.VISITOR, visitor.public_id)
    if digest is not None:
        revoke(RevocationKind.ADDRESS, address_subject(digest))
    return block


@transaction.atomic
def unblock_visitor(*, grant: Grant, block: UUID) -> None:
    """Let the visitor, and his address, in again; NotFound for a block that is not this member's to see."""
    require(grant, Permission.CHAT_BLOCK_VISITOR)
    found = access.blocks(grant).select_for_update(of=("self",)).filter(public_id=block).first()
    if found is None:
        raise NotFound
    record(Action.VISITOR_UNBLOCKED, on=found.visitor)
    found.delete()


def block_of(*, grant: Grant, conversation: UUID) -> Block | None:
    """The block of this conversation's visitor, ended or not."""
    require(grant, Permission.CHAT_BLOCK_VISITOR)
    return Block.objects.filter(visitor=access.access_conversation(grant, conversation).visitor_id).first()


def unblock_by_conversation(*, grant: Grant, conversation: UUID) -> None:
    """As `unblock_visitor`, from the visitor's conversation; NotFound where he is not blocked."""
    found = block_of(grant=grant, conversation=conversation)
    if found is None:
        raise NotFound
    unblock_visitor(grant=grant, block=found.public_id)


def shared_by(*, grant: Grant, conversation: UUID) -> int | None:
    """How many visitors came from the address of this one, himself included; None where it is not known."""
    require(grant, Permission.CHAT_BLOCK_VISITOR)
    digest = address_digest(_address(access.access_conversation(grant, conversation)))
    return None if digest is None else Visitor.objects.filter(address_digest=digest).count()


def _address(found: Conversation) -> str:
    """Where the visitor came from last; of a conversation of which nothing is stored, as long as it lasts."""
    for told in talk.told_in([found]).values():
        return told.address
    return shown_address(found.visitor.public_id, found.visitor.address)


@transaction.atomic
def read_blocks(*, grant: Grant, blocks: Sequence[Block]) -> list[BlockView]:
    """What the rows say, which must come with their visitors; that they were looked at is an event."""
    require(grant, Permission.CHAT_BLOCK_VISITOR)
    keys = keyring.existing_keys(KeySubject.VISITOR, [block.visitor.public_id for block in blocks])
    digests = [bytes(block.address_digest) for block in blocks if block.address_digest is not None]
    counts = access.visitors_by_address(digests)
    record(Action.VISITOR_BLOCKS_READ, visitors=len(blocks))
    return [_view(block, keys.get(block.visitor.public_id), counts) for block in blocks]


def sweep_blocks(*, now: datetime) -> int:
    """Forget what ended a month ago, and addresses as soon as their blocks have ended; how many visitors that let go."""
    Block.objects.filter(address_ends_at__lte=now).update(address_digest=None, address_ends_at=None)
    return Block.objects.filter(ends_at__lte=now - KEPT_AFTER).delete()[0]


def _keeps_out(visitor_pk: int | None, address: str | None, now: datetime) -> Q:
    digest = address_digest(address)
    found = Q(visitor=visitor_pk) & unended(now) if visitor_pk is not None else Q(pk=None)
    return found if digest is None else found | Q(address_digest=digest, address_ends_at__gt=now)


def _end_conversation(visitor: Visitor, now: datetime) -> None:
    live = (
        Conversation.objects.select_for_update(of=("self",)).filter(visitor=visitor).exclude(status=Status.CLOSED.value)
    )
    for conversation in live:
        close_blocked(conversation, now=now)


def _view(block: Block, key: bytes | None, counts: dict[bytes, int]) -> BlockView:
    visitor = block.visitor
    digest = None if block.address_digest is None else bytes(block.address_digest)
    return BlockView(
        name=shown_profile(visitor.public_id, visitor.profile, key=key).name if key else "",
        reason=shown_block_reason(visitor.public_id, block.reason, key=key) if key else "",
        shared_by=None if digest is None else counts.get(digest, 0),
    )
