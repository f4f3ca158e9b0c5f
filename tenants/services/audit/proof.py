"""That the trail is as it was written, and copies of it for others: what is signed, verifying, exporting."""

from __future__ import annotations

from collections.abc import Generator, Iterator
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final

from django.db import transaction

from security.audit import Action, Extent, Outcome, record
from security.audit.checkpoints import shown_key
from security.audit.copies import copies
from security.audit.export import events_left, lines_of
from security.audit.keys import believed_keys
from security.audit.search import Filter, oldest_first
from security.audit.stored import newest_genuine
from security.audit.verify import verify_tenant
from security.audit.walk import Report
from security.context import Context, acting, current
from security.errors import Conflict
from security.models import AuditCopy, AuditEvent, AuditHead, AuditTombstone
from security.permissions import Grant, Permission, has, require
from security.scoping import tenant_scope
from tenants.access import active_grant
from tenants.services.audit.searching import told_filter
from tenants.services.audit.siem import FORMS, HEAD
from tenants.services.audit.trail import Line, lines_from

EVERYTHING: Final = Filter()
PAGE: Final = 500
AT_ONCE: Final = 50_000
"""Longer chains are followed by a worker (`checks`), which holds no page up."""


@dataclass(frozen=True, slots=True)
class Standing:
    """How far the trail goes, how far it is signed and by which keys, and what was found when it was last verified."""

    entries: int
    signed: int
    signed_at: datetime | None
    keys: tuple[str, ...]
    verified_at: datetime | None = None
    found: dict[str, Any] | None = None
    pruned: int = 0
    pruned_at: datetime | None = None
    copies: tuple[AuditCopy, ...] = ()


def read_standing(*, grant: Grant) -> Standing:
    """What the page says before anything is done; numbers only."""
    require(grant, Permission.AUDIT_READ)
    head = AuditHead.objects.first()
    stored = newest_genuine(believed_keys())
    newest = None if stored is None else stored.row
    last = AuditEvent.objects.filter(action=Action.AUDIT_VERIFIED.value).order_by("-seq").first()
    found = None if last is None else lines_from([last])[0].detail
    gone = AuditTombstone.objects.order_by("-seq").first()
    return Standing(
        entries=0 if head is None else head.seq,
        signed=0 if newest is None else newest.seq,
        signed_at=None if newest is None else newest.signed_at,
        keys=tuple(shown_key(key) for key in believed_keys()),
        verified_at=None if last is None else last.at,
        found=found,
        pruned=0 if gone is None else gone.seq,
        pruned_at=None if gone is None else gone.pruned_at,
        copies=tuple(copies()),
    )


@transaction.atomic
def verify_trail(*, grant: Grant) -> Report:
    """Follow the whole chain; the result is an event."""
    require(grant, Permission.AUDIT_VERIFY)
    head = AuditHead.objects.first()
    if head is not None and head.seq > AT_ONCE:
        raise Conflict("too_many_events")
    report = verify_tenant(grant.tenant_id)
    record_report(report)
    return report


def record_report(report: Report, **detail: bool) -> None:
    """The event of a check's end."""
    record(
        Action.AUDIT_VERIFIED,
        valid=report.ok,
        entries=report.entries,
        first_bad=report.first_bad,
        reason=report.reason,
        signed=report.signed,
        forged=report.forged or None,
        **detail,  # type: ignore[arg-type]  # names of its own are not among them
    )


@transaction.atomic
def export_trail(*, grant: Grant, form: str, wanted: Filter = EVERYTHING) -> Generator[str]:
    """Lines of what fits, in one of FORMS, or of the whole trail as `jsonl`; to be streamed after this scope has ended.

    The export is an event before its first byte, and another one at its end, which says how many events left. Only the whole can be verified, so
    that Conflict("export_part") answers a part as `jsonl`.
    """
    require(grant, Permission.AUDIT_EXPORT)
    if form == "jsonl" and wanted != EVERYTHING:
        raise Conflict("export_part")
    last = AuditHead.objects.values_list("seq", flat=True).first() or 0
    extent = Extent(events=events_left()) if wanted == EVERYTHING else None
    record(Action.AUDIT_EXPORTED, extent=extent, form=form, **told_filter(wanted))  # type: ignore[arg-type]
    lines = lines_of(grant.tenant_id, page=PAGE) if form == "jsonl" else _lines(grant.tenant_id, form, wanted, last)
    return _counted(lines, grant, form, current())


def _counted(lines: Iterator[str], grant: Grant, form: str, context: Context) -> Generator[str]:
    """The lines, then the event of how many of them were events; `failed` where whoever asked went away, or lost the right, before the end."""
    tenant_id, count, outcome = grant.tenant_id, 0, Outcome.FAILED
    try:
        for number, line in enumerate(lines, 1):
            if number % PAGE == 0 and not _may_still(grant):
                outcome = Outcome.DENIED
                return
            count += line.startswith('{"seq":') if form == "jsonl" else line != HEAD
            yield line
        outcome = Outcome.OK
    finally:
        with (
            acting(
                actor=context.actor, address=context.address, request_id=context.request_id, session=context.session
            ),
            tenant_scope(tenant_id),
        ):
            record(Action.AUDIT_EXPORT_ENDED, outcome=outcome, extent=Extent(events=count), form=form)


def _may_still(grant: Grant) -> bool:
    """A long export takes minutes, in which a right may be lost."""
    now = active_grant(grant.user_id, grant.tenant_id, came=grant.came)
    return now is not None and has(now, Permission.AUDIT_EXPORT)


def _lines(tenant_id: int, form: str, wanted: Filter, last: int) -> Iterator[str]:
    """Up to the export's own event, if that fits: what comes later is another export's."""
    _, write = FORMS[form]
    seq = 0
    if form == "csv":
        yield HEAD
    while seq <= last and (found := _page(tenant_id, wanted, seq)):
        seq = found[-1].seq
        yield from map(write, (line for line in found if line.seq <= last + 1))


def _page(tenant_id: int, wanted: Filter, seq: int) -> list[Line]:
    with tenant_scope(tenant_id):
        return lines_from(oldest_first(wanted, after=seq, size=PAGE))
