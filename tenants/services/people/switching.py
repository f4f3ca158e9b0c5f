"""Which of a person's organisations a session works in."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final
from uuid import UUID

from django.contrib.sessions.backends.base import SessionBase

from security.accounts.provided import bound_tenant, came
from security.accounts.sessions import HOURS_KEY, IDLE_KEY
from security.audit import Action, record
from security.errors import NotFound
from security.models import User
from security.scoping import tenant_scope
from tenants.access import MembershipRef, memberships_of

TENANT_KEY: Final = "tenant_id"
"""In the session: the primary key of the active tenant. The session never leaves the server."""


def tenant_of(session: SessionBase) -> int | None:
    """The primary key of the organisation that the session worked in last."""
    found: int | None = session.get(TENANT_KEY)
    return found


def choose_tenant(
    session: SessionBase, memberships: Sequence[MembershipRef], *, last: str | None = None, may_move: bool = True
) -> MembershipRef | None:
    """Make one of the person's organisations active: the session's while he belongs to it, else the `last` used, else the oldest.

    Unless it `may_move`, a session whose organisation is lost has none: what was meant for one is not done in another.
    """
    memberships = reachable(session, memberships)
    _set(session, IDLE_KEY, min((ref.idle_minutes for ref in memberships), default=None))
    _set(session, HOURS_KEY, min((ref.session_hours for ref in memberships), default=None))
    active = next((ref for ref in memberships if ref.tenant_id == session.get(TENANT_KEY)), None)
    if active is None and TENANT_KEY in session and not may_move:
        return None
    if active is None:
        active = next((ref for ref in memberships if str(ref.tenant_public_id) == last), None)
    if active is None and memberships:
        active = memberships[-1]  # whoever invites somebody must not be where he lands
    _set(session, TENANT_KEY, None if active is None else active.tenant_id)
    return active


def switch_tenant(*, user: User, session: SessionBase, tenant: UUID) -> MembershipRef:
    """Go on in another organisation of the person's; NotFound for any other. Outside any scope."""
    memberships = reachable(session, memberships_of(user, came=came(session)))
    wanted = next((ref for ref in memberships if ref.tenant_public_id == tenant), None)
    if wanted is None:
        raise NotFound
    session[TENANT_KEY] = wanted.tenant_id
    with tenant_scope(wanted.tenant_id):
        record(Action.SESSION_TENANT_SWITCHED, on=user)
    return wanted


def note_move(*, user: User, before: int | None, active: MembershipRef | None) -> None:
    """A session whose organisation was lost goes on in another one: told there like a switch. Outside any scope."""
    if before is not None and active is not None and active.tenant_id != before:
        with tenant_scope(active.tenant_id):
            record(Action.SESSION_TENANT_SWITCHED, on=user)


def reachable(session: SessionBase, memberships: Sequence[MembershipRef]) -> tuple[MembershipRef, ...]:
    """Those that the session leads to: of one that an organisation's provider opened, that organisation alone; else those that take passwords."""
    bound = bound_tenant(session)
    return tuple(ref for ref in memberships if bound in {None, ref.tenant_id} and not ref.is_barred)


def _set(session: SessionBase, key: str, value: int | None) -> None:
    if value is None:
        session.pop(key, None)
    elif session.get(key) != value:
        session[key] = value
