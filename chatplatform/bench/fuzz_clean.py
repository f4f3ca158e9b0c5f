"""Says ordinary messages in other words, scripts and surroundings: what was no secret is none then either."""

import random
import re
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, field
from typing import Final

from chatplatform.bench.cases import Case
from chatplatform.bench.corpus import scripts
from security.masking import mask

Chance = random.Random
SEED: Final = 20261122
_EXAMPLES: Final = 40
_DECIMAL: Final = ("arabic-indic", "extended-arabic", "devanagari", "bengali", "thai", "full-width", "bold", "sans")
_BEFORE: Final = (
    "hi, ",
    "Hello! ",
    "ok so ",
    "my question: ",
    "\n",
    "> ",
    "(",
    "e.g. ",
    "bonjour, ",
    "😀 ",
    "please check ",
    "- ",
    "FYI ",
    "and ",
)
_AFTER: Final = (
    " thanks",
    ".",
    " ok?",
    "\n\nBest,\nPat",
    ")",
    " 🙏",
    " - any news?",
    " please",
    " merci",
    "!!",
    " (see above)",
    ", right?",
)


def _script(text: str, chance: Chance) -> str:
    return scripts.written(text, scripts.SCRIPTS[chance.choice(_DECIMAL)])


def _before(text: str, chance: Chance) -> str:
    return chance.choice(_BEFORE) + text


def _after(text: str, chance: Chance) -> str:
    return text + chance.choice(_AFTER)


def _case(text: str, chance: Chance) -> str:
    return chance.choice((str.upper, str.lower, str.title))(text)


def _other_digits(text: str, chance: Chance) -> str:
    """Other numbers of the same shape; zero and the first of each group stay, so that dates and labels stay what they are."""
    return re.sub(r"(?<=\d)[1-9](?!\d*[A-Za-z])", lambda _: chance.choice("123456789"), text)


def _space(text: str, chance: Chance) -> str:
    return text.replace(" ", chance.choice(list(scripts.SPACES.values())))


def _twice(text: str, chance: Chance) -> str:
    return text + chance.choice(("\n", " / ", " and again ", "; ")) + text


MUTATIONS: Final[dict[str, Callable[[str, Chance], str]]] = {
    "script": _script,
    "before": _before,
    "after": _after,
    "case": _case,
    "space": _space,
    "twice": _twice,
    "other digits": _other_digits,
}


@dataclass(slots=True)
class Untouched:
    """Per mutation: how many messages, how many came out byte for byte; and some that did not."""

    total: dict[str, int] = field(default_factory=lambda: dict.fromkeys(MUTATIONS, 0))
    kept: dict[str, int] = field(default_factory=lambda: dict.fromkeys(MUTATIONS, 0))
    touched: list[str] = field(default_factory=list)

    @property
    def share(self) -> float:
        return sum(self.kept.values()) / (sum(self.total.values()) or 1)

    def lines(self) -> Iterator[str]:
        yield f"{'clean, mutated':<28}{'messages':>8}{'untouched':>10}"
        for name, count in self.total.items():
            yield f"{name:<28}{count:>8}{self.kept[name] / (count or 1):>10.2%}"
        yield from (f"    touched {text!r}" for text in self.touched)


def run(cases: Iterable[Case], count: int, *, seed: int = SEED, masker: Callable[[str], str] = mask) -> Untouched:
    """`count` messages made of those that come out untouched as they stand."""
    chance, outcome = Chance(seed), Untouched()
    texts = [
        case.text
        for case in cases
        if case.is_clean and len(case.messages) == 1 and not case.packs and not case.patterns
    ]
    texts = [text for text in texts if masker(text) == text]
    for _ in range(count):
        name = chance.choice(list(MUTATIONS))
        text = MUTATIONS[name](chance.choice(texts), chance)
        outcome.total[name] += 1
        if masker(text) == text:
            outcome.kept[name] += 1
        elif len(outcome.touched) < _EXAMPLES:
            outcome.touched.append(f"{name}: {text}")
    return outcome
