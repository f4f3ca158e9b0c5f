"""Typed readers of the environment: the only place that looks at `os.environ` for a setting.

A secret may come as `NAME` or from the file that `NAME_FILE` names (Docker and systemd credentials). What is
missing or malformed stops the start with one sentence that names the variable, never its value.
"""

import os
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

from django.core.exceptions import ImproperlyConfigured

_TRUE = frozenset({"1", "true", "yes", "on"})
_FALSE = frozenset({"0", "false", "no", "off", ""})


@dataclass(frozen=True, slots=True)
class Environment:
    """Reads settings out of a mapping, by default the process's environment."""

    values: Mapping[str, str] = field(default_factory=lambda: os.environ)

    def text(self, name: str, default: str = "") -> str:
        """The value without surrounding blanks; `default` when unset or empty."""
        return self.values.get(name, "").strip() or default

    def secret(self, name: str) -> str:
        """`NAME`, or the content of the file named by `NAME_FILE`; "" when neither is set."""
        value, path = self.text(name), self.text(f"{name}_FILE")
        if value and path:
            raise ImproperlyConfigured(f"Set either {name} or {name}_FILE, not both.")
        if not path:
            return value
        try:
            return Path(path).read_text(encoding="utf-8").strip()
        except (OSError, UnicodeDecodeError) as error:
            reason = getattr(error, "strerror", None) or "not UTF-8 text"
            raise ImproperlyConfigured(f"{name}_FILE names a file that cannot be read: {reason}.") from error

    def required(self, name: str, why: str) -> str:
        """A secret that must be there; `why` completes the sentence "NAME must be set: …"."""
        value = self.secret(name)
        if not value:
            raise ImproperlyConfigured(f"{name} must be set: {why}.")
        return value

    def boolean(self, name: str, default: bool = False) -> bool:
        """1/true/yes/on or 0/false/no/off."""
        if name not in self.values:
            return default
        value = self.text(name).lower()
        if value in _TRUE:
            return True
        if value in _FALSE:
            return False
        raise ImproperlyConfigured(f"{name} must be 1 or 0.")

    def integer(self, name: str, default: int, *, least: int = 0, most: int = 2**31 - 1) -> int:
        """A whole number within `least` … `most`."""
        value = self.text(name)
        if not value:
            return default
        if not (value.isascii() and value.isdigit() and least <= int(value) <= most):
            raise ImproperlyConfigured(f"{name} must be a whole number from {least} to {most}.")
        return int(value)

    def words(self, name: str, default: tuple[str, ...] = ()) -> list[str]:
        """A list separated by commas; blanks around each item and empty items are dropped."""
        items = [item.strip() for item in self.text(name).split(",")]
        return [item for item in items if item] or list(default)
