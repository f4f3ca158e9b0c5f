"""A seeded leak: one place of the source, what stands there instead, and the tests that must not let it pass."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path


class Moved(Exception):
    """The source does not hold the text of a leak exactly once: the leak has to be written anew."""


@dataclass(frozen=True, slots=True)
class Leak:
    """`before` is there exactly once in `path`; with `after` in its stead one of `tests` fails."""

    name: str
    path: str
    before: str
    after: str
    tests: tuple[str, ...]

    def planted(self, source: str) -> str:
        """The source with the leak in it."""
        count = source.count(self.before)
        if count != 1:
            raise Moved(
                f"{self.name}: {self.path} holds {self.before!r} {count} times, not once. "
                f"Where the code has changed, bring the leak up to date in tests/isolation/."
            )
        return source.replace(self.before, self.after)

    def plant(self, project: Path) -> str:
        """Write the leak into a copy of the tree; what was there before."""
        path = project / self.path
        source = path.read_text()
        path.write_text(self.planted(source))
        return source
