"""How often each rule hid something, added up by day; nothing of what it was."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date
from typing import Final

from django.db import connection, transaction

from security.audit import Action, record
from security.scoping import require_tenant_id

RULE_LENGTH: Final = 80
UNDONE: Final = "undone"
"""The kind under which messages are counted in which a visitor took a pack back, the rule: these hid nothing."""
_ADD: Final = """
INSERT INTO tenants_maskingcount AS c (tenant_id, day, rule, kind, hits)
SELECT %s, n.day, n.rule, n.kind, n.hits
FROM unnest(%s::date[], %s::text[], %s::text[], %s::int[]) AS n (day, rule, kind, hits)
ORDER BY n.day, n.rule, n.kind
ON CONFLICT (tenant_id, day, rule, kind) DO UPDATE SET hits = c.hits + EXCLUDED.hits
"""
"""In one order, so that two processes that add the same never wait for each other in a circle."""

Hit = tuple[date, str, str]
"""Day, rule, kind."""


@transaction.atomic
def add_counts(*, hits: Mapping[Hit, int], withheld: int) -> None:
    """Add what was counted since the last time; withheld messages leave one event, however many they were."""
    if hits:
        days, rules, kinds = (list(column) for column in zip(*hits, strict=True))
        with connection.cursor() as cursor:
            cursor.execute(_ADD, [require_tenant_id(), days, rules, kinds, list(hits.values())])
    if withheld:
        record(Action.MASKING_WITHHELD, messages=withheld)
