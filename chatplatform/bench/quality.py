"""How well masking finds what it must and leaves alone what it must, by the labelled corpus, beside a plain baseline."""

from collections import Counter, defaultdict
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Final

from chatplatform.bench import baseline, judge
from chatplatform.bench.cases import Case
from security.masking import Stream, TooLong, mask

_SETTLED_AFTER: Final = 600.0
_LIVE_CARD, _LIVE_SSN = 6, 4  # digits of an unfinished number that an agent may have seen
_HELD_FOR: Final = 20.0
BESIDE: Final = "leaks beside"
GATE: Final[Mapping[str, float]] = {"card": 0.99, "ssn": 0.985, "split card": 0.97, "split ssn": 1.0}
GATE_TOUCHED: Final = 2 / 264
GATE_HELD: Final = 0.01


@dataclass(frozen=True, slots=True)
class Failure:
    """What went wrong with one case; `shown` is the outcome, for the terminal of who works on masking."""

    case: Case
    why: str
    shown: str

    @property
    def group(self) -> str:
        return f"{self.case.group} (beside)" if self.why == BESIDE else self.case.group


@dataclass(slots=True)
class Score:
    """Counts for one engine: by bucket and by group, of how many and how many of them well."""

    total: Counter[str] = field(default_factory=Counter)
    good: Counter[str] = field(default_factory=Counter)

    def add(self, case: Case, wrong: list[Failure], *names: str) -> None:
        """Codes and dates beside a card are a figure of their own: finding the card is not finding them."""
        outright = [failure for failure in wrong if failure.why != BESIDE]
        for name in names:
            self.total[name] += 1
            self.good[name] += not (outright if case.cards else wrong)
        if case.cards and case.gone:
            self.total["beside card"] += 1
            self.good["beside card"] += not wrong

    def share(self, name: str) -> float:
        return self.good[name] / self.total[name] if self.total[name] else 1.0


@dataclass(slots=True)
class Quality:
    """The outcome of a run: ours, the baseline, and what is counted for ours alone."""

    ours: Score = field(default_factory=Score)
    plain: Score = field(default_factory=Score)
    held: list[Case] = field(default_factory=list)
    live: list[Failure] = field(default_factory=list)
    lost: list[Failure] = field(default_factory=list)
    by_group: dict[str, list[Failure]] = field(default_factory=lambda: defaultdict(list))

    @property
    def shortfalls(self) -> list[str]:
        """Which of the agreed numbers are missed."""
        short = [
            f"{name}: {self.ours.share(name):.2%} < {least:.1%}"
            for name, least in GATE.items()
            if self.ours.share(name) < least
        ]
        clean = self.ours.total["clean"]
        if (touched := clean - self.ours.good["clean"]) > GATE_TOUCHED * clean:
            short.append(f"clean messages touched: {touched} of {clean} > 2 of 264")
        if len(self.held) > GATE_HELD * clean:
            short.append(f"clean messages held: {len(self.held)} of {clean} > {GATE_HELD:.0%}")
        if self.lost:
            short.append(f"must-keep texts lost: {len(self.lost)}")
        return short


def run(cases: Iterable[Case], *, tick: Callable[[], None] = lambda: None) -> Quality:
    """Judge each case by our engine and by the baseline; `tick` after each, for who watches."""
    quality = Quality()
    for case in cases:
        _judge(case, quality)
        tick()
    return quality


def bucket(case: Case) -> str:
    """The figure that a case counts for."""
    if case.is_clean:
        return "clean packs" if case.packs or case.patterns else "clean"
    kind = case.group.split(".")[0]
    if case.group.startswith("split.beside"):
        return "split rest"
    if kind == "split":
        return "split ssn" if case.ssns else "split card" if case.cards else "split rest"
    return {"cards": "card", "card": "card", "ssn": "ssn"}.get(kind, kind)


def _judge(case: Case, quality: Quality) -> None:
    names = (bucket(case), case.group)
    shown = [baseline.mask(said.text) for said in case.messages]
    wrong = list(_wrong(case, shown if case.is_split else shown[-1:], exact=case.is_clean))
    quality.plain.add(case, wrong, *names)
    try:
        wrong = _by_stream(case, quality) if case.is_split or case.is_clean else []
        if not case.is_split:
            shown = [mask(case.text, case.policy, case.context)]
            wrong += _wrong(case, shown, exact=case.is_clean)
            _keep(case, shown, quality)
    except TooLong as error:
        wrong = [Failure(case, "refused", str(error))]
    except Exception as error:  # noqa: BLE001  an engine that raises is a failure like any other
        wrong = [Failure(case, f"raised {type(error).__name__}", str(error))]
    quality.ours.add(case, wrong, *names)
    for failure in wrong[:1]:
        quality.by_group[failure.group].append(failure)


def _wrong(case: Case, shown: list[str], *, exact: bool) -> Iterator[Failure]:
    """What of the secrets can be read, or what of a clean case was touched."""
    said = [message.text for message in case.messages if message.author == "visitor" or not case.is_split]
    said = said[-len(shown) :]
    text = "\n".join(shown)
    if exact and shown != said:
        yield Failure(case, "touched", text)
    numbers = any(judge.leaks_card(card, text) for card in case.cards)
    if numbers or any(judge.leaks_ssn(ssn, text) for ssn in case.ssns):
        yield Failure(case, "leaks", text)
    elif any(judge.leaks_text(secret, text) for secret in case.gone):
        yield Failure(case, BESIDE, text)


def _keep(case: Case, shown: list[str], quality: Quality) -> None:
    text = "\n".join(shown)
    lost = [keep for keep in case.keeps if keep not in text]
    if lost:
        quality.lost.append(Failure(case, f"lost {lost}", text))
        quality.by_group[f"{case.group} (keep)"].append(quality.lost[-1])


def _by_stream(case: Case, quality: Quality) -> list[Failure]:
    """Feed the conversation, note what an agent ever saw, and judge what stands at its end."""
    stream, seen, held = Stream(case.policy), dict[int, list[str]](), False
    for place, said in enumerate(case.messages):
        fed = stream.feed(said.text, said.author, said.at)
        seen.setdefault(place, []).append(fed.text)
        for revision in fed.revisions:
            seen[revision.index].append(revision.text)
        held = held or any(finding.kind == "held" for finding in fed.text.findings)
    stream.settle(case.messages[-1].at + _SETTLED_AFTER)
    visitors = [place for place, said in enumerate(case.messages) if said.author == "visitor"]
    shown = [stream.transcript()[place] for place in visitors]
    if case.is_clean:
        if held and bucket(case) == "clean":  # the share is of what the default rules see
            quality.held.append(case)
        return [] if list(shown) == [case.messages[place].text for place in visitors] else [
            Failure(case, "touched in the stream", "\n".join(shown))
        ]  # fmt: skip
    if case.messages[-1].at - case.messages[0].at < _HELD_FOR:
        _live(case, [seen[place] for place in visitors], quality)
    _keep(case, list(shown), quality)
    return list(_wrong(case, list(shown), exact=False))


def _live(case: Case, seen: list[list[str]], quality: Quality) -> None:
    """The most that an agent could read off of what each message ever looked like."""
    for number, most in [*((card, _LIVE_CARD) for card in case.cards), *((ssn, _LIVE_SSN) for ssn in case.ssns)]:
        text = "\n".join(max(versions, key=lambda version: judge.most_read(number, version)) for versions in seen)
        if judge.most_read(number, text) > most:
            quality.live.append(Failure(case, "seen live", text))
