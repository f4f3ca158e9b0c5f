"""What a single message could be of a number that is spread over several: a fragment, with its digits and what its words say.

Danger: a message that is taken for ordinary talk lets a piece of a card pass; one that is taken for a fragment is held back from an agent for
seconds. Rule: only digits, separators and filler words make a fragment; a label, a price, a date or a time says what else the
number is; a sign beside the digits (`+`, `€`, a glued letter) only keeps a message from being held, not from being joined. Proof:
tests/security/masking/test_splitting.py.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Sequence
from dataclasses import dataclass, replace
from itertools import pairwise
from typing import Final

from security.masking.reading.numerals import may_say_digits
from security.masking.reading.views import Digit, digits_of
from security.masking.render import BULLET
from security.masking.splitting import vocabulary as say
from security.masking.splitting.wording import WORD, speaks_of, words_of
from security.masking.text import MaskedText

MOST_DIGITS: Final = 40
LONGEST: Final = 240
_NEAR: Final = 2  # words that no list knows, in a message that is a fragment all the same
_MOST_LOOSE: Final = 14

_FIGURE: Final = re.compile(r"[0-9]")
_FEWEST_WORDS: Final = 2  # a lone "one" beside other words is an article
_FEWEST_OF_ROW: Final = 3  # "seis, uno, uno": nobody writes so many articles and nothing else
_COUNTED: Final = re.compile(
    r"\b(?:{lead})\s+(?:\d{{1,2}}\b(?=\s*[a-z:])|{count}\b)|\b(?:\d{{1,2}}|{count})\s+(?:{lead}|{noun})\b".format(
        lead="|".join(say.COUNTED.split()), count="|".join(say.COUNTS.split()), noun="|".join(say.NOUNS.split())
    )
)
_PARTS: Final = "|".join(say.PARTS.split())
_MARKED: Final = re.compile(
    rf"^\W*\d{{1,2}}\s*(?:/|of)\s*\d{{1,2}}\s*[):.\]-](?=\s*\d)|\b(?:{_PARTS})\s+\d{{1,2}}\b(?=\W+\d)"
    r"|\b[1-9](?:st|nd|rd|th)\b|^\s*\d[.):]\s+(?=\d(?!\s*[.):,]))|^\s*(?:\d\s?-|#\s?\d)\s+(?=\d{3})|^\s*[a-z]{1,6}\d\s?[.):]\s*(?=\d{3})"
)
"""Digits that number the messages: "(1/2)", "part 1:", "2nd half"; not the first of "4. 5. 3. 2."."""
_MARKED_IN_WORDS: Final = re.compile(
    r"(?:\b(?:{parts})\s+({count})\b(?=\W+\S)|^\s*({count})\s*[:)](?=\s*\d))".format(
        parts=_PARTS, count="|".join(say.NUMBERING.split())
    )
)
"""Words that do: "part one", "two:"."""
_AMOUNT: Final = re.compile(
    r"\b(?:{verbs})\s+(?:(?:{about})\s+)?0{{1,6}}\b(?![ -]?0)|(?<![0.,-])(?<!0 )\b0{{1,6}}\s+(?:{behind})\b".format(
        verbs="|".join(say.AMOUNTS.split()),
        about="|".join(say.ABOUT.split()),
        behind="|".join(say.AMOUNTS_BEHIND.split()),
    )
)
"""One number, blanked, right beside a verb that takes an amount: "I paid 4532"."""
_LAST_OF: Final = re.compile(r"\b(?:last|final|letzten|ultimos|derniers)\s+(\d)\s+(\d+)\W*$")
_GLUED: Final = re.compile(r"[^\W\d_](?=\d)|\d(?=[^\W\d_])")
_OTHERWISE: Final = re.compile(r"[+$€£¥₹₽%°]\s*\d|\d\s*[$€£¥₹₽%°]|\d\s*(?:x|×|\*)\s*\d|://|www\.|\w@\w")
_EQUALS: Final = re.compile(r"=\s*\d|\d\s*=")
_LIST_MARK: Final = re.compile(rf"(?m)^(\s*){BULLET}(?=[^\S\n]*\d)")
_PADDING: Final = re.compile(r"([\W_]{8})[\W_]+")
_PRICE: Final = re.compile(
    r"(?<![\d.,])(?!\d{4}[.,])\d{1,6}[.,]\d{1,2}(?![\d.,])|(?<!\d)\d{1,3}(?:,\d{3})+(?:\.\d+)?(?!\d)"
)
_FRACTION: Final = re.compile(r"(?<![\d.])\d{1,3}\.\d{5,}(?![\d.])")
_TIME: Final = re.compile(r"(?<!\d)\d{1,2}:\d{2}(?::\d{2})?(?!\d)")
_DATE: Final = re.compile(
    r"(?<!\d)(?:\d{4}[-/.]\d{1,2}[-/.]\d{1,2}|\d{1,2}[-/.]\d{1,2}[-/.](?:\d{4}|\d{2}))(?!\d|[-/. ]\d)"
)
_ADDRESS: Final = re.compile(r"(?<![\d.])(?!\d{4}\.\d{4})\d{1,3}\.\d{1,3}\.\d{1,3}\.\d{1,3}(?![\d.])")
_KEPT: Final = re.compile(rf"{BULLET}[\s./-]*\d|\d[\s./-]*{BULLET}")  # what was left of a number that is masked already
_OTHER: Final = (_OTHERWISE, _GLUED, _KEPT)
_SHAPES: Final = (_PRICE, _FRACTION, _TIME, _DATE)
_LISTED: Final = re.compile(r"[,;|\[\](){}]")
_FOUR: Final = 4
_BETWEEN_SINGLES: Final = frozenset({"", ".", ",", "-", "/", "·", "_", "|"})
_FEWEST_SINGLES: Final = 4  # fewer are a version, a price, a date
_AMEX: Final = (4, 6, 5)
_EXPIRY_SIZES: Final = frozenset({(2, 2), (1, 2), (2, 4), (1, 4)})
_MONTHS: Final = 12


@dataclass(frozen=True, slots=True)
class Fragment:
    """The digits of one message in groups of `sizes`. `places` are the offsets of each digit in the message, `gaps` what stands between the groups.

    `unknown` words stand in no list. `is_explained`: its own words say what else the number is. `speaks_of_card` and `speaks_of_ssn`: its own words
    name one. `is_apart`: its digits stand singly. `is_signed`: a sign beside its digits says so too, or may be how its author parts them; of what
    `is_foreign` nothing is held back, it is only looked at for what it completes. `is_shaped` and `is_listed`: alone it reads as a price, a date, a
    time, or as a list, but with the beginning of a number before it, it does not.
    """

    digits: str
    places: tuple[tuple[int, int], ...]
    sizes: tuple[int, ...]
    gaps: tuple[str, ...]
    unknown: int
    is_explained: bool
    is_apart: bool
    is_signed: bool
    is_foreign: bool
    is_shaped: bool
    is_listed: bool
    speaks_of_card: bool
    speaks_of_ssn: bool
    asks_beside_card: bool
    corrects: bool
    is_first: bool
    is_last: bool
    begins_with_digit: bool
    ends_with_digit: bool
    ends_with_dash: bool

    @property
    def is_pure(self) -> bool:
        """Nothing but digits, separators and fillers."""
        return self.unknown == 0

    @property
    def is_near(self) -> bool:
        """Pure, or digits with a word or two that no list knows."""
        return self.unknown <= _NEAR and len(self.digits) > self.unknown

    @property
    def may_begin_card(self) -> bool:
        """Whether alone it is parted as the beginning of a card is; nothing is said of its digits."""
        *before, last = self.sizes
        if not before or self.is_apart:
            return True
        is_amex = len(self.sizes) <= len(_AMEX) and tuple(before) == _AMEX[: len(before)] and last <= _AMEX[len(before)]
        return is_amex or (set(before) == {_FOUR} and last <= _FOUR)

    @property
    def is_one_row(self) -> bool:
        """Whether no word that means something parts its groups: "4242 or 5100" are two numbers."""
        return all(word in say.FILLERS for gap in self.gaps for word in words_of(gap))

    def may_begin_at(self, group: int) -> bool:
        """Whether a number may begin with this group: nobody begins one in the middle of a row of figures."""
        return group == 0 or _has_letter(self.gaps[group - 1])

    def explained(self) -> Fragment:
        """The same digits, as the answer to a question that is not about a card."""
        return replace(self, is_explained=True)

    @property
    def is_expiry(self) -> bool:
        """Month and year."""
        return self.sizes[:2] in _EXPIRY_SIZES and 1 <= int(self.digits[: self.sizes[0]]) <= _MONTHS


def may_hold_digits(text: str) -> bool:
    """Whether a digit may be in it, in figures of any script or in words; quick, and False for nearly all of chat.

    Words are looked for where they could be a fragment: in a message that is not long.
    """
    if _FIGURE.search(text) is not None:
        return True
    short = _squeezed(text)
    if short.isascii():
        return len(short) <= LONGEST and may_say_digits(short)
    return bool(digits_of(short)) if len(short) <= LONGEST else any(map(str.isnumeric, text))


def parse(text: str) -> Fragment | None:
    """The fragment that `text` could be; None for ordinary talk, dates, prices, masked text and whatever has no digits."""
    short = _squeezed(text)
    if len(short) > LONGEST or not may_hold_digits(short):
        return None
    if isinstance(text, MaskedText) and text.findings and _KEPT.search(short) is not None:
        return None
    fragment = _parsed(short)
    if fragment is None or len(short) == len(text):
        return fragment
    return replace(fragment, places=_moved(fragment.places, text))


def _squeezed(text: str) -> str:
    """Without what a long text is padded with between its words."""
    return text if len(text) <= LONGEST else _PADDING.sub(r"\1", text)


def _moved(places: Sequence[tuple[int, int]], text: str) -> tuple[tuple[int, int], ...]:
    """Where these places of the squeezed text are in the text itself."""
    gone, cuts = 0, []
    for match in _PADDING.finditer(text):
        cuts.append((match.end(1) - gone, match.end() - match.end(1)))
        gone += match.end() - match.end(1)
    return tuple(
        (start + sum(size for at, size in cuts if at <= start), end + sum(size for at, size in cuts if at < end))
        for start, end in places
    )


def _parsed(text: str) -> Fragment | None:
    text = _unmarked(_LIST_MARK.sub(r"\1-", text))
    digits = _digits(text)
    if not digits or len(digits) > MOST_DIGITS:
        return None
    spoken = _blanked(text, digits)
    figures = _figures(text, digits)
    is_foreign = any(shape.search(figures) is not None for shape in _OTHER)
    return _made(
        digits,
        spoken,
        is_signed=is_foreign or _EQUALS.search(figures) is not None,
        is_foreign=is_foreign,
        is_shaped=any(shape.search(figures) is not None for shape in _SHAPES),
    )


def _made(digits: Sequence[Digit], spoken: str, *, is_signed: bool, is_foreign: bool, is_shaped: bool) -> Fragment:
    groups = _grouped(digits, spoken)
    gaps = tuple(spoken[one[-1].end : other[0].start] for one, other in pairwise(groups))
    said = words_of(spoken)
    words = frozenset(said)
    card, ssn = speaks_of(spoken)
    beside = bool(words & say.CVV) or bool(words & (say.EXPIRY - say.LABELS))
    known = say.FILLERS | say.CARD | say.SSN | say.CVV | say.EXPIRY
    unknown = sum(word not in known for word in said)
    first, last = digits[0], digits[-1]
    is_apart = _is_apart(digits, groups, gaps)
    return Fragment(
        digits="".join(digit.value for digit in digits),
        places=tuple((digit.start, digit.end) for digit in digits),
        sizes=tuple(map(len, groups)),
        gaps=gaps,
        unknown=unknown,
        is_explained=(bool(words & say.LABELS) or _is_amount(spoken)) and not (card or ssn or beside),
        is_apart=is_apart,
        is_signed=is_signed,
        is_foreign=is_foreign or unknown > _MOST_LOOSE,
        is_shaped=is_shaped and not is_apart,
        is_listed=not is_apart and (_is_listed(gaps, groups) or _ADDRESS.search(spoken) is not None),
        speaks_of_card=card,
        speaks_of_ssn=ssn,
        asks_beside_card=beside,
        corrects=bool(words & say.CORRECTIONS) or spoken.lstrip()[:1] == "*",
        is_first=bool(words & say.FIRST),
        is_last=bool(words & say.LAST),
        begins_with_digit=first.start == 0,
        ends_with_digit=last.end == len(spoken),
        ends_with_dash=spoken[last.end :].strip() == "-",
    )


def _digits(text: str) -> Sequence[Digit]:
    """Its digits, without those that only count others ("the last 4 are"), if any others are there."""
    found = _spoken(text, digits_of(text))
    counted = [match.span() for match in _COUNTED.finditer(_same_length(text))]
    if not counted:
        return found
    others = [digit for digit in found if not any(start <= digit.start < end for start, end in counted)]
    return others or found


def _unmarked(text: str) -> str:
    """Without the digits that number the messages, or count those that follow; offsets are kept."""
    found = list(_MARKED.finditer(_same_length(text)))
    spans = [match.span() for match in found]
    counted = _LAST_OF.search(_same_length(text))
    if counted is not None and int(counted[1]) == len(counted[2]):
        spans.append(counted.span(1))
    chars = list(text)
    for start, end in spans:
        chars[start:end] = [" " if char.isdigit() else char for char in chars[start:end]]
    for match in _MARKED_IN_WORDS.finditer(_same_length(text)):
        start, end = match.span(match.lastindex or 0)
        chars[start:end] = " " * (end - start)
    return "".join(chars)


def _spoken(text: str, found: Sequence[Digit]) -> Sequence[Digit]:
    """Without number words that are articles or quantities: those that stand alone beside figures or other words."""
    if all(digit.end - digit.start == 1 for digit in found):
        return found
    alone = say.CONNECTING.issuperset(words_of(_blanked(text, found)))
    is_row = len({digit.start for digit in found}) >= _FEWEST_OF_ROW
    rows: list[list[Digit]] = []
    for digit in found:
        is_next = bool(rows) and text[rows[-1][-1].end : digit.start].isspace()
        if not rows or (not is_next and rows[-1][-1].start != digit.start):
            rows.append([])
        rows[-1].append(digit)
    return [
        digit
        for row in rows
        for digit in row
        if (alone and (is_row or not say.ARTICLES & {*words_of(text)}))
        or digit.end - digit.start == 1
        or len({other.start for other in row}) >= _FEWEST_WORDS
    ]


def _same_length(text: str) -> str:
    """In lower case and without accents, offsets kept."""
    if text.replace(BULLET, "").isascii():  # what is masked has bullets, which are nothing but themselves
        return text.lower()
    folded = (unicodedata.normalize("NFKD", char)[:1].lower()[:1] or " " for char in text)
    return "".join(folded)


def _blanked(text: str, digits: Sequence[Digit]) -> str:
    """The words of the message, its digits (which may be words) as figures."""
    chars = list(text)
    for digit in digits:
        chars[digit.start : digit.end] = ["0"] * (digit.end - digit.start)
    return "".join(chars)


def _figures(text: str, digits: Sequence[Digit]) -> str:
    """The message with ASCII figures, wherever a digit is one character."""
    chars = list(text)
    for digit in digits:
        if digit.end - digit.start == 1:
            chars[digit.start] = digit.value
    return "".join(chars)


def _grouped(digits: Sequence[Digit], spoken: str) -> list[list[Digit]]:
    """Digits that stand together; those in words are one group as long as only spaces part them."""
    groups: list[list[Digit]] = []
    for digit in digits:
        if not groups or _parts(groups[-1][-1], digit, spoken):
            groups.append([])
        groups[-1].append(digit)
    return groups


def _is_listed(gaps: Sequence[str], groups: Sequence[Sequence[Digit]]) -> bool:
    """Whether commas and brackets part its groups; groups of four with nothing but a comma between them are a card's."""
    if all(gap == "," for gap in gaps) and all(len(group) == _FOUR for group in groups):
        return False
    return any(_LISTED.search(gap) is not None for gap in gaps)


def _is_apart(digits: Sequence[Digit], groups: Sequence[Sequence[Digit]], gaps: Sequence[str]) -> bool:
    """Whether it is one number whose digits stand singly, with the same mark between all of them; who counts, types no number."""
    if len(groups) < _FEWEST_SINGLES or len(groups) < len(digits) or len({gap.strip() for gap in gaps}) > 1:
        return False
    if gaps[0].strip() not in _BETWEEN_SINGLES:
        return False
    steps = {int(other.value) - int(one.value) for one, other in pairwise(digits)}
    return steps not in ({1}, {-1})


def _is_amount(spoken: str) -> bool:
    return _AMOUNT.search(_same_length(spoken)) is not None


def _parts(one: Digit, other: Digit, spoken: str) -> bool:
    between = spoken[one.end : other.start]
    if not between:
        return False
    is_word = one.end - one.start > 1 or other.end - other.start > 1
    return not (is_word and between.isspace())


def _has_letter(gap: str) -> bool:
    return WORD.search(gap) is not None
