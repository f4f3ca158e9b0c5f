"""The whole application as production loads it, behind TLS on every side: what it answers, whom it speaks to, and when it does not start."""

import contextlib
import json
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs, urlsplit

import pytest

from tests.chatplatform.certificates import Authority
from tests.chatplatform.running import PROJECT, environment
from tests.chatplatform.test_deployment import _SOUND
from tests.chatplatform.tls_relay import postgres_preface, relay
from tests.services import session

_ASK = """
import asyncio, json, sys
from chatplatform.asgi import application
from chatplatform.celery import app
from chat.live.hub.link import Link
from django.conf import settings
from django.core.cache import cache
from django.db import connections

async def ask(kind, scheme, method, path):
    sent, asked = [], iter([{"type": "websocket.connect"} if kind == "websocket" else {"type": "http.request"}])
    async def receive():
        return next(asked, None) or await asyncio.Event().wait()
    async def send(message):
        sent.append(message)
    scope = {"type": kind, "asgi": {"version": "3.0"}, "http_version": "1.1", "scheme": scheme, "method": method, "path": path,
             "raw_path": path.encode(), "query_string": b"", "root_path": "", "client": ("198.51.100.7", 5), "server": ("h", 80),
             "subprotocols": [], "headers": [(b"host", b"chat.example.com")]}
    await application(scope, receive, send)
    headers = {name.decode().lower(): value.decode() for name, value in sent[0].get("headers", ())}
    return [sent[0]["type"], sent[0].get("status"), headers.get("location"), headers.get("strict-transport-security")]

async def main():
    found = [await ask(*case) for case in json.loads(sys.argv[1])]
    await (await Link(settings.REDIS_URL).open()).disconnect()
    return found

found = asyncio.run(main())
with connections["default"].cursor() as cursor:
    cursor.execute("SELECT 1")
    is_encrypted = connections["default"].connection.pgconn.ssl_in_use
with app.connection_for_write() as broker:
    broker.ensure_connection(max_retries=1, interval_start=0, interval_step=0)
    is_connected = broker.connected
cache.set("a", 1)
spoken = {"database": is_encrypted, "broker": is_connected, "cache": cache.get("a"), "asked": str(app.conf.broker_use_ssl)}
print(json.dumps([*found, spoken]))
connections["default"].close()
connections["default"].close_pool()
"""
_START = """
import io, json
import django
from django.core.management import CommandError, call_command
django.setup()
said = io.StringIO()
try:
    call_command("check_config", "--json", stdout=said)
except CommandError:
    pass
try:
    call_command("serve")
except CommandError as refused:
    print(json.dumps([json.loads(said.getvalue()), str(refused)]))
"""
_CASES = [
    ("http", "http", "GET", "/accounts/login/"),
    ("http", "http", "POST", "/accounts/login/"),
    ("http", "http", "GET", "/api/v1/conversations/"),
    ("websocket", "ws", "GET", "/ws/visitor/pk_nobody/"),
    ("http", "https", "GET", "/accounts/login/"),
]


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    """Static files as `collectstatic` leaves them, and the authorities; PostgreSQL and Valkey behind TLS, by the one that is right."""
    found = tmp_path_factory.mktemp("production")
    names = [str(path.relative_to(PROJECT / "static")) for path in (PROJECT / "static").rglob("*") if path.is_file()]
    manifest = {"paths": {name: name for name in names}, "version": "1.1", "hash": ""}
    (found / "staticfiles.json").write_text(json.dumps(manifest))
    right = Authority("right")
    right.write(found / "right.pem")
    Authority("wrong").write(found / "wrong.pem")
    urls, chain = session.urls(), right.vouch("localhost")
    postgres = Path(parse_qs(urlsplit(urls.app).query)["host"][0]) / ".s.PGSQL.5432"
    with contextlib.ExitStack() as stack:
        ports = [
            stack.enter_context(relay(chain, found, upstream, preface))
            for upstream, preface in ((postgres, postgres_preface), (Path(urlsplit(urls.redis).path), None))
        ]
        (found / "ports").write_text(json.dumps(ports))
        yield found


def _run(script: str, folder: Path, believed: str, *arguments: str) -> list[Any]:
    """What a process with production's settings prints at last."""
    postgres, valkey = json.loads((folder / "ports").read_text())
    authority, name = folder / f"{believed}.pem", urlsplit(session.urls().app).path
    given = {
        **_SOUND,
        "DATABASE_URL": f"postgresql://chat_app@localhost:{postgres}{name}?sslmode=verify-full&sslrootcert={authority}",
        "REDIS_URL": f"rediss://localhost:{valkey}/0?ssl_ca_certs={authority}",
        "DJANGO_SETTINGS_MODULE": "chatplatform.settings",
        "STATIC_ROOT": str(folder),
        "VAR_DIR": str(folder),
    }
    done = subprocess.run(
        [sys.executable, "-c", script, *arguments],
        cwd=PROJECT,
        env=environment(**given),
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    told: list[Any] = json.loads(done.stdout.splitlines()[-1])
    return told


@pytest.fixture(scope="module")
def answers(folder: Path) -> list[Any]:
    """To each case in turn, and whom the process spoke to."""
    return _run(_ASK, folder, "right", json.dumps(_CASES))


def test_a_page_without_tls_is_redirected(answers: list[Any]) -> None:
    assert answers[0][:3] == ["http.response.start", 301, "https://chat.example.com/accounts/login/"]


def test_forms_and_programs_without_tls_are_refused(answers: list[Any]) -> None:
    assert [one[:2] for one in answers[1:3]] == [["http.response.start", 403]] * 2


def test_sockets_without_tls_are_refused(answers: list[Any]) -> None:
    assert answers[3][0] == "websocket.close"


def test_over_tls_browsers_are_told_to_come_back_so_for_a_year(answers: list[Any]) -> None:
    assert answers[4][1] == 200
    assert answers[4][3] == "max-age=31536000; includeSubDomains; preload"


def test_every_server_is_spoken_to_over_tls_whose_certificate_and_name_are_checked(answers: list[Any]) -> None:
    spoken = answers[5]
    assert (spoken["database"], spoken["broker"], spoken["cache"]) == (True, True, 1)
    assert "CERT_REQUIRED" in spoken["asked"]
    assert "'ssl_check_hostname': True" in spoken["asked"]


def test_another_authority_stops_the_start_in_a_sentence(folder: Path) -> None:
    told, refused = _run(_START, folder, "wrong")
    said = "the server's certificate is not vouched for by the authority that is believed, or is not for the name in the address."
    assert told["problems"][:2] == [f"DATABASE_URL: {said}", f"REDIS_URL: {said}"]
    assert (told["ok"], told["database"], told["redis"]) == (False, "down", "down")
    assert refused == f"DATABASE_URL: {said}"
