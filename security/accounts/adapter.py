"""What allauth asks us: where links lead, who may try again, what happens when a password is set."""

from __future__ import annotations

from typing import Any

from allauth.account.adapter import DefaultAccountAdapter
from axes.signals import user_locked_out
from django.conf import settings
from django.contrib import messages
from django.db import transaction
from django.http import HttpRequest
from django.urls import reverse

from security.accounts import kept_address, lockout, provided
from security.accounts.attempts import Reserved
from security.accounts.mail import send
from security.accounts.people import change_password
from security.forms import spells_no_secret
from security.models import User

_FACTOR_STAGE = "allauth.mfa.stages.AuthenticateStage"
_EMAIL_STAGE = "allauth.account.stages.EmailVerificationStage"


class AccountAdapter(DefaultAccountAdapter):  # type: ignore[misc]
    """allauth's questions, answered for people who sign in by e-mail."""

    def is_open_for_signup(self, request: HttpRequest) -> bool:  # noqa: ARG002 - allauth's interface
        """Nobody signs up on allauth's page: an account comes with an organisation, at /signup/, or by invitation."""
        return False

    def clean_email(self, email: str) -> str:
        """An address is kept as it was typed, so it spells no card number."""
        spells_no_secret(email)
        cleaned: str = super().clean_email(email)
        return cleaned

    def confirm_email(self, request: HttpRequest, email_address: Any) -> bool:
        """Refused as well where the change was asked for before the address had to stay."""
        if kept_address.must_keep(email_address.user, email_address.email):
            messages.error(request, kept_address.refusal())
            return False
        return bool(super().confirm_email(request, email_address))

    def get_client_ip(self, request: HttpRequest) -> str:
        """The address that limits count."""
        return lockout.address(request) or "0.0.0.0"  # noqa: S104 - a peer without an address, as in a unix socket

    def set_password(self, user: User, password: str) -> None:
        """One transaction with the end of whatever was open under the old one."""
        change_password(user=user, password=password)

    def logout(self, request: HttpRequest) -> None:
        """Session and open sockets end together."""
        with transaction.atomic():
            super().logout(request)

    def get_login_stages(self) -> list[str]:
        """What a provider has asked for is not asked for again. In the demo, which only this machine can reach, an unconfirmed address does not hinder."""
        stages: list[str] = super().get_login_stages()
        if provided.has_shown_factor(self.request):
            stages = [stage for stage in stages if stage != _FACTOR_STAGE]
        return [stage for stage in stages if not (settings.DEMO and stage == _EMAIL_STAGE)]

    def should_send_confirmation_mail(self, request: HttpRequest, email_address: Any, signup: bool) -> bool:  # noqa: ARG002 - allauth's interface
        """Only for a change of address.

        The mail of the sign-up holds a link that asks for the password too. A link without that, sent to whomever an attacker named, would
        let the attacker's password into an account confirmed by its victim.
        """
        return self.request is not None and self.request.user.is_authenticated

    def pre_authenticate(self, request: HttpRequest, **credentials: Any) -> None:
        """Reserve an attempt before any hashing, so that parallel ones cannot outrun the count; answer as axes does."""
        provided.begin_anew(request)
        reserved = lockout.reserve(request, credentials)
        if isinstance(reserved, Reserved):
            self._reserved = reserved
            return
        request.axes_locked_out = True  # type: ignore[attr-defined]
        request.axes_credentials = credentials  # type: ignore[attr-defined]
        user_locked_out.send(
            "security",
            request=request,
            username=lockout.username(request, credentials),
            ip_address=lockout.address(request),
        )
        raise self.validation_error("too_many_login_attempts")

    def authenticate(self, request: HttpRequest, **credentials: Any) -> User | None:
        """Every way that asks for a password comes through here: sign-in, being asked again, the old one before a new one."""
        user: User | None = super().authenticate(request, **credentials)
        if user is not None:
            lockout.release(self._reserved)
        return user

    def get_reset_password_from_key_url(self, key: str) -> str:
        """On our own origin, whatever Host the request named."""
        path = reverse("account_reset_password_from_key", kwargs={"uidb36": "UID", "key": "KEY"})
        return f"{settings.SITE_URL}{path.replace('UID-KEY', key)}"

    def get_email_confirmation_url(self, request: HttpRequest, emailconfirmation: Any) -> str:  # noqa: ARG002 - allauth's interface
        """On our own origin, whatever Host the request named."""
        return f"{settings.SITE_URL}{reverse('account_confirm_email', args=[emailconfirmation.key])}"

    def send_mail(self, template_prefix: str, email: str, context: dict[str, Any]) -> None:
        """A plain text mail, sent after the commit."""
        send(template_prefix, email, context)

    def format_email_subject(self, subject: str) -> str:
        """Without a prefix: the sender says who writes."""
        return subject
