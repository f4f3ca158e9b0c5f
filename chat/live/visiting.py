"""What a visitor's socket asks the database for: the site, where a conversation stands, what was missed."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from uuid import UUID

from django.utils import timezone

from chat import events, transcript
from chat.live.protocol import server
from chat.live.protocol.shapes import Author, MaskingView, SiteView
from chat.live.reaches import Reaches
from chat.models import Conversation, Status
from chat.personal import Profile, address_digest
from chat.services import blocking
from chat.transcript import Page as TranscriptPage
from chat.unstored import talk
from security.errors import Conflict, Denied, NotFound
from tenants import access
from tenants.access import SiteRef
from tenants.policies import current_masking
from tenants.rules import Masking


@dataclass(frozen=True, slots=True)
class Visit:
    """A site and what its tenant decided, as read at the upgrade."""

    site: SiteRef
    tenant_public_id: UUID
    view: SiteView
    masking: Masking
    address: str | None
    """The client's address, as it stands in revocations; None where it is not known."""


@dataclass(frozen=True, slots=True)
class Resumed:
    """Where a conversation stands and what the client has missed; `frames` are ready to be sent, in order."""

    conversation: UUID
    status: Status
    last_visible_seq: int
    last_rev: int
    frames: Sequence[bytes]
    has_more: bool
    told: Profile | None = None
    """Of a conversation of which nothing is stored: who the visitor is, as he told in it."""


def access_visit(site_key: str, *, address: str | None, reaches: Reaches) -> Visit:
    """The site by its public key; NotFound for none, or for one that is switched off with its tenant. Opens its own scope.

    Denied for an address that is blocked.
    """
    with access.site_scope(site_key) as (site, tenant):
        if not site.is_active:
            raise NotFound
        now = timezone.now()
        if blocking.is_blocked(visitor_pk=None, address=address, now=now):
            raise Denied
        digest = address_digest(address)
        masking = current_masking()
        reach = reaches.present(now=now)
    view = SiteView(
        name=site.name,
        greeting=site.greeting,
        online=reach.online,
        back_at=reach.back_at,
        departments=reach.departments,
        consent=site.consent or None,
        masking=told_to_browsers(masking),
        unstored=reach.unstored,
    )
    return Visit(site, tenant, view, masking, blocking.address_subject(digest) if digest else None)


def told_to_browsers(masking: Masking) -> MaskingView:
    """The part of a tenant's rules that its visitors' browsers run too."""
    return MaskingView(masking.packs_for_browsers, masking.visitors.keep_last_four, masking.visitor_may_undo)


def is_promised(site: SiteView, department: UUID | None) -> bool:
    """Whether the visitor is told that nothing is stored of what he says there."""
    chosen = (view.unstored for view in site.departments or () if view.id == department)
    return bool(next(chosen, site.unstored))


def find_conversation(visitor_pk: int, wanted: UUID | None) -> UUID | None:
    """The visitor's live conversation; without one, the one that his client still shows, if it is his."""
    mine = Conversation.objects.filter(visitor=visitor_pk)
    current = mine.exclude(status=Status.CLOSED.value).first()
    if current is None and wanted is not None:
        current = mine.filter(public_id=wanted).first()
    return current.public_id if current else None


def resume(conversation: UUID, *, last_seq: int, last_rev: int) -> Resumed:
    """What a visitor's client with these numbers has missed: messages, then revisions."""
    row = Conversation.objects.select_related("visitor").get(public_id=conversation)
    reader = transcript.Reader(transcript.Audience.VISITOR, row.visitor.public_id)
    missed = transcript.messages_after(row, seq=last_seq, reader=reader)
    revised = transcript.revisions_after(row, rev=last_rev, up_to_seq=last_seq, reader=reader)
    return Resumed(
        conversation=conversation,
        status=Status(row.status),
        last_visible_seq=row.last_visible_seq,
        last_rev=row.last_rev,
        frames=[
            *(server.message(view) for view in missed.messages),
            *(server.revised(entry, reason=entry.reason) for entry in revised),
        ],
        has_more=missed.more,
        told=next((told.profile for told in talk.told_in([row]).values()), None),
    )


def read_history(*, conversation: UUID, visitor_pk: int, before_seq: int | None, limit: int) -> TranscriptPage:
    """An older page of the visitor's own conversation."""
    row = _own(visitor_pk, conversation)
    reader = transcript.Reader(transcript.Audience.VISITOR, row.visitor.public_id)
    return transcript.messages_before(row, seq=before_seq, reader=reader, limit=limit)


def mark_read(*, conversation: UUID, author: Author, seq: int, visitor_pk: int) -> None:
    """The visitor has seen everything up to `seq`; never backwards, never beyond what there is."""
    row = _own(visitor_pk, conversation)
    if seq > row.last_visible_seq:
        raise Conflict
    moved = Conversation.objects.filter(pk=row.pk, visitor_read_seq__lt=seq).update(visitor_read_seq=seq)
    if moved:
        events.publish_read(conversation, server.read(conversation=conversation, author=author, seq=seq))


def _own(visitor_pk: int, conversation: UUID) -> Conversation:
    row = Conversation.objects.select_related("visitor").filter(visitor=visitor_pk, public_id=conversation).first()
    if row is None:
        raise NotFound
    return row
