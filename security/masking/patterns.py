"""A tenant's own patterns, compiled with RE2: linear time whatever the tenant or the visitor writes.

Python's `re` is never used for them, since one hostile pattern would stop a process. Linear is not quick: an expression
that is in many of its places at once, as `[ab]*a[ab]{100}c` is, costs so many steps a character. Rule: steps are counted
(`Pattern.steps`), and bounded for each message (`effort`) and for all patterns together (`policy`). Phrases and formats
have none: they are in few places at once, and RE2 remembers these. Proof: tests/security/masking/test_slow_patterns.py.
"""

from collections.abc import Iterator
from dataclasses import dataclass, field
from functools import cache
from typing import Any, Final, Literal

import re2

from security.masking.effort import COVERED, MATCH, SEARCH, Matching
from security.masking.tables import tables

MAX_CHARACTERS: Final = 300
MAX_PHRASES: Final = 100
MAX_PROGRAM: Final = 3_000
MAX_MEMORY: Final = 1 << 20
MAX_LABEL: Final = 40
MAX_LABEL_DIGITS: Final = 4
MAX_KEPT: Final = 4
_SEPARATORS: Final = "- \u00a0\u2010\u2011\u2012\u2013\u2014\u2015\u2212"


class PatternRefused(ValueError):
    """The pattern is not used; `reason` is a sentence for the admin, `about` the field that he changes then."""

    def __init__(self, reason: str, *, about: str = "value") -> None:
        super().__init__(reason)
        self.reason = reason
        self.about = about


@dataclass(frozen=True, slots=True)
class Pattern:
    """`phrase`: a tuple of texts, any case · `format`: `#` is a digit, the rest literal · `regex`: RE2 syntax.

    A format is read in any case, and a hyphen or space of it as any of these; where it has letters, as none as well.

    What matches becomes `[label]` (the name, if no label is given), or bullets and its last `keep_last` letters and
    digits; `PatternRefused` at construction.
    """

    name: str
    kind: Literal["phrase", "format", "regex"]
    value: str | tuple[str, ...]
    label: str = ""
    keep_last: int = 0
    expression: str = field(init=False, repr=False, compare=False)
    steps: int = field(init=False, repr=False, compare=False)
    _compiled: Any = field(init=False, repr=False, compare=False)

    def __post_init__(self) -> None:
        object.__setattr__(self, "label", self.label or self.name)
        _check_label(self.label)
        if not 0 <= self.keep_last <= MAX_KEPT:
            raise PatternRefused(f"At most the last {MAX_KEPT} characters can be kept.")
        object.__setattr__(self, "expression", self._expression())
        object.__setattr__(self, "_compiled", _compile(self.expression))
        object.__setattr__(self, "steps", _steps(self.expression, self.size) if self.kind == "regex" else 0)

    @property
    def size(self) -> int:
        """How many instructions its program has."""
        return int(self._compiled.programsize)

    @property
    def token(self) -> str:
        """What stands in the text instead of a match."""
        return f"[{self.label}]"

    def spans(self, text: str, matching: Matching) -> Iterator[tuple[int, int]]:
        """Where it matches, left to right, without overlap; phrases and formats only as whole words."""
        matching.spend(SEARCH, self.token, steps=len(text) * self.steps)
        for match in self._compiled.finditer(text):
            start, end = match.span()
            matching.spend(MATCH + (end - start) // COVERED, self.token)
            if start < end and (self.kind == "regex" or _is_whole(text, start, end)):
                yield start, end

    def _expression(self) -> str:
        values = (self.value,) if isinstance(self.value, str) else tuple(self.value)
        if self.kind != "phrase" and len(values) != 1:
            raise PatternRefused("The pattern must be one text.")
        if not values or len(values) > MAX_PHRASES:
            raise PatternRefused(f"Give between 1 and {MAX_PHRASES} phrases.")
        if any(len(value) > MAX_CHARACTERS for value in values):
            raise PatternRefused(f"The pattern is longer than {MAX_CHARACTERS} characters.")
        if any(not value.strip() for value in values):
            raise PatternRefused("The pattern is empty.")
        match self.kind:
            case "phrase":
                # Longest first: RE2 takes the first alternative that fits.
                ordered = sorted(values, key=len, reverse=True)
                return "(?i)" + "|".join(re2.escape(value) for value in ordered)
            case "format":
                _check_format(values[0])
                # Without a letter only the separators tell "12-34" from the year 1234.
                has_letters = any(char.isalpha() for char in values[0])
                return "(?i)" + "".join(_read_as(char, has_letters) for char in values[0])
            case "regex":
                return values[0]
        raise PatternRefused("The kind must be phrase, format or regex.")


def _check_format(value: str) -> None:
    if "\n" in value or "\r" in value:
        raise PatternRefused("A format is one line: add a rule for each.")
    if "#" not in value:
        raise PatternRefused("A format needs at least one #, which stands for a digit. A fixed text is a phrase.")


def _read_as(char: str, may_lack_separators: bool) -> str:
    """A character of a format: few people write a number as it is printed, so case and separators are free."""
    if char in _SEPARATORS:
        return f"[{_SEPARATORS}]" + "?" * may_lack_separators
    return "[0-9]" if char == "#" else str(re2.escape(char))


def read_digits(text: str) -> str:
    """`text` with digits of every script as figures: what patterns and allow-lists are compared with."""
    return text if text.isascii() or not _foreign_digits().search(text) else text.translate(tables().digits)


@cache
def _foreign_digits() -> Any:
    return re2.compile("[" + "".join(f"\\x{{{code:x}}}" for code in sorted(tables().digits)) + "]")


def _compile(expression: str) -> Any:
    try:
        expression.encode()
        compiled = re2.compile(expression, options=_options())
    except UnicodeEncodeError:
        raise PatternRefused("The pattern holds a broken character.") from None
    except re2.error as error:
        raise PatternRefused(_said_of(error.args[0])) from None
    if compiled.programsize > MAX_PROGRAM:
        raise PatternRefused("The pattern is too complex.")
    if compiled.search("") or compiled.search(" "):
        raise PatternRefused("The pattern matches an empty text or a single space, so it would hide everything.")
    return compiled


def _options() -> Any:
    options = re2.Options()
    options.max_mem = MAX_MEMORY
    options.log_errors = False
    return options


def _steps(expression: str, size: int) -> int:
    """In how many of its places the program may be at once, at most.

    In UTF-8 a class of characters has a place for each byte of them, of which one is taken at a time: where the
    expression names nothing beyond Latin-1, the program for that is what counts.
    """
    if not expression.isascii() or _NAMES_OTHERS.search(expression):
        return size
    options = _options()
    options.encoding = re2.Options.Encoding.LATIN1
    try:
        return min(size, int(re2.compile(expression.encode(), options=options).programsize))
    except re2.error:
        return size


_NAMES_OTHERS: Final = re2.compile(r"\\(?:[pP]|x\{)")  # of classes that are empty in Latin-1 nothing would be counted
_REASONS: Final = (
    (re2.compile(r"too large"), "The pattern is too complex."),
    (
        re2.compile(r"invalid perl operator: \(\?[=!<P]|invalid escape sequence: \\[1-9kg]"),
        "The pattern is not valid: look-around and back-references are not supported.",
    ),
    (re2.compile(r"(missing|unexpected) [\])]"), "The pattern is not valid: a bracket is missing."),
    (re2.compile(r"repetition"), "The pattern is not valid: something is repeated too often, or nothing is repeated."),
)


def _said_of(error: bytes | str) -> str:
    """RE2's words as a sentence that says what to change."""
    told = error.decode(errors="replace") if isinstance(error, bytes) else error
    return next((reason for sign, reason in _REASONS if sign.search(told)), "The pattern is not valid.")


def _check_label(label: str) -> None:
    if not label or len(label) > MAX_LABEL:
        raise PatternRefused(f"The label must have between 1 and {MAX_LABEL} characters.", about="label")
    if not label.isprintable() or any(char in "[]•" for char in label):
        raise PatternRefused("The label may not hold brackets, dots of masking or control characters.", about="label")
    if sum(char.isdigit() for char in label) > MAX_LABEL_DIGITS:
        # A label is written into the masked text, where a longer number would be looked at again.
        raise PatternRefused("The label may hold at most 4 digits.", about="label")


def _is_whole(text: str, start: int, end: int) -> bool:
    """Whether no letter or digit touches the match where the match itself ends with one."""
    left = start > 0 and text[start - 1].isalnum() and text[start].isalnum()
    right = end < len(text) and text[end].isalnum() and text[end - 1].isalnum()
    return not (left or right)
