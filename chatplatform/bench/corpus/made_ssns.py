"""Social security numbers in every separator, script, encoding and wording, made of a seed."""

import random
from collections.abc import Iterator
from itertools import cycle
from typing import Final

from chatplatform.bench.cases import Case, Said

from . import encodings, numbers, scripts
from .numbers import ssn_grouped

_ASKS: Final = (
    "ssn {}",
    "my social is {}",
    "SSN: {}",
    "social security number {}",
    "ss# {}",
    "my SSN is {} ok?",
    "TIN {}",
)
_BARE: Final = ("-", " - ", "–", "—", "‑", "−", "‐", "\u00a0-\u00a0", "-\u200b", "－")  # says SSN without a word
_AROUND: Final = (
    "{}", "it's {}", "({})", '"{}"', "{}.", "hi!{}", "é {} é", "#{}", "[{}]", "{}, Pat", "-> {}", "*{}*", "{}!!!", "\n{}\n", "a: {}", "我的{}",
)  # fmt: skip
_QUESTIONS: Final = (
    "What is your social security number?", "Can I have your SSN?", "your social please", "Please verify your ss#", "Taxpayer ID?",
    "I need the full social to look you up", "¿Me da su número de seguro social?", "Could you type your nine digit social?",
)  # fmt: skip
Made = Iterator[tuple[str, str]]


def made() -> Iterator[Case]:
    """All of them."""
    chance = random.Random("ssns")
    for group, text, number in _single(chance):
        yield Case(id="", group=f"ssn.{group}", language="en", messages=(Said(text),), ssns=(number,))
    for question in _QUESTIONS:
        for between in ("", "-", " "):
            number = numbers.ssn(chance)
            said = (Said(question, "agent", 0), Said(ssn_grouped(number, between), "visitor", 5))
            yield Case(id="", group="ssn.asked", language="en", messages=said, ssns=(number,))


def _single(chance: random.Random) -> Iterator[tuple[str, str, str]]:
    asks = cycle(_ASKS)
    for between in scripts.SEPARATORS:
        number = numbers.ssn(chance)
        yield "separators", next(asks).format(ssn_grouped(number, between)), number
    for between in _BARE:
        number = numbers.ssn(chance)
        yield "bare", ssn_grouped(number, between), number
    for between in scripts.SPACES.values():
        number = numbers.ssn(chance)
        yield "separators", next(asks).format(ssn_grouped(number, between)), number
    for around in _AROUND:
        number = numbers.ssn(chance)
        yield "around", around.format(ssn_grouped(number)), number
    for signs in scripts.SCRIPTS.values():
        number = numbers.ssn(chance)
        yield "scripts", scripts.written(ssn_grouped(number), signs), number
        number = numbers.ssn(chance)
        yield "scripts", next(asks).format(scripts.written(number, signs)), number
    number = numbers.ssn(chance)
    yield "scripts", "ssn " + "".join(char + scripts.KEY_CAP for char in number), number
    for sign in scripts.INVISIBLE.values():
        number = numbers.ssn(chance)
        yield "invisible", next(asks).format(sign.join(number)), number
        number = numbers.ssn(chance)
        yield "invisible", sign.join(ssn_grouped(number)), number
    yield from _written(chance, asks)


def _written(chance: random.Random, asks: Iterator[str]) -> Iterator[tuple[str, str, str]]:
    for encode in encodings.ENCODINGS:
        number = numbers.ssn(chance)
        yield "encodings", next(asks).format(encode(ssn_grouped(number))), number
    for language in scripts.WORDS:
        for between in (" ", ", ", "-"):
            number = numbers.ssn(chance)
            yield "spelled", next(asks).format(scripts.spoken(number, language, between)), number
        number = numbers.ssn(chance)
        said = f"{number[:3]} {scripts.spoken(number[3:5], language)} {number[5:]}"
        yield "spelled", next(asks).format(said), number
    for _ in range(5):
        number = numbers.ssn(chance)
        number = number[:5] + "00" + number[7:-1] + "7"
        yield "spelled", f"my social is {scripts.doubled(number)}", number
    for digit, letter in (("0", "O"), ("1", "l"), ("1", "I"), ("5", "S")):
        number = f"4{digit}7" + numbers.ssn(chance)[3:]
        yield "look-alikes", "ssn " + ssn_grouped(number).replace(digit, letter), number
