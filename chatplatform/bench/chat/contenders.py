"""Who takes part, and how each is started."""

from __future__ import annotations

import base64
import os
import secrets
import socket
import subprocess
import sys
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Final

import orjson
from psycopg.conninfo import conninfo_to_dict

from chatplatform.bench.chat import node
from chatplatform.bench.chat.stage import Stage
from chatplatform.children import Child
from chatplatform.embedded.process import EmbeddedError, tail, wait_until
from chatplatform.ports import free_port

PROJECT: Final = Path(__file__).resolve().parents[3]
RAISED: Final = (
    "VISITOR_MESSAGES", "AGENT_MESSAGES", "VISITOR_SOCKETS", "AGENT_SOCKETS", "ANONYMOUS_SOCKETS", "FRAMES", "REQUESTS",
    "CONNECTIONS", "ALL_CONNECTIONS", "VISITOR_ACTS", "TENANT_MESSAGES", "NEW_CONVERSATIONS", "WORK_MS", "ADDRESS_WORK_MS",
)  # fmt: skip
"""The limits (`LIMIT_*`) that are out of the way of a load which comes from one address."""
PEER_TABLES: Final = """
CREATE TABLE member (token text PRIMARY KEY, name text NOT NULL);
CREATE TABLE message (
    id bigserial PRIMARY KEY, client_id uuid NOT NULL UNIQUE, room text NOT NULL, author text NOT NULL, body bytea NOT NULL,
    sent_at timestamptz NOT NULL
);
CREATE INDEX message_room ON message (room, id);
INSERT INTO member SELECT 'token-' || n, 'Member ' || n FROM generate_series(0, 63) AS n;
"""
_TOKENS: Final = [f"token-{number}" for number in range(64)]
_HOST: Final = "chat.bench.example"
_MANY: Final = "100000000"
_READY_SECONDS: Final = 60.0


@dataclass(slots=True, kw_only=True)
class Contender:
    """One server; `dialect` is how the load speaks to it, `facts` what it has to know."""

    name: str
    title: str
    dialect: str
    command: list[str]
    port: int
    log: Path
    environment: dict[str, str] = field(default_factory=dict)
    facts: dict[str, Any] = field(default_factory=dict)
    masks: bool = True
    child: Child | None = None

    def start(self, stage: Stage) -> None:
        """Run it, return when it takes connections."""
        child = self.child = Child(self.name, self.command, self.log)
        stage.start(child, {**bare_environment(), **self.environment})
        wait_until(
            self._listens,
            alive=lambda: child.is_alive,
            seconds=_READY_SECONDS,
            failure=lambda: f"{self.title} did not start: {tail(self.log, 8)}",
        )

    @property
    def pid(self) -> int:
        if self.child is None or self.child.process is None:
            raise RuntimeError(f"{self.name} does not run")
        return self.child.process.pid

    def _listens(self) -> bool:
        try:
            socket.create_connection(("127.0.0.1", self.port), timeout=2).close()
        except OSError:
            return False
        return True


def bare_environment() -> dict[str, str]:
    """Nothing of this process's settings, which may be an installation's."""
    keep = ("PATH", "TZ", "TMPDIR", "LANG")
    return {name: os.environ[name] for name in keep if name in os.environ} | {"PYTHONPATH": str(PROJECT)}


def _raw(stage: Stage, _: Path) -> Contender:
    port = free_port()
    return Contender(
        name="raw",
        title="raw fan-out in C, without work: the floor",
        dialect="raw",
        command=[sys.executable, "-m", "chatplatform.bench.chat.peers.raw", str(port)],
        port=port,
        log=stage.folder / "raw.log",
        facts={"tokens": _TOKENS},
        masks=False,
    )


def _ours(stage: Stage, _: Path) -> Contender:
    """As in production, behind a proxy that has ended TLS; an organisation of the benchmark's own, limits raised."""
    port, urls = free_port(), stage.urls()
    environment = {
        "DJANGO_SETTINGS_MODULE": "chatplatform.settings",
        "SECRET_KEY": secrets.token_urlsafe(50),
        "CRYPTOGRAPHY_KEY": base64.urlsafe_b64encode(secrets.token_bytes(32)).decode(),
        "SITE_URL": f"https://{_HOST}",
        "ALLOWED_HOSTS": _HOST,
        "TRUSTED_PROXIES": "127.0.0.1/32",
        "EMAIL_URL": "smtps://127.0.0.1:9",
        "DATABASE_URL": urls.app,
        "DATABASE_OWNER_URL": urls.owner,
        "REDIS_URL": urls.redis,
        "PORT": str(port),
        "VAR_DIR": str(stage.folder / "var"),
        "LOG_LEVEL": "WARNING",
        **{f"LIMIT_{name}": _MANY for name in RAISED},
    }
    return Contender(
        name="ours",
        title="Chatplatform: masked, encrypted, idempotent, row-level security",
        dialect="ours",
        command=[sys.executable, str(PROJECT / "manage.py"), "serve", f"--port={port}"],
        port=port,
        log=stage.folder / "ours.log",
        environment=environment,
        facts=_seeded(environment),
    )


def _seeded(environment: dict[str, str]) -> dict[str, Any]:
    """Migrate and fill in, in a process with the contender's settings; what the load has to know."""
    command = [sys.executable, "-m", "chatplatform.bench.chat.seed"]
    done = subprocess.run(  # noqa: S603
        command, env=bare_environment() | environment, stdin=subprocess.DEVNULL, capture_output=True, check=False
    )
    if done.returncode != 0:
        last = " ".join(done.stderr.decode().splitlines()[-3:])
        raise EmbeddedError(f"The benchmark's organisation could not be made: {last}")
    found: dict[str, Any] = orjson.loads(done.stdout.splitlines()[-1])
    return found


def _stock(stage: Stage, _: Path) -> Contender:
    port = free_port()
    url, redis = stage.peer_urls("stock", 1, PEER_TABLES)
    application = "chatplatform.bench.chat.peers.stock.asgi:application"
    return Contender(
        name="stock",
        title="textbook Channels: core layer, ORM, kept connection, daphne",
        dialect="stock",
        command=[sys.executable, "-m", "daphne", "-v", "0", "-b", "127.0.0.1", "-p", str(port), application],
        port=port,
        log=stage.folder / "stock.log",
        environment={"DATABASE_URL": url, "REDIS_URL": redis},
        facts={"tokens": _TOKENS},
    )


def _on_node(name: str, title: str, dialect: str, stage: Stage, cache: Path) -> Contender:
    program, folder = node.prepared(cache)
    port = free_port()
    url, _ = stage.peer_urls(name, 2, PEER_TABLES)
    place = conninfo_to_dict(url)
    return Contender(
        name=name,
        title=title,
        dialect=dialect,
        command=[program, str(folder / f"{name}.mjs"), str(port)],
        port=port,
        log=stage.folder / f"{name}.log",
        environment={
            "NODE_ENV": "production",
            "PGHOST": str(place["host"]),
            "PGUSER": str(place["user"]),
            "PGDATABASE": str(place["dbname"]),
        },
        facts={"tokens": _TOKENS},
    )


def _socketio(stage: Stage, cache: Path) -> Contender:
    return _on_node("socketio", "Socket.IO and PostgreSQL, an INSERT a message", "socketio", stage, cache)


def _ws(stage: Stage, cache: Path) -> Contender:
    return _on_node("ws", "ws (Node) and PostgreSQL, tuned with group commit", "plain", stage, cache)


BUILDERS: Final[dict[str, Callable[[Stage, Path], Contender]]] = {
    "raw": _raw,
    "ours": _ours,
    "ws": _ws,
    "socketio": _socketio,
    "stock": _stock,
}
"""By name, in the order in which they are shown; the second argument is where the packages of Node are kept."""
