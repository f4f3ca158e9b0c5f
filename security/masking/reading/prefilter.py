"""One pass of RE2 that says whether there is anything to look for: in nearly all of chat there is not.

Danger: what this pass misses is never looked at. Rule: it asks for less than any detector needs. RE2's set gives no
answer, instead of an error, where its memory does not suffice; its patterns are constant and small, and a test holds
that each of them still answers for 8,000 hostile characters.
"""

from functools import cache
from typing import Any, Final

import re2

from security.masking.tables import tables

NUL: Final = 0
DIGITS: Final = 1
NUMBER_WORDS: Final = 2
FEW_DIGITS: Final = 3
WORD_BY_DIGIT: Final = 4
LOOK_ALIKE: Final = 5
CVV: Final = 6
LAST_FOUR: Final = 7
ENCODED: Final = 8
IDEOGRAPHS: Final = 9
TAGS: Final = 10
# Words of a kind somewhere: the detectors look for them again, where they stand.
CARD_WORDS: Final = 11
SSN_WORDS: Final = 12
_ALWAYS: Final = frozenset((NUL, DIGITS, NUMBER_WORDS, CVV, LAST_FOUR, IDEOGRAPHS))
_BY_DIGIT: Final = frozenset((WORD_BY_DIGIT, LOOK_ALIKE))
_NONE: Final[frozenset[int]] = frozenset()
_MEMORY: Final = 16 << 20
_ACCENTS: Final = {
    "a": "aáàâãä", "c": "cç", "e": "eéèêë", "i": "iíìîï", "n": "nñ", "o": "oóòôõö", "s": "sß", "u": "uúùûü"
}  # fmt: skip


def hints_of(text: str) -> frozenset[int]:
    """What `text` holds of what detectors look at. UnicodeEncodeError where it holds a lone surrogate."""
    hits = _prefilter().Match(text)
    return _NONE if hits is None else frozenset(hits)


def are_enough(hints: frozenset[int]) -> bool:
    """Whether a number may be there: for nearly all of chat they are not."""
    return not _ALWAYS.isdisjoint(hints) or (FEW_DIGITS in hints and not _BY_DIGIT.isdisjoint(hints))


@cache
def _prefilter() -> Any:
    options = re2.Options()
    options.max_mem = _MEMORY
    options.log_errors = False
    chosen = re2.Set.SearchSet(options)
    for expression in _expressions():
        chosen.Add(expression)
    chosen.Compile()
    return chosen


def _expressions() -> tuple[str, ...]:
    digit = _digit()
    word = f"(?i:{_alternatives()})"
    long = f"(?i:{_alternatives(3)})"
    ideograph = "[" + "".join(map(chr, tables().ideographs)) + "]"
    like = "[" + "".join(re2.escape(char) for char in tables().lookalikes) + "]"
    return (
        r"\x00",
        _times(digit, 9),
        rf"(?:\b{word}\b[^\pL\pN]{{1,8}}(?:(?:and|y|et|und|then|e)[^\pL\pN]{{1,4}})?){{3}}\b{word}|(?:{long}){{4}}",
        _times(digit, 5),
        rf"{digit}[^\pL\pN]{{0,4}}{word}\b|\b{word}[^\pL\pN]{{0,4}}{digit}|(?:{long}){{3}}",
        rf"{digit}{like}|{like}{digit}",
        rf"(?i)(?:{'|'.join(map(_accented, tables().verification))})[^\pN]{{0,24}}{digit}{{3}}",
        rf"(?i)(?:ssn|social|ss\s?#|ss no|ss num)[^\pN]{{0,60}}{digit}{{4}}|{digit}{{4}}[^\pN]{{0,40}}(?:ssn|social|ss\s?#)",
        r"%[0-9a-fA-F]{2}|&#?[a-zA-Z0-9]+;?|\\[uUxXntr]|</?[a-zA-Z!]|=3[0-9]",
        f"{_times(ideograph, 8)}|{digit}{ideograph}|{ideograph}{digit}",
        r"[0-9]</?[a-zA-Z]",
        _spoken("card"),
        _spoken("ssn"),
    )


def _spoken(kind: str) -> str:
    """Any word of a kind, in parts of words as well."""
    words = tables().lexicon[kind]
    return f"(?i:{'|'.join(_accented(word.replace(' ', '~')).replace('~', '[^0-9]{1,4}') for word in words)})"


def _times(digit: str, count: int) -> str:
    return f"(?s:(?:{digit}.*?){{{count - 1}}}{digit})"


def _digit() -> str:
    """Every digit of every script, as a class."""
    return "[0-9" + "".join(f"\\x{{{code:x}}}" for code in sorted(tables().digits)) + "]"


def _alternatives(shortest: int = 1) -> str:
    known = tables().numbers
    words = {*known.units, *known.tens, *known.multipliers}
    return "|".join(_accented(word) for word in sorted(words) if len(word) >= shortest)


def _accented(word: str) -> str:
    return "".join(f"[{_ACCENTS[char]}]" if char in _ACCENTS else char for char in word)
