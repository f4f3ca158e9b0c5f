"""Whether a window of digits that could be a card is one: points for and against, each with its reason.

What speaks for it: how common the brand is, groups as on the card, words such as "card" near it or in the messages
before. What speaks against it: odd groups, more groups of the same kind beside it, letters, a plus, currency, decimal
points, and labels such as "IMEI" or "tracking". The weights are in `tables.json`; `needed` points make a card.

Rule: after `MOST_WEIGHED` windows whose words were read, card words are taken as said and labels as not: a text made of
near misses is masked rather than looked at for long. After `MOST_JUDGED` windows nothing is weighed any more:
where another one holds, the whole rest of its row is masked. No text that means anything gets so far.
"""

from collections.abc import Iterator, Sequence
from functools import cache, lru_cache
from typing import Final, NamedTuple

from security.masking.effort import WINDOW, Effort
from security.masking.effort import WORDS as WORDS_READ
from security.masking.finding.surroundings import NO_SPACES, Said, Surroundings
from security.masking.reading.scan import SIGNS, WORDS, Row, even
from security.masking.tables import tables

MOST_WEIGHED: Final = 100
MOST_JUDGED: Final = 200
_LONGEST_PHONE: Final = 15  # ITU-T E.164
_EAN_LENGTH: Final = 13
_MOST_GROUPS: Final = 6
_GROUPS_OF_A_LIST: Final = 3
_GROUPS_OF_A_CARD: Final = 4
_THREE: Final = 3
_PAIR: Final = 2
_PLAIN: Final = frozenset((" ", "-"))  # as on a card: nothing to be said of them
# One of these between all groups, without a space, is how a number is disguised. A plus adds up, a comma with a space lists.
_DISGUISES: Final = frozenset(":;=#@&!<>^")
_SPOKEN: Final = "words"
_SOFT: Final = frozenset(("soft", "phone"))
_ALL: Final = Said(frozenset({"card"}), frozenset())


class Window(NamedTuple):
    """Groups `first` to `last` of a row, whose digits satisfy Luhn and begin as those of a brand."""

    row: Row
    first: int
    last: int
    brand: str
    length: int
    follows_card: bool
    precedes_card: bool

    @property
    def start(self) -> int:
        """Where it begins in the view's text."""
        return self.row.starts[self.first]

    @property
    def end(self) -> int:
        """Where it ends in the view's text."""
        return self.row.ends[self.last]

    @property
    def is_named(self) -> bool:
        """Whether a label before its row can mean this very number, and not the one that the row begins with."""
        row, first = self.row, self.first
        is_single = first == self.last and row.sizes[first - 1] == row.sizes[first]
        return first == 0 or is_single or row.kinds[first - 1] == WORDS

    @property
    def labelled(self) -> int | None:
        """Where a label that speaks of it ends: before it, or before the list that it stands in."""
        row, first = self.row, self.first
        if first == 0:
            return row.starts[0]
        if row.kinds[first - 1] == WORDS:
            return row.starts[first]
        alike = first == self.last and row.sizes[first - 1] == row.sizes[first]
        in_list = alike or row.gaps[first - 1] in row.gaps[first : self.last]
        return row.starts[0] if in_list else None

    @property
    def sizes(self) -> tuple[int, ...]:
        """How many digits its groups have."""
        return self.row.sizes[self.first : self.last + 1]


class Points:
    """A sum that remembers what it is made of."""

    __slots__ = ("_weights", "reasons", "total")

    def __init__(self, total: int) -> None:
        self.total = total
        self.reasons: list[str] = []
        self._weights = tables().weights

    def add(self, reason: str) -> None:
        """Count the weight of `reason`."""
        self.total += self._weights[reason]
        self.reasons.append(reason)

    def explained(self) -> tuple[str, ...]:
        """What was counted, with its weight."""
        return tuple([_counted(reason) for reason in self.reasons])


@cache
def _counted(reason: str) -> str:
    return f"{reason} {tables().weights[reason]:+d}"


@lru_cache(maxsize=256)
def _layout(sizes: tuple[int, ...]) -> str:
    return "layout " + "-".join(map(str, sizes))


class Judge:
    """Weighs the windows of one view of a text."""

    def __init__(self, around: Surroundings, effort: Effort) -> None:
        self.around = around
        self._effort = effort
        self._weighed = 0
        self._judged = 0

    def accepts(self, window: Window) -> tuple[str, ...] | None:
        """The reasons for taking it as a card; None where it is none."""
        known = tables()
        self._judged += 1
        self._effort.spend(WINDOW)
        points = Points(known.strength(window.brand, window.length))
        if window.first != window.last:
            weigh_layout(window, points)
        needed = known.weights["needed"]
        if points.total < needed:
            most = known.weights["expiry beside"] + known.weights["card words"] * self.around.anywhere("card")
            if points.total + most < needed:
                return None
        self._weigh_glue(window, points)
        self._weigh_words(window, points)
        if points.total < needed:
            return None
        return ("luhn", f"brand {window.brand}", _layout(window.sizes), *points.explained())

    def accepts_more(self, row: Row, first: int, last: int, brand: str, length: int) -> tuple[str, ...] | None:
        """The same for a card that has its CVV or expiry in the same group."""
        window = Window(row, first, last, brand, 0, False, False)
        points = Points(tables().strength(brand, length))
        points.add("odd layout")
        self._weigh_glue(window, points)
        self._weigh_words(window, points)
        if points.total < tables().weights["needed"]:
            return None
        return ("luhn", f"brand {brand}", "with more behind it", *points.explained())

    @property
    def is_tired(self) -> bool:
        """Whether it weighed as many windows as it will."""
        return self._judged >= MOST_JUDGED

    def speaks_of_cards(self, row: Row, first: int, last: int) -> bool:
        """Whether card words are near, and nothing says that it is something else."""
        if not self.around.anywhere("card"):
            return False
        said = self._said(row.starts[first], row.ends[last], row.starts[first])
        spoken = "card" in said.near or self.around.conversation.speaks_of("card")
        return spoken and "hard" not in said.labels

    def _said(self, start: int, end: int, labelled: int | None) -> Said:
        self._weighed += 1
        self._effort.spend(WORDS_READ)
        return self.around.said(start, end, labelled) if self._weighed <= MOST_WEIGHED else _ALL

    def _weigh_words(self, window: Window, points: Points) -> None:
        said = self._said(window.start, window.end, window.labelled)
        if "card" in said.near:
            points.add("card words")
        elif self.around.conversation.speaks_of("card"):
            points.add("card words earlier")
        elif "paid" in said.near:
            points.add("payment words")
        if "hard" in said.labels:
            points.add("hard label")
        elif not _SOFT.isdisjoint(said.labels) and window.is_named:
            points.add("soft label")
        if _has_expiry_beside(window):
            points.add("expiry beside")

    def _weigh_letters(self, points: Points, start: int, end: int, before: str) -> None:
        around = self.around
        after = around.after(end)
        if is_after_letter := _is_letter(before):
            points.add("letters before")
        if is_before_letter := _is_letter(after):
            points.add("letters after")
        is_bound = is_after_letter or is_before_letter or before == "-" or after == "-"
        if is_bound and around.is_in_hash(start, end):
            points.add("hexadecimal")
        if around.text.find("-", max(0, start - 1), end + 1) >= 0 and around.is_in_uuid(start, end):
            points.add("uuid")

    def _weigh_glue(self, window: Window, points: Points) -> None:
        around, start, end = self.around, window.start, window.end
        before = around.before(start)
        contiguous = window.first == window.last
        if before == "+" and window.length <= _LONGEST_PHONE:
            points.add("phone")
        if not contiguous and (before == "$" or (before == " " and around.before(start - 1) == "$")):
            points.add("money")
        if contiguous and around.is_fraction(start) and _is_after_point(window, around):
            points.add("fraction")
        self._weigh_letters(points, start, end, before)
        if contiguous and window.length == _EAN_LENGTH and _is_ean(_digits(window)):
            points.add("ean")
        if around.is_in_iban(start, end):
            points.add("iban")


def _is_letter(char: str) -> bool:
    """Whether it binds a number to a word: scripts without spaces between words do not."""
    return char.isalpha() and char < NO_SPACES


def weigh_layout(window: Window, points: Points) -> None:
    """Count how its digits are grouped, and what stands beside them."""
    row, sizes = window.row, window.sizes
    gaps = row.gaps[window.first : window.last]
    kinds = row.kinds[window.first : window.last]
    is_one_gap = gaps.count(gaps[0]) == len(gaps)
    regular = _is_regular(sizes) or (row.view.name == _SPOKEN and any(map(_is_regular, _said_together(window))))
    beside = (0, 0) if len(sizes) == len(row.sizes) else _beside(window, gaps)
    if regular:
        points.add("laid out")
    elif not any(beside) and is_one_gap and len(sizes) <= _MOST_GROUPS:
        points.add("odd layout")
    else:
        points.add("odd layout among others")
    if not is_one_gap or gaps[0] not in _PLAIN:
        _weigh_gaps(window, points, gaps, kinds, is_one_gap)
    if not any(beside):
        return
    is_list = any(sign in gap for gap in gaps for sign in ",;\n|")
    for groups in beside:
        if groups:
            points.add("beside more of its kind")
        if groups and groups != _GROUPS_OF_A_CARD and (is_list or groups >= _GROUPS_OF_A_LIST):
            points.add("in a list")
    if all(beside):
        points.add("in a list")


def _is_regular(sizes: tuple[int, ...]) -> bool:
    return sizes in tables().layouts or even(sizes)


def _said_together(window: Window) -> Iterator[tuple[int, ...]]:
    """Its sizes as somebody means them who says a part in words and writes the rest: "four two 4 two 4242" is 4-4, or 8 where that is a layout."""
    row = window.row
    groups = range(window.first, window.last + 1)
    said = [row.view.ends[row.starts[group]] - row.view.starts[row.starts[group]] > 1 for group in groups]
    if not any(said):
        return
    together: list[int] = []
    fours: list[int] = []
    was_spoken = False
    for size, is_said in zip(window.sizes, said, strict=True):
        is_spoken = is_said or size == 1  # a figure alone stands for a word
        if is_spoken and was_spoken:
            together[-1] += size
            fours += [] if fours[-1] < _GROUPS_OF_A_CARD else [0]
            fours[-1] += size
        else:
            together.append(size)
            fours.append(size)
        was_spoken = is_spoken
    yield from (tuple(together), tuple(fours))


def _weigh_gaps(window: Window, points: Points, gaps: Sequence[str], kinds: Sequence[int], is_one_gap: bool) -> None:
    is_said = not (is_one_gap and _is_disguise(gaps))
    if is_said and WORDS in kinds:
        points.add("words between")
    elif SIGNS in kinds and not is_one_gap:
        points.add("mixed signs")
    elif is_said and (SIGNS in kinds or not is_one_gap):
        points.add("signs between")
    if window.row.is_listed(window.first, window.last):
        points.add("listed")
    sizes = window.sizes
    if sizes[0] <= _THREE and set(sizes[1:]) == {_THREE} and is_one_gap and gaps[0] in (",", ".", "'"):
        points.add("thousands")


def _is_disguise(gaps: Sequence[str]) -> bool:
    """Whether the one mark between all groups says nothing else; a letter between two groups alone is a part number's."""
    gap = gaps[0]
    return gap in _DISGUISES or (len(gap) == 1 and "a" <= gap <= "z" and len(gaps) > 1)


def _beside(window: Window, gaps: Sequence[str]) -> tuple[int, int]:
    """How many groups of the same size and behind the same separator stand before it, and after it."""
    row = window.row
    before = after = 0
    if not window.follows_card:
        size, place = window.sizes[0], window.first - 1
        while place >= 0 and row.gaps[place] in gaps and row.sizes[place] == size and before < _MOST_GROUPS * 2:
            before, place = before + 1, place - 1
    if not window.precedes_card:
        size, place = window.sizes[-2], window.last + 1
        most = len(row.sizes)
        while place < most and row.gaps[place - 1] in gaps and row.sizes[place] == size and after < _MOST_GROUPS * 2:
            after, place = after + 1, place + 1
    return before, after


def _has_expiry_beside(window: Window) -> bool:
    """Whether the next group, or the next two, read as month and year to come."""
    row, after = window.row, window.last + 1
    if row.sizes[after : after + 1] == (4,):
        text = row.digits[row.begins[after] : row.begins[after + 1]]
    elif row.sizes[after : after + _PAIR] == (2, 2) and row.gaps[after] in ("/", "-", " / "):
        text = row.digits[row.begins[after] : row.begins[after + _PAIR]]
    else:
        return False
    return "01" <= text[:2] <= "12" and "24" <= text[2:] <= "45"


def _is_after_point(window: Window, around: Surroundings) -> bool:
    """Whether the figures before it are the whole part of a fraction; after a comma only a nought is."""
    if around.before(window.start) == ".":
        return True
    return around.before(window.start - 1) == "0" and not around.before(window.start - 2).isdecimal()


def _digits(window: Window) -> str:
    return window.row.digits[window.row.begins[window.first] : window.row.begins[window.last + 1]]


def _is_ean(digits: str) -> bool:
    total = sum(int(digit) * (3 if position % 2 else 1) for position, digit in enumerate(digits))
    return total % 10 == 0
