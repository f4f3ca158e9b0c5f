"""What is known about the embedded parts of one `VAR_DIR`: where they lie and how they are reached."""

import json
import os
from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path

from .folders import Runtime, servant
from .postgres import Postgres
from .process import EmbeddedError
from .valkey import Valkey

_NOWHERE = Path("/nonexistent")


class Part(StrEnum):
    """A server that can be embedded."""

    POSTGRES = "postgres"
    VALKEY = "valkey"


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
    def logs(self) -> Path:
        """One file for each process."""
        return self.var / "logs"

    @property
    def secrets(self) -> Path:
        """Generated secrets."""
        return self.var / "secrets"

    @property
    def run(self) -> Path:
        """Locks, and what is running now."""
        return self.var / "run"

    def make(self) -> None:
        """Make the rooms, or say why that cannot be."""
        try:
            for folder in (self.var, self.logs, self.secrets, self.run):
                folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        except OSError as error:
            raise EmbeddedError(f"VAR_DIR {self.var} cannot be made: {error.strerror}.") from None
        for folder in (self.var, self.logs, self.secrets, self.run):
            if not os.access(folder, os.W_OK | os.X_OK):
                raise EmbeddedError(f"VAR_DIR: the folder {folder} cannot be written.")

    def account(self, part: Part) -> str:
        """Who runs the part."""
        return servant() if part is Part.POSTGRES else ""

    def runtime(self, part: Part) -> Runtime:
        """The sockets' folder that was noted last; one that does not exist if there is none."""
        try:
            path = Path(json.loads((self.run / f"{part}.json").read_text())["runtime"])
        except (OSError, ValueError, KeyError, TypeError):
            path = _NOWHERE
        return Runtime(path, self.account(part))

    def note(self, part: Part, runtime: Runtime) -> None:
        """Remember where the sockets are."""
        draft = self.run / f"{part}.json.new"
        draft.write_text(json.dumps({"runtime": str(runtime.path)}))
        draft.chmod(0o600)
        draft.replace(self.run / f"{part}.json")

    def server(self, part: Part, runtime: Runtime | None = None) -> Postgres | Valkey:
        """The part's server, running or not."""
        kind = Postgres if part is Part.POSTGRES else Valkey
        return kind(self.var / part, runtime or self.runtime(part), self.logs / f"{part}.log")

    def urls(self) -> Urls:
        """The parts' addresses, whether or not they run."""
        postgres, valkey = self.server(Part.POSTGRES), self.server(Part.VALKEY)
        assert isinstance(postgres, Postgres)  # noqa: S101
        assert isinstance(valkey, Valkey)  # noqa: S101
        return Urls(app=postgres.url("chat_app"), owner=postgres.url("chat_owner"), redis=valkey.url())
