"""The prepared replies that an agent has at hand while he writes."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from uuid import UUID

from chat import access
from security.permissions import Grant
from tenants.models import Tenant


@dataclass(frozen=True, slots=True)
class PreparedReply:
    """One of them, as the composer's menu shows it; `department` is None where it is for everybody."""

    id: UUID
    shortcut: str
    title: str
    text: str
    department: str | None


@dataclass(frozen=True, slots=True)
class PreparedReplies:
    """What one member may insert, by shortcut.

    `tenant` is the slug of their organisation: another tab may have switched to one that is not the console's, and its replies must not get
    into this one's conversations.
    """

    tenant: str
    responses: Sequence[PreparedReply]


def prepared_replies(*, grant: Grant) -> PreparedReplies:
    """Those of the organisation in scope."""
    rows = access.canned_responses(grant).values_list("public_id", "shortcut", "title", "body", "department__name")
    slug = Tenant.objects.values_list("slug", flat=True).get()
    return PreparedReplies(slug, [PreparedReply(*row) for row in rows])
