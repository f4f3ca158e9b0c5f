"""The one thing a visitor's browser keeps: an HttpOnly cookie with his token, for one site.

Danger: the frame lives in other people's pages, where browsers drop ordinary cookies and where a cookie without a site's name
would be shared by tenants. Rule: over HTTPS `Secure; SameSite=None; Partitioned`, always `HttpOnly`, the site's key in the
name. Proof: tests/chat/views/test_widget.py.
"""

from __future__ import annotations

from http.cookies import Morsel

from django.http import HttpResponse

from chat.services.visitors import TOKEN_LIFE

# Python before 3.14 does not know the attribute and would refuse it.
Morsel._reserved.setdefault("partitioned", "Partitioned")  # type: ignore[attr-defined]  # noqa: SLF001
Morsel._flags.add("partitioned")  # type: ignore[attr-defined]  # noqa: SLF001


def visitor_cookie(key: str) -> str:
    """The cookie's name for the site with this key."""
    return f"chat_visitor_{key}"


def remember_visitor(response: HttpResponse, *, key: str, token: str, is_secure: bool) -> None:
    """Let the browser bring `token` along from now on. On plain http, which is loopback only, without what needs HTTPS."""
    _set(response, key=key, token=token, is_secure=is_secure, max_age=int(TOKEN_LIFE.total_seconds()))


def forget_visitor(response: HttpResponse, *, key: str, is_secure: bool) -> None:
    """Take the cookie away; with the attributes it was set with, or a partitioned one stays."""
    _set(response, key=key, token="", is_secure=is_secure, max_age=0)


def _set(response: HttpResponse, *, key: str, token: str, is_secure: bool, max_age: int) -> None:
    name = visitor_cookie(key)
    response.set_cookie(
        name, token, max_age=max_age, httponly=True, secure=is_secure, samesite="None" if is_secure else "Lax"
    )
    if is_secure:
        response.cookies[name]["partitioned"] = True
