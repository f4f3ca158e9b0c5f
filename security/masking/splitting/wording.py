"""What the words of a message speak of: a card, a social security number, something else, or that its author is still looking."""

from __future__ import annotations

import re
import unicodedata
from typing import Final, NamedTuple

from security.masking.finding.surroundings import spoken_of
from security.masking.reading.views import plain as view
from security.masking.render import BULLET
from security.masking.splitting import vocabulary as say

WORD: Final = re.compile(r"[^\W\d_]+(?:['’][^\W\d_]+)?")
_ENDS: Final = 500
_FEWEST_OF_TALK: Final = 4  # fewer words are an interjection
_SSN_WORD: Final = re.compile(
    rf"\b(?:{'|'.join(say.SSN_BEFORE)})\b(?=\s*(?:$|[?:.,#!\d-]|(?:is|number|no|security|sec|please|last|first|digits|for|to|then|again)\b))"
)
_KINDS: Final = frozenset({"card", "ssn"})
_SOCIAL: Final = "social "
_SOCIAL_LIFE: Final = re.compile(r"\bsocial (?!sec)(?=[a-z])")  # of what else is social there is no list
_ANNOUNCED: Final = re.compile(
    r"(?:\d|:|\b(?:is|number|no|es|est|ist|lautet|numero|número|numéro|nummer))\W*$", re.IGNORECASE
)


def words_of(text: str) -> list[str]:
    """Its words in lower case without accents and apostrophes."""
    said = plain(text)
    words = WORD.findall(said)
    if "'" not in said and "’" not in said:
        return words
    return [word.replace("'", "").replace("’", "") for word in words]


def plain(text: str) -> str:
    """In lower case and without accents; offsets are lost. Of a long text its beginning and its end: what is asked stands there."""
    if len(text) > 2 * _ENDS:
        text = f"{text[:_ENDS]} {text[-_ENDS:]}"
    lowered = text.casefold()
    if lowered.replace(BULLET, "").isascii():  # what is masked has bullets, which are nothing but themselves
        return lowered
    return "".join(char for char in unicodedata.normalize("NFKD", lowered) if not unicodedata.combining(char))


class Speaks(NamedTuple):
    """What the words of one text name."""

    of_card: bool
    of_ssn: bool


def speaks_of(text: str) -> Speaks:
    """Whether its words name a card with which one pays, and whether they name a social security number; both for one look at its words."""
    said = plain(text)
    words, kinds = words_of(said), _kinds(said)
    if " card" in said:
        for other in say.NOT_CARD:
            said = said.replace(other, "")
        of_card = not say.SPEAKS_OF_CARD.isdisjoint(words_of(said)) or "card" in _kinds(said)
        said = plain(text)
    else:
        of_card = not say.SPEAKS_OF_CARD.isdisjoint(words) or "card" in kinds
    of_ssn = any(phrase in said for phrase in say.SSN_PHRASES) or not say.SSN.isdisjoint(words)
    if not of_ssn:
        others = _kinds(_SOCIAL_LIFE.sub("", said)) if _SOCIAL in said else kinds
        of_ssn = "ssn" in others or (
            any(word in said for word in say.SSN_BEFORE) and _SSN_WORD.search(said) is not None
        )
    return Speaks(of_card, of_ssn)


def speaks_of_ssn(text: str) -> bool:
    """Whether its words name a social security number: what names one to the engine does so here."""
    return speaks_of(text).of_ssn


def speaks_of_card(text: str) -> bool:
    """Whether its words name a card with which one pays."""
    return speaks_of(text).of_card


def _kinds(said: str) -> frozenset[str]:
    """Which of both the words and phrases of the engine's lexicon name."""
    return spoken_of(view(said).text, _KINDS)


def asks_for_code(text: str) -> bool:
    """Whether its words name the code on the back of a card."""
    said = words_of(text)
    return not say.CVV_QUESTION.isdisjoint(said) or ("security" in said and "code" in said)


def explains(text: str) -> bool:
    """Whether a question in these words is answered with a number that is no secret."""
    if any(speaks_of(text)) or asks_for_code(text):
        return False
    said = plain(text)
    return not say.LABELS.isdisjoint(words_of(said)) or any(phrase in said for phrase in say.QUESTIONS)


def announces(text: str) -> bool:
    """Whether it says what the digits at its end, or the next message, are: "my phone is 415", "order number:"."""
    is_short = len(words_of(text)) < _FEWEST_OF_TALK and not any(char.isdigit() for char in text)
    return (is_short or _ANNOUNCED.search(text) is not None) and explains(text)


def changes_subject(text: str) -> bool:
    """Whether it is ordinary talk; nobody who looks for the rest of his number speaks so."""
    said = words_of(text)
    if len(said) < _FEWEST_OF_TALK or any(speaks_of(text)):
        return False
    return say.INTERLUDES.isdisjoint(said) and any(word not in say.FILLERS for word in said)
