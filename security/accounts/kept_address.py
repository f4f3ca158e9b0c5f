"""Whose address stays as it is: who is known by it to an organisation's identity provider is not let go of by another one.

Danger: whoever may come in by the provider alone gives himself an address of which it says nothing, and comes in by a password. Rule: both the page
that takes a new address and the link that confirms it ask; who knows organisations answers, through `register`. Proof:
tests/tenants/sign_in/test_only.py.
"""

from __future__ import annotations

from collections.abc import Callable

from django.utils.translation import gettext as _

from security.models import User

Keeps = Callable[[User, str], bool]
_asked: list[Keeps] = []


def register(keeps: Keeps) -> None:
    """Ask this from now on whether a person may not change to an address."""
    _asked[:] = [keeps]


def must_keep(user: User, email: str) -> bool:
    """Whether `email` may not become the person's address."""
    return any(keeps(user, email) for keeps in _asked)


def refusal() -> str:
    """Why, for who tried."""
    return _(
        "Your organisation lets you in by its identity provider alone, which knows you by your address. It cannot be changed here."
    )
