"""Ending what an organisation's provider opened, when it may open that no more."""

from __future__ import annotations

from importlib import import_module

from allauth.usersessions.models import UserSession
from django.conf import settings

from security.accounts.ending import lock_sessions
from security.accounts.provided import bound_tenant
from security.models import RevocationKind
from security.revocation import revoke
from security.scoping import require_tenant_id
from tenants.models import Membership


def end_provided_sessions() -> None:
    """Those that the provider opened, of whomever; and every open socket asks again."""
    tenant_id, store = require_tenant_id(), import_module(settings.SESSION_ENGINE).SessionStore
    members = Membership.objects.order_by("pk").values_list("user_id", "public_id")
    open_now = lock_sessions(UserSession.objects.filter(user_id__in={user_id for user_id, _ in members}))
    stored = store.get_model_class().objects.in_bulk([session.session_key for session in open_now])
    for session in open_now:
        row = stored.get(session.session_key)
        if row is not None and bound_tenant(row.get_decoded()) == tenant_id:
            session.end()
    for _, public_id in members:
        revoke(RevocationKind.MEMBERSHIP, public_id)
