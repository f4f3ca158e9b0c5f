"""Content Security Policy, under the names Django 6 gives it, so that its own middleware can take over.

Danger: one `unsafe-inline`, or a page without the header, and a visitor's text may become a script in the console.
Rule: every response carries the policy of `SECURE_CSP`; a view may only say who may frame it and what it may frame.
Proof: tests/security/test_csp.py.
"""

import logging
import re
import secrets
from collections.abc import Callable, Iterable, Mapping
from enum import StrEnum
from typing import Final

from django.conf import settings
from django.http import HttpRequest, HttpResponseBase

HEADER: Final = "Content-Security-Policy"
WITHOUT_TRUSTED_TYPES: Final = ("/admin/",)  # Django's jQuery assigns strings as it loads
logger = logging.getLogger(__name__)

_ORIGIN: Final = re.compile(r"https?://(?:\*\.)?[a-z0-9.-]+(?::[0-9]{1,5})?|https?://\[[0-9a-f:.]+\](?::[0-9]{1,5})?")


class CSP(StrEnum):
    """Keywords of a policy; `NONCE` becomes this response's nonce."""

    SELF = "'self'"
    NONE = "'none'"
    NONCE = "<CSP_NONCE_SENTINEL>"


class Nonce:
    """128 random bits, made when first written; false until then."""

    def __init__(self) -> None:
        self._value = ""

    def __str__(self) -> str:
        self._value = self._value or secrets.token_urlsafe(16)
        return self._value

    def __bool__(self) -> bool:
        return bool(self._value)


DEFAULT_POLICY: Final[Mapping[str, tuple[str, ...]]] = {
    "default-src": (CSP.NONE,),
    "script-src": (CSP.SELF, CSP.NONCE),
    "style-src": (CSP.SELF,),
    "connect-src": (CSP.SELF,),
    "img-src": (CSP.SELF, "data:", "blob:"),
    "font-src": (CSP.SELF,),
    "manifest-src": (CSP.SELF,),
    "form-action": (CSP.SELF,),
    "base-uri": (CSP.NONE,),
    "frame-ancestors": (CSP.NONE,),
    "require-trusted-types-for": ("'script'",),
}


def csp(request: HttpRequest) -> dict[str, object]:
    """Context processor: `csp_nonce`, made when a template first uses it."""
    return {"csp_nonce": get_nonce(request)}


def get_nonce(request: HttpRequest) -> Nonce | None:
    """The request's nonce, or None where the middleware does not run."""
    return getattr(request, "_csp_nonce", None)


def is_origin(text: str) -> bool:
    """Whether a policy can name this as an origin; the one rule for whatever is stored to end up there."""
    return _ORIGIN.fullmatch(text) is not None


def allow_framing_by(response: HttpResponseBase, origins: Iterable[str]) -> None:
    """Let these origins frame the response; what is no origin is left out, since a `;` in it would begin a directive."""
    given = list(origins)
    fitting = [origin for origin in given if origin == CSP.SELF or is_origin(origin)]
    if len(fitting) < len(given):
        logger.warning(
            "A response may not be framed by %d of its origins: no policy can name them", len(given) - len(fitting)
        )
    _override(response, "frame-ancestors", fitting)


def allow_frames_of_self(response: HttpResponseBase) -> None:
    """Let the page hold frames of our own: the demo shop, Get started, a preview."""
    _override(response, "frame-src", (CSP.SELF,))


class ContentSecurityPolicyMiddleware:
    """Puts the policy on every response; a header that is there already stays."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponseBase]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponseBase:
        """Answer with the policy."""
        nonce = Nonce()
        request._csp_nonce = nonce  # type: ignore[attr-defined]  # noqa: SLF001 - the name Django 6 uses
        response = self.get_response(request)
        if HEADER not in response.headers:
            policy: dict[str, tuple[str, ...]] = {**getattr(settings, "SECURE_CSP", DEFAULT_POLICY)}
            policy |= getattr(response, "_csp_overrides", {})
            if request.path.startswith(WITHOUT_TRUSTED_TYPES):
                policy.pop("require-trusted-types-for", None)
            response.headers[HEADER] = build(policy, nonce)
        return response


def build(policy: Mapping[str, Iterable[str]], nonce: Nonce) -> str:
    """The header's value; the nonce only if a template used it."""
    directives = []
    for name, values in policy.items():
        written = [
            f"'nonce-{nonce}'" if value == CSP.NONCE else str(value) for value in values if value != CSP.NONCE or nonce
        ]
        directives.append(" ".join([name, *written]))
    return "; ".join(directives)


def _override(response: HttpResponseBase, directive: str, values: Iterable[str]) -> None:
    sources = tuple(values) or (CSP.NONE,)
    overrides = {**getattr(response, "_csp_overrides", {}), directive: sources}
    response._csp_overrides = overrides  # type: ignore[attr-defined]  # noqa: SLF001
