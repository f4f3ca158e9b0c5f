"""Numbers that nobody may find: each entry of the platform is given its own, so that a find names the way by which it came in.

Of a card the last four digits may be shown; what is looked for is the twelve before them. All begin alike, so one pass finds any of them.
"""

from __future__ import annotations

import base64
import re
from collections.abc import Callable, Iterator
from typing import Final

STEM: Final = "45392718"
PLANTED_STEM: Final = "45391627"
"""Of those that the scan is tried with: what a table once held stays in its file and in the WAL."""
SSN_STEM: Final = "53690"
STAFF: Final = "EMP-7310"
"""How the organisation's own numbers begin, six digits each."""

_FULL_WIDTH = {str(n): chr(0xFF10 + n) for n in range(10)}
_ARABIC = {str(n): chr(0x0660 + n) for n in range(10)}
_DEVANAGARI = {str(n): chr(0x0966 + n) for n in range(10)}
_BOLD = {str(n): chr(0x1D7CE + n) for n in range(10)}
_KEY_CAPS = {str(n): f"{n}\ufe0f\u20e3" for n in range(10)}
SCRIPTS: Final = (_FULL_WIDTH, _ARABIC, _DEVANAGARI, _BOLD)
WORDS: Final = ("zero", "one", "two", "three", "four", "five", "six", "seven", "eight", "nine")

_GAP = rb"[^0-9A-Za-z]{0,8}"
_NO_FIGURES: Final = bytes(set(range(256)) - set(b"0123456789"))
_ESCAPES = (
    (b"%3", re.compile(rb"%(?:25)?([0-9A-Fa-f]{2})")),
    (b"%253", re.compile(rb"%25([0-9A-Fa-f]{2})")),
    (b"\\u003", re.compile(rb"\\u00([0-9A-Fa-f]{2})")),
    (b"&#x3", re.compile(rb"&#x([0-9A-Fa-f]{2});")),
    (b"=3", re.compile(rb"=([0-9A-F]{2})")),
)
_IDS = re.compile(rb"[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}|(?=[0-9]*[a-f])[0-9a-f]{32,}")
"""Ids and digests: of thousands, one spells nine figures by chance. What is written down in base 16 is looked for apart."""
_NEAR: Final = 80
_ENTITY = re.compile(rb"&#0?([0-9]{2,3});")


class Canaries:
    """Made on demand, known by their entries."""

    def __init__(self, stem: str = STEM) -> None:
        self._stem = stem
        self._entries: dict[str, str] = {}
        self._pieces: dict[str, str] = {}
        self._spelled = re.compile(rb"[^a-z]{1,4}".join(WORDS[int(digit)].encode() for digit in stem))
        self._patterns = {
            start: re.compile(_GAP.join(digit.encode() for digit in start) + (_GAP + rb"([0-9])") * 4)
            for start in (stem, SSN_STEM)
        }

    def card(self, entry: str) -> str:
        """`4539 2718 0001 2344`, a number that satisfies Luhn."""
        digits = f"{self._stem}{self._number(entry)}{len(self._entries) * 37 % 1000:03}"
        digits += next(str(last) for last in range(10) if _holds(f"{digits}{last}"))
        return " ".join(digits[place : place + 4] for place in range(0, 16, 4))

    def plain(self, entry: str) -> str:
        """Without spaces."""
        return self.card(entry).replace(" ", "")

    def ssn(self, entry: str) -> str:
        return f"{SSN_STEM[:3]}-{SSN_STEM[3:]}-{self._number(entry)}"

    def pieces(self, entry: str) -> tuple[str, str, str]:
        """A card for three messages: of the first, five digits, an agent may see all until it goes on; of the second nothing, ever."""
        plain = self.plain(entry)
        middle = f"{plain[5:8]} {plain[8:12]} {plain[12]}"
        self._pieces[middle] = entry
        return f"{plain[:4]} {plain[4]}", middle, plain[13:]

    def halves(self, entry: str) -> tuple[str, str]:
        """A social security number for two messages, of the first of which an agent may see nothing."""
        ssn = self.ssn(entry)
        said = f"my ssn is {ssn[:6]}"
        self._pieces[said] = entry
        return said, ssn[7:]

    def staff(self, entry: str) -> str:
        """One of the organisation's own shape."""
        return f"{STAFF}{int(self._number(entry)) % 100:02}"

    def written(self, entry: str) -> Iterator[str]:
        """The same card as people and programs write it."""
        card = self.card(entry)
        plain = card.replace(" ", "")
        yield from (card, plain, card.replace(" ", "-"), card.replace(" ", "."), "\u200b".join(plain), " ".join(plain))
        for script in (*SCRIPTS, _KEY_CAPS):
            yield "".join(script.get(char, char) for char in card)

    def spoken(self, entry: str) -> str:
        return " ".join(WORDS[int(digit)] for digit in self.plain(entry))

    def found(self, content: bytes) -> set[str]:
        """The entries whose canary `content` holds, in whichever way it is written down."""
        hits: set[str] = set()
        for reading in _readings(content, self._stem):
            hits |= self._in_figures(reading)
            if b"seven" in (lower := reading.lower()) and self._spelled.search(lower):
                hits.add("a number in words")
            if STAFF.encode() in reading or STAFF.encode("utf-16-le") in reading:
                hits.add("an organisation's own number")
        for piece, entry in self._pieces.items():
            if piece.encode() in content or any(window in content for window in _windows(piece)):
                hits.add(entry)
        if _is_encoded(
            self._stem, content
        ):  # the stem alone: a look at each number's twelve digits only where that is there
            hits |= {entry for number, entry in self._entries.items() if _is_encoded(self._stem + number, content)}
        return hits

    def _in_figures(self, reading: bytes) -> set[str]:
        figures = reading.translate(None, _NO_FIGURES)
        numbers: set[str] = set()
        for stem, pattern in self._patterns.items():
            if stem.encode() in figures:
                found = set(_numbers(pattern, reading))
                # Of a card's stem any number is a find; the other is short enough for chance.
                numbers |= found if stem == self._stem else found & self._entries.keys()
        return {self._entries.get(number, f"a number that nobody was given: {number}") for number in numbers}

    def _number(self, entry: str) -> str:
        known = {name: number for number, name in self._entries.items()}
        if entry not in known:
            known[entry] = f"{len(known) + 1:04}"
            self._entries[known[entry]] = entry
        return known[entry]


def forms(text: str) -> dict[str, bytes]:
    """How a text could be written down; each must be found again."""
    return {
        "plain": text.encode(),
        "utf-16": text.encode("utf-16-le"),
        "utf-16 big": text.encode("utf-16-be"),
        "hex": text.encode().hex().encode(),
        "HEX": text.encode().hex().upper().encode(),
        "percent": "".join(f"%{byte:02X}" for byte in text.encode()).encode(),
        "percent twice": "".join(f"%25{byte:02X}" for byte in text.encode()).encode(),
        "json": "".join(f"\\u{ord(char):04x}" for char in text).encode(),
        "entities": "".join(f"&#{ord(char)};" for char in text).encode(),
        "hex entities": "".join(f"&#x{ord(char):x};" for char in text).encode(),
        "quoted": "".join(f"={byte:02X}" for byte in text.encode()).encode(),
        **{f"base64 {shift}": base64.b64encode(b"x" * shift + text.encode() + b"yy") for shift in range(3)},
        **{
            f"script {number} {encoding}": "".join(script.get(char, char) for char in text).encode(encoding)
            for number, script in enumerate((*SCRIPTS, _KEY_CAPS))
            for encoding in ("utf-8", "utf-16-le")
        },
    }


def _readings(content: bytes, stem: str) -> Iterator[bytes]:
    yield content
    for mark, pattern in _ESCAPES:
        if mark in content:
            yield pattern.sub(lambda match: bytes.fromhex(match[1].decode()), content)
    if b"&#" in content:
        yield _ENTITY.sub(lambda match: bytes([int(match[1]) % 256]), content)
    for script in SCRIPTS:
        for encoding in ("utf-8", "utf-16-le", "utf-16-be"):
            if all(script[digit].encode(encoding) in content for digit in stem):
                reading = content
                for digit, char in script.items():
                    reading = reading.replace(char.encode(encoding), digit.encode())
                yield reading


def _numbers(pattern: re.Pattern[bytes], reading: bytes) -> Iterator[str]:
    """What follows each stem that is not part of an id."""
    for found in pattern.finditer(reading):
        around = _IDS.sub(b"?", reading[max(0, found.start() - _NEAR) : found.end() + _NEAR])
        yield from (b"".join(match.groups()).decode() for match in pattern.finditer(around))


def _is_encoded(digits: str, content: bytes) -> bool:
    grouped = " ".join(digits[place : place + 4] for place in range(0, len(digits), 4))
    return any(window in content for text in (digits, grouped, grouped.replace(" ", "-")) for window in _windows(text))


def _windows(text: str) -> Iterator[bytes]:
    """Hex, and what base64 makes of the middle of it wherever it begins."""
    raw = text.encode()
    yield raw.hex().encode()
    yield raw.hex().upper().encode()
    for shift in range(3):
        encoded = base64.b64encode(b"\0" * shift + raw)
        yield encoded[-(-shift * 8 // 6) : (shift + len(raw)) * 8 // 6]


def _holds(digits: str) -> bool:
    doubled: Callable[[int], int] = lambda digit: digit * 2 - 9 * (digit > 4)  # noqa: E731
    return sum(doubled(int(d)) if place % 2 else int(d) for place, d in enumerate(reversed(digits))) % 10 == 0
