"""The settings' environment in the tests: fixed values, nothing of the machine's."""

import base64
import os

from chatplatform.embedded.state import Urls

_CLEARED = (
    "ALLOW_EMBEDDED",
    "DEMO_PASSWORD",
    "METRICS_TOKEN",
    "TLS_CERT",
    "TLS_KEY",
    "HTTPS",
    "TRUSTED_PROXIES",
    "EMAIL_URL",
)


def values(urls: Urls) -> dict[str, str]:
    """What a process under test is given."""
    return {
        "DJANGO_SETTINGS_MODULE": "chatplatform.settings",
        "DEBUG": "1",
        "DEMO": "0",
        "SECRET_KEY": "only-for-the-tests-0123456789-abcdefghijklmnopqrstuvwxyz",
        "CRYPTOGRAPHY_KEY": base64.urlsafe_b64encode(bytes(range(32))).decode(),
        "AUDIT_SIGNING_KEY": base64.urlsafe_b64encode(bytes(range(32, 64))).decode(),
        "SITE_URL": "http://127.0.0.1:8000",
        "ALLOWED_HOSTS": "127.0.0.1,localhost,testserver",
        "DATABASE_URL": urls.app,
        "DATABASE_OWNER_URL": urls.owner,
        "REDIS_URL": urls.redis,
        "LOG_LEVEL": "WARNING",
    }


def complete(urls: Urls) -> dict[str, str]:
    """The environment of this process with those values in place of whatever it says itself."""
    ours = values(urls)
    hidden = {variable for name in (*_CLEARED, *ours) for variable in (name, f"{name}_FILE")}
    return {name: value for name, value in os.environ.items() if name not in hidden} | ours


def prepare(urls: Urls) -> None:
    """Make this process one under test."""
    ours = complete(urls)
    for name in set(os.environ) - set(ours):
        del os.environ[name]
    os.environ.update(ours)
