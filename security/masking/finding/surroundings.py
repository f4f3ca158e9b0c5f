"""The words and marks around a number that speak for or against its being a secret."""

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import cache
from typing import Final, NamedTuple

from security.masking.reading.prefilter import CARD_WORDS, SSN_WORDS
from security.masking.reading.views import plain
from security.masking.tables import tables

_BEFORE: Final = 90  # characters before a number in which a word speaks for it
_AFTER: Final = 45
_LABEL_REACH: Final = 45
_LABEL_AFTER: Final = 30
_CONTEXT_LENGTH: Final = 1_000
_HASH_REACH: Final = 64
_HASH_LENGTH: Final = 24
_HASH_LETTERS: Final = 4
_IBAN_REACH: Final = 40
_LONGEST_PHRASE: Final = 40
NO_SPACES: Final = "\u0590"  # Hebrew and what comes after it: words of these scripts are looked for in longer ones
_LETTERS: Final = re.compile(f"(?:[a-z][^a-z]*+){{{_HASH_LETTERS}}}")
_HEX: Final = re.compile("[0-9a-f-]*+")
_WORD: Final = re.compile(r"[^\W\d_]+")
_ASCII_WORD: Final = re.compile("[a-z]+")
_SENTENCE_ENDS: Final = re.compile(r"[!?\n;]|[^\W\d_]{4,}\. ")
_LABEL_ENDS: Final = re.compile(r"[!?\n;]|[^\W\d_]{4,}\. |[0-9]{3,}|\u2022")
_MAY_END: Final = re.compile("[!?\n;.0-9\u2022]")
_UUID: Final = re.compile(r"(?<![0-9a-z])[0-9a-f]{8}-(?:[0-9a-f]{4}-){3}[0-9a-f]{12}(?![0-9a-z])")
_UUID_LENGTH: Final = 36
_UNLESS: Final = {
    "social": re.compile(r"\W+(?:insurance|media|networks?|workers?|club|events?|care|services?)(?![a-z])")
}
_LABELS: Final = {"hard", "soft"}
_HINTS: Final = {"card": CARD_WORDS, "ssn": SSN_WORDS}
_GLUED: Final = (("card", "card"), ("visa", "card"), ("credit", "card"), ("ssn", "ssn"), ("social", "ssn"))
_SAYS: Final = re.compile(r"[\s\"')\]]{0,3}(?:(?:is|was|being|as|ist|war|es|est|e)\b|\(|=)")
_IBAN_HEAD: Final = re.compile("[a-z][0-9]")
_IBAN: Final = re.compile("(?<![a-z0-9])[a-z]{2}[0-9]{2}(?: ?[0-9a-z]){11,30}")


class Said(NamedTuple):
    """What the words near a number say of it: kinds of the lexicon."""

    near: frozenset[str]
    labels: frozenset[str]


class _Lexicon(NamedTuple):
    """Single words · phrases by their last word · parts of words, for scripts that put no spaces between words · the words that any of these end with."""

    single: dict[str, tuple[str, ...]]
    phrases: dict[str, tuple[tuple[str, str], ...]]
    parts: tuple[tuple[str, str], ...]
    known: frozenset[str]


@cache
def _lexicon() -> _Lexicon:
    single: dict[str, list[str]] = {}
    phrases: dict[str, list[tuple[str, str]]] = {}
    parts = []
    for kind, words in tables().lexicon.items():
        for word in words:
            folded = plain(word).text
            if " " in folded:
                phrases.setdefault(folded.rpartition(" ")[2], []).append((folded, kind))
            elif folded >= NO_SPACES:
                parts.append((folded, kind))
            else:
                single.setdefault(folded, []).append(kind)
    # A phrase whose last word says the same by itself ("credit card") is none to be looked for.
    for last in phrases.keys() & single.keys() - _UNLESS.keys():
        phrases[last] = [(phrase, kind) for phrase, kind in phrases[last] if kind not in single[last]]
    return _Lexicon(
        {word: tuple(kinds) for word, kinds in single.items()},
        {word: tuple(found) for word, found in phrases.items() if found},
        tuple(parts),
        frozenset((*single, *phrases)),
    )


def spoken(text: str) -> list[tuple[str, int]]:
    """The kinds of words in a folded text, each with where its last word begins; in no order."""
    single, phrases, parts, known = _lexicon()
    is_ascii = text.isascii()
    said = []
    # Most words around a number are none of these, which one look at all of them says; only the others are looked for.
    for word in known.intersection((_ASCII_WORD if is_ascii else _WORD).findall(text)):
        for match in _standing(word).finditer(text):
            start, end = match.span()
            if word in single and not (word in _UNLESS and _UNLESS[word].match(text, end)):
                said += [(kind, start) for kind in single[word]]
            if word in phrases:
                before = " ".join(_WORD.findall(text[max(0, start - _LONGEST_PHRASE) : end]))
                for phrase, kind in phrases[word]:
                    if before.endswith(phrase) and not before[: -len(phrase)][-1:].isalpha():
                        said.append((kind, start))
    if not is_ascii and max(text) >= NO_SPACES:
        for match in _WORD.finditer(text):
            if (word := match.group()) >= NO_SPACES:
                said += [(kind, match.start()) for part, kind in parts if part in word]
    return said


@cache
def _standing(word: str) -> re.Pattern[str]:
    """The word by itself. It is named first, so that it is looked for as plain text."""
    return re.compile(rf"{word}(?<![^\W\d_]{word})(?![^\W\d_])")


@cache
def _last_words(kinds: frozenset[str]) -> frozenset[str]:
    """Words that name one of `kinds`, alone or at the end of a phrase."""
    single, phrases, *_ = _lexicon()
    alone = (word for word, found in single.items() if not kinds.isdisjoint(found))
    return frozenset([*alone, *(word for word, found in phrases.items() if any(kind in kinds for _, kind in found))])


def spoken_of(text: str, kinds: frozenset[str]) -> frozenset[str]:
    """Which of `kinds` the words of a folded text name: `spoken()` for who asks of a few, most often in vain."""
    words = _WORD.findall(text)
    if _last_words(kinds).isdisjoint(words) and max(words, default="") < NO_SPACES:
        return frozenset()
    return kinds.intersection(kind for kind, _ in spoken(text))


@dataclass(slots=True)
class Conversation:
    """The messages before, and the kinds of words in them."""

    messages: Sequence[str] = ()
    _kinds: frozenset[str] | None = None

    def speaks_of(self, kind: str) -> bool:
        """Whether a word of `kind` was said before."""
        if not self.messages:
            return False
        if self._kinds is None:
            texts = (plain(message[-_CONTEXT_LENGTH:]).text for message in self.messages)
            self._kinds = frozenset(kind for text in texts for kind, _ in spoken(text))
        return kind in self._kinds


@dataclass(slots=True)
class Surroundings:
    """One view's text in class letters, with the conversation before it."""

    text: str
    conversation: Conversation
    hints: frozenset[int] = frozenset((CARD_WORDS, SSN_WORDS))
    _backwards: str = ""

    def anywhere(self, kind: str) -> bool:
        """Whether a word of `kind` may stand anywhere in the text, or was said in the messages before."""
        return _HINTS[kind] in self.hints or self.conversation.speaks_of(kind)

    def said(self, start: int, end: int, labelled: int | None) -> Said:
        """The words that speak of the number at `start:end`; labels are those before `labelled`, and right behind."""
        before = self.text[max(0, start - _BEFORE) : start]
        said = spoken(before)
        near = {kind for kind, _ in said}
        labels: set[str] = set()
        if labelled is not None and (labelled != start or said):
            labels.update(self._labels(labelled, before if labelled == start else None, said))
        if before[-1:].isalpha():
            near.update(self._glued(before))
            labels.update(near if labelled == start else ())
        after = self.text[end : end + _AFTER]
        says = _SAYS.match(after)
        for kind, place in spoken(after):
            near.add(kind)
            if says and place < _LABEL_AFTER and _SENTENCE_ENDS.search(after, 0, place) is None:
                labels.add(kind)
        return Said(frozenset(near), frozenset(labels))

    def _labels(self, start: int, heard: str | None, said: Sequence[tuple[str, int]]) -> Iterator[str]:
        """The kinds of words in the sentence before `start` and behind the last number in it; `said` are those of `heard`.

        A hard label has to be close: with more than one word in between that is none of a label's, it names
        something else ("IMEI is blocked, so refund to ...").
        """
        sentence = self.text[max(0, start - _LABEL_REACH) : start]
        if _MAY_END.search(sentence):
            ends = [match.end() for match in _LABEL_ENDS.finditer(sentence)]
            sentence = sentence[ends[-1] :] if ends else sentence
        for kind, place in said if sentence == heard else spoken(sentence):
            if kind != "hard" or _is_close(sentence[place:]):
                yield kind

    def _glued(self, before: str) -> Iterator[str]:
        """The kinds that a word without spaces ends with or holds: "mycardis4242"."""
        word = _WORD.findall(before)[-1]
        return (kind for part, kind in _GLUED if part in word)

    def before(self, start: int) -> str:
        """The class letter before a number; empty at the beginning."""
        return self.text[start - 1 : start]

    def after(self, end: int) -> str:
        """The class letter after a number; empty at the end."""
        return self.text[end : end + 1]

    def is_fraction(self, start: int) -> bool:
        """Whether figures and a decimal point stand before it."""
        return self.before(start) in (".", ",") and self.before(start - 1).isdecimal()

    def is_in_hash(self, start: int, end: int) -> bool:
        """Whether it is part of a long hexadecimal word: a digest or a UUID."""
        if not self._backwards:
            self._backwards = self.text[::-1]
        back = len(self.text) - start
        left = start - len(_hex_word(self._backwards, back))
        right = end + len(_hex_word(self.text, end))
        return right - left >= _HASH_LENGTH and _LETTERS.search(self.text, left, right) is not None

    def is_in_uuid(self, start: int, end: int) -> bool:
        """Whether a UUID shares digits with it."""
        low = max(0, start - _UUID_LENGTH)
        found = _UUID.finditer(self.text, low, end + _UUID_LENGTH)
        return any(match.start() < end and start < match.end() for match in found)

    def is_in_iban(self, start: int, end: int) -> bool:
        """Whether a valid IBAN spans it (ISO 13616: mod 97)."""
        low = max(0, start - _IBAN_REACH)
        if _IBAN_HEAD.search(self.text, low, start + 2) is None:
            return False
        for match in _IBAN.finditer(self.text, low, end + _IBAN_REACH):
            if match.start() <= start and match.end() >= end and _holds_iban(match.group().replace(" ", "")):
                return True
        return False


def _is_close(text: str) -> bool:
    """Whether a label, with which `text` begins, is followed by hardly anything but words of labels."""
    between, single = tables().between, _lexicon().single
    others = [word for word in _WORD.findall(text)[1:] if word not in between and not _LABELS & {*single.get(word, ())}]
    return len(others) < 2  # noqa: PLR2004


def _holds_iban(text: str) -> bool:
    """Whether some beginning of it is an IBAN: what follows may be a word of the sentence."""
    head = "".join(str(int(char, 36)) for char in text[:4])
    value = 0
    for place, char in enumerate(text[4:], 5):
        value = (value * (100 if char.isalpha() else 10) + int(char, 36)) % 97
        if place >= 15 and (value * 10 ** len(head) + int(head)) % 97 == 1:  # noqa: PLR2004 - the shortest IBAN
            return True
    return False


def _hex_word(text: str, start: int) -> str:
    found = _HEX.match(text, start, start + _HASH_REACH)
    return found.group() if found else ""
