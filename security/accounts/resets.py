"""Asking for a new password: the page takes an address down, the worker finds out whose it is.

Danger: a page that looks for the person, makes a link and leaves an event in his organisation's trail takes longer where there is one, so its time
tells who has an account. Rule: the page does the same for each address, sealed as mails are; all that depends on the person is done by the worker,
as the one who asked. Proof: tests/security/accounts/test_resets.py, `manage.py bench accounts`.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict
from typing import Any, Final

from allauth.account.adapter import get_adapter
from allauth.account.forms import default_token_generator
from allauth.account.utils import user_pk_to_url_str
from django.utils import translation

from security.accounts.mail import letter, post
from security.accounts.outbox import Letter, Order
from security.accounts.people import person_with
from security.accounts.signals import password_reset_requested
from security.context import Actor, ActorKind, acting, current

WRITER: Final = "password reset"
_KNOWN: Final = "account/email/password_reset_key"
_UNKNOWN: Final = "account/email/unknown_account"


def ask(email: str) -> None:
    """Write down that a link to a new password goes to this address, or that there is no account; in the caller's transaction."""
    given = {"email": email, "by": asdict(current()), "language": translation.get_language()}
    post(Order(WRITER, given), template=_KNOWN)


def write(given: Mapping[str, Any]) -> Letter:
    """What the address is sent. The trail has it as done by who asked, from where he did; outside any scope."""
    by, language = given["by"], given["language"]
    actor = Actor(**{**by["actor"], "kind": ActorKind(by["actor"]["kind"])})
    user = person_with(given["email"])
    if user is not None and not user.is_active:
        user = None
    here = acting(actor=actor, address=by["address"], request_id=by["request_id"], session=by["session"])
    with here, translation.override(language):
        password_reset_requested.send(None, user=user)
        if user is None:
            return letter(_UNKNOWN, given["email"], {})
        key = f"{user_pk_to_url_str(user)}-{default_token_generator.make_token(user)}"
        url = get_adapter().get_reset_password_from_key_url(key)
        return letter(_KNOWN, given["email"], {"user": user, "password_reset_url": url})
