"""Sessions that an organisation's own provider opened.

Danger: a provider can say anything of anybody, so whoever runs one could sign in as a person who works elsewhere too, and there open what is not his.
Rule: such a session is bound to the provider's organisation from before it is signed in until it ends, and with it what the provider said of a second
factor; a sign-in by password begins anew, and asks for a second factor whatever was said before. Proof: tests/tenants/sign_in/test_arriving.py,
test_rules.py.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Any, Final

from django.contrib.sessions.backends.base import SessionBase
from django.http import HttpRequest

from security.accounts.allauth_internal import clear_login
from security.permissions import Came

_KEY: Final = "provider_tenant"
_FACTOR_KEY: Final = "provider_factor"
_SHOWN_KEY: Final = "provider_shown_at"
_VERSION_KEY: Final = "provider_version"


def bound_tenant(session: SessionBase | Mapping[str, Any]) -> int | None:
    """The one organisation that the session leads to; None where no provider opened it."""
    found: int | None = session.get(_KEY)
    return found


def came(session: SessionBase) -> Came:
    """How the session was opened, for an organisation's rules about passwords and second factors."""
    return Came(bound_tenant(session), session.get(_FACTOR_KEY) is True)


def shown_at(session: SessionBase) -> float:
    """When the person last showed the provider who he is, in seconds since 1970; 0 where it does not say, which is long ago."""
    found: float = session.get(_SHOWN_KEY, 0.0)
    return found


def bound_version(session: SessionBase) -> str:
    """The provider that opened the session, as it was then."""
    found: str = session.get(_VERSION_KEY, "")
    return found


def bind(
    request: HttpRequest, tenant_id: int, *, version: str, has_shown_factor: bool, shown_at: datetime | None
) -> None:
    """Before somebody is signed in by a provider; what was begun in this browser otherwise is forgotten.

    `shown_at` is when he showed the provider who he is: a provider lets a browser that it knows in without asking.
    """
    clear_login(request)
    request.session[_KEY], request.session[_FACTOR_KEY] = tenant_id, has_shown_factor
    request.session[_SHOWN_KEY] = shown_at.timestamp() if shown_at else 0.0
    request.session[_VERSION_KEY] = version
    request.has_shown_factor = has_shown_factor  # type: ignore[attr-defined]


def begin_anew(request: HttpRequest) -> None:
    """Before somebody is signed in otherwise: a sign-in that waits for a second factor would go on without its bounds."""
    if not request.user.is_authenticated and _KEY in request.session:
        clear_login(request)
        del request.session[_KEY]
        request.session.pop(_FACTOR_KEY, None)
        request.session.pop(_SHOWN_KEY, None)
        request.session.pop(_VERSION_KEY, None)


def has_shown_factor(request: HttpRequest | None) -> bool:
    """Whether the provider, in this very request, has said that it asked for a second factor."""
    return getattr(request, "has_shown_factor", False) is True
