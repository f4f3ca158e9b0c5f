"""Who is on a staff socket: read from the session at the upgrade, and read again whenever something was revoked.

Danger: Django's middleware never sees a frame. Rule: everything that ends an HTTP session ends the socket too, by the same rows: session, person,
membership, tenant, network, time. Proof: tests/chat/live/test_revocation.py.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from importlib import import_module
from types import SimpleNamespace
from typing import Any, cast
from uuid import UUID

from allauth.usersessions.models import UserSession
from django.conf import settings
from django.contrib.auth import get_user
from django.http import HttpRequest
from django.utils import timezone

from security.accounts.provided import bound_tenant, came
from security.accounts.sessions import ends_at, limits_of
from security.audit import Action, record_denied
from security.context import Actor, ActorKind, acting
from security.models import RevocationKind, User
from security.permissions import Grant, Permission, has_somewhere
from security.revocation import session_digest
from security.scoping import tenant_scope, user_scope
from security.sockets.codes import CloseCode
from tenants import access
from tenants.models import Tenant
from tenants.networks import is_let_in
from tenants.services.people.switching import TENANT_KEY

Subject = tuple[RevocationKind, str]


@dataclass(frozen=True, slots=True)
class Admitted:
    """A signed-in member in the session's active tenant. The session key is never in `repr`, and so never in a log."""

    grant: Grant
    session_key: str
    tenant_public_id: UUID
    tenant_slug: str
    tenant_name: str
    ends_at: datetime
    """When the session ends if nothing more happens in it."""

    def __repr__(self) -> str:
        return f"<Admitted member {self.grant.membership_public_id}>"

    @property
    def session(self) -> str:
        """The name of the session in trail and logs."""
        return session_digest(self.session_key)

    @property
    def subjects(self) -> frozenset[Subject]:
        """Whatever of these is revoked concerns this socket."""
        return frozenset(
            {
                (RevocationKind.SESSION, self.session),
                (RevocationKind.USER, str(self.grant.user_public_id)),
                (RevocationKind.MEMBERSHIP, str(self.grant.membership_public_id)),
                (RevocationKind.TENANT, str(self.tenant_public_id)),
            }
        )


CHAT = frozenset(
    {Permission.CHAT_SEE_QUEUE, Permission.CHAT_SEE_OWN, Permission.CHAT_SEE_DEPARTMENT, Permission.CHAT_SEE_ALL}
)


def actor_of(grant: Grant) -> Actor:
    """The member, as the trail names him."""
    return Actor(
        ActorKind.PERSON if grant.entry is None else ActorKind.OPERATOR,
        id=str(grant.user_public_id),
        name=grant.name,
        role=grant.role,
        user_id=grant.user_id,
        entry=None if grant.entry is None else str(grant.entry),
    )


def admit_staff(session_key: str | None, address: str | None) -> Admitted | CloseCode:
    """The member whom the session cookie proves, or why not. Opens its own scopes; runs in a thread."""
    if not session_key:
        return CloseCode.SIGNED_OUT
    store = import_module(settings.SESSION_ENGINE).SessionStore(session_key)
    user = get_user(cast("HttpRequest", SimpleNamespace(session=store)))
    session = UserSession.objects.filter(session_key=session_key).first()
    if session is None or not isinstance(user, User) or not user.is_active:  # without its row it is over, or was ended
        return CloseCode.SIGNED_OUT
    if timezone.now() >= (ends := ends_at(session, limits_of(store))):
        return CloseCode.SIGNED_OUT
    tenant_id = store.get(TENANT_KEY)
    is_led_there = isinstance(tenant_id, int) and bound_tenant(store) in {None, tenant_id}
    grant = None
    if is_led_there and not (user.must_change_password and bound_tenant(store) is None):
        grant = access.active_grant(user.pk, tenant_id, begun_at=session.created_at, came=came(store))
    if grant is None:
        return CloseCode.FORBIDDEN
    if not _is_let_in(grant, store, address) or not any(has_somewhere(grant, permission) for permission in CHAT):
        with acting(actor=actor_of(grant), session=session_digest(session_key)):
            record_denied(Action.ACCESS_DENIED, tenant_id=grant.tenant_id, act="console")
        return CloseCode.FORBIDDEN
    with user_scope(user.pk):
        tenant = Tenant.objects.get(pk=grant.tenant_id)
    return Admitted(grant, session_key, tenant.public_id, tenant.slug, tenant.name, ends)


def _is_let_in(grant: Grant, store: Any, address: str | None) -> bool:
    with tenant_scope(grant.tenant_id):
        wanted = access.networks_for(grant)
    return is_let_in(wanted, address, session=store, tenant_id=grant.tenant_id, now=timezone.now())
