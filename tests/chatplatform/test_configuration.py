"""`check_config` names everything that is missing or unsafe, one sentence each, and fails."""

import json
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
from django.conf import settings
from django.db import connections
from psycopg.conninfo import conninfo_to_dict

from chatplatform import generated, reasons
from chatplatform.configuration import problems
from chatplatform.env import Environment
from tests.chatplatform.running import PROJECT, environment
from tests.services import environment as services_environment
from tests.services import session

_PRODUCTION = {
    "SECRET_KEY": generated.fresh("SECRET_KEY"),
    "CRYPTOGRAPHY_KEY": generated.fresh("CRYPTOGRAPHY_KEY"),
    "SITE_URL": "https://chat.example.com",
    "ALLOWED_HOSTS": "chat.example.com",
    "DATABASE_URL": "postgresql://chat_app@127.0.0.1:1/chat",
    "REDIS_URL": "redis://127.0.0.1:1/0",
    "EMAIL_URL": "smtps://mail.example.com",
    "TRUSTED_PROXIES": "10.0.0.0/8",
}


def _check_config(*arguments: str, **values: str) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "manage.py", "check_config", *arguments]
    return subprocess.run(
        command, cwd=PROJECT, env=environment(**values), capture_output=True, text=True, timeout=120, check=False
    )


def test_sound_settings_have_no_problems(tmp_path: Path) -> None:
    assert problems(Environment(_PRODUCTION), tmp_path) == []
    assert problems(Environment({"DEBUG": "1", "VAR_DIR": str(tmp_path)}), tmp_path) == []


def test_every_limit_is_looked_at() -> None:
    assert {f"LIMIT_{name}" for name in settings.LIMITS} == set(_limits())


def _limits() -> Iterator[str]:
    """Those that are refused when they are no number."""
    for name in settings.LIMITS:
        if problems(Environment({**_PRODUCTION, f"LIMIT_{name}": "none"})):
            yield f"LIMIT_{name}"


def test_each_missing_setting_is_named_at_once(tmp_path: Path) -> None:
    found = problems(Environment({}), tmp_path)
    named = [sentence.partition(" ")[0] for sentence in found]
    assert named == [
        "SECRET_KEY",
        "CRYPTOGRAPHY_KEY",
        "SITE_URL",
        "ALLOWED_HOSTS",
        "DATABASE_URL",
        "DATABASE_OWNER_URL",
        "REDIS_URL",
        "EMAIL_URL",
        "TLS_CERT",
    ]
    assert all(sentence.endswith(".") and sentence.count(". ") == 0 for sentence in found)
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("SECRET_KEY", "short"),
        ("CRYPTOGRAPHY_KEY", "short"),
        ("AUDIT_SIGNING_KEY", "short"),
        ("AUDIT_CHECKPOINT_URLS", "file://server/folder"),
        ("AUDIT_CHECKPOINT_URLS", "mailto:nobody"),
        ("AUDIT_CHECKPOINT_URLS", "ftp://server/folder"),
        ("AUDIT_CHECKPOINT_URLS", "s3+https://host/bucket"),
        ("AUDIT_CHECKPOINT_URLS", "s3+https://key:secret@host/bucket?years=0"),
        ("AUDIT_CHECKPOINT_URLS", "sftp://somebody:secret@host/folder"),
        ("AUDIT_PUBLIC_KEYS", "chatplatform-audit+00000000+AAAA"),
        ("DEBUG", "perhaps"),
        ("DEMO", "1"),
        ("PORT", "0"),
        ("ALLOWED_HOSTS", "*"),
        ("SITE_URL", "http://chat.example.com"),
        ("TRUSTED_PROXIES", "everybody"),
        ("DATABASE_URL", "sqlite:///x"),
        ("DATABASE_OWNER_URL", "mysql://a@b/c"),
        ("REDIS_URL", "memory://"),
        ("EMAIL_URL", "mail"),
        ("TLS_CERT", "/nonexistent"),
        ("OUTGOING_NETWORKS", "everybody"),
        ("DNS_SERVERS", "the usual ones"),
        ("ARCHIVE_URL", "ftp://server/folder"),
        ("HTTPS", "1"),
        ("LOG_LEVEL", "loud"),
        ("LOG_FORMAT", "xml"),
        ("WEB_PROCESSES", "many"),
        ("DATABASE_POOL", "0"),
        ("LIMIT_FRAMES", "0"),
        ("METRICS_TOKEN_FILE", "/nonexistent"),
    ],
)
def test_an_unsafe_setting_is_named(name: str, value: str, tmp_path: Path) -> None:
    extra = {"TLS_KEY": "/nonexistent"} if name == "TLS_CERT" else {}
    found = problems(Environment({**_PRODUCTION, name: value, **extra}), tmp_path)
    assert any(sentence.startswith(name) for sentence in found)


def test_a_certificate_without_its_key_is_named(tmp_path: Path) -> None:
    found = problems(Environment({**_PRODUCTION, "TLS_CERT": __file__}), tmp_path)
    assert found == ["TLS_KEY must be set: TLS_CERT and TLS_KEY belong together."]


def test_the_command_fails_and_says_all_in_either_form(tmp_path: Path) -> None:
    unsound = {"DEBUG": "0", "VAR_DIR": str(tmp_path / "var"), "SECRET_KEY": "tiny-but-secret"}
    plain = _check_config(**unsound)
    assert plain.returncode == 1
    assert plain.stdout.splitlines()[0] == "SECRET_KEY must be at least 50 random characters."
    assert len(plain.stdout.splitlines()) == 9
    told = _check_config("--json", **unsound)
    assert told.returncode == 1
    answer = json.loads(told.stdout)
    assert (answer["ok"], answer["settings"]) == (False, "down")
    assert answer["problems"] == plain.stdout.splitlines()
    assert "tiny-but-secret" not in plain.stdout + plain.stderr + told.stdout
    assert "Traceback" not in plain.stderr + told.stderr


def test_a_setting_that_no_start_could_read_is_told_as_json_too(tmp_path: Path) -> None:
    told = _check_config("--json", DEBUG="perhaps", VAR_DIR=str(tmp_path / "var"))
    assert told.returncode == 1
    assert "DEBUG must be 1 or 0." in json.loads(told.stdout)["problems"]


def test_with_everything_in_place_it_passes(tmp_path: Path) -> None:
    told = _check_config("--json", **services_environment.values(session.urls()), VAR_DIR=str(tmp_path / "var"))
    assert (told.returncode, told.stderr) == (0, "")
    states = {"settings": "up", "database": "up", "redis": "up", "migrations": "up"}
    assert json.loads(told.stdout) == {"ok": True, **states, "problems": []}


def test_a_redis_that_is_away_fails_it(tmp_path: Path) -> None:
    values = services_environment.values(session.urls()) | {"REDIS_URL": "redis://127.0.0.1:1/0"}
    told = _check_config("--json", **values, VAR_DIR=str(tmp_path / "var"))
    assert told.returncode == 1
    answer = json.loads(told.stdout)
    assert (answer["redis"], answer["problems"]) == ("down", ["REDIS_URL: nothing listens at that address."])


@pytest.mark.parametrize(
    ("url", "said"),
    [
        ("postgresql://chat_app@127.0.0.1:1/chat", "nothing listens at that address"),
        ("postgresql://chat_app@nowhere.invalid/chat", "the host's name leads nowhere"),
        ("postgresql://nobody@{here}", "the server refuses the role or its password"),
        ("postgresql://chat_app@{elsewhere}", "the server has no such database"),
    ],
)
def test_why_a_database_is_not_reached_is_said(url: str, said: str, monkeypatch: pytest.MonkeyPatch) -> None:
    here = session.urls().app.partition("@")[2]
    address = url.format(here=here, elsewhere=here.replace("/chatplatform", "/nowhere", 1))
    monkeypatch.setattr(connections["default"], "get_connection_params", lambda: conninfo_to_dict(address))
    assert reasons.database_fault() == f"DATABASE_URL: {said}."
