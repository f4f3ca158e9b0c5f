"""`bench accounts`: the medians beside each other, what a hash costs, what a burst gets, and whether that is as agreed."""

from __future__ import annotations

import argparse
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from statistics import median
from typing import Any, Final

import orjson

from chatplatform.bench.chat.stage import Stage
from chatplatform.bench.reports.command import measured

SAMPLES: Final = 200
MOST_SHARE: Final = 0.05
MOST_MS: Final = 3.0
"""So near have the medians to be: by share, or by milliseconds."""
MOST_HASHES: Final = 5
"""Of a burst of attempts on one name from one address."""
LEAST_HASH_MS: Final = 10.0
"""A hash that is cheaper was not made by the product's settings."""


@dataclass(frozen=True, slots=True)
class Found:
    """The report, and what is not as agreed."""

    text: str
    shortfalls: list[str]


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Those of `bench accounts` alone."""
    group = parser.add_argument_group("accounts")
    group.add_argument("--samples", type=int, default=SAMPLES, help="with accounts: of each case (%(default)s)")


def run(options: Mapping[str, Any], *, base: Path) -> Found:
    """In an installation of its own below `base`."""
    with Stage(base) as stage:
        found = measured(stage, "chatplatform.bench.accounts.measure", str(options["samples"]))
    return Found(orjson.dumps(found).decode() if options["json"] else as_table(found), shortfalls(found))


def shortfalls(found: Mapping[str, Any]) -> list[str]:
    """What is not as agreed."""
    told = [
        f"{way} tells by its time whether an account exists" for way, times in found["ways"].items() if not near(times)
    ]
    if found["burst"]["hashes"] > MOST_HASHES:
        told.append(f"a burst ran {found['burst']['hashes']} hashes, {MOST_HASHES} are allowed")
    if found["hash"]["ms"] < LEAST_HASH_MS:
        told.append(f"a hash costs {found['hash']['ms']:.1f} ms only")
    return told


def near(times: Mapping[str, list[float]]) -> bool:
    """Whether the medians are within 5 % of the longer one, or 3 ms."""
    known, unknown = median(times["known"]), median(times["unknown"])
    return abs(known - unknown) <= max(MOST_MS, MOST_SHARE * max(known, unknown))


def as_table(found: Mapping[str, Any]) -> str:
    """For people: milliseconds."""
    samples = min(len(times["known"]) for times in found["ways"].values())
    lines = [f"{f'milliseconds, medians of {samples}':<34}{'known':>10}{'unknown':>10}{'apart':>10}"]
    for way, times in found["ways"].items():
        known, unknown = median(times["known"]), median(times["unknown"])
        lines.append(f"{way:<34}{known:>10.1f}{unknown:>10.1f}{known - unknown:>+10.1f}")
    hash_, burst = found["hash"], found["burst"]
    return "\n".join(
        [
            *lines,
            f"{'one hash (' + hash_['algorithm'] + ')':<34}{hash_['ms']:>10.1f}   {hash_['mib']} MiB, {hash_['passes']} passes",
            (
                f"{burst['attempts']} attempts at once on one name: {burst['hashes']} hashes, {burst['refused']} refused,"
                f" {burst['ms']:.0f} ms for all"
            ),
        ]
    )
