"""Events of the trail in the forms that others read: CSV for spreadsheets, OCSF and CEF for a SIEM. Pure; one line each, without its end."""

from __future__ import annotations

import json
import re
from collections.abc import Callable
from datetime import UTC
from typing import Final

from security import sheets
from tenants.services.audit.trail import Line

COLUMNS: Final = (
    *("number", "time", "actor", "role", "address", "action", "what", "on", "name", "outcome", "extent", "changes"),
    *("details", "request"),
)
HEAD: Final = ",".join(f'"{name}"' for name in COLUMNS)
"""The first line of the CSV."""
_API_ACTIVITY: Final = 6003
_VERBS: Final = {
    "created": 1,
    "added": 1,
    "read": 2,
    "watched": 2,
    "searched": 2,
    "exported": 2,
    "changed": 3,
    "deleted": 4,
    "removed": 4,
}
_OTHER: Final = 99
_SEVERITY: Final = {"ok": 1, "denied": 3, "failed": 3}
"""OCSF: informational, medium."""


def csv_line(line: Line) -> str:
    """For a spreadsheet, which takes no cell of it for a formula."""
    changes, details = (json.dumps(found, ensure_ascii=False) if found else "" for found in (line.changes, line.detail))
    cells = (
        *(str(line.seq), line.at.astimezone(UTC).isoformat(), line.actor, line.role, line.address, line.action),
        *(line.sentence, line.on_type, line.on_label, line.outcome, line.extent, changes, details, line.request),
    )
    return sheets.line(cells).removesuffix("\r\n")


def ocsf_line(line: Line) -> str:
    """An event of OCSF's class API Activity."""
    activity = _VERBS.get(line.action.rpartition("_")[2].rpartition(".")[2], _OTHER)
    told: dict[str, object] = {
        "metadata": {
            "version": "1.3.0",
            "product": {"name": "Chatplatform"},
            "uid": str(line.seq),
            "correlation_uid": line.request,
        },
        "class_uid": _API_ACTIVITY,
        "category_uid": _API_ACTIVITY // 1_000,
        "activity_id": activity,
        "type_uid": _API_ACTIVITY * 100 + activity,
        "time": int(line.at.timestamp() * 1_000),
        "severity_id": _SEVERITY.get(line.outcome, 0),
        "status_id": 1 if line.outcome == "ok" else 2,
        "status": line.outcome,
        "message": line.sentence,
        "actor": {"user": {"name": line.actor, "type": line.role}},
        "src_endpoint": {"ip": line.address} if line.address else {},
        "api": {"operation": line.action},
        "resources": [{"type": line.on_type, "name": line.on_label}] if line.on_type else [],
        "unmapped": {"extent": line.extent, "changes": line.changes, "detail": line.detail},
    }
    return json.dumps(told, ensure_ascii=True)


def cef_line(line: Line) -> str:
    """ArcSight's Common Event Format; what could end a field is escaped."""
    head = (
        "CEF:0",
        "Chatplatform",
        "Chatplatform",
        "1",
        line.action,
        line.sentence,
        "3" if line.outcome == "ok" else "6",
    )
    extension = {
        "rt": str(int(line.at.timestamp() * 1_000)),
        "externalId": str(line.seq),
        "suser": line.actor,
        "spriv": line.role,
        "src": line.address,
        "outcome": line.outcome,
        "cs1Label": "object",
        "cs1": line.on_what,
        "cs2Label": "extent",
        "cs2": line.extent,
        "cs3Label": "changes",
        "cs3": json.dumps(line.changes) if line.changes else "",
        "requestContext": line.request,
    }
    header = "|".join([head[0], *(re.sub(r"[\\|]", r"\\\g<0>", _flat(part)) for part in head[1:])])
    fields = (f"{name}={_escaped(value)}" for name, value in extension.items() if value)
    return f"{header}|{' '.join(fields)}"


def _escaped(value: str) -> str:
    return re.sub(r"[\\=]", r"\\\g<0>", _flat(value))


def _flat(text: str) -> str:
    return " ".join(text.split())


FORMS: Final[dict[str, tuple[str, Callable[[Line], str]]]] = {
    "csv": ("text/csv; charset=utf-8", csv_line),
    "ocsf": ("application/x-ndjson", ocsf_line),
    "cef": ("text/plain; charset=utf-8", cef_line),
}
"""By the name in the address; the trail's own form, which can be verified, is `jsonl`."""
