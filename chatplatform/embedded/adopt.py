"""How a command finds the installation that `./run` made: no variable has to be set by hand."""

import json
import os
from collections.abc import MutableMapping, Sequence
from pathlib import Path

from chatplatform import external
from chatplatform.env import Environment

from . import use
from .state import Layout, Part

_PROJECT = Path(__file__).resolve().parents[2]
# Commands that need neither part; starting them would only take time.
_OFFLINE = frozenset(
    {"", "help", "version", "--help", "--version", "-h", "bench", "check_config", "collectstatic", "compilemessages"}
    | {"makemessages", "findstatic", "diffsettings"}
)
REMEMBERED = ("DEBUG", "DEMO", "HTTPS", "PORT", "SITE_URL", "ALLOWED_HOSTS", "ALLOW_EMBEDDED")


def remember(layout: Layout, environment: MutableMapping[str, str]) -> None:
    """Note how `./run` was started, for the commands that come later."""
    path = layout.run / "environment.json"
    draft = path.with_suffix(".new")
    draft.write_text(json.dumps({name: environment[name] for name in REMEMBERED if name in environment}))
    draft.chmod(0o600)
    draft.replace(path)


def adopt(arguments: Sequence[str], environment: MutableMapping[str, str] = os.environ) -> None:
    """Complete the environment for a command of manage.py, starting the embedded parts if it needs them.

    What `./run` noted is taken over only where nothing says which installation is meant. `serve` takes nothing over:
    a production server whose DATABASE_URL was forgotten must not come up as the demo.
    """
    command = next(iter(arguments[1:]), "")
    env = Environment(environment)
    layout = Layout(Path(env.text("VAR_DIR", str(_PROJECT / "var"))).absolute())
    undecided = not (env.secret("DATABASE_URL") or env.text("DEBUG") or env.text("ALLOW_EMBEDDED"))
    if undecided and command != "serve":
        for name, value in _remembered(layout).items():
            environment.setdefault(name, value)
    external.use_made_roles(environment, layout)
    hold_missing(layout, environment, start=command not in _OFFLINE)


def hold_missing(layout: Layout, environment: MutableMapping[str, str], *, start: bool = True) -> list[Part]:
    """Hold what the environment does not name, where it may be embedded; its addresses are added."""
    env = Environment(environment)
    allowed = set(Part) if env.boolean("DEBUG") else {part for part in Part if part in env.words("ALLOW_EMBEDDED")}
    given = {Part.POSTGRES: env.secret("DATABASE_URL"), Part.VALKEY: env.secret("REDIS_URL")}
    missing = [part for part in Part if part in allowed and not given[part]]
    if start:
        use.hold(layout, missing)
        _name(layout, missing, environment)
    return missing


def _name(layout: Layout, parts: Sequence[Part], environment: MutableMapping[str, str]) -> None:
    urls = layout.urls()
    if Part.POSTGRES in parts:
        environment["DATABASE_URL"], environment["DATABASE_OWNER_URL"] = urls.app, urls.owner
    if Part.VALKEY in parts:
        environment["REDIS_URL"] = urls.redis


def _remembered(layout: Layout) -> dict[str, str]:
    try:
        noted = json.loads((layout.run / "environment.json").read_text())
    except (OSError, ValueError):
        return {}
    return {name: noted[name] for name in REMEMBERED if isinstance(noted.get(name), str)}
