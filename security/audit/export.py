"""The trail as JSON lines: a header that says where the chain begins and ends, then one event a line.

    {"format":"chatplatform-audit","version":1,"chain":UUID,"first":1,"previous":HEX,"last":N,"hash":HEX}
    {"seq":1,"at":"2026-01-31T09:30:00.123456Z","entry":"{…}","hash":HEX,"details":[{"part":"actor","salt":HEX,"values":"{…}"}]}

`entry` and `values` are strings, to be hashed as they stand. Sealed values come opened, with their salt, so that whoever
has the export can check them without any key; those of an erased person are not there.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from typing import Any, Final
from uuid import UUID

from security.audit.chain import HASH_BYTES, commitment, genesis
from security.audit.details import Opener
from security.audit.record import record
from security.audit.registry import Action
from security.audit.walk import Broken, Step
from security.models.audit import AuditEvent, AuditHead
from security.scoping import tenant_scope

FORMAT: Final = "chatplatform-audit"
VERSION: Final = 1


def export_tenant(tenant_id: int, *, page: int = 500) -> Iterator[str]:
    """Lines of the tenant's whole trail, without line ends; the export's own event comes first and is the last of them or nearly.

    Each page is read in a scope of its own, so that a slow reader holds no transaction open.
    """
    with tenant_scope(tenant_id):
        before = AuditHead.objects.first()
        record(Action.AUDIT_EXPORTED, events=0 if before is None else before.seq)
    with tenant_scope(tenant_id):
        head = AuditHead.objects.get()
    return _lines(tenant_id, head, page)


def events_after(seq: int, count: int) -> list[AuditEvent]:
    """The next `count` events of the tenant in scope, with their details."""
    return list(AuditEvent.objects.filter(seq__gt=seq).order_by("seq").prefetch_related("details")[:count])


def parsed_header(line: str) -> dict[str, Any]:
    """The header of an export; ValueError, KeyError or TypeError for anything else."""
    header = json.loads(line)
    if header["format"] != FORMAT or header["version"] != VERSION:
        raise ValueError("unknown format")
    first, last = header["first"], header["last"]
    if not isinstance(first, int) or not isinstance(last, int) or not 1 <= first <= last + 1:
        raise ValueError("no such range")
    previous, final = bytes.fromhex(header["previous"]), bytes.fromhex(header["hash"])
    if len(previous) != HASH_BYTES or len(final) != HASH_BYTES:
        raise ValueError("not a hash")
    return {"chain": UUID(header["chain"]), "first": first, "previous": previous, "last": last, "hash": final}


def parsed_event(line: str, expected: int) -> Step:
    """One event of an export; Broken at `expected` for what is not one."""
    try:
        event = json.loads(line)
        details = {
            str(part["part"]): commitment(bytes.fromhex(part["salt"]), part["values"]) for part in event["details"]
        }
        at = datetime.fromisoformat(event["at"])
        step = Step(event["seq"], at, event["entry"], bytes.fromhex(event["hash"]), details)
    except (AttributeError, KeyError, TypeError, ValueError):
        raise Broken(expected, "the line is not an event") from None
    if at.utcoffset() != timedelta(0) or type(step.seq) is not int:
        raise Broken(expected, "the line is not an event")
    return step


def _lines(tenant_id: int, head: AuditHead, page: int) -> Iterator[str]:
    yield _line(
        format=FORMAT,
        version=VERSION,
        chain=str(head.chain),
        first=1,
        previous=genesis(head.chain).hex(),
        last=head.seq,
        hash=bytes(head.hash).hex(),
    )
    seq = 0
    while seq < head.seq:
        with tenant_scope(tenant_id):
            opener = Opener()
            events = events_after(seq, min(page, head.seq - seq))
            opener.load(events)
            lines = [_event_line(event, opener) for event in events]
        if not events:
            return  # the tail is missing; whoever verifies the export sees it, as its header says where the chain ends
        seq = events[-1].seq
        yield from lines


def _event_line(event: AuditEvent, opener: Opener) -> str:
    parts = (opener.opened(detail) for detail in event.details.all())
    return _line(
        seq=event.seq,
        at=event.at.astimezone(UTC).isoformat(timespec="microseconds").replace("+00:00", "Z"),
        entry=event.entry,
        hash=bytes(event.hash).hex(),
        details=[
            {"part": part.part, "salt": part.salt.hex(), "values": part.values} for part in parts if part is not None
        ],
    )


def _line(**values: object) -> str:
    return json.dumps(values, separators=(",", ":"), ensure_ascii=True)
