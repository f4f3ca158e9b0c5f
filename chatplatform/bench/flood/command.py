"""`bench flood`: its options, its report, and what of it is too much."""

from __future__ import annotations

import argparse
import asyncio
import json
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path
from typing import Any, Final

from chatplatform.bench.chaos.house import house
from chatplatform.bench.chaos.run import STAGE
from chatplatform.bench.flood.attack import ATTACKS
from chatplatform.bench.flood.measure import AT_LEAST, Found, flooded

SLOWER: Final = 0.2
"""By what part another organisation's p99 may grow."""
GROWN: Final = 64 * 1024 * 1024
"""Bytes that a flooded server may need."""
_NEIGHBOURS: Final = {"LIMIT_VISITOR_MESSAGES": "100"}
"""The neighbour's eight visitors write more than one may; ten times as much of a flood is let through with it."""


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Those of `bench flood` alone."""
    flood = parser.add_argument_group("flood")
    flood.add_argument("--attack", action="append", choices=list(ATTACKS), help="this one only; may be repeated")


def run(options: Mapping[str, Any], *, base: Path, tell: Callable[[str], None]) -> tuple[str, list[str]]:
    """The report, and what is too much."""
    found: dict[str, Found] = {}
    tell("Starting an installation of its own")
    with house(base, _NEIGHBOURS) as home:
        people = json.loads(home.run(*STAGE, "make", "2"))
        for name in options["attack"] or ATTACKS:
            tell(f"Flooding one of two organisations: {name}")
            found[name] = asyncio.run(
                flooded(
                    home,
                    people,
                    name,
                    rounds=options["rounds"],
                    seconds=max(options["seconds"] * 2, AT_LEAST.get(name, 0.0)),
                )
            )
    if options["json"]:
        return json.dumps({name: _figures(one) for name, one in found.items()}), list(shortfalls(found))
    return "\n".join(lines(found)), list(shortfalls(found))


def _figures(found: Found) -> dict[str, Any]:
    return {
        "p99_quiet": found.quiet,
        "p99_flooded": found.flooded,
        "slower": found.slower,
        "grown": found.grown,
        "busy": found.busy,
        "counts": dict(found.counts),
    }


def lines(found: Mapping[str, Found]) -> Iterator[str]:
    """A table, and what became of the floods."""
    yield f"{'flood':<16}{'p99 quiet':>12}{'flooded':>10}{'slower':>9}{'server':>9}{'memory':>12}   what became of it"
    for name, one in found.items():
        quiet, loud = min(one.quiet) * 1_000, max(one.flooded) * 1_000
        counts = ", ".join(f"{what} {count}" for what, count in one.counts.most_common(5))
        yield (
            f"{name:<16}{quiet:>9.1f} ms{loud:>7.1f} ms{one.slower:>+9.0%}{one.busy:>9.0%}{one.grown / 2**20:>+8.1f} MiB   {counts}"
        )


def shortfalls(found: Mapping[str, Found]) -> Iterator[str]:
    """What is too much."""
    for name, one in found.items():
        if one.slower > SLOWER:
            yield f"{name}: the other organisation's p99 is {one.slower:+.0%}, {SLOWER:.0%} allowed"
        if one.grown > GROWN:
            yield f"{name}: {one.grown / 2**20:.0f} MiB more memory"
