"""Edges we do not own: what Django's, allauth's and axes' signals mean for open sessions. Connected by `connect()` when apps are ready."""

from __future__ import annotations

from allauth.account.signals import password_changed, password_reset, password_set
from allauth.core import context
from allauth.mfa.models import Authenticator
from axes.models import AccessAttempt
from django.contrib.auth.signals import user_logged_in, user_logged_out
from django.db.models.signals import post_save, pre_save
from django.dispatch import Signal
from django.http import HttpRequest
from django.utils import timezone

from security.accounts import fresh, known_devices, lockout, provided, sessions
from security.accounts.people import confirm_email, end_sessions
from security.accounts.second_factor import FACTORS
from security.errors import Denied
from security.models import RevocationKind, User
from security.revocation import revoke, session_digest

password_reset_requested = Signal()
"""Somebody asked for a link to a new password. Arguments: `user`, None where the address is nobody's."""


def end_sockets_of_session(request: HttpRequest | None, user: User | None, **_: object) -> None:
    """Sign-out, before the session is gone."""
    if request is not None and user is not None and request.session.session_key:
        revoke(RevocationKind.SESSION, session_digest(request.session.session_key))


def begin_session(request: HttpRequest, user: User, **_: object) -> None:
    """The first to hear of a sign-in, so that whoever counts sessions counts this one."""
    sessions.begin(request, user)


def remember_device(request: HttpRequest | None, user: User, **_: object) -> None:
    """A whole sign-in: from now on this browser is one that the person is known in."""
    if request is not None:
        fresh.note_sign_in(request, timezone.now())
        if provided.bound_tenant(request.session) is not None:
            return  # the provider knows the person; whether the browser does, it does not say
        known_devices.remember(request, lockout.name_digest(user.email), user)


def renew_key(instance: Authenticator, created: bool, **_: object) -> None:
    """A second factor is added by who is signed in: what was opened without it ends. allauth's own signal comes after the commit."""
    request: HttpRequest | None = context.request
    is_own = request is not None and request.user.pk == instance.user_id
    if request is not None and is_own and created and instance.type in FACTORS and not sessions.renew_key(request):
        raise Denied  # before the commit: an ended session leaves no factor behind


def end_other_sessions(request: HttpRequest, user: User, **_: object) -> None:
    """A new password: whoever knew the old one is out, and this browser alone is known from now on."""
    is_going_on = sessions.follow_key(request)
    end_sessions(user, but=request.session.session_key)
    if is_going_on:
        known_devices.remember(request, lockout.name_digest(user.email), user)


def welcome_back(request: HttpRequest, user: User, **_: object) -> None:  # noqa: ARG001 - allauth's interface
    """A reset by mail: it ends every session, shows that the mailbox is the person's, and lifts the lock."""
    end_sessions(user)
    confirm_email(user)
    lockout.unlock(user.email)


def connect() -> None:
    """Called once, when the registry of apps is ready."""
    user_logged_in.connect(begin_session, dispatch_uid="security.begin_session")
    user_logged_in.connect(remember_device, dispatch_uid="security.remember_device")
    user_logged_out.connect(end_sockets_of_session, dispatch_uid="security.end_sockets_of_session")
    post_save.connect(renew_key, sender=Authenticator, dispatch_uid="security.renew_key")
    password_changed.connect(end_other_sessions, dispatch_uid="security.end_other_sessions")
    password_set.connect(end_other_sessions, dispatch_uid="security.end_other_sessions")
    password_reset.connect(welcome_back, dispatch_uid="security.welcome_back")
    pre_save.connect(lockout.forget_form_data, sender=AccessAttempt, dispatch_uid="security.forget_form_data")
