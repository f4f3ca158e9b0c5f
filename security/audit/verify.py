"""Verifying a tenant's chain in the database, or any chain in an export.

What the steps catch, and that a history written anew is not among it, is said in `security.audit.walk`.
"""

from __future__ import annotations

from collections.abc import Iterable

from security.audit.chain import genesis
from security.audit.details import Opener
from security.audit.export import events_after, parsed_event, parsed_header
from security.audit.walk import Broken, Report, Step, Walk
from security.models.audit import AuditEvent, AuditHead
from security.scoping import tenant_scope


def verify_tenant(tenant_id: int, *, page: int = 1_000) -> Report:
    """Follow the tenant's chain from its first event to its head, each page in a scope of its own.

    Events may be appended meanwhile; they are verified too.
    """
    with tenant_scope(tenant_id):
        head = AuditHead.objects.first()
        if head is None:
            stray = AuditEvent.objects.order_by("seq").first()
            return Report(True, 0) if stray is None else Report(False, 0, stray.seq, "the end of the chain is missing")
    walk = Walk(0, genesis(head.chain))
    try:
        while _took_page(walk, tenant_id, page):
            pass
    except Broken as broken:
        return Report(False, walk.entries, broken.seq, broken.reason)
    return Report(True, walk.entries)


def verify_export(lines: Iterable[str]) -> Report:
    """Follow the chain in the lines of an export, with nothing but the export."""
    rest = iter(lines)
    try:
        header = parsed_header(next(rest, ""))
    except (KeyError, TypeError, ValueError):
        return Report(False, 0, None, "this is not an export of an audit trail")
    if header["first"] == 1 and header["previous"] != genesis(header["chain"]):
        return Report(False, 0, 1, "the chain does not begin where its name says")
    walk = Walk(header["first"] - 1, header["previous"])
    try:
        for line in rest:
            walk.step(parsed_event(line, walk.seq + 1))
        walk.end(header["last"], header["hash"])
    except Broken as broken:
        return Report(False, walk.entries, broken.seq, broken.reason)
    return Report(True, walk.entries)


def _took_page(walk: Walk, tenant_id: int, page: int) -> bool:
    """Walk over the next page; at the end compare with the head. False when the end was reached and is right."""
    with tenant_scope(tenant_id):
        opener = Opener()
        events = events_after(walk.seq, page)
        opener.load(events)
        for event in events:
            walk.step(_stored(event, opener))
        if events:
            return True
        head = AuditHead.objects.get()
        if head.seq > walk.seq and AuditEvent.objects.filter(seq__gt=walk.seq).exists():
            return True  # appended between the two queries
        walk.end(head.seq, bytes(head.hash))
        return False


def _stored(event: AuditEvent, opener: Opener) -> Step:
    found = {detail.part: opener.opened(detail) for detail in event.details.all()}
    return Step(
        seq=event.seq,
        at=event.at,
        entry=event.entry,
        hash=bytes(event.hash),
        details={part: None if values is None else values.commitment for part, values in found.items()},
        columns={
            "action": event.action,
            "outcome": event.outcome,
            "actor_kind": event.actor_kind,
            "actor_id": None if event.actor_id is None else str(event.actor_id),
            "object_id": None if event.object_id is None else str(event.object_id),
        },
    )
