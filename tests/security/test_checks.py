"""Settings that break a promise stop the start."""

from typing import Any

import pytest
from pytest_django import Settings

from security import checks
from security.csp import DEFAULT_POLICY

pytestmark = pytest.mark.real_hashes

ALL = (
    checks.check_master_keys,
    checks.check_uploads,
    checks.check_passwords,
    checks.check_middleware,
    checks.check_csp,
)


def errors() -> set[str]:
    return {str(error.id) for check in ALL for error in check(app_configs=None)}


def test_the_projects_own_settings_pass() -> None:
    assert errors() == set()


@pytest.mark.parametrize(
    ("name", "value", "expected"),
    [
        ("CRYPTOGRAPHY_KEY", [], "security.E001"),
        ("CRYPTOGRAPHY_KEY", [b"short"], "security.E001"),
        ("CRYPTOGRAPHY_KEY", None, "security.E001"),
        ("FILE_UPLOAD_HANDLERS", ["django.core.files.uploadhandler.TemporaryFileUploadHandler"], "security.E002"),
        ("FILE_UPLOAD_MAX_MEMORY_SIZE", 65_536, "security.E003"),
        ("DATA_UPLOAD_MAX_MEMORY_SIZE", None, "security.E003"),
        ("PASSWORD_HASHERS", ["django.contrib.auth.hashers.PBKDF2PasswordHasher"], "security.E004"),
        ("MIDDLEWARE", [], "security.E005"),
        ("SECURE_CSP", {**DEFAULT_POLICY, "script-src": ("'unsafe-inline'",)}, "security.E006"),
        ("SECURE_CSP", {**DEFAULT_POLICY, "base-uri": ("*",)}, "security.E007"),
        ("SECURE_CSP", {}, "security.E007"),
    ],
)
def test_each_broken_setting_is_named(settings: Settings, name: str, value: Any, expected: str) -> None:
    setattr(settings, name, value)
    assert errors() == {expected}
