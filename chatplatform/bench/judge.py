"""Whether a text still gives away a secret, judged without the engine's tables.

Danger: a judge that shares the engine's idea of a digit is blind where the engine is blind.
Rule: digits come from `unicodedata`, from decoding by the standard library and from this module's own lists; what a
person could read off is what counts, whatever stands between the digits.
Proof: tests/chatplatform/bench/test_judge.py; and each case of the corpus has to leak as it was typed.
"""

import html
import re
import unicodedata
from collections.abc import Iterable, Iterator
from functools import lru_cache
from typing import Final
from urllib.parse import unquote

BULLET: Final = "•"
_WORDS: Final = {
    "0": "zero oh o cero zéro null",
    "1": "one uno una un une eins ein",
    "2": "two dos deux zwei zwo",
    "3": "three tres trois drei",
    "4": "four cuatro quatre vier",
    "5": "five cinco cinq fünf fuenf",
    "6": "six seis sechs",
    "7": "seven siete sept sieben",
    "8": "eight ocho huit acht",
    "9": "nine nueve neuf neun",
}
_TEENS: Final = "ten eleven twelve thirteen fourteen fifteen sixteen seventeen eighteen nineteen"
_TENS: Final = "twenty thirty forty fifty sixty seventy eighty ninety"
_DIGITS: Final = {
    **{word: digit for digit, words in _WORDS.items() for word in words.split()},
    **{word: str(number) for number, word in enumerate(_TEENS.split(), 10)},
}
_TEN: Final = {word: str(number) for number, word in enumerate(_TENS.split(), 2)}
_TIMES: Final = {"double": 2, "doble": 2, "doppel": 2, "doppelt": 2, "triple": 3}
_LOOK_ALIKES: Final = str.maketrans("OoQDIil|!SsBZzОо", "0000111115582200")
_WITH_LOOK_ALIKES: Final = re.compile(r"(?<![^\W\d_])[\dOoQDIilSsBZzОо]*\d[\dOoQDIilSsBZzОо|!]*(?![^\W\d_•])")
_READABLE_RUN: Final = 5  # of a card: its last four may stay
_READABLE_SSN: Final = 4
_GROUP: Final = 4


def leaks_card(number: str, text: str) -> bool:
    """More of it can be read than its last four digits."""
    groups = {number[0:4], number[4:8], number[8:12]} - {number[-4:]}
    return any(
        _has_run(number, digits, _READABLE_RUN) or not groups.isdisjoint(alone) for digits, alone in readings(text)
    )


def leaks_ssn(number: str, text: str) -> bool:
    """Its serial can be read, or any four of its digits in a row."""
    return any(_has_run(number, digits, _READABLE_SSN) for digits, _ in readings(text))


def leaks_text(secret: str, text: str) -> bool:
    """It stands there by itself, in any of its readings."""
    whole = re.compile(rf"(?<!\w){re.escape(secret)}(?!\w)", re.IGNORECASE)
    return any(whole.search(unicodedata.normalize("NFKC", reading)) for reading in decoded(text))


def most_read(number: str, text: str) -> int:
    """How many digits in a row, at most, can be read."""
    rows = [digits for digits, _ in readings(text)]
    return next(
        (length for length in range(len(number), 0, -1) if any(_has_run(number, row, length) for row in rows)), 0
    )


def _has_run(number: str, digits: str, length: int) -> bool:
    return any(number[start : start + length] in digits for start in range(len(number) - length + 1))


@lru_cache(maxsize=64)
def readings(text: str) -> tuple[tuple[str, frozenset[str]], ...]:
    """For each way to read it: all digits in a row, broken by bullets only; and the groups that stand alone."""
    return tuple({_row(way) for reading in decoded(text) for way in _ways(reading)})


def decoded(text: str) -> Iterator[str]:
    """The text, and what a browser or a program would make of it, three deep."""
    seen = {text}
    yield text
    for _ in range(3):
        for one in tuple(seen):
            for other in (
                unquote(one, errors="replace"),
                html.unescape(one),
                re.sub(r"<[^<>]*>", "", one),
                _joined(re.sub(r"\\u([0-9a-fA-F]{4})|\\u\{([0-9a-fA-F]{1,6})\}|\\x([0-9a-fA-F]{2})", _escaped, one)),
            ):
                if other not in seen:
                    seen.add(other)
                    yield other


def _escaped(match: re.Match[str]) -> str:
    code = int(match[1] or match[2] or match[3], 16)
    return chr(code) if code <= 0x10FFFF else ""


def _joined(text: str) -> str:
    """Halves of signs that were escaped one by one, put together."""
    return text.encode("utf-16", "surrogatepass").decode("utf-16", "replace")


def _ways(text: str) -> Iterable[str]:
    plain = unicodedata.normalize("NFKC", "".join(_visible(text)))
    yield plain
    spoken = re.sub(r"[^\W\d_]+", _word, re.sub(r"(?<=[^\W\d_])-(?=[^\W\d_])", " ", plain))
    if spoken != plain:
        spoken = re.sub(r"⁑(\d)(?:\s+([1-9])(?!\d))?", lambda match: match[1] + (match[2] or "0"), spoken)
        yield re.sub(r"×(\d)\s*(\d)", lambda match: match[2] * int(match[1]), spoken)
    yield _WITH_LOOK_ALIKES.sub(lambda match: match[0].translate(_LOOK_ALIKES), plain)


def _word(match: re.Match[str]) -> str:
    word = match[0].lower()
    if word in _TIMES:
        return f"×{_TIMES[word]}"
    if word in _TEN:
        return f"⁑{_TEN[word]}"
    return _DIGITS.get(word, match[0])


def _visible(text: str) -> Iterator[str]:
    for char in text:
        if char == BULLET:
            yield char
        elif (value := unicodedata.numeric(char, -1.0)) in range(10):
            yield str(int(value))
        elif unicodedata.category(char) not in {"Cf", "Mn", "Me"}:
            yield char


def _row(text: str) -> tuple[str, frozenset[str]]:
    digits = re.sub(r"[^0-9•]", "", re.sub(r"(?<!•)•(?!•)", "", text))
    return digits, frozenset(re.findall(r"(?<![0-9])[0-9]{4}(?![0-9])", text))
