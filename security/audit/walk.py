"""Following a chain in the database, event by event: the steps of `security.audit.offline`, and the columns that the database repeats."""

from __future__ import annotations

import json
from collections.abc import Mapping
from datetime import datetime
from typing import Any

from security.audit.offline import Broken, Details, Report, Walk, Witness

__all__ = ["Broken", "Report", "StoredWalk", "Witness", "columns_of"]


class StoredWalk(Walk):
    """A position in a chain of the database."""

    def step_stored(
        self,
        seq: int,
        at: datetime,
        entry: str,
        found: bytes,
        details: Details,
        columns: Mapping[str, str | None],
    ) -> None:
        """Go on by one event, or raise Broken; its columns must say what its entry says."""
        self.step(seq, at, entry, found, details)
        try:
            same = columns == columns_of(json.loads(entry))
        except (AttributeError, KeyError, TypeError, ValueError):
            same = False
        if not same:
            raise Broken(seq, "the columns differ from the entry")


def columns_of(said: Mapping[str, Any]) -> dict[str, str | None]:
    """What stands beside an entry to be searched by."""
    return {
        "action": said["action"],
        "outcome": said["outcome"],
        "actor_kind": said["actor"]["kind"],
        "actor_id": said["actor"].get("id"),
        "object_id": said.get("on", {}).get("id"),
    }
