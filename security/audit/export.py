"""The trail as JSON lines: a header that says where the chain begins and ends, then its events and the checkpoints that cover them.

    {"format":"chatplatform-audit","version":3,"chain":UUID,"first":1,"previous":HEX,"last":N,"hash":HEX,"exported":TIME,"keys":[KEY]}
    {"checkpoint":"chatplatform-audit/…"}
    {"seq":1,"at":"2026-01-31T09:30:00.123456Z","entry":"{…}","hash":HEX,"details":[{"part":"actor","salt":HEX,"values":"{…}"}]}

`entry` and `values` are strings, to be hashed as they stand. Sealed values come opened, with their salt, so that whoever
has the export can check them without any key; those of an erased person are not there. A checkpoint comes before the events that
it covers. Where the beginning was pruned, `first` is greater and `pruned` is the checkpoint before it. `security.audit.offline` reads all this.
`keys` are shown for convenience: believe one that you have from elsewhere.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from datetime import UTC, datetime
from typing import Final

from django.utils import timezone

from security.audit.checkpoints import shown_key
from security.audit.details import Opener
from security.audit.entry import Extent
from security.audit.keys import believed_keys
from security.audit.notes import FORMAT
from security.audit.pruning import beginning
from security.audit.record import record
from security.audit.registry import Action
from security.models.audit import AuditCheckpoint, AuditEvent, AuditHead, AuditTombstone
from security.scoping import tenant_scope

VERSION: Final = 3


def export_tenant(tenant_id: int, *, page: int = 500) -> Iterator[str]:
    """Lines of the tenant's whole trail, without line ends; the export's own event comes first and is the last of them or nearly.

    Each page is read in a scope of its own, so that a slow reader holds no transaction open.
    """
    with tenant_scope(tenant_id):
        record(Action.AUDIT_EXPORTED, extent=Extent(events=events_left()), form="jsonl")
    return lines_of(tenant_id, page=page)


def events_left() -> int:
    """How many events the trail of the tenant in scope has, without those that were pruned."""
    last = AuditHead.objects.values_list("seq", flat=True).first() or 0
    gone = AuditTombstone.objects.order_by("-seq").values_list("seq", flat=True).first() or 0
    return last - gone


def events_after(seq: int, count: int) -> list[AuditEvent]:
    """The next `count` events of the tenant in scope, with their details."""
    return list(AuditEvent.objects.filter(seq__gt=seq).order_by("seq").prefetch_related("details")[:count])


def lines_of(tenant_id: int, *, page: int = 500) -> Iterator[str]:
    """The lines, up to where the chain ends when the first is asked for; whoever asks has recorded it. Opens scopes of its own."""
    with tenant_scope(tenant_id):
        head = AuditHead.objects.get()
        begins = beginning(head.chain)
        keys = believed_keys()
    yield _line(
        format=FORMAT,
        version=VERSION,
        chain=str(head.chain),
        first=begins.seq + 1,
        previous=begins.hash.hex(),
        last=head.seq,
        hash=bytes(head.hash).hex(),
        exported=_moment(timezone.now()),
        keys=[shown_key(key) for key in keys],
        **({} if begins.note is None else {"pruned": begins.note}),
    )
    seq = begins.seq
    while seq < head.seq:
        with tenant_scope(tenant_id):
            opener = Opener()
            events = events_after(seq, min(page, head.seq - seq))
            opener.load(events)
            until = events[-1].seq if events else head.seq
            covering = AuditCheckpoint.objects.filter(after__gte=seq, after__lt=until, seq__lte=head.seq)
            notes = list(covering.order_by("after").values_list("note", flat=True))
            lines = [_event_line(event, opener) for event in events]
        yield from (_line(checkpoint=note) for note in notes)
        if not events:
            return  # the tail is missing; whoever verifies the export sees it, as its header says where the chain ends
        seq = events[-1].seq
        yield from lines


def _event_line(event: AuditEvent, opener: Opener) -> str:
    parts = (opener.opened(detail) for detail in event.details.all())
    return _line(
        seq=event.seq,
        at=_moment(event.at),
        entry=event.entry,
        hash=bytes(event.hash).hex(),
        details=[
            {"part": part.part, "salt": part.salt.hex(), "values": part.values} for part in parts if part is not None
        ],
    )


def _moment(at: datetime) -> str:
    return at.astimezone(UTC).isoformat(timespec="microseconds").replace("+00:00", "Z")


def _line(**values: object) -> str:
    return json.dumps(values, separators=(",", ":"), ensure_ascii=True)
