"""Programs that the tests need and pip cannot bring, by the system's package manager where it may."""

import os
import shutil
import subprocess
from dataclasses import dataclass

from chatplatform.console import step

_MINUTES = 10


@dataclass(frozen=True, slots=True)
class Tool:
    """A program under any of its names, and its package by package manager."""

    title: str
    names: tuple[str, ...]
    packages: dict[str, str]


CHROMIUM = Tool(
    "Chromium",
    ("chromium", "chromium-browser", "google-chrome-stable", "google-chrome"),
    {"apt-get": "chromium", "dnf": "chromium", "pacman": "chromium", "apk": "chromium"},
)
NODE = Tool("node", ("node",), {"apt-get": "nodejs", "dnf": "nodejs", "pacman": "nodejs", "apk": "nodejs"})
_INSTALL = {
    "apt-get": (["update", "-qq"], ["install", "-y", "-qq", "--no-install-recommends"]),
    "dnf": (None, ["install", "-y", "-q"]),
    "pacman": (None, ["-S", "--noconfirm"]),
    "apk": (None, ["add", "--quiet"]),
}


def path_of(tool: Tool) -> str | None:
    """Where it is."""
    return next((found for name in tool.names if (found := shutil.which(name))), None)


def ensure() -> list[str]:
    """Install what is missing; a sentence for each program that is still not there."""
    return [sentence for tool in (CHROMIUM, NODE) if (sentence := _ensure(tool))]


def _ensure(tool: Tool) -> str:
    if path_of(tool):
        return ""
    if os.geteuid() == 0:
        with step(f"Installing {tool.title}"):
            _install(tool)
    if path_of(tool):
        return ""
    return f"{tool.title} is missing and could not be installed; the tests that need it do not run."


def _install(tool: Tool) -> None:
    """Quietly; whether it worked is seen by looking for the program."""
    for manager, package in tool.packages.items():
        if not shutil.which(manager):
            continue
        refresh, install = _INSTALL[manager]
        for arguments in (refresh, [*install, package]):
            if arguments is not None:
                subprocess.run(  # noqa: S603
                    [manager, *arguments],
                    env=os.environ | {"DEBIAN_FRONTEND": "noninteractive"},
                    stdin=subprocess.DEVNULL,
                    capture_output=True,
                    timeout=_MINUTES * 60,
                    check=False,
                )
        return
