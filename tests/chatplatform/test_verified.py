"""What leaves this machine is verified, or the start is refused with what to set."""

import ssl
from pathlib import Path

import pytest
from django.core.exceptions import ImproperlyConfigured
from django.core.mail import get_connection

from chatplatform import verified
from chatplatform.deployment import Deployment
from chatplatform.env import Environment
from tests.chatplatform.test_deployment import _SOUND

_HERE = str(Path(__file__))


def _read(base: Path, **values: str) -> None:
    deployment = Deployment(Environment({**_SOUND, **values}), base)
    deployment.database_url()
    deployment.database_owner_url()
    deployment.redis_urls()
    deployment.mail()


@pytest.mark.parametrize(
    "url",
    [
        "postgresql://chat_app@db/chat",
        "postgresql://chat_app@db/chat?sslmode=require",
        "postgresql://chat_app@db/chat?sslmode=verify-ca",
        "postgresql://chat_app@10.0.0.5/chat",
        "postgresql://chat_app@localhost,db/chat",
        "postgresql://chat_app@localhost/chat?hostaddr=10.0.0.5",
        "postgresql://chat_app@/chat?host=db",
    ],
)
def test_a_database_elsewhere_without_certificate_and_name_is_refused(url: str, tmp_path: Path) -> None:
    for setting in ("DATABASE_URL", "DATABASE_OWNER_URL"):
        with pytest.raises(ImproperlyConfigured, match=rf"^{setting} must end in \?sslmode=verify-full"):
            _read(tmp_path, **{setting: url})


def test_a_database_elsewhere_by_libpqs_own_variable_is_elsewhere(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    _read(tmp_path, DATABASE_URL="postgresql://chat_app@/chat")
    monkeypatch.setenv("PGHOST", "db")
    with pytest.raises(ImproperlyConfigured, match="^DATABASE_URL must end in"):
        _read(tmp_path, DATABASE_URL="postgresql://chat_app@/chat")


@pytest.mark.parametrize(
    "url",
    [
        "redis://cache/0",
        "redis://10.0.0.5:6379",
        "redis:///0?host=cache",
        "rediss://cache/0?ssl_cert_reqs=none",
        "rediss://cache/0?ssl_cert_reqs=optional",
        "rediss://cache/0?ssl_check_hostname=False",
        "rediss://cache/0?ssl_check_hostname=0",
    ],
)
def test_a_valkey_elsewhere_without_certificate_and_name_is_refused(url: str, tmp_path: Path) -> None:
    with pytest.raises(ImproperlyConfigured, match=r"^REDIS_URL must .*(rediss://|both are checked)"):
        _read(tmp_path, REDIS_URL=url)


def test_mails_in_clear_to_another_machine_are_refused(tmp_path: Path) -> None:
    with pytest.raises(ImproperlyConfigured, match=r"^EMAIL_URL must begin with smtp\+tls:// or smtps://"):
        _read(tmp_path, EMAIL_URL="smtp://mail.example.com")


@pytest.mark.parametrize(
    ("setting", "url"),
    [
        ("DATABASE_URL", "postgresql://chat_app@db/chat?sslmode=verify-full&sslrootcert=/nonexistent"),
        ("REDIS_URL", "rediss://cache/0?ssl_ca_certs=/nonexistent"),
    ],
)
def test_an_authority_that_is_not_there_is_named(setting: str, url: str, tmp_path: Path) -> None:
    with pytest.raises(ImproperlyConfigured, match=rf"^The ssl\w+ of {setting} names a file that is not there\.$"):
        _read(tmp_path, **{setting: url})


@pytest.mark.parametrize(
    ("setting", "url"),
    [
        ("DATABASE_URL", f"postgresql://chat_app@db/chat?sslmode=verify-full&sslrootcert={_HERE}"),
        ("DATABASE_URL", "postgresql://chat_app@db/chat?sslmode=verify-full&sslrootcert=system"),
        ("DATABASE_URL", "postgresql://chat_app@127.0.0.1:1/chat"),
        ("DATABASE_URL", "postgresql://chat_app@/chat?host=/run/postgresql"),
        ("REDIS_URL", f"rediss://cache/0?ssl_ca_certs={_HERE}"),
        ("REDIS_URL", "redis://127.0.0.1:1/0"),
        ("REDIS_URL", "unix:///run/valkey.sock?db=0"),
        ("EMAIL_URL", "smtp://localhost"),
        ("EMAIL_URL", "smtp+tls://mail.example.com"),
    ],
)
def test_what_is_verified_or_stays_on_this_machine_is_accepted(setting: str, url: str, tmp_path: Path) -> None:
    _read(tmp_path, **{setting: url})


def test_development_may_use_whatever_it_is_given(tmp_path: Path) -> None:
    _read(tmp_path, DEBUG="1", DATABASE_URL="postgresql://a@db/c", REDIS_URL="redis://cache", EMAIL_URL="smtp://mail")


def test_the_task_queue_speaks_tls_where_the_cache_does_and_checks_as_much() -> None:
    strict = {"ssl_cert_reqs": ssl.CERT_REQUIRED, "ssl_check_hostname": True}
    assert verified.broker_tls("rediss://cache/0") == strict
    assert verified.broker_tls("rediss://cache/0?ssl_ca_certs=/a.pem&db=2") == strict | {"ssl_ca_certs": "/a.pem"}
    assert verified.broker_tls("redis://127.0.0.1/0") is None


def test_mails_over_tls_check_certificate_and_name() -> None:
    context = get_connection("django.core.mail.backends.smtp.EmailBackend").ssl_context  # type: ignore[attr-defined]
    assert (context.verify_mode, context.check_hostname) == (ssl.CERT_REQUIRED, True)
