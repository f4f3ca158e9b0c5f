"""Who starts what: the first process of a run the server and the template, each process its database and Valkey.

DATABASE_URL and REDIS_URL, when set, name servers that are used instead of our own.
"""

import contextlib
import os
import re
import subprocess
import sys
from dataclasses import dataclass, field
from pathlib import Path

from chatplatform.embedded import folders, temporary
from chatplatform.embedded.folders import Runtime, fresh_runtime, servant
from chatplatform.embedded.postgres import SUPERUSER, Postgres
from chatplatform.embedded.state import Layout, Urls
from chatplatform.embedded.valkey import Valkey
from chatplatform.env import Environment

from . import clusters, databases, environment, given

_BASE = Path(__file__).resolve().parents[2]
# How the first process tells the others; settings' own variables are overwritten by then.
_SERVER_VARIABLE, _PREFIX_VARIABLE = "CHATPLATFORM_TEST_POSTGRES", "CHATPLATFORM_TEST_PREFIX"
_REDIS_VARIABLE = "CHATPLATFORM_TEST_REDIS"
_OWN_PREFIX = "chatplatform"
# Without autovacuum no plan depends on the moment at which it came by.
_UNSAFE_AND_FAST = {"fsync": "off", "full_page_writes": "off", "autovacuum": "off", "max_connections": "400"}


@dataclass(slots=True)
class Session:
    """What this process holds open."""

    cleanup: contextlib.ExitStack = field(default_factory=contextlib.ExitStack)
    server: databases.Server | None = None
    database: str = ""
    urls: Urls | None = None


_current = Session()


def begin() -> Urls:
    """Start or join the services; the addresses of this process's own database and Valkey."""
    worker = os.environ.get("PYTEST_XDIST_WORKER", "main")
    if worker == "main":
        folders.sweep()
        os.environ[_REDIS_VARIABLE] = Environment().secret("REDIS_URL")
        _set_up()
    server, prefix = databases.Server.noted(os.environ[_SERVER_VARIABLE]), os.environ[_PREFIX_VARIABLE]
    database = f"{prefix}_{re.sub(r'[^a-z0-9]', '', worker)}"
    server.copy(f"{prefix}_template", database)
    if prefix != _OWN_PREFIX:
        _current.cleanup.callback(server.drop, database)
    _current.server, _current.database = server, database
    _current.urls = Urls(
        app=server.url("chat_app", database), owner=server.url("chat_owner", database), redis=_valkey(worker)
    )
    return _current.urls


def _set_up() -> None:
    """Have a server with a migrated template, and tell the other processes of this run where it is."""
    layout = Layout(Path(Environment().text("VAR_DIR", str(_BASE / "var"))).absolute())
    server, prefix = given.server(layout), _OWN_PREFIX
    if server is None:
        server = _start_server()
    else:
        given.announce(server)
        prefix, presence = given.fresh_prefix(server)
        _current.cleanup.callback(presence.close)
        _current.cleanup.callback(server.drop, f"{prefix}_template")
        _make_template(server, f"{prefix}_template")
    os.environ[_SERVER_VARIABLE], os.environ[_PREFIX_VARIABLE] = server.note(), prefix


def current() -> tuple[databases.Server, str]:
    """The server and the name of this process's database."""
    if _current.server is None:
        raise RuntimeError("The test services are not running: start pytest with -p tests.services.")
    return _current.server, _current.database


def urls() -> Urls:
    """The addresses of this process's own database and Valkey."""
    if _current.urls is None:
        raise RuntimeError("The test services are not running: start pytest with -p tests.services.")
    return _current.urls


def end() -> None:
    """Stop what this process started."""
    _current.cleanup.close()


def _start_server() -> databases.Server:
    """Our own, on a copy of the cluster that an earlier run has migrated, if there is one."""
    runtime, folder = _folders(servant())
    postgres = Postgres(folder / "postgres", runtime, folder / "postgres.log", _UNSAFE_AND_FAST)
    _current.cleanup.callback(postgres.stop)
    name = clusters.fingerprint()
    is_migrated = clusters.take(name, postgres.data)
    postgres.start()
    server = databases.Server(postgres.url(SUPERUSER, "postgres"))
    if not is_migrated:
        _make_template(server, f"{_OWN_PREFIX}_template")
        postgres.stop()
        clusters.keep(name, postgres.data)
        postgres.start()
    return server


def _make_template(server: databases.Server, name: str) -> None:
    server.make(name)
    _migrate(server, name)


def _valkey(worker: str) -> str:
    shared = os.environ[_REDIS_VARIABLE]
    if not shared:
        return _start_valkey()
    url = given.valkey(shared, int(re.sub(r"\D", "", worker) or -1) + 1)
    _current.cleanup.callback(given.empty_valkey, url)
    return url


def _start_valkey() -> str:
    runtime, folder = _folders()
    valkey = Valkey(folder / "valkey", runtime, folder / "valkey.log")
    _current.cleanup.callback(valkey.stop)
    valkey.start()
    return valkey.url()


def _folders(account: str = "") -> tuple[Runtime, Path]:
    """A folder for sockets and one for files, both gone at the end."""
    runtime = fresh_runtime(account)
    _current.cleanup.callback(runtime.remove)
    folder = temporary.make("tests-")
    _current.cleanup.callback(temporary.remove, folder)
    return runtime, folder


def _migrate(server: databases.Server, name: str) -> None:
    """Bring the template up to date in a process of its own: this one has not read any settings yet."""
    urls = Urls(server.url("chat_app", name), server.url("chat_owner", name), redis="unix:///nonexistent?db=0")
    done = subprocess.run(
        [sys.executable, str(_BASE / "manage.py"), "migrate", "--database=owner", "--verbosity=0"],
        env=environment.complete(urls),
        cwd=_BASE,
        capture_output=True,
        text=True,
        check=False,
    )
    if done.returncode != 0:
        raise RuntimeError(f"The test database could not be migrated:\n{done.stdout}{done.stderr}")
