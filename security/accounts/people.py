"""Making, confirming and closing the accounts of people. Each function is one transaction."""

from __future__ import annotations

from collections.abc import Iterable

from allauth.account.models import EmailAddress, EmailConfirmation
from allauth.account.signals import email_confirmed
from allauth.mfa.models import Authenticator
from allauth.usersessions.models import UserSession
from django.db import transaction

from security.accounts.ending import lock_sessions
from security.accounts.rules import MOST_HISTORY
from security.models import FormerPassword, RevocationKind, User, normalize_email
from security.revocation import revoke


def person_with(email: str) -> User | None:
    """The person whose address this is, confirmed or not."""
    return User.objects.filter(email=normalize_email(email)).first()


@transaction.atomic
def create_person(*, email: str, full_name: str, password: str | None, is_confirmed: bool = False) -> User:
    """A person with this address. IntegrityError where it is somebody's already; without a password only a reset lets him in."""
    user = User.objects.create_user(email, password, full_name=full_name)
    EmailAddress.objects.create(user=user, email=user.email, primary=True, verified=is_confirmed)
    return user


def has_confirmed(user: User) -> bool:
    """Whether the person has shown that the mailbox is his."""
    return bool(EmailAddress.objects.filter(user=user, email=user.email, verified=True).exists())


@transaction.atomic
def confirm_email(user: User) -> bool:
    """Take the person's address as his own: he used a secret that was sent there. False where it was confirmed before."""
    address, created = EmailAddress.objects.get_or_create(
        user=user, email=user.email, defaults={"primary": True, "verified": True}
    )
    unconfirmed = EmailAddress.objects.filter(pk=address.pk, verified=False)
    if not created and not unconfirmed.update(verified=True, primary=True):
        return False
    email_confirmed.send(EmailAddress, request=None, email_address=address)
    return True


@transaction.atomic
def claim_account(user: User, *, full_name: str, password: str) -> None:
    """Make an account that was opened for somebody his own: name, first password, confirmed address."""
    user.full_name = full_name
    user.save(update_fields=["full_name"])
    change_password(user=user, password=password)
    confirm_email(user)


@transaction.atomic
def change_password(*, user: User, password: str) -> None:
    """Set a password that passed the rules, remember the old one's hash, and end what is open under it."""
    if user.has_usable_password():
        FormerPassword.objects.create(user=user, encoded=user.password)
    kept = FormerPassword.objects.filter(user=user).order_by("-replaced_at", "-pk").values("pk")[:MOST_HISTORY]
    FormerPassword.objects.filter(user=user).exclude(pk__in=list(kept.values_list("pk", flat=True))).delete()
    user.set_password(password)
    user.save(update_fields=["password", "password_changed_at", "must_change_password"])
    revoke(RevocationKind.USER, user.public_id)


@transaction.atomic
def end_sessions(user: User, *, but: str | None = None) -> int:
    """Sign the person out everywhere, except in the session with key `but`; how many sessions ended."""
    sessions = lock_sessions(UserSession.objects.filter(user=user).exclude(session_key=but or ""))
    for session in sessions:
        session.end()
    revoke(RevocationKind.USER, user.public_id)
    return len(sessions)


@transaction.atomic
def deactivate(user: User) -> int:
    """Lock the person out of everything until further notice: sessions and sockets end; how many sessions. Nothing of his is deleted."""
    user.is_active = False
    user.save(update_fields=["is_active"])
    return end_sessions(user)


@transaction.atomic
def forget_people(users: Iterable[int]) -> int:
    """Accounts of people who belong to no organisation any more, with all that is theirs; how many. PostgreSQL refuses where one still does."""
    found = list(User.objects.filter(pk__in=list(users), is_operator=False))
    for user in found:
        end_sessions(user)
        # One by one: Django's own cascade would delete from logs that stay empty, and that the application has no right to delete from.
        EmailConfirmation.objects.filter(email_address__user=user).delete()
        for model in (EmailAddress, Authenticator, UserSession, FormerPassword):
            model.objects.filter(user=user).delete()
    User.objects.filter(pk__in=[user.pk for user in found])._raw_delete("default")  # noqa: SLF001 - as above
    return len(found)


@transaction.atomic
def reactivate(user: User) -> None:
    """Let the person sign in again; what was ended stays ended."""
    user.is_active = True
    user.save(update_fields=["is_active"])
