"""Counting what a tenant uses, by SQL and without opening anything. Runs in the tenant's scope; twice is as once."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Final

from django.db import connection, transaction

from chat.models import Conversation, Status
from security.scoping import require_tenant_id
from tenants.models import Department, Site, Usage
from tenants.services import limits

_RECENT: Final = timedelta(days=1)
_DAYS: Final = """
INSERT INTO tenants_usage (tenant_id, day, messages, stored_bytes, members, sites, departments, open_conversations)
SELECT %(tenant)s, (sent_at AT TIME ZONE 'UTC')::date, count(*), coalesce(sum(octet_length(body)), 0), 0, 0, 0, 0
FROM chat_message WHERE tenant_id = %(tenant)s AND sent_at >= %(since)s GROUP BY 2
ON CONFLICT (tenant_id, day) DO UPDATE SET messages = excluded.messages, stored_bytes = excluded.stored_bytes
"""


@transaction.atomic
def count_usage(*, now: datetime) -> Usage:
    """Messages of yesterday and today; of every day, the first time on a day, so that what was deleted counts no more."""
    today = now.astimezone(UTC).date()
    is_first = not Usage.objects.filter(day=today).exists()
    since = (
        datetime.min.replace(tzinfo=UTC) if is_first else datetime.combine(today - _RECENT, datetime.min.time(), UTC)
    )
    if is_first:
        Usage.objects.update(messages=0, stored_bytes=0)
    with connection.cursor() as cursor:
        cursor.execute(_DAYS, {"tenant": require_tenant_id(), "since": since})
    row, _ = Usage.objects.get_or_create(day=today)
    row.members = limits.members_now(now)
    row.sites = Site.objects.filter(is_active=True).count()
    row.departments = Department.objects.count()
    row.open_conversations = Conversation.objects.exclude(status=Status.CLOSED.value).count()
    row.save(update_fields=["members", "sites", "departments", "open_conversations"])
    limits.look(now=now)
    return row
