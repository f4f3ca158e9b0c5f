"""The outcome of a measurement as a person or a program reads it."""

import json
from collections.abc import Iterator
from dataclasses import asdict
from typing import Any, TextIO

from chatplatform.bench import fuzz, fuzz_clean, hostile, hostile_rules, speed, trail
from chatplatform.bench import quality as measure
from chatplatform.bench.corpus import every_case
from chatplatform.bench.quality import GATE, Failure, Quality

_SHOWN = 100


def quality(*, as_json: bool, failures: bool, terminal: TextIO | None) -> tuple[str, list[str]]:
    """The corpus, run: the report, and which of the agreed numbers are missed."""
    cases = list(every_case())
    outcome = measure.run(cases, tick=progress(len(cases), terminal))
    if as_json:
        return json.dumps(as_data(outcome, failures=failures), ensure_ascii=False), outcome.shortfalls
    return "\n".join(as_lines(outcome, failures=failures)), outcome.shortfalls


def fuzzed(count: int, *, as_json: bool, terminal: TextIO | None) -> tuple[str, list[str]]:
    """Numbers under mutations, and the recall that is missed."""
    outcome = fuzz.run(count, tick=progress(count, terminal))
    short = (
        []
        if outcome.recall >= GATE["card"]
        else [f"numbers found under mutation: {outcome.recall:.2%} < {GATE['card']:.1%}"]
    )
    clean = fuzz_clean.run(every_case(), count // 2)
    if as_json:
        shares = {name: outcome.found[name] / outcome.total[name] for name in outcome.total}
        data = {"recall": shares, "missed": outcome.smallest, "clean untouched": clean.share, "touched": clean.touched}
        return json.dumps(data, ensure_ascii=False), short
    return "\n".join([*outcome.lines(), *clean.lines()]), short


def timed(*, as_json: bool, terminal: TextIO | None) -> tuple[str, list[str]]:
    """What a message of each class costs, and which cost more than agreed."""
    times = speed.run(tick=progress(len(speed.CLASSES), terminal))
    short = speed.shortfalls(times)
    if as_json:
        return json.dumps([asdict(one) for one in times], ensure_ascii=False), short
    return "\n".join(speed.lines(times)), short


def remasked(found: dict[str, dict[str, Any]]) -> str:
    """What stored conversations cost when they are masked again: once where every tenth is rewritten, once where none is."""
    head = f"{'masked again':24}" + "".join(f"{name:>14}" for name in found)
    names = next(iter(found.values()))
    lines = [f"{name.replace('_', ' '):24}" + "".join(f"{run[name]:>14,}" for run in found.values()) for name in names]
    return "\n".join([head, *lines])


def slowest(steps: int, *, as_json: bool, terminal: TextIO | None) -> tuple[str, list[str]]:
    """Messages made to be slow, with what a search of `steps` found, then rules made to be; and which take longer than agreed."""
    costs = hostile.run()
    if steps:
        costs.insert(0, hostile.search(steps, tick=progress(steps, terminal)))
    short = [
        f"{one.name}: {one.milliseconds:.1f} ms > {hostile.WANTED_MS:g} ms"
        for one in costs
        if one.milliseconds > hostile.WANTED_MS
    ]
    rules = hostile_rules.run()
    short += [
        f"{one.name}: {one.milliseconds:.1f} ms > {hostile_rules.WANTED_MS:g} ms"
        for one in rules
        if one.milliseconds > hostile_rules.WANTED_MS
    ]
    if as_json:
        data = {"messages": [asdict(one) for one in costs], "rules": [asdict(one) for one in rules]}
        return json.dumps(data, ensure_ascii=False), short
    return "\n".join([*hostile.lines(costs), *hostile_rules.lines(rules)]), short


def verified(events: int, *, as_json: bool) -> tuple[str, list[str]]:
    """What verifying an export of the audit trail costs, and whether that is more than agreed."""
    found = trail.run(events)
    text = json.dumps(asdict(found)) if as_json else "\n".join(trail.lines(found))
    return text, trail.shortfalls(found)


def progress(total: int, terminal: TextIO | None) -> Any:
    """Something to call after each of `total` steps."""
    done = 0

    def tick() -> None:
        nonlocal done
        done += 1
        if terminal and (done % 25 == 0 or done == total):
            terminal.write(f"\r{done} of {total}" + ("\r\033[K" if done == total else ""))
            terminal.flush()

    return tick


def as_lines(outcome: Quality, *, failures: bool) -> Iterator[str]:
    """A table of figures, one of groups, and the failing cases if asked for."""
    ours, plain = outcome.ours, outcome.plain
    yield f"{'':<28}{'cases':>7}{'ours':>9}{'regex+Luhn':>12}{'wanted':>9}"
    for name in sorted(ours.total, key=lambda name: ("." in name, name)):
        wanted = f"{GATE[name]:.1%}" if name in GATE else ""
        yield f"{name:<28}{ours.total[name]:>7}{ours.share(name):>9.1%}{plain.share(name):>12.1%}{wanted:>9}"
    hits = sum(ours.good[name] for name in ours.total if "." not in name and name != "clean")
    touched = ours.total["clean"] - ours.good["clean"]
    yield f"clean messages touched: {touched} (regex+Luhn {plain.total['clean'] - plain.good['clean']}), precision {hits / ((hits + touched) or 1):.2%}"
    yield f"clean messages held: {len(outcome.held)} of {ours.total['clean']}; seen live: {len(outcome.live)}; must-keep lost: {len(outcome.lost)}"
    if failures:
        for failure in every_failure(outcome):
            yield f"{failure.case.id} {failure.case.group}: {failure.why}"
            yield f"    said  {_said(failure)!r}"
            yield f"    shown {failure.shown[: _SHOWN * 3]!r}"
    yield "missed: " + ("; ".join(outcome.shortfalls) or "nothing")


def every_failure(outcome: Quality) -> list[Failure]:
    """Of ours: leaks and damage, lost keeps, live views, holds of clean messages."""
    groups = [failure for found in outcome.by_group.values() for failure in found]
    return [*groups, *outcome.live, *(Failure(case, "held", "") for case in outcome.held)]


def as_data(outcome: Quality, *, failures: bool) -> dict[str, Any]:
    """The same for a program."""
    data: dict[str, Any] = {
        "figures": {
            name: {
                "cases": outcome.ours.total[name],
                "ours": outcome.ours.share(name),
                "baseline": outcome.plain.share(name),
            }
            for name in sorted(outcome.ours.total)
        },
        "held": len(outcome.held),
        "seen_live": len(outcome.live),
        "must_keep_lost": len(outcome.lost),
        "missed": outcome.shortfalls,
    }
    if failures:
        data["failures"] = [
            {"id": failure.case.id, "class": failure.case.group, "why": failure.why, "said": _said(failure), "shown": failure.shown}
            for failure in every_failure(outcome)
        ]  # fmt: skip
    return data


def _said(failure: Failure) -> str:
    return "\n".join(f"[{said.author[0]} {said.at:g}s] {said.text}" for said in failure.case.messages)[: _SHOWN * 5]
