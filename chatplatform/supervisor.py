"""`./run`: everything on this machine, in the foreground, until Ctrl-C or SIGTERM."""

import argparse
import contextlib
import os
import signal
import socket
import ssl
import subprocess
import sys
import time
import urllib.error
import urllib.request
from collections.abc import Iterator, MutableMapping
from pathlib import Path

from django.core.exceptions import ImproperlyConfigured

from chatplatform import external, generated
from chatplatform.children import Child, Children
from chatplatform.console import say, step
from chatplatform.deployment import Deployment
from chatplatform.embedded import adopt, folders, locks, use
from chatplatform.embedded.process import EmbeddedError, tail, wait_until
from chatplatform.embedded.state import Layout, Part
from chatplatform.env import Environment

PROJECT = Path(__file__).resolve().parent.parent
_HELP = """\
Runs the platform on this machine: PostgreSQL, Valkey, web server, worker and beat, with demo data.

Everything it needs is installed into .venv/ first. It stays in the foreground; Ctrl-C or SIGTERM ends it with
nothing left running. Started again it continues with the same data.

environment:
  PORT           where the web server listens on 127.0.0.1 (8000)
  VAR_DIR        folder for data, logs and generated keys (var/)
  DATABASE_URL   use this PostgreSQL instead of the embedded one; a superuser's URL is enough, the roles are made
  DATABASE_OWNER_URL  the role that runs migrations, when DATABASE_URL is the application's
  REDIS_URL      use this Redis or Valkey instead of the embedded one
  HTTPS          1 serves https:// with a certificate that is made once for this machine
  DEBUG, DEMO    1 unless given; DEMO=0 leaves the demo accounts out
  PYTHON         the Python to make .venv with

docs/reference/settings.md lists every setting."""
_READY_SECONDS = 60.0
_STOP_SECONDS = 20.0
_SIGNING_KEY = frozenset({"AUDIT_SIGNING_KEY", "AUDIT_SIGNING_KEY_FILE"})
"""Of the audit trail's checkpoints: the worker's alone."""


class Stopped(BaseException):
    """A signal asked for the end."""


def main() -> int:
    """Run until a signal; 0 after a clean end, 1 with one sentence on stderr when something is wrong."""
    parser = argparse.ArgumentParser("./run", description=_HELP, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.parse_args()
    os.umask(0o077)
    for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
        signal.signal(number, _stop)
    children = Children(os.environ)
    try:
        _run(children)
    except Stopped:
        say("\nStopping …")
    except (EmbeddedError, ImproperlyConfigured) as error:
        sys.stderr.write(f"{error}\n")
        return 1
    finally:
        _quietly_stop(children)
    say("Stopped.")
    return 0


def _stop(*_: object) -> None:
    raise Stopped


def _quietly_stop(children: Children) -> None:
    """End everything; a second signal must not leave half of it running."""
    for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
        signal.signal(number, signal.SIG_IGN)
    children.stop(_STOP_SECONDS)
    deployment = Deployment(Environment(), PROJECT)
    parts = use.release()
    use.wait_for_end(Layout(deployment.var), parts, _STOP_SECONDS)
    if children.members:  # else nothing was started, and the mark may be another run's
        _mark(deployment).unlink(missing_ok=True)


def _run(children: Children) -> None:
    os.environ.setdefault("DEBUG", "1")
    os.environ.setdefault("DEMO", "1")
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "chatplatform.settings")
    deployment = Deployment(Environment(), PROJECT)
    layout = Layout(deployment.var)
    _check(deployment)
    layout.make()
    _hold_alone(layout)
    deployment.tls_files()  # made before anybody else needs them
    _mark(deployment).touch()
    folders.sweep()
    for line in external.prepare_roles(os.environ, layout):
        say(line)
    parts = _start_parts(layout, os.environ)
    with _preparing(layout):  # the servers come up while the demo is filled in
        web = _start_servers(children, deployment, layout)
    adopt.remember(layout, os.environ)
    with step("Starting the web server, the worker and beat"):
        _wait_until_ready(web, deployment)
    _welcome(deployment, layout)
    _watch(children, layout, parts)


def _hold_alone(layout: Layout) -> None:
    """One `./run` for each folder; the kernel gives the lock back at this process's end."""
    if not locks.try_exclusively(locks.open_lock(layout.run / "supervisor")):
        raise EmbeddedError(f"Another ./run already uses {layout.var}; end it, or choose another folder: VAR_DIR=…")


def _check(deployment: Deployment) -> None:
    """What can be said before anything is started; reading a property checks it."""
    _ = deployment.site_url, deployment.allowed_hosts
    refusal = _port_refusal(deployment.port)
    if refusal and _mark(deployment).exists():
        with step("Waiting for the web server of a run that was killed"), contextlib.suppress(EmbeddedError):
            wait_until(
                lambda: not _port_refusal(deployment.port), alive=lambda: True, seconds=_STOP_SECONDS, failure=str
            )
        refusal = _port_refusal(deployment.port)
    if refusal:
        why = f"Port {deployment.port} cannot be used ({refusal}); choose another: PORT=8010 ./run"
        raise EmbeddedError(why)


def _port_refusal(port: int) -> str:
    """Why the port cannot be listened on, "" if it can."""
    with socket.socket() as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind(("127.0.0.1", port))
        except OSError as error:
            return error.strerror or str(error)
    return ""


def _mark(deployment: Deployment) -> Path:
    """A file that is there from the start to the clean end."""
    return Layout(deployment.var).run / "unfinished"


def _start_parts(layout: Layout, environment: MutableMapping[str, str]) -> list[Part]:
    parts = adopt.hold_missing(layout, environment, start=False)
    if not parts:
        return []
    titles = {Part.POSTGRES: "PostgreSQL", Part.VALKEY: "Valkey"}
    with step(f"Starting {' and '.join(titles[part] for part in parts)}"):
        return adopt.hold_missing(layout, environment)


@contextlib.contextmanager
def _preparing(layout: Layout) -> Iterator[None]:
    """Migrations and demo in a process of its own; its lines are ours, what it logs goes to the log.

    The body runs once the database is up to date; at its end the rest is waited for.
    """
    log = layout.logs / "prepare.log"
    ours, theirs = os.pipe()
    command = [sys.executable, "-m", "chatplatform.prepare", str(theirs)]
    with log.open("w") as errors, os.fdopen(ours, "rb") as answer:
        try:
            preparing = subprocess.Popen(command, stderr=errors, pass_fds=(theirs,))  # noqa: S603
        finally:
            os.close(theirs)
        try:
            if answer.read():
                yield
            code = preparing.wait()
        except BaseException:
            preparing.kill()
            preparing.wait()
            raise
    if code != 0:
        raise EmbeddedError(f"The database could not be prepared: {tail(log, 1)} (all of it: {log})")


def _start_servers(children: Children, deployment: Deployment, layout: Layout) -> Child:
    """Web, worker and beat; the web server is the one to wait for."""
    celery = [sys.executable, "-m", "celery", "-A"]
    quiet = ["--concurrency=2", "--without-gossip", "--without-mingle", "--without-heartbeat"]
    beat = ["--schedule", str(layout.run / "beat-schedule"), "--pidfile", ""]
    serve = [sys.executable, "manage.py", "serve", f"--port={deployment.port}"]
    web = Child("web", serve, layout.logs / "web.log", without=_SIGNING_KEY)
    children.start(web)
    children.start(Child("worker", [*celery, "chatplatform.celery:app", "worker", *quiet], layout.logs / "worker.log"))
    schedule = [*celery, "chatplatform.beat:app", "beat", *beat]
    children.start(Child("beat", schedule, layout.logs / "beat.log", without=_SIGNING_KEY))
    return web


def _wait_until_ready(web: Child, deployment: Deployment) -> None:
    wait_until(
        lambda: _is_ready(deployment),
        alive=lambda: web.is_alive,
        seconds=_READY_SECONDS,
        failure=lambda: f"The web server did not become ready; its log is {web.log}.",
    )


def _is_ready(deployment: Deployment) -> bool:
    cert, _ = deployment.tls_files()
    context = ssl.create_default_context(cafile=cert) if cert else None
    if context is not None:  # this certificate and no other, whatever names it has and whoever signed it
        context.check_hostname = False
        context.verify_flags |= ssl.VERIFY_X509_PARTIAL_CHAIN
    try:
        with urllib.request.urlopen(f"{_home(deployment)}/readyz", timeout=5, context=context) as answer:  # noqa: S310
            return bool(answer.status == 200)  # noqa: PLR2004
    except (urllib.error.URLError, OSError):
        return False


def _home(deployment: Deployment) -> str:
    """Where the web server answers, over TLS if it has a certificate."""
    return f"http{'s' if any(deployment.tls_files()) else ''}://127.0.0.1:{deployment.port}"


def _welcome(deployment: Deployment, layout: Layout) -> None:
    home = _home(deployment)
    say(f"Data, logs and keys: {layout.var}")
    if (layout.secrets / "CRYPTOGRAPHY_KEY").exists():
        say("The keys lie beside the data: that does not protect against somebody who copies the whole folder.")
    if deployment.https:
        _tell_of_certificate(layout)
    say(f"Ready: {home}/")
    if deployment.demo:
        password = Environment().secret("DEMO_PASSWORD") or "demo-only-correct-horse-battery"
        say(f"  Acme's shop, to chat as a visitor   {home}/demo/pk_demo_acme/")
        say(f"  Answer as an agent                  {home}/console/    alice@acme.example")
        say(f"  Administer Acme                     {home}/admin/      olga@acme.example")
        say(f"  Sign up an organisation             {home}/signup/")
        say(f"  Operate the platform                {home}/admin/platform/tenants/    oscar@platform.example")
        say(f"  Mails are not sent, but written to  {layout.logs / 'worker.log'}")
        say(f"  Everybody's password                {password}")
    say("Ctrl-C ends everything.")


def _tell_of_certificate(layout: Layout) -> None:
    """Its public part, in a file of its own: what one hands to browsers must not be the key."""
    text = (layout.secrets / generated.CERTIFICATE).read_text()
    public = layout.var / "localhost.crt"
    public.write_text(text[text.index("-----BEGIN CERTIFICATE") :])
    say(f"The certificate vouches for itself: accept the browser's warning once, or have this file believed: {public}")


def _watch(children: Children, layout: Layout, parts: list[Part]) -> None:
    """Keep everything up until a signal raises Stopped."""
    while True:
        time.sleep(1)
        for name in children.revive():
            say(f"The {name} process ended and was started again; its log is {layout.logs / name}.log.")
        if any(not use.is_kept(layout, part) for part in parts):
            with contextlib.suppress(EmbeddedError):
                use.hold(layout, parts)


if __name__ == "__main__":
    sys.exit(main())
