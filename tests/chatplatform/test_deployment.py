"""What production must be given, and what development may leave out."""

from pathlib import Path

import pytest
from django.core.exceptions import ImproperlyConfigured

from chatplatform import generated
from chatplatform.deployment import Deployment
from chatplatform.env import Environment
from chatplatform.hosts import is_loopback

_SOUND = {
    "SECRET_KEY": generated.fresh("SECRET_KEY"),
    "CRYPTOGRAPHY_KEY": generated.fresh("CRYPTOGRAPHY_KEY"),
    "SITE_URL": "https://chat.example.com",
    "ALLOWED_HOSTS": "chat.example.com",
    "DATABASE_URL": "postgresql://chat_app@db/chat?sslmode=verify-full",
    "REDIS_URL": "rediss://cache/0",
    "EMAIL_URL": "smtps://mail.example.com",
}


def _read_everything(values: dict[str, str], base: Path) -> Deployment:
    deployment = Deployment(Environment(values), base)
    _ = deployment.site_url, deployment.allowed_hosts, deployment.port, deployment.demo
    deployment.secret_key()
    deployment.master_keys()
    deployment.audit_signing_key()
    deployment.database_url()
    deployment.database_owner_url()
    deployment.redis_urls()
    deployment.trusted_proxies()
    deployment.mail()
    return deployment


def test_sound_production_settings_are_accepted(tmp_path: Path) -> None:
    _read_everything(_SOUND, tmp_path)
    assert list(tmp_path.iterdir()) == []  # and nothing is generated there


@pytest.mark.parametrize("name", sorted(_SOUND))
def test_what_is_missing_in_production_stops_the_start_and_is_named(name: str, tmp_path: Path) -> None:
    values = {key: value for key, value in _SOUND.items() if key != name}
    with pytest.raises(ImproperlyConfigured, match=rf"^{name} must be set[:;]"):
        _read_everything(values, tmp_path)


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("SECRET_KEY", "short"),
        ("SECRET_KEY", "a" * 60),
        ("SECRET_KEY", "django-insecure-" + "x7Kq" * 20),
        ("CRYPTOGRAPHY_KEY", "bm90IDMyIGJ5dGVz"),
        ("CRYPTOGRAPHY_KEY", "!" * 43),
        ("CRYPTOGRAPHY_KEY", ",".join([f"{'A' * 43}="] * 2)),  # a random one would name the test anew in each process
        ("AUDIT_SIGNING_KEY", "abc"),
        ("SITE_URL", "http://chat.example.com"),
        ("SITE_URL", "http://127.0.0.1:8000"),
        ("SITE_URL", "https://chat.example.com/sub"),
        ("SITE_URL", "ftp://chat.example.com"),
        ("ALLOWED_HOSTS", "*"),
        ("TRUSTED_PROXIES", "10.0.0.1/8"),
        ("TRUSTED_PROXIES", "proxy.local"),
        ("REDIS_URL", "memory://"),
        ("EMAIL_URL", "mail.example.com"),
        ("ALLOW_EMBEDDED", "everything"),
        ("DEMO", "1"),
        ("PORT", "http"),
    ],
)
def test_what_is_unsafe_in_production_stops_the_start_and_is_named(name: str, value: str, tmp_path: Path) -> None:
    values = {**_SOUND, name: value}
    if name == "ALLOW_EMBEDDED":
        del values["REDIS_URL"]
    with pytest.raises(ImproperlyConfigured, match=rf"^{name}\b") as refused:
        _read_everything(values, tmp_path)
    assert str(refused.value).count(". ") == 0  # one sentence
    if name.endswith("KEY"):
        assert value not in str(refused.value)


def test_development_needs_nothing(tmp_path: Path) -> None:
    deployment = _read_everything({"DEBUG": "1", "VAR_DIR": str(tmp_path)}, tmp_path)
    assert deployment.site_url == "http://127.0.0.1:8000"
    assert "chat_app" in deployment.database_url()
    assert "chat_owner" in deployment.database_owner_url()
    names = {path.name for path in (tmp_path / "secrets").iterdir()}
    assert names == {"SECRET_KEY", "CRYPTOGRAPHY_KEY", "AUDIT_SIGNING_KEY"}


def test_production_embeds_only_what_is_allowed_by_name(tmp_path: Path) -> None:
    values = {key: value for key, value in _SOUND.items() if key not in {"DATABASE_URL", "REDIS_URL"}}
    deployment = Deployment(Environment(values | {"ALLOW_EMBEDDED": "postgres", "VAR_DIR": str(tmp_path)}), tmp_path)
    assert deployment.database_url().startswith("postgresql://chat_app@")
    with pytest.raises(ImproperlyConfigured, match="^REDIS_URL"):
        deployment.redis_urls()


@pytest.mark.parametrize("name", ["SITE_URL", "ALLOWED_HOSTS"])
def test_demo_is_refused_where_others_can_reach_it(name: str, tmp_path: Path) -> None:
    value = "https://demo.example.com" if name == "SITE_URL" else "demo.example.com,localhost"
    values = {"DEBUG": "1", "DEMO": "1", "VAR_DIR": str(tmp_path), name: value}
    with pytest.raises(ImproperlyConfigured, match=f"^DEMO is refused with .*{name}"):
        _read_everything(values, tmp_path)


@pytest.mark.parametrize("host", ["127.0.0.1", "127.8.9.1", "localhost", "LOCALHOST", "::1", "[::1]"])
def test_loopback_hosts(host: str) -> None:
    assert is_loopback(host)


@pytest.mark.parametrize("host", ["", "0.0.0.0", "10.0.0.1", "localhost.example.com", "127.0.0.1.nip.io", "::", "*"])  # noqa: S104
def test_everything_else_is_not_loopback(host: str) -> None:
    assert not is_loopback(host)
