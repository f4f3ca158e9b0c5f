"""What an organisation's own server is given: transcripts, one a line, and beside them a signed receipt; encrypted to its own key if it has one."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from datetime import datetime
from typing import Any

from django.db.models import Q

from chat.models import Afterwards, ArchiveChunk, ChunkState, OwnServer
from chat.retention.rules import terms
from chat.retention.servers.configured import own_store, recipient_of
from security.stores.age import sealed_to


def packed(chunk: ArchiveChunk, contents: Iterable[Mapping[str, Any]]) -> bytes:
    """The object, whose name is noted in the chunk: JSON, a conversation a line."""
    lines = "".join(json.dumps(content, ensure_ascii=False, separators=(",", ":")) + "\n" for content in contents)
    recipient = recipient_of()
    ending = ".jsonl.age" if recipient else ".jsonl"
    chunk.object_name = f"transcripts/{chunk.created_at.date().isoformat()}-{chunk.public_id.hex}{ending}"
    return sealed_to(recipient, lines.encode()) if recipient else lines.encode()


def upload(chunk: ArchiveChunk) -> None:
    """Give the object its name, and lay the receipt beside it."""
    store = own_store()
    receipt = f"{chunk.object_name.partition('.')[0]}.manifest"
    store.named(chunk.object_name)
    store.write(receipt, chunk.manifest.encode())
    store.named(receipt)


def has_work(*, now: datetime) -> bool:
    """Whether anything of the organisation in scope is sent when it is closed, or is on its way and due."""
    if any(term.afterwards is Afterwards.SENT_AT_CLOSE for term in terms(now).values()):
        return True
    waiting = ArchiveChunk.objects.exclude(state=ChunkState.DELETED.value)
    return waiting.filter(Q(next_try_at=None) | Q(next_try_at__lte=now)).exists()


def note_success() -> None:
    """It works again, or still."""
    OwnServer.objects.exclude(failing_since=None).update(failing_since=None, failed_code="", told_at=None)
