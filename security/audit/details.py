"""Opening what is sealed in an event: names, addresses, labels, changed values."""

from __future__ import annotations

import json
from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from security.audit.chain import SALT_BYTES, commitment
from security.audit.entry import place
from security.audit.subjects import Subject
from security.crypto.envelope import Undecryptable, open_sealed
from security.crypto.keyring import existing_key, existing_keys
from security.models.audit import AuditDetail, AuditEvent
from security.models.keys import KeySubject
from security.scoping import require_tenant_id


@dataclass(frozen=True, slots=True)
class Opened:
    """Sealed values in the clear: `values` is the JSON text that the commitment covers."""

    part: str
    salt: bytes
    values: str

    @property
    def commitment(self) -> bytes:
        """The hash that the event's entry must hold."""
        return commitment(self.salt, self.values)


class Opener:
    """Opens details of the tenant in scope, asking for each key once; good for one scope."""

    def __init__(self) -> None:
        self._keys: dict[Subject, bytes | None] = {}

    def load(self, events: Iterable[AuditEvent]) -> None:
        """Fetch the keys of these events' details, one query for each kind of subject."""
        wanted: dict[KeySubject, set[UUID]] = defaultdict(set)
        for event in events:
            for detail in event.details.all():
                wanted[KeySubject(detail.subject_kind)].add(detail.subject_id)
        for kind, ids in wanted.items():
            try:
                found = existing_keys(kind, ids)
            except Undecryptable:  # one of them; `opened` finds out which
                continue
            self._keys.update({Subject(kind, subject_id): found.get(subject_id) for subject_id in ids})

    def opened(self, detail: AuditDetail) -> Opened | None:
        """The values of a detail; None where its key was destroyed or does not open it."""
        subject = Subject(KeySubject(detail.subject_kind), detail.subject_id)
        try:
            key = self._key(subject)
            if key is None:
                return None
            clear = open_sealed(key, bytes(detail.sealed), place(require_tenant_id(), subject))
            return Opened(detail.part, clear[:SALT_BYTES], clear[SALT_BYTES:].decode())
        except (Undecryptable, UnicodeDecodeError):
            return None

    def values_of(self, event: AuditEvent) -> dict[str, dict[str, Any]]:
        """The sealed values of an event by part, for readers; what is gone, or is not what was written, is left out."""
        claimed = {claim["part"]: claim["hash"] for claim in json.loads(event.entry).get("sealed", ())}
        found = (self.opened(detail) for detail in event.details.all())
        return {
            part.part: json.loads(part.values)
            for part in found
            if part is not None and part.commitment.hex() == claimed.get(part.part)
        }

    def _key(self, subject: Subject) -> bytes | None:
        if subject not in self._keys:
            self._keys[subject] = existing_key(subject.kind, subject.id)
        return self._keys[subject]
