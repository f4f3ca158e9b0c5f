"""The outcome of `bench chaos` for a person or a program."""

from __future__ import annotations

import argparse
import json
from collections.abc import Callable, Iterator, Mapping
from dataclasses import asdict, replace
from pathlib import Path
from typing import Any

from chatplatform.bench.chaos.mishaps import MISHAPS
from chatplatform.bench.chaos.plan import FULL, MISHAP, SAFEGUARDS, Outcome, Plan
from chatplatform.bench.chaos.run import rehearse, rehearse_without


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Those of `bench chaos` alone."""
    chaos = parser.add_argument_group("chaos")
    chaos.add_argument("--full", action="store_true", help="100,000 messages under 200 kills instead of a minute of it")
    chaos.add_argument("--seed", type=int, default=Plan().seed, help="which kills, and when (%(default)s)")
    chaos.add_argument("--without", choices=list(SAFEGUARDS), help="a control run, which must find something wrong")
    told = "; ".join(f"{name}: {mishap.about}" for name, mishap in MISHAPS.items())
    chaos.add_argument("--mishap", choices=list(MISHAPS), metavar="NAME", help=f"instead of kills. {told}")


def run(options: Mapping[str, Any], *, base: Path, tell: Callable[[str], None]) -> tuple[str, list[str]]:
    """The report, and what is wrong."""
    if missing := options["without"]:
        outcome = rehearse_without([missing], base=base, seed=options["seed"], tell=tell)[missing]
    elif mishap := options["mishap"]:
        plan = replace(MISHAP, seed=options["seed"], mishap=mishap, kills=MISHAPS[mishap].times)
        outcome = rehearse(plan, base=base, tell=tell)
    else:
        outcome = rehearse(replace(FULL if options["full"] else Plan(), seed=options["seed"]), base=base, tell=tell)
    text = json.dumps(asdict(outcome)) if options["json"] else "\n".join(lines(outcome))
    return text, list(shortfalls(outcome))


def lines(outcome: Outcome) -> Iterator[str]:
    """A table of what was done and what came of it."""
    kills = ", ".join(f"{name} {count}" for name, count in sorted(outcome.killed.items()))
    yield f"{outcome.clients} clients in {outcome.conversations} conversations for {outcome.seconds:.0f} s"
    yield f"befallen          {sum(outcome.killed.values()):>8}   {kills}"
    yield f"acknowledged      {outcome.acked:>8}   of {outcome.sent} written; {outcome.again} sent again after a cut"
    yield f"reconnects        {outcome.reconnects:>8}"
    for name, count in asdict(outcome.faults).items():
        yield f"{name:<18}{count:>8}"
    yield f"plaintext on disk {len(outcome.plaintext):>8}"
    yield f"converged within  {outcome.converged_within:>8.1f} s  (bound {outcome.converged_bound:g} s)"
    median, late, longest = outcome.waited
    yield f"acknowledged within {median:>6.2f} s (median)  {late:.2f} s (99 of 100)  {longest:.1f} s (longest)"
    yield f"audit trail       {'whole' if outcome.trail_is_whole else 'BROKEN':>8}"
    yield from outcome.notes
    yield from outcome.problems


def shortfalls(outcome: Outcome) -> Iterator[str]:
    """Whatever is not as it must be."""
    yield from (f"{name}: {count}" for name, count in asdict(outcome.faults).items() if count)
    yield from (f"plaintext in {path}" for path in outcome.plaintext)
    if outcome.converged_within > outcome.converged_bound:
        yield f"converged within {outcome.converged_within:.1f} s > {outcome.converged_bound:g} s"
    if not outcome.trail_is_whole:
        yield "the audit trail is broken"
