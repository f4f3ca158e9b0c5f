"""Numbers typed in several messages: cuts, fillers, what others say between, pauses, made of a seed."""

import random
from collections.abc import Iterator, Sequence
from itertools import pairwise
from typing import Final

from chatplatform.bench.cases import Author, Case, Said

from . import numbers, scripts
from .numbers import STRONG, grouped

_BRANDS: Final = (*STRONG, "visa", "visa", "mastercard")
_FILLERS: Final[dict[str, tuple[str, ...]]] = {
    "en": (
        "{}",
        "then {}",
        "and then {}",
        "next {}",
        "{} ok?",
        "and {}",
        "after that {}",
        "{}...",
        "so {}",
        "continue: {}",
    ),
    "es": ("{}", "luego {}", "y luego {}", "después {}", "sigue {}", "y {}"),
    "fr": ("{}", "puis {}", "et puis {}", "ensuite {}", "et {}"),
    "de": ("{}", "dann {}", "und dann {}", "weiter {}", "danach {}", "und {}"),
}
_FIRST: Final[dict[str, tuple[str, ...]]] = {
    "en": (
        "first four {}",
        "it starts with {}",
        "my card number is {}",
        "card: {}",
        "ok its {}",
        "the first part is {}",
    ),
    "es": ("empieza por {}", "mi tarjeta es {}", "primero {}"),
    "fr": ("ça commence par {}", "ma carte : {}", "d'abord {}"),
    "de": ("die ersten sind {}", "meine Karte: {}", "zuerst {}"),
}
_LAST: Final[dict[str, tuple[str, ...]]] = {
    "en": (
        "last four are {}",
        "and the last four: {}",
        "ending in {}",
        "and finally {}",
        "the rest is {}",
        "{} thats it",
        "last 4 {}",
    ),
    "es": ("los últimos son {}", "y termina en {}", "y por último {}"),
    "fr": ("les derniers sont {}", "et ça finit par {}", "et enfin {}"),
    "de": ("die letzten vier sind {}", "und zum Schluss {}", "und die letzten {}"),
}
_AGENT: Final = (
    "ok",
    "go on",
    "got it, and then?",
    "yes",
    "please don't send card numbers here",
    "thanks, next?",
    "hm?",
    "take your time",
)
_TALK: Final = (
    "ok",
    "sorry one sec",
    "wait",
    "hang on",
    "um",
    "hold on a moment",
    "let me look",
    "and",
    "sorry phone rang",
    "there?",
)
_SSN_ASKED: Final = (
    ("What is your social security number?", "agent"), ("SSN please", "agent"), ("can you confirm your social?", "agent"), ("ok here is my ssn", "visitor"),
    ("my social security number is", "visitor"), ("¿Cuál es su número de seguro social?", "agent"), ("Your ss# please", "agent"),
)  # fmt: skip


def made() -> Iterator[Case]:
    """All of them; the ids come later."""
    chance = random.Random("splits")
    for group, said, number in [*_cuts(chance), *_filled(chance), *_interrupted(chance), *_written(chance)]:
        yield Case(id="", group=f"split.card.{group}", language="en", messages=tuple(said), cards=(number,))
    for group, said, number in _ssns(chance):
        yield Case(id="", group=f"split.ssn.{group}", language="en", messages=tuple(said), ssns=(number,))


Made = Iterator[tuple[str, Sequence[Said], str]]


def cut(number: str, count: int, chance: random.Random) -> list[str]:
    """The number in `count` pieces."""
    places = [0, *sorted(chance.sample(range(1, len(number)), count - 1)), len(number)]
    return [number[start:end] for start, end in pairwise(places)]


def said(
    parts: Sequence[str], chance: random.Random, *, step: tuple[float, float] = (1, 5), start: float = 0
) -> list[Said]:
    messages, at = [], start
    for part in parts:
        messages.append(Said(part, "visitor", round(at, 1)))
        at += chance.uniform(*step)
    return messages


def _cuts(chance: random.Random) -> Made:
    for count in (2, 2, 2, 3, 3, 4, 4, 5, 6, 7, 8):
        for _ in range(5):
            number = numbers.card(chance.choice(_BRANDS), chance)
            yield f"cut in {count}", said(cut(number, count, chance), chance, step=(1, 2.3)), number
    for brand in STRONG:
        number = numbers.card(brand, chance)
        yield "printed groups", said(grouped(number).split(), chance), number
        number = numbers.card(brand, chance)
        yield "printed groups", [Said("this is my card"), *said(grouped(number).split(), chance, start=3)], number
        number = numbers.card(brand, chance)
        parts = grouped(number, chance.choice((" ", "-"))).rsplit(chance.choice((" ",)), 1)
        if len(parts) == 2:
            yield "all but the last group", said(parts, chance), number
    for brand in ("maestro19", "visa19", "unionpay19", "maestro18", "maestro", "mir", "rupay", "verve"):
        number = numbers.card(brand, chance)
        yield (
            "rarer brands",
            [Said("my debit card number is"), *said(grouped(number).split(), chance, step=(1, 3))],
            number,
        )


def _filled(chance: random.Random) -> Made:
    for language, fillers in _FILLERS.items():
        for _ in range(8):
            number = numbers.card(chance.choice(("visa", "mastercard", "amex", "discover")), chance)
            parts = grouped(number).split() if chance.random() < 0.6 else cut(number, chance.choice((2, 3, 4)), chance)
            words = [
                chance.choice(_FIRST[language]),
                *(chance.choice(fillers) for _ in parts[2:]),
                chance.choice(_LAST[language]),
            ]
            yield (
                f"fillers {language}",
                said([word.format(part) for word, part in zip(words, parts, strict=True)], chance),
                number,
            )


def _interrupted(chance: random.Random) -> Made:
    others: tuple[tuple[str, Author, tuple[str, ...]], ...] = (
        ("agent between", "agent", _AGENT),
        ("talk between", "visitor", _TALK),
    )
    for group, author, words in others:
        for _ in range(16):
            number = numbers.card(chance.choice(_BRANDS), chance)
            parts = grouped(number).split() if chance.random() < 0.5 else cut(number, 2, chance)
            messages = said(parts, chance, step=(3, 5))
            for place in sorted(chance.sample(range(1, len(parts)), chance.randint(1, len(parts) - 1)), reverse=True):
                messages.insert(place, Said(chance.choice(words), author, messages[place].at - 1))
            yield group, messages, number
    for step in ((15, 19), (21, 30), (25, 39)):
        for _ in range(4):
            number = numbers.card(chance.choice(_BRANDS), chance)
            yield "pauses", said(cut(number, chance.choice((2, 3)), chance), chance, step=step), number
    for _ in range(6):
        number = numbers.card("visa", chance)
        parts = grouped(number).split()
        wrong = numbers.digits(4, chance)
        yield "corrections", said([*parts[:3], wrong, f"sorry, {parts[3]}"], chance), number
        number = numbers.card("mastercard", chance)
        parts = grouped(number).split()
        yield "repeated", said([parts[0], parts[1], parts[1], parts[2], parts[3]], chance, step=(1, 3)), number


def _written(chance: random.Random) -> Made:
    for name in ("arabic-indic", "devanagari", "full-width", "bold", "circled"):
        number = numbers.card("visa", chance)
        yield (
            "scripts",
            said([scripts.written(part, scripts.SCRIPTS[name]) for part in cut(number, 2, chance)], chance),
            number,
        )
        number = numbers.card("mastercard", chance)
        yield (
            "scripts",
            said([scripts.written(part, scripts.SCRIPTS[name]) for part in grouped(number).split()], chance),
            number,
        )
    for language in scripts.WORDS:
        number = numbers.card("visa", chance)
        yield "spelled", said([scripts.spoken(part, language) for part in grouped(number).split()], chance), number
        number = numbers.card("mastercard", chance)
        head, tail = number[:8], number[8:]
        yield "spelled", said([head, scripts.spoken(tail, language)], chance), number
    for between in (" ", "-", ".", "/", "_", "\u200b", " - ", ","):
        number = numbers.card(chance.choice(("visa", "discover")), chance)
        yield (
            "separators",
            said([grouped(number[:8], between) + between.strip(), grouped(number[8:], between)], chance),
            number,
        )
        number = numbers.card("mastercard", chance)
        yield "separators", said([between.join(part) for part in grouped(number).split()], chance), number
    for end in (",", ".", "-", "…", " -", "?", ")", " 👍"):
        number = numbers.card("visa", chance)
        parts = [part + end for part in cut(number, 3, chance)]
        yield "ends", said(parts, chance), number


def _ssns(chance: random.Random) -> Made:
    for lengths in (
        (3, 2, 4),
        (3, 2, 4),
        (5, 4),
        (3, 6),
        (4, 5),
        (2, 7),
        (6, 3),
        (3, 3, 3),
        (1, 2, 2, 4),
        (3, 2, 2, 2),
    ):
        for text, author in _SSN_ASKED[:5]:
            number = numbers.ssn(chance)
            parts = _pieces(number, lengths)
            asked: Author = "agent" if author == "agent" else "visitor"
            yield "asked", [Said(text, asked, 0), *said(parts, chance, start=4)], number
    for text, author in _SSN_ASKED:
        asked = "agent" if author == "agent" else "visitor"
        for words in (
            ("{}", "then {}", "and the last four {}"),
            ("{}-", "{}-", "{}"),
            ("it's {}", "{}", "{} ok?"),
            ("{}.", "{}.", "{}."),
        ):
            number = numbers.ssn(chance)
            parts = [word.format(part) for word, part in zip(words, _pieces(number, (3, 2, 4)), strict=True)]
            yield "fillers", [Said(text, asked, 0), *said(parts, chance, start=3)], number
        number = numbers.ssn(chance)
        one, two, three = _pieces(number, (3, 2, 4))
        yield "agent between", [Said(text, asked, 0), Said(one, "visitor", 4), Said("ok", "agent", 6), Said(two, "visitor", 8),
                                Said("and?", "agent", 9), Said(three, "visitor", 12)], number  # fmt: skip
    yield from _named_ssns(chance)


def _named_ssns(chance: random.Random) -> Made:
    for word in ("ssn {}", "my social is {}", "social security: {}", "SSN: {}-", "ss# {}"):
        number = numbers.ssn(chance)
        one, two, three = _pieces(number, (3, 2, 4))
        yield "named", said([word.format(one), two, three], chance), number
        number = numbers.ssn(chance)
        yield "named", said([word.format(number[:5]), number[5:]], chance), number
    for language in ("en", "es"):
        number = numbers.ssn(chance)
        parts = [scripts.spoken(part, language) for part in _pieces(number, (3, 2, 4))]
        yield "spelled", [Said("what's your ssn?", "agent", 0), *said(parts, chance, start=4)], number


def _pieces(number: str, lengths: Sequence[int]) -> list[str]:
    starts = [sum(lengths[:place]) for place in range(len(lengths))]
    return [number[start : start + length] for start, length in zip(starts, lengths, strict=True)]
