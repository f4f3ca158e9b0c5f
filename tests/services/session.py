"""Who starts what: the first process of a run the server and the template, each process its database and Valkey."""

import contextlib
import os
import re
import shutil
import subprocess
import sys
import tempfile
from dataclasses import dataclass, field
from pathlib import Path

from chatplatform.embedded.folders import Runtime, fresh_runtime, servant
from chatplatform.embedded.postgres import Postgres
from chatplatform.embedded.state import Urls
from chatplatform.embedded.valkey import Valkey

from . import databases, environment

_BASE = Path(__file__).resolve().parents[2]
_SERVER_VARIABLE = "CHATPLATFORM_TEST_POSTGRES"
_TEMPLATE = "chatplatform_template"
_UNSAFE_AND_FAST = {"fsync": "off", "full_page_writes": "off", "max_connections": "400"}


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
    joined = os.environ.get(_SERVER_VARIABLE) if worker != "main" else None
    server = databases.Server(joined) if joined else _start_server()
    _current.server, _current.database = server, f"chatplatform_{re.sub(r'[^a-z0-9]', '', worker)}"
    server.copy(_TEMPLATE, _current.database)
    _current.urls = Urls(
        app=server.url("chat_app", _current.database),
        owner=server.url("chat_owner", _current.database),
        redis=_start_valkey(),
    )
    return _current.urls


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
    runtime, folder = _folders(servant())
    postgres = Postgres(folder / "postgres", runtime, folder / "postgres.log", _UNSAFE_AND_FAST)
    _current.cleanup.callback(postgres.stop)
    postgres.start()
    server = databases.Server(str(runtime.sockets))
    os.environ[_SERVER_VARIABLE] = server.socket_folder
    server.make(_TEMPLATE)
    _migrate(server)
    return server


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
    folder = Path(tempfile.mkdtemp(prefix="chatplatform-tests-"))
    _current.cleanup.callback(shutil.rmtree, folder, ignore_errors=True)
    return runtime, folder


def _migrate(server: databases.Server) -> None:
    """Bring the template up to date in a process of its own: this one has not read any settings yet."""
    urls = Urls(
        server.url("chat_app", _TEMPLATE), server.url("chat_owner", _TEMPLATE), redis="unix:///nonexistent?db=0"
    )
    done = subprocess.run(
        [sys.executable, str(_BASE / "manage.py"), "migrate", "--database=owner", "--verbosity=0"],
        env=os.environ | environment.values(urls),
        cwd=_BASE,
        capture_output=True,
        text=True,
        check=False,
    )
    if done.returncode != 0:
        raise RuntimeError(f"The test database could not be migrated:\n{done.stdout}{done.stderr}")
