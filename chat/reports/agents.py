"""What each agent did. It names persons: who reads it is on record.

A first reply belongs to who gave it, an end and a rating to whose conversation it was last, a message to its author.
"""

from __future__ import annotations

from typing import Any, Final
from uuid import UUID

from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from chat.reports.asking import Question
from chat.reports.charts import rows_of
from chat.reports.reach import PLACE, Tier
from chat.reports.satisfaction import SATISFIED
from chat.reports.tables import Cell, Column, Figure, Kind, Section, Table
from chat.reports.times import percent, whole
from chat.reports.volume import CLOSED_THEN
from tenants.models import Membership

_MINE: Final = "(%(author)s::uuid IS NULL OR m.author_id = %(author)s::uuid)"
_SAID: Final = f"m.tenant_id = %(tenant)s AND m.author_kind = 'agent' AND m.sent_at >= %(since)s AND {_MINE}"
"""Of the reader alone, where he sees no others."""

MESSAGES: Final = f"""
SELECT m.author_id, count(*), count(DISTINCT m.conversation_id)
FROM chat_message m JOIN chat_conversation c ON c.tenant_id = m.tenant_id AND c.id = m.conversation_id
WHERE {_SAID} AND m.sent_at < %(until)s AND {PLACE} AND c.last_message_at >= %(since)s
GROUP BY m.author_id
"""  # noqa: S608 - put together from constants
FIRST_REPLIES: Final = f"""
SELECT first.author_id, percentile_cont(0.5) WITHIN GROUP (ORDER BY extract(epoch FROM first.after))
FROM (
    SELECT DISTINCT ON (c.id) m.author_id, c.first_replied_at - c.created_at AS after
    FROM chat_conversation c
    JOIN chat_message m ON m.tenant_id = c.tenant_id AND m.conversation_id = c.id AND m.sent_at = c.first_replied_at
    WHERE {PLACE} AND c.created_at >= %(since)s AND c.created_at < %(until)s AND c.last_message_at >= %(since)s AND {_SAID}
    ORDER BY c.id, m.seq
) first
GROUP BY first.author_id
"""  # noqa: S608 - put together from constants
ENDS: Final = f"""
SELECT c.assigned_to_id, count(*), percentile_cont(0.5) WITHIN GROUP (ORDER BY extract(epoch FROM c.closed_at - c.created_at)),
       count(c.rating), count(*) FILTER (WHERE c.rating >= {SATISFIED})
FROM chat_conversation c WHERE {CLOSED_THEN} AND c.assigned_to_id IS NOT NULL GROUP BY c.assigned_to_id
"""  # noqa: S608 - put together from constants
COLUMNS: Final = (
    Column("agent", gettext_lazy("Agent"), Kind.TEXT),
    Column("conversations", gettext_lazy("Conversations")),
    Column("messages", gettext_lazy("Messages")),
    Column("first_response_seconds", gettext_lazy("First response"), Kind.SECONDS),
    Column("closed", gettext_lazy("Closed")),
    Column("resolution_seconds", gettext_lazy("Time to the end"), Kind.SECONDS),
    Column("satisfaction_percent", gettext_lazy("Satisfaction"), Kind.PERCENT),
    Column("ratings", gettext_lazy("Ratings")),
)


def agents(asked: Question) -> Section:
    """A row for each agent who did something, or the reader's own alone."""
    table = agents_table(asked)
    is_own = asked.counted.tier is Tier.OWN
    return Section(
        slug="agents",
        title=_("Your own numbers") if is_own else _("Agents"),
        about=_(
            "Conversations: in which the agent wrote. First response: median of the first replies that he or she gave. Closed, time to the end and"
            " satisfaction: of conversations that were the agent's last. Hours online are not kept, so they are not here."
        ),
        table=table,
        figures=_own_figures(asked, table) if is_own else (),
        chart=rows_of(table, key="conversations") if table.rows and not is_own else None,
        template="rows",
        nothing="" if table.rows else _("Nobody answered in this period."),
        people=0 if is_own else len(table.rows),
    )


def agents_table(asked: Question) -> Table:
    """The busiest first."""
    said = {author: counts for author, *counts in asked.rows(MESSAGES)}
    replies = dict(asked.rows(FIRST_REPLIES))
    ends = {member: counts for member, *counts in asked.rows(ENDS)}
    names = _names(said.keys() | replies.keys(), ends.keys())
    rows = [_row(name, said.get(author), replies.get(author), ends.get(member)) for member, author, name in names]
    return Table(COLUMNS, sorted(rows, key=_busiest))


def _names(authors: Any, members: Any) -> list[tuple[int, UUID, str]]:
    found = Membership.objects.values_list("pk", "public_id", "name")
    return [(pk, author, name) for pk, author, name in found if author in authors or pk in members]


def _row(name: str, said: list[int] | None, reply: Any, ends: list[Any] | None) -> tuple[Cell, ...]:
    messages, conversations = said or (0, 0)
    closed, resolution, rated, satisfied = ends or (0, None, 0, 0)
    return (name, conversations, messages, whole(reply), closed, whole(resolution), percent(satisfied, rated), rated)


def _busiest(row: tuple[Cell, ...]) -> tuple[int, str]:
    return (-row[1] if isinstance(row[1], int) else 0, str(row[0]))


def _own_figures(asked: Question, table: Table) -> list[Figure]:
    before = agents_table(asked.before)
    now_row: tuple[Cell, ...] = table.rows[0] if table.rows else (None,) * len(COLUMNS)
    then_row: tuple[Cell, ...] = before.rows[0] if before.rows else (None,) * len(COLUMNS)
    better = {"first_response_seconds": False, "resolution_seconds": False, "satisfaction_percent": True}
    return [
        Figure(column.label, _number(now), _number(then), column.kind, is_good=better.get(column.key))
        for column, now, then in list(zip(COLUMNS, now_row, then_row, strict=True))[1:]
    ]


def _number(cell: Cell) -> int | float | None:
    return cell if isinstance(cell, int | float) else None
