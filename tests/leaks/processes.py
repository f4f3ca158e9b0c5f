"""The schedule of an installation, as `./run` starts it."""

from __future__ import annotations

from pathlib import Path

from tests.services.web import WebServer


class Beat(WebServer):
    """The schedule."""

    @property
    def log(self) -> Path:
        """All that it wrote."""
        return self.folder / "beat.log"

    def command(self) -> list[str]:
        """With its own file in the folder."""
        schedule = str(self.folder / "beat-schedule")
        return ["-m", "celery", "-A", "chatplatform.beat:app", "beat", "--schedule", schedule, "--pidfile", ""]

    def is_ready(self) -> bool:
        """Whether it runs."""
        return b"beat: Starting" in self.log.read_bytes()
