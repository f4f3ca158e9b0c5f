"""Where the work of each minute is, so that no scope is opened where nothing is to be done."""

from __future__ import annotations

from django.db import connection


def tenants_with_chat(work: str) -> list[int]:
    """Numbers of the tenants that have work of this kind (migration `chat.0010`); DatabaseError for a kind that there is not."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT tenants_with_chat(%s)", [work])
        return [row[0] for row in cursor.fetchall()]
