"""Reading the audit trail, which is an act of its own and leaves an event."""

from __future__ import annotations

import json
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime
from typing import Any, Final
from uuid import UUID

from django.db import transaction
from django.db.models import Model
from django.utils.functional import Promise
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy as _lazy

from security.audit import Action, record
from security.audit.details import Opener
from security.audit.values import label_by_id
from security.context import ActorKind
from security.models import AuditEvent
from security.permissions import Grant, Permission, require
from tenants.services.audit.phrases import meaning_of, sentence_of

HISTORY: Final = 100
"""How many of a record's latest events its history shows."""


_NAMELESS: Final[dict[str, str | Promise]] = {
    ActorKind.JOB: _lazy("The job %(name)s"),
    ActorKind.COMMAND: _lazy("The command %(name)s"),
}
_UNNAMED: Final[dict[str, str | Promise]] = {
    ActorKind.PERSON: _lazy("A person who was erased"),
    ActorKind.OPERATOR: _lazy("An operator"),
    ActorKind.VISITOR: _lazy("A visitor"),
    ActorKind.ANONYMOUS: _lazy("Somebody who was not signed in"),
}


@dataclass(frozen=True, slots=True)
class Line:
    """One event for readers. What was sealed and is gone is empty."""

    seq: int
    at: datetime
    action: str
    sentence: str
    outcome: str
    actor: str
    role: str
    address: str
    on_type: str
    on_label: str
    extent: str
    changes: dict[str, list[Any]] = field(default_factory=dict)
    detail: dict[str, Any] = field(default_factory=dict)
    request: str = ""
    told: str = ""
    """All of it in a sentence: who did what on what, how much of it and from where."""
    actor_id: UUID | None = None
    object_id: UUID | None = None

    @property
    def on_what(self) -> str:
        """The kind of thing and its name, once where the name begins with the kind."""
        if self.on_label.lower().startswith(self.on_type):
            return self.on_label
        return f"{self.on_type.capitalize()} {self.on_label}".strip()

    @property
    def labelled_detail(self) -> dict[str, Any]:
        """The details under words instead of keys: `to_department` reads "To department"."""
        return {name.replace("_", " ").capitalize(): value for name, value in self.detail.items()}


@transaction.atomic
def read_trail(*, grant: Grant, events: Iterable[AuditEvent], **detail: str | int) -> list[Line]:
    """Open these events of the tenant in scope, which must come with their details; a fixed number of queries."""
    require(grant, Permission.AUDIT_READ)
    rows = list(events)
    lines = lines_from(rows)
    record(Action.AUDIT_READ, events=len(rows), **detail)  # type: ignore[arg-type]  # names of its own are not among them
    return lines


@transaction.atomic
def history_of(*, grant: Grant, record: Model) -> list[Line]:
    """The latest events about one record, newest first."""
    found = AuditEvent.objects.filter(object_id=getattr(record, "public_id", None), object_id__isnull=False)
    events = found.order_by("-seq").prefetch_related("details")[:HISTORY]
    return read_trail(grant=grant, events=events, about=record._meta.label_lower)


def lines_from(events: Sequence[AuditEvent]) -> list[Line]:
    """These events for readers, whose right was asked for and whose reading is recorded by who calls."""
    opener = Opener()
    opener.load(events)
    return [_line(event, opener) for event in events]


def _line(event: AuditEvent, opener: Opener) -> Line:
    said = json.loads(event.entry)
    opened = opener.values_of(event)
    actor, about = opened.get("actor", {}), opened.get("about", {})
    label = about.pop("label", "") or _label_by_id(said, opened)
    changes = about.pop("changes", {})
    on_type = said.get("on", {}).get("type", "").rpartition(".")[2]
    found = Line(
        seq=event.seq,
        at=event.at,
        action=event.action,
        sentence=meaning_of(event.action),
        outcome=event.outcome,
        actor=actor.get("name") or said["actor"].get("name") or "",
        role=said["actor"].get("role") or said["actor"]["kind"],
        address=actor.get("address", ""),
        on_type=on_type,
        on_label=label,
        extent=_extent(said.get("extent", {})),
        changes=changes,
        detail={**said.get("detail", {}), **about},
        request=said.get("request", ""),
        actor_id=event.actor_id,
        object_id=event.object_id,
    )
    return replace(found, told=_told(found, event.actor_kind))


def _label_by_id(said: dict[str, Any], opened: dict[str, dict[str, Any]]) -> str:
    """The name of what has none but its id, which is sealed nowhere; nothing where a name was sealed and is gone."""
    on, claims = said.get("on", {}), (claim["part"] for claim in said.get("sealed", ()))
    if "id" not in on or ("about" in claims and "about" not in opened):
        return ""
    return label_by_id(on["type"].rpartition(".")[2], UUID(on["id"]))


def _told(line: Line, kind: str) -> str:
    what = line.on_label or line.on_type
    if line.on_type and what.lower().startswith(line.on_type):
        what = what[:1].lower() + what[1:]
    told = sentence_of(line.action, line.outcome, who=_who(line, kind), what=what)
    if line.extent:
        told = _("%(told)s (%(extent)s)") % {"told": told, "extent": line.extent}
    return _("%(told)s from %(address)s") % {"told": told, "address": line.address} if line.address else told


def _who(line: Line, kind: str) -> str:
    """The actor as the beginning of a sentence; who was erased, or never had a name, is told by what he is."""
    if kind in _NAMELESS:
        return str(_NAMELESS[kind]) % {"name": line.actor}
    return line.actor or str(_UNNAMED.get(kind, _UNNAMED[ActorKind.ANONYMOUS]))


def _extent(extent: dict[str, int]) -> str:
    return ", ".join(f"{count} {name.removesuffix('s') if count == 1 else name}" for name, count in extent.items())
