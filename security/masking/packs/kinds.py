"""What a pack is."""

import re
from collections.abc import Callable, Iterator
from functools import partial
from typing import NamedTuple

from security.masking.finding.surroundings import Surroundings
from security.masking.reading.scan import Candidate
from security.masking.reading.views import View

Find = Callable[[View, Surroundings], Iterator[Candidate]]


class Pack(NamedTuple):
    """A detector by its name, with a sentence for the admin, and the source of its rule."""

    name: str
    hides: str
    source: str
    hint: str
    find: Find


def found(pack: str, view: View, start: int, end: int, *reasons: str) -> Candidate:
    """A candidate of a pack at `start:end` of the view's text."""
    digits = "" if view.is_literal else re.sub("[^0-9]", "", view.text[start:end]) or "0"
    return Candidate(pack, view.starts[start], view.ends[end - 1], pack, partial(tuple, reasons), 0, digits)


def words_before(view: View, start: int, reach: int = 40) -> str:
    """What stands before a number in its sentence."""
    return view.text[max(0, start - reach) : start]


def says(words: re.Pattern[str], view: View, start: int, end: int) -> bool:
    """Whether one of `words` stands before the number, or right behind it ("… is my aadhaar")."""
    return words.search(words_before(view, start)) is not None or words.search(view.text[end : end + 24]) is not None
