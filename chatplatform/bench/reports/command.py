"""`manage.py bench reports`: options, and what becomes of them."""

from __future__ import annotations

import argparse
import base64
import secrets
import subprocess
import sys
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

import orjson

from chatplatform.bench.chat.contenders import bare_environment
from chatplatform.bench.chat.stage import Stage
from chatplatform.embedded.process import EmbeddedError

CONVERSATIONS: Final = 200_000
MESSAGES: Final = 1_000_000
WANTED_MS: Final = 1_000.0
"""Of each page, whatever the period."""


@dataclass(frozen=True, slots=True)
class Found:
    """The report, and which pages took too long."""

    text: str
    shortfalls: list[str]


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Those of `bench reports` alone."""
    group = parser.add_argument_group("reports")
    group.add_argument("--size", type=int, default=CONVERSATIONS, help="conversations to count (%(default)s)")


def run(options: Mapping[str, Any], *, base: Path) -> Found:
    """Measure; `base` is a folder on a real disk."""
    conversations = max(100, options["size"])
    with Stage(base) as stage:
        found = _measured(stage, conversations, conversations * MESSAGES // CONVERSATIONS)
    return Found(orjson.dumps(found).decode() if options["json"] else as_table(found), shortfalls(found))


def _measured(stage: Stage, conversations: int, messages: int) -> dict[str, Any]:
    return measured(stage, "chatplatform.bench.reports.measure", str(conversations), str(messages))


def measured(stage: Stage, module: str, *arguments: str) -> dict[str, Any]:
    """What a module says in its last line, run in an installation of its own on this stage."""
    command = [sys.executable, "-m", module, *arguments]
    done = subprocess.run(  # noqa: S603
        command,
        env=bare_environment() | environment(stage),
        stdin=subprocess.DEVNULL,
        capture_output=True,
        check=False,
    )
    if done.returncode != 0:
        last = " ".join(done.stderr.decode().splitlines()[-3:])
        raise EmbeddedError(f"{module} could not measure: {last}")
    found: dict[str, Any] = orjson.loads(done.stdout.splitlines()[-1])
    return found


def environment(stage: Stage) -> dict[str, str]:
    """Of an installation that nobody else knows."""
    urls = stage.urls()
    return {
        "DJANGO_SETTINGS_MODULE": "chatplatform.settings",
        "SECRET_KEY": secrets.token_urlsafe(50),
        "CRYPTOGRAPHY_KEY": base64.urlsafe_b64encode(secrets.token_bytes(32)).decode(),
        "SITE_URL": "https://bench.example",
        "ALLOWED_HOSTS": "bench.example",
        "EMAIL_URL": "smtps://127.0.0.1:9",
        "DATABASE_URL": urls.app,
        "DATABASE_OWNER_URL": urls.owner,
        "REDIS_URL": urls.redis,
        "VAR_DIR": str(stage.folder / "var"),
        "LOG_LEVEL": "WARNING",
    }


def shortfalls(found: Mapping[str, Any]) -> list[str]:
    """Pages that take longer than agreed."""
    return [
        f"{name} over {period} days takes {ms} ms, {WANTED_MS:.0f} wanted"
        for name, periods in found["pages"].items()
        for period, ms in periods.items()
        if ms > WANTED_MS
    ]


def as_table(found: Mapping[str, Any]) -> str:
    """For people: medians in milliseconds."""
    lines = [f"{'milliseconds, median of 5':<34}{'28 days':>10}{'90 days':>10}{'400 days':>10}"]
    lines += [f"{name:<34}{one['ms']:>10}   {one['rows']:,} rows" for name, one in found["baselines"].items()]
    for title, prefix in (("queries", ""), ("pages", "page ")):
        lines += [
            f"{prefix + name:<34}" + "".join(f"{ms:>10}" for ms in periods.values())
            for name, periods in found[title].items()
        ]
    return "\n".join(lines)
