"""Signals of Django, allauth and axes as events of the trail, each in the organisation that it concerns.

A sign-in belongs to the organisation that it leads to. What is done to an account, or tried on it, concerns every organisation that it opens: each has it in
its trail, and none is told of the others. What was tried on an address that nobody has belongs to the platform's own.

Danger: an insider chooses the organisation whose trail says that he changed his password. Proof: tests/tenants/test_account_events.py.
"""

from __future__ import annotations

from contextlib import AbstractContextManager, nullcontext
from typing import Any

from allauth.account.models import EmailAddress
from allauth.account.signals import email_changed, email_confirmed, password_changed, password_reset, password_set
from allauth.mfa.models import Authenticator
from allauth.mfa.signals import (
    authentication_failed,
    authenticator_added,
    authenticator_removed,
    authenticator_reset,
    authenticator_used,
)
from axes.signals import user_locked_out
from django.contrib.auth.signals import user_logged_in, user_logged_out, user_login_failed
from django.http import HttpRequest

from security.accounts.ending import end_oldest
from security.accounts.people import person_with
from security.accounts.provided import bound_tenant, came
from security.accounts.signals import password_reset_requested
from security.audit import Action, Outcome, record
from security.context import Actor, ActorKind, acting
from security.models import User
from security.revocation import session_digest
from security.scoping import PLATFORM_TENANT_ID, current_tenant_id, tenant_scope
from tenants.access import memberships_of
from tenants.middleware import LAST_COOKIE
from tenants.services.people.switching import TENANT_KEY, choose_tenant


def signed_in(request: HttpRequest, user: User, **_: object) -> None:
    """Choose the organisation first, so that the event is in its trail."""
    memberships = memberships_of(user, came=came(request.session))
    active = choose_tenant(request.session, memberships, last=request.COOKIES.get(LAST_COOKIE))
    by = "password" if bound_tenant(request.session) is None else "provider"
    _record(Action.SESSION_SIGNED_IN, user, request, by=by)
    most = min((ref.session_most for ref in memberships if ref.session_most is not None), default=None)
    if most is not None:
        with _scope(PLATFORM_TENANT_ID if active is None else active.tenant_id):
            end_oldest(user=user, most=most, but=request.session.session_key)


def signed_out(request: HttpRequest | None, user: User | None, **_: object) -> None:
    """Before the session is gone."""
    if user is not None:
        _record(Action.SESSION_SIGNED_OUT, user, request)


def sign_in_failed(credentials: dict[str, Any], **_: object) -> None:
    """Without the name that was typed, which may be a password: with the person, where there is one."""
    person = person_with(str(credentials.get("email") or credentials.get("username") or ""))
    _record_attempt(Action.SESSION_SIGN_IN_FAILED, person, Outcome.FAILED)


def locked_out(request: HttpRequest, **_: object) -> None:
    """Too many failures, or one more during the time of a lock."""
    credentials = getattr(request, "axes_credentials", None) or {}
    person = person_with(str(credentials.get("email") or credentials.get("username") or ""))
    _record_attempt(Action.SESSION_LOCKED_OUT, person, Outcome.DENIED)


def changed_password(request: HttpRequest, user: User, **_: object) -> None:
    """By the person himself, who knew the old one."""
    _record_everywhere(Action.ACCOUNT_PASSWORD_CHANGED, user, request)


def reset_password(request: HttpRequest, user: User, **_: object) -> None:
    """By a link from the person's mailbox."""
    _record_everywhere(Action.ACCOUNT_PASSWORD_RESET, user, request)


def asked_for_reset(user: User | None, **_: object) -> None:
    """By whoever typed the address; the actor is the request's."""
    _record_attempt(Action.ACCOUNT_PASSWORD_RESET_REQUESTED, user, Outcome.OK)


def confirmed_email(request: HttpRequest | None, email_address: EmailAddress, **_: object) -> None:
    """By a secret from the mailbox, of an invitation, a reset or a change of address."""
    _record_everywhere(Action.ACCOUNT_EMAIL_CONFIRMED, email_address.user, request)


def changed_email(request: HttpRequest, user: User, **_: object) -> None:
    """After the new address was confirmed."""
    _record_everywhere(Action.ACCOUNT_EMAIL_CHANGED, user, request)


def added_factor(request: HttpRequest, user: User, authenticator: Authenticator, **_: object) -> None:
    """By the person himself; recovery codes that were made anew too. From now on the session may do more."""
    _record_everywhere(Action.ACCOUNT_SECOND_FACTOR_ADDED, user, request, kind=authenticator.type)


def removed_factor(request: HttpRequest, user: User, authenticator: Authenticator, **_: object) -> None:
    """By the person himself."""
    _record_everywhere(Action.ACCOUNT_SECOND_FACTOR_REMOVED, user, request, kind=authenticator.type)


def used_factor(request: HttpRequest, user: User, authenticator: Authenticator, **_: object) -> None:
    """At sign-in, or when asked again."""
    _record(Action.ACCOUNT_SECOND_FACTOR_USED, user, request, kind=authenticator.type)


def failed_factor(request: HttpRequest, user: User, **_: object) -> None:  # noqa: ARG001 - allauth's interface
    """By whoever knew the password."""
    _record_attempt(Action.ACCOUNT_SECOND_FACTOR_FAILED, user, Outcome.FAILED)


def _record(action: Action, user: User, request: HttpRequest | None, **detail: str) -> None:
    """Where the person works, or else in the organisation that he joined last."""
    tenant_id = request.session.get(TENANT_KEY) if request is not None else None
    if tenant_id is None:
        tenant_id = next(iter(_organisations_of(user)))
    with _acting(user, request), _scope(tenant_id):
        record(action, on=user, **dict[str, Any](detail))


def _record_everywhere(action: Action, user: User, request: HttpRequest | None, **detail: str) -> None:
    with _acting(user, request):
        for tenant_id in _organisations_of(user):
            with _scope(tenant_id):
                record(action, on=user, **dict[str, Any](detail))


def _record_attempt(action: Action, person: User | None, outcome: Outcome) -> None:
    for tenant_id in _organisations_of(person):
        with _scope(tenant_id):
            record(action, on=person, outcome=outcome)


def _acting(user: User, request: HttpRequest | None) -> AbstractContextManager[object]:
    kind = ActorKind.OPERATOR if user.is_operator else ActorKind.PERSON
    actor = Actor(kind, id=str(user.public_id), name=user.full_name, user_id=user.pk)
    key = request.session.session_key if request is not None else None
    return acting(actor=actor, session=session_digest(key) if key else None)


def _organisations_of(person: User | None) -> tuple[int, ...]:
    """The scope that is open, or every organisation of the person's, or the platform."""
    if (open_now := current_tenant_id()) is not None:
        return (open_now,)
    found = () if person is None else tuple(ref.tenant_id for ref in memberships_of(person))
    return found or (PLATFORM_TENANT_ID,)


def _scope(tenant_id: int) -> AbstractContextManager[object]:
    """The one that is open, whatever is asked for: no other opens inside it."""
    return nullcontext() if current_tenant_id() is not None else tenant_scope(tenant_id)


def connect() -> None:
    """Called once, when the registry of apps is ready."""
    for signal, receiver in (
        (user_logged_in, signed_in),
        (user_logged_out, signed_out),
        (user_login_failed, sign_in_failed),
        (user_locked_out, locked_out),
        (password_changed, changed_password),
        (password_set, changed_password),
        (password_reset, reset_password),
        (password_reset_requested, asked_for_reset),
        (email_confirmed, confirmed_email),
        (email_changed, changed_email),
        (authenticator_added, added_factor),
        (authenticator_reset, added_factor),
        (authenticator_removed, removed_factor),
        (authenticator_used, used_factor),
        (authentication_failed, failed_factor),
    ):
        signal.connect(receiver, dispatch_uid=f"tenants.{receiver.__name__}")
