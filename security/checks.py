"""System checks: what must hold of the settings for the promises of this package.

Registered by `SecurityConfig.ready()` importing this module.
"""

from collections.abc import Iterable
from typing import Any

from django.conf import settings
from django.core.checks import CheckMessage, Error, Tags, register

from security.body_limit import MAX_BODY
from security.crypto.master import Ring
from security.csp import CSP

_MEMORY_HANDLER = "django.core.files.uploadhandler.MemoryFileUploadHandler"
_ARGON2 = "django.contrib.auth.hashers.Argon2PasswordHasher"
_MIDDLEWARE = (
    "security.middleware.RequestContextMiddleware",
    "security.middleware.SecurityHeadersMiddleware",
    "security.middleware.ActorMiddleware",
)
_CSP_MIDDLEWARE = "security.csp.ContentSecurityPolicyMiddleware"
_STRICT = {"default-src": (CSP.NONE,), "base-uri": (CSP.NONE,), "require-trusted-types-for": ("'script'",)}


@register(Tags.security)
def check_master_keys(**_: Any) -> Iterable[CheckMessage]:
    """CRYPTOGRAPHY_KEY is a list of distinct 32-byte keys."""
    try:
        Ring(tuple(settings.CRYPTOGRAPHY_KEY))
    except (AttributeError, TypeError, ValueError):
        return [Error("CRYPTOGRAPHY_KEY must be a list of distinct 32-byte keys, newest first.", id="security.E001")]
    return []


@register(Tags.security)
def check_uploads(**_: Any) -> Iterable[CheckMessage]:
    """No request body reaches the disk: memory handler only, spool limit not below the body limit."""
    errors = []
    if list(settings.FILE_UPLOAD_HANDLERS) != [_MEMORY_HANDLER]:
        errors.append(Error("FILE_UPLOAD_HANDLERS must be the memory handler alone.", id="security.E002"))
    if min(settings.FILE_UPLOAD_MAX_MEMORY_SIZE, settings.DATA_UPLOAD_MAX_MEMORY_SIZE or 0) < MAX_BODY:
        errors.append(
            Error(
                f"FILE_UPLOAD_MAX_MEMORY_SIZE and DATA_UPLOAD_MAX_MEMORY_SIZE must be {MAX_BODY}.", id="security.E003"
            )
        )
    return errors


@register(Tags.security)
def check_passwords(**_: Any) -> Iterable[CheckMessage]:
    """New passwords are hashed with Argon2id."""
    if list(settings.PASSWORD_HASHERS)[:1] != [_ARGON2]:
        return [Error("PASSWORD_HASHERS must begin with Argon2.", id="security.E004")]
    return []


@register(Tags.security)
def check_middleware(**_: Any) -> Iterable[CheckMessage]:
    """Context, headers and the policy are in the chain; the context is opened before everything that may log."""
    missing = [name for name in (*_MIDDLEWARE, _CSP_MIDDLEWARE) if name not in settings.MIDDLEWARE]
    return [Error(f"MIDDLEWARE lacks {name}.", id="security.E005") for name in missing]


@register(Tags.security)
def check_csp(**_: Any) -> Iterable[CheckMessage]:
    """SECURE_CSP, where it is set, is no weaker than what this package promises."""
    policy = getattr(settings, "SECURE_CSP", None)
    if policy is None:
        return []
    errors = []
    if any("unsafe" in str(value) for values in policy.values() for value in values):
        errors.append(Error("SECURE_CSP holds an unsafe-… source.", id="security.E006"))
    for name, values in _STRICT.items():
        if tuple(policy.get(name, ())) != values:
            errors.append(Error(f"SECURE_CSP must say {name} {' '.join(values)}.", id="security.E007"))
    return errors
