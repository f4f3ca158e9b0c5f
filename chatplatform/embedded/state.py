"""What is known about the embedded parts of one `VAR_DIR`: where they lie and how they are reached."""

import json
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import urlencode

from .folders import Runtime
from .postgres import DATABASE

_NOWHERE = Path("/nonexistent")


@dataclass(frozen=True, slots=True)
class Urls:
    """How the parts are reached."""

    app: str
    owner: str
    redis: str


@dataclass(frozen=True, slots=True)
class Layout:
    """The rooms of a `VAR_DIR`."""

    var: Path

    @property
    def cluster(self) -> Path:
        """PostgreSQL's files."""
        return self.var / "postgres"

    @property
    def valkey(self) -> Path:
        """Valkey's working folder, always empty."""
        return self.var / "valkey"

    @property
    def logs(self) -> Path:
        """One file for each process."""
        return self.var / "logs"

    @property
    def secrets(self) -> Path:
        """Generated secrets."""
        return self.var / "secrets"

    @property
    def run(self) -> Path:
        """Locks and what is running now."""
        return self.var / "run"

    @property
    def runtime(self) -> Runtime:
        """The sockets' folder that was noted last; one that does not exist if there is none."""
        try:
            noted = json.loads((self.run / "embedded.json").read_text())
            return Runtime(Path(noted["runtime"]))
        except (OSError, ValueError, KeyError, TypeError):
            return Runtime(_NOWHERE)

    def note(self, runtime: Runtime) -> None:
        """Remember where the sockets are."""
        draft = self.run / "embedded.json.new"
        draft.write_text(json.dumps({"runtime": str(runtime.path)}))
        draft.chmod(0o600)
        draft.replace(self.run / "embedded.json")

    def urls(self) -> Urls:
        """The parts' addresses, whether or not they run."""
        runtime = self.runtime
        host = urlencode({"host": str(runtime.postgres)})
        return Urls(
            app=f"postgresql://chat_app@/{DATABASE}?{host}",
            owner=f"postgresql://chat_owner@/{DATABASE}?{host}",
            redis=f"unix://{runtime.valkey / 'valkey.sock'}?db=0",
        )
