"""Counting what a tenant uses, by SQL and without opening anything. Runs in the tenant's scope; twice is as once."""

from __future__ import annotations

from datetime import UTC, datetime, time, timedelta
from typing import Final

from django.db import connection, transaction

from chat.models import Conversation, Status
from security.scoping import require_tenant_id
from tenants.models import Department, Site, Usage
from tenants.services import limits

SETTLED_AFTER: Final = timedelta(minutes=10)
"""How long after it was sent a message may still be committed, generously."""
_DAYS: Final = """
INSERT INTO tenants_usage (tenant_id, day, messages, stored_bytes, members, sites, departments, open_conversations, settled_messages, settled_bytes)
SELECT %(tenant)s, (sent_at AT TIME ZONE 'UTC')::date, count(*), coalesce(sum(octet_length(body)), 0), 0, 0, 0, 0, 0, 0
FROM chat_message WHERE tenant_id = %(tenant)s AND sent_at < %(today)s GROUP BY 2
ON CONFLICT (tenant_id, day) DO UPDATE SET messages = excluded.messages, stored_bytes = excluded.stored_bytes
"""
_NEW: Final = """
SELECT count(*), coalesce(sum(octet_length(body)), 0), count(*) FILTER (WHERE sent_at < %(settled)s),
       coalesce(sum(octet_length(body)) FILTER (WHERE sent_at < %(settled)s), 0)
FROM chat_conversation c JOIN chat_message m ON m.tenant_id = c.tenant_id AND m.conversation_id = c.id
WHERE c.tenant_id = %(tenant)s AND c.last_message_at >= %(since)s AND m.sent_at >= %(since)s
"""
"""Found by the conversations that moved, which an index holds in their order; what only the system said moves none and waits for the next day."""


@transaction.atomic
def count_usage(*, now: datetime) -> Usage:
    """What is new today; of every day, the first time on a day, so that what was deleted counts no more."""
    today = now.astimezone(UTC).date()
    begun_at = datetime.combine(today, time.min, UTC)
    if not Usage.objects.filter(day=today).exists():
        Usage.objects.update(messages=0, stored_bytes=0)
        with connection.cursor() as cursor:
            cursor.execute(_DAYS, {"tenant": require_tenant_id(), "today": begun_at})
    row, _ = Usage.objects.select_for_update().get_or_create(day=today)
    _add_new(row, begun_at, now)
    row.members = limits.members_now(now)
    row.sites = Site.objects.filter(is_active=True).count()
    row.departments = Department.objects.count()
    row.open_conversations = Conversation.objects.exclude(status=Status.CLOSED.value).count()
    row.save()
    limits.look(now=now)
    return row


def _add_new(row: Usage, begun_at: datetime, now: datetime) -> None:
    """What was sent since the last count to what is settled; most of it is settled by that."""
    since = row.settled_at or begun_at
    settled = max(now - SETTLED_AFTER, since)
    with connection.cursor() as cursor:
        cursor.execute(_NEW, {"tenant": require_tenant_id(), "since": since, "settled": settled})
        messages, stored, old_messages, old_stored = cursor.fetchone()
    row.messages, row.stored_bytes = row.settled_messages + messages, row.settled_bytes + stored
    row.settled_messages, row.settled_bytes = row.settled_messages + old_messages, row.settled_bytes + old_stored
    row.settled_at = settled
