"""Who a request's session cookie belongs to, where Django's middleware has not run yet."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from allauth.usersessions.models import UserSession
from channels.db import database_sync_to_async
from django.conf import settings
from django.http import parse_cookie
from django.utils import timezone

from security.accounts.sessions import LONGEST


async def is_signed_in(scope: Mapping[str, Any]) -> bool:
    """Whether the cookie of this ASGI request opens a person's session; one query, whatever else the session is good for."""
    headers = [value.decode("latin-1") for name, value in scope.get("headers", ()) if name == b"cookie"]
    key = parse_cookie("; ".join(headers)).get(settings.SESSION_COOKIE_NAME, "")
    return bool(key.isalnum() and key.isascii() and await database_sync_to_async(_is_open)(key))


def _is_open(session_key: str) -> bool:
    since = timezone.now() - LONGEST
    return bool(
        UserSession.objects.filter(session_key=session_key, created_at__gt=since, user__is_active=True).exists()
    )
