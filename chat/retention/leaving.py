"""Everything that an organisation has, in files that it can take along: transcripts, those of the archive too, visitors, and the trail with its proof.

Danger: all of it in the clear, in a folder. Rule: who runs the machine says which, nobody else reads the files (0600), with a public key of age only its
holder reads them; the event is committed before the first line is written. What does not open is named in the manifest and hides nothing else. Proof:
tests/chat/retention/test_leaving.py.
"""

from __future__ import annotations

import json
import os
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import asdict, dataclass, field
from datetime import datetime
from hashlib import sha256
from itertools import islice
from pathlib import Path
from typing import Any, Final
from uuid import UUID

from django.conf import settings
from django.db import transaction
from django.db.models import Model, Sum

from chat.models import ArchivedConversation, Conversation, Message, Visitor
from chat.retention.chunks import Damaged
from chat.retention.content import read_contents
from chat.retention.restore import opened_archived
from chat.retention.stores import Missing, Store
from chat.retention.visitors.gathering import described, moved
from security.audit import Action, Extent, record
from security.audit.export import export_tenant
from security.crypto import keyring
from security.crypto.signing import public_key, sign
from security.errors import Conflict, Invalid, NotFound
from security.models import KeySubject
from security.scoping import tenant_scope
from security.stores.age import is_recipient, sealed_to
from tenants.models import Tenant

FORMAT: Final = "chatplatform organisation v1"
AT_ONCE: Final = 200
"""Conversations or visitors of one file: so much is in memory."""
_HALF: Final = (1 << 64) - 1
LINES: Final = 5_000
"""Of the trail in one file; joined they are what `verify_audit --file` reads."""


@dataclass(slots=True)
class Taken:
    """What was written: each file with its size, digest and lines, and ids of what does not open."""

    organisation: str
    made_at: str
    format: str = FORMAT
    files: list[dict[str, Any]] = field(default_factory=list)
    unreadable: list[str] = field(default_factory=list)

    def lines(self, part: str) -> int:
        """Of all files of one part."""
        return sum(file["lines"] for file in self.files if file["name"].startswith(f"{part}-"))


def take_along(tenant_id: int, *, into: Path, store: Store, now: datetime, recipient: str = "") -> Taken:
    """Write all of it into an empty folder; for commands, outside any scope. Conflict("not_empty"), Invalid("recipient")."""
    if recipient and not is_recipient(recipient):
        raise Invalid("recipient")
    into.mkdir(mode=0o700, parents=True, exist_ok=True)
    if any(into.iterdir()):
        raise Conflict("not_empty")
    with tenant_scope(tenant_id):
        taken = begun(now)
    give_all(tenant_id, taken, to=lambda name, data: _put(into / name, data), store=store, recipient=recipient)
    return taken


def give_all(
    tenant_id: int, taken: Taken, *, to: Callable[[str, bytes], None], store: Store, recipient: str = ""
) -> None:
    """File by file, each given `to` whoever keeps it; what `taken` says of them is the last one, signed. Opens scopes of its own."""
    # Of what was read in the primary store: retention may archive it before the archive's turn comes. Eight bytes of each, a million in 80 MB.
    seen: set[int] = set()
    parts: tuple[tuple[str, Iterable[Sequence[str]]], ...] = (
        ("transcripts", _pages(tenant_id, Conversation, lambda rows: _live(rows, taken, seen))),
        ("archived", _pages(tenant_id, ArchivedConversation, lambda rows: _archived(rows, store, taken, seen))),
        ("visitors", _pages(tenant_id, Visitor, lambda rows: _visitors(rows, taken))),
        ("trail", _batched(export_tenant(tenant_id))),
    )
    for part, pages in parts:
        for number, lines in enumerate(pages, start=1):
            if lines:
                _give(taken, to, f"{part}-{number:05}.jsonl", lines, recipient)
    text = json.dumps(asdict(taken), indent=2) + "\n"
    to("manifest.json", text.encode())
    seed = settings.AUDIT_SIGNING_KEY()
    if seed is not None:
        to("manifest.sig", f"{public_key(seed).hex()} {sign(seed, text.encode()).hex()}\n".encode())


@transaction.atomic
def begun(now: datetime) -> Taken:
    """Leave the event, with how much it will be."""
    tenant, archived = Tenant.objects.get(), moved()
    messages = Message.objects.count() + (archived.aggregate(sum=Sum("messages"))["sum"] or 0)
    extent = Extent(conversations=Conversation.objects.count() + archived.count(), messages=messages)
    record(Action.TENANT_EXPORTED, on=tenant, extent=extent, visitors=Visitor.objects.count())
    return Taken(str(tenant.public_id), now.isoformat())


def _pages(tenant_id: int, model: type[Model], shown: Callable[[Sequence[Any]], list[str]]) -> Iterator[Sequence[str]]:
    """Lines of some rows at a time, in the order of their keys, each page in a scope of its own."""
    after = 0
    while True:
        with tenant_scope(tenant_id):
            rows = list(model._default_manager.filter(pk__gt=after).order_by("pk")[:AT_ONCE])
            lines = shown(rows)
        if not rows:
            return
        after = rows[-1].pk
        yield lines


def _live(rows: Sequence[Conversation], taken: Taken, seen: set[int]) -> list[str]:
    related = ("site", "visitor", "department", "assigned_to")
    whole = Conversation.objects.filter(pk__in=[row.pk for row in rows]).select_related(*related).order_by("pk")
    read = read_contents(list(whole))
    taken.unreadable += [str(one.row.public_id) for one in read if one.content is None]
    seen.update(_short(one.row.public_id) for one in read)
    return [_line(one.content) for one in read if one.content is not None]


def _archived(rows: Sequence[ArchivedConversation], store: Store, taken: Taken, seen: set[int]) -> list[str]:
    whole = ArchivedConversation.objects.filter(pk__in=[row.pk for row in rows]).select_related("chunk").order_by("pk")
    lines = []
    for row in whole:
        if _short(row.public_id) in seen:
            continue
        try:
            lines.append(_line(opened_archived(row, store)))
        except (Missing, Damaged, NotFound, OSError):
            taken.unreadable.append(str(row.public_id))
    return lines


def _short(conversation: UUID) -> int:
    return conversation.int & _HALF


def _visitors(rows: Sequence[Visitor], taken: Taken) -> list[str]:
    """Of whom something is sealed and no key is there, only that he was."""
    keys = keyring.stored_keys(KeySubject.VISITOR, [row.public_id for row in rows])
    taken.unreadable += [str(row.public_id) for row in rows if row.public_id not in keys and _is_sealed(row)]
    return [_line(described(row)) for row in rows if row.public_id in keys or not _is_sealed(row)]


def _is_sealed(row: Visitor) -> bool:
    return any(value is not None for value in (row.profile, row.page, row.address))


def _batched(lines: Iterator[str]) -> Iterator[Sequence[str]]:
    while batch := list(islice(lines, LINES)):
        yield batch


def _line(said: dict[str, Any]) -> str:
    return json.dumps(said, ensure_ascii=False, separators=(",", ":"))


def _give(taken: Taken, to: Callable[[str, bytes], None], name: str, lines: Sequence[str], recipient: str) -> None:
    data = "".join(f"{line}\n" for line in lines).encode()
    if recipient:
        name, data = f"{name}.age", sealed_to(recipient, data)
    to(name, data)
    taken.files.append({"name": name, "size": len(data), "sha256": sha256(data).hexdigest(), "lines": len(lines)})


def _put(path: Path, data: bytes) -> None:
    descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC, 0o600)
    with os.fdopen(descriptor, "wb") as file:
        file.write(data)
        file.flush()
        os.fsync(file.fileno())
