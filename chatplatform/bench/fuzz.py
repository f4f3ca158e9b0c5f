"""Mutates how a number is written and what stands around it, and reports which mutations hide it from the engine.

A sample is a number and how it is written; each mutation changes one thing about it. What the judge cannot read either is
thrown away. A failure is made smaller until nothing can be left out of it.
"""

import random
from collections import Counter
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field, replace
from typing import Any, Final

from chatplatform.bench import judge
from chatplatform.bench.corpus import encodings, numbers, scripts
from security.masking import mask

Chance = random.Random
Masker = Callable[[str], str]
SEED: Final = 20261122
_MOST_MUTATIONS: Final = 3
_EXAMPLES: Final = 3


@dataclass(frozen=True, slots=True)
class Sample:
    """One number, and how it stands in its message."""

    number: str
    kind: str
    between: str = " "
    before: str = ""
    ask: str = ""  # words that the engine may need
    after: str = ""
    signs: str = ""  # ten signs for the digits
    few: bool = False  # the signs are used for every other group only
    hidden: str = ""  # an invisible sign, put after some digits
    encode: Callable[[str], str] | None = None

    @property
    def text(self) -> str:
        """The message."""
        grouped = numbers.grouped if self.kind == "card" else numbers.ssn_grouped
        parts = grouped(self.number, "\x00").split("\x00")
        if self.hidden:
            parts = [part[:2] + self.hidden + part[2:] for part in parts]
        if self.signs:
            parts = [
                scripts.written(part, self.signs) if not self.few or at % 2 else part for at, part in enumerate(parts)
            ]
        said = self.between.join(parts)
        return f"{self.before}{self.ask}{self.encode(said) if self.encode else said}{self.after}"


Mutation = Callable[[Sample, Chance], Sample]
_BEFORE: Final = (
    "it's ", "my card: ", "pay with ", "order 4711 ", "ok!", "(", '"', "#", "=> ", "é", "卡", "🙂", "x", "no.", "=", ">", "\n", "a: ", "12 ", "3/4 ",
    "call 020 7946 0018, ", "$20 from ", "tarjeta ", "Karte ", "on 2026-04-01 i used ", "\u200f", "@", "visa", "CVV 123 ", "www.example.com ",
)  # fmt: skip
_AFTER: Final = (
    " thanks", ".", ",", "!", ")", '"', "?", " exp 04/28", " 04/28 123", ";", "é", "卡", "🙂", "x", "\n", " $20", " and 12", " / 3", "…", " (visa)",
    " for order 4711", ", 020 7946 0018", " x2", "&y=1", " 🙏🙏", "abc", "_", "\u200e", " at 12:30", " 2026-04-01",
)  # fmt: skip


def _separator(sample: Sample, chance: Chance) -> Sample:
    return replace(sample, between=chance.choice(scripts.SEPARATORS))


def _space(sample: Sample, chance: Chance) -> Sample:
    return replace(sample, between=chance.choice(list(scripts.SPACES.values())))


def _nothing(sample: Sample, chance: Chance) -> Sample:  # noqa: ARG001  a mutation's shape
    return replace(sample, between="")


def _script(sample: Sample, chance: Chance) -> Sample:
    return replace(sample, signs=chance.choice(list(scripts.SCRIPTS.values())), few=False)


def _mixed(sample: Sample, chance: Chance) -> Sample:
    return replace(sample, signs=chance.choice(list(scripts.SCRIPTS.values())), few=True)


def _invisible(sample: Sample, chance: Chance) -> Sample:
    return replace(sample, hidden=chance.choice(list(scripts.INVISIBLE.values())) * chance.randint(1, 3))


def _encoding(sample: Sample, chance: Chance) -> Sample:
    return replace(sample, encode=chance.choice(encodings.ENCODINGS))


def _before(sample: Sample, chance: Chance) -> Sample:
    return replace(sample, before=sample.before + chance.choice(_BEFORE))


def _after(sample: Sample, chance: Chance) -> Sample:
    return replace(sample, after=chance.choice(_AFTER) + sample.after)


def _upper(sample: Sample, chance: Chance) -> Sample:
    change = chance.choice((str.upper, str.title, str.swapcase))
    return replace(sample, before=change(sample.before), after=change(sample.after))


def _long(sample: Sample, chance: Chance) -> Sample:
    words = [
        chance.choice(("lorem", "12", "the", "3.50", "order", "ok", "it", "2026"))
        for _ in range(chance.randint(20, 120))
    ]
    return replace(sample, before=" ".join(words) + " , " + sample.before, after=sample.after + " , " + " ".join(words))


MUTATIONS: Final[dict[str, Mutation]] = {
    "separator": _separator,
    "space": _space,
    "no separator": _nothing,
    "script": _script,
    "mixed scripts": _mixed,
    "invisible": _invisible,
    "encoding": _encoding,
    "before": _before,
    "after": _after,
    "case": _upper,
    "long": _long,
}


@dataclass(slots=True)
class Outcome:
    """Per mutation, alone and together with others: how many samples, how many found; and the smallest that were not."""

    total: Counter[str] = field(default_factory=Counter)
    found: Counter[str] = field(default_factory=Counter)
    smallest: dict[str, list[str]] = field(default_factory=dict)

    @property
    def recall(self) -> float:
        return self.found["all"] / (self.total["all"] or 1)

    def lines(self) -> Iterator[str]:
        """A table, then the examples."""
        yield f"{'mutation':<28}{'samples':>8}{'found':>9}"
        for name in sorted(self.total, key=lambda name: (name == "all", "+" in name, name)):
            yield f"{name:<28}{self.total[name]:>8}{self.found[name] / self.total[name]:>9.1%}"
        for name, texts in sorted(self.smallest.items()):
            yield f"missed by {name}:"
            yield from (f"    {text!r}" for text in texts)


def run(count: int, *, seed: int = SEED, masker: Masker = mask, tick: Callable[[], None] = lambda: None) -> Outcome:
    """`count` samples from the seed; equal in every run."""
    chance, outcome = Chance(seed), Outcome()
    for _ in range(count):
        sample, names = _mutated(chance)
        tick()
        if not _leaks(sample, sample.text):
            continue
        found = not _leaks(sample, masker(sample.text))
        for name in ("all", sample.kind, *(f"{name} + others" if len(names) > 1 else name for name in names)):
            outcome.total[name] += 1
            outcome.found[name] += found
        if not found:
            small = smaller(sample, masker)
            examples = outcome.smallest.setdefault(_what(small), [])
            if small.text not in examples and len(examples) < _EXAMPLES:
                examples.append(small.text)
    return outcome


def _mutated(chance: Chance) -> tuple[Sample, list[str]]:
    sample = _seed(chance)
    names = sorted(chance.sample(list(MUTATIONS), chance.randint(1, _MOST_MUTATIONS)))
    for name in names:
        sample = MUTATIONS[name](sample, chance)
    return sample, names


def _seed(chance: Chance) -> Sample:
    """A card of a well-known brand as it is printed, or an SSN that is called one: what has to be found before anything is mutated."""
    if chance.random() < 0.7:
        brand = chance.choice(numbers.STRONG)
        return Sample(numbers.card(brand, chance), "card", ask="card " if brand == "diners" else "")
    return Sample(numbers.ssn(chance), "ssn", "-", ask=chance.choice(("ssn ", "my social is ", "SSN: ")))


def _leaks(sample: Sample, text: str) -> bool:
    return (judge.leaks_card if sample.kind == "card" else judge.leaks_ssn)(sample.number, text)


def smaller(sample: Sample, masker: Masker) -> Sample:
    """Leave out of it what the failure does not need."""
    between = " " if sample.kind == "card" else "-"
    changes: tuple[dict[str, Any], ...] = (
        {"before": ""},
        {"after": ""},
        {"between": between},
        {"between": ""},
        {"hidden": ""},
        {"hidden": sample.hidden[:1]},
        {"signs": ""},
        {"encode": None},
    )
    for change in changes:
        other = replace(sample, **change)
        if _leaks(other, other.text) and _leaks(other, masker(other.text)):
            sample = other
    return _words_left_out(sample, masker)


def _words_left_out(sample: Sample, masker: Masker) -> Sample:
    while " " in sample.before.strip():
        other = replace(sample, before=sample.before.partition(" ")[2])
        if not _leaks(other, masker(other.text)):
            break
        sample = other
    while " " in sample.after.strip():
        other = replace(sample, after=sample.after.rpartition(" ")[0])
        if not _leaks(other, masker(other.text)):
            break
        sample = other
    return sample


def _what(sample: Sample) -> str:
    """The most unusual thing about it, as a heading."""
    script = next((name for name, signs in scripts.SCRIPTS.items() if signs == sample.signs), "")
    invisible = next((name for name, sign in scripts.INVISIBLE.items() if sample.hidden.startswith(sign)), "")
    if sample.encode:
        what = f"encoding {sample.encode.__name__}"
    elif invisible or script:
        what = " and ".join(name for name in (invisible, script) if name)
    elif sample.before or sample.after:
        what = "neighbours"
    else:
        what = f"separator {sample.between!r}"
    return f"{sample.kind}, {what}"
