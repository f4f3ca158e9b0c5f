"""The real web server in a process of its own, on this test process's database."""

import os
import signal
import sys
import urllib.error
import urllib.request
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

from chatplatform.children import Child
from chatplatform.embedded.process import tail, wait_until
from chatplatform.embedded.state import Urls
from chatplatform.ports import free_port

from . import environment

_PROJECT = Path(__file__).resolve().parents[2]
_READY_SECONDS = 60.0
_STOP_SECONDS = 20.0


@dataclass
class WebServer:
    """`manage.py serve`; `url` has no slash at the end."""

    urls: Urls
    folder: Path
    extra: Mapping[str, str] = field(default_factory=dict)
    port: int = field(default_factory=free_port)
    child: Child | None = None

    @property
    def url(self) -> str:
        """Where it answers, which is its SITE_URL too."""
        return f"http://127.0.0.1:{self.port}"

    @property
    def ws_url(self) -> str:
        """The same for sockets."""
        return f"ws://127.0.0.1:{self.port}"

    @property
    def log(self) -> Path:
        """All that it wrote."""
        return self.folder / "web.log"

    def start(self) -> None:
        """Run it, return when it is ready."""
        own = {"PORT": str(self.port), "SITE_URL": self.url, "DEMO": "1", "ALLOWED_HOSTS": "127.0.0.1,localhost"}
        child = self.child = Child("web", [sys.executable, *self.command()], self.log)
        child.start({**os.environ, **environment.values(self.urls), **own, "VAR_DIR": str(self.folder), **self.extra})
        wait_until(
            self.is_ready,
            alive=lambda: child.is_alive,
            seconds=_READY_SECONDS,
            failure=lambda: f"The server did not become ready: {tail(self.log, 20)}",
        )

    def command(self) -> list[str]:
        """What Python runs."""
        return [str(_PROJECT / "manage.py"), "serve"]

    def is_ready(self) -> bool:
        """Whether it says so."""
        try:
            with urllib.request.urlopen(f"{self.url}/readyz", timeout=5) as answer:  # noqa: S310
                return bool(answer.status == 200)
        except (urllib.error.URLError, OSError):
            return False

    def stop(self) -> None:
        """As an operator would: SIGTERM, and wait. A process that a failed test left standing goes on first, or it would never hear of it."""
        if self.child is not None and self.child.process is not None:
            self.child.process.terminate()
            self.child.signal(signal.SIGCONT)
            self.child.process.wait(_STOP_SECONDS)

    def kill(self) -> None:
        """As a power cut would."""
        if self.child is not None and self.child.process is not None:
            self.child.signal(signal.SIGKILL)
            self.child.process.wait(_STOP_SECONDS)


class DaphneServer(WebServer):
    """The same application on daphne, which is supported beside uvicorn."""

    def command(self) -> list[str]:
        """What Python runs."""
        return ["-m", "daphne", "-v", "0", "-b", "127.0.0.1", "-p", str(self.port), "chatplatform.asgi:application"]


class Worker(WebServer):
    """A Celery worker instead, on the same database, writing into the same folder."""

    @property
    def log(self) -> Path:
        """All that it wrote."""
        return self.folder / "worker.log"

    def command(self) -> list[str]:
        """As `./run` starts it, in one process."""
        return ["-m", "celery", "-A", "chatplatform.celery:app", "worker", "--pool=solo", "--without-mingle"]

    def is_ready(self) -> bool:
        """Whether it says so."""
        return b" ready." in self.log.read_bytes()
