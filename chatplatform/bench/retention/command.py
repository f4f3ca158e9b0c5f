"""`manage.py bench retention`: options, and what becomes of them."""

from __future__ import annotations

import argparse
from collections.abc import Mapping
from pathlib import Path
from typing import Any, Final

import orjson

from chatplatform.bench.chat.stage import Stage
from chatplatform.bench.reports.command import measured

CONVERSATIONS: Final = 10_000
EACH: Final = 10
AMONG: Final = 1_000_000


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Those of `bench retention` alone."""
    group = parser.add_argument_group("retention")
    group.add_argument(
        "--archive", type=int, default=CONVERSATIONS, metavar="N", help="conversations of ten messages (%(default)s)"
    )
    group.add_argument("--among", type=int, default=AMONG, metavar="N", help="conversations to ask among (%(default)s)")


def run(options: Mapping[str, Any], *, base: Path) -> str:
    """Measure; `base` is a folder on a real disk."""
    with Stage(base) as stage:
        sizes = (str(max(200, options["archive"])), str(EACH), str(max(1_000, options["among"])))
        found = measured(stage, "chatplatform.bench.retention.measure", *sizes, str(stage.folder / "archive"))
    return orjson.dumps(found).decode() if options["json"] else as_table(found)


def as_table(found: Mapping[str, Any]) -> str:
    """For people."""
    lines = [f"{found['messages']:,} messages of {found['conversations']:,} conversations", ""]
    lines += [f"{'':<28}{'seconds':>10}{'messages/s':>14}"]
    for name, label in _RATES.items():
        one = found[name]
        lines.append(f"{label:<28}{one.get('seconds', ''):>10}{one['messages_a_second']:>14,}")
    lines += ["", f"memory grew by {found['archive']['grown_mib']} MiB while archiving"]
    lines += [f"a conversation is brought back in {found['restore']['ms_a_conversation']} ms", ""]
    lines += [f"{'ms of a message':<28}{'p50':>10}{'p99':>14}{'worst':>10}"]
    for name, one in found["latency"].items():
        label = "while archiving" if name == "archive" else name
        lines.append(f"{label:<28}{one['p50']:>10}{one['p99']:>14}{one['worst']:>10}")
    due = dict(found["due"])
    lines += ["", f"ms among {due.pop('among'):,} conversations"]
    plan = due.pop("plan")
    return "\n".join([*lines, *(f"{name:<28}{ms:>10}" for name, ms in due.items()), *plan])


_RATES: Final = {
    "archive": "archived and deleted",
    "purge": "deleted with its keys",
    "restore": "brought back",
    "export": "plain export (COPY)",
    "delete": "plain DELETE",
}
