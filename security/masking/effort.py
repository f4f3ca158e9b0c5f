"""How much work one message may cause.

Danger: a text that is made for it can be read in a dozen ways, each of them full of numbers that have to be weighed, and
the looking would hold up everybody. Rule: each view, group of digits, window and look at words costs points; who has
none left is withheld as a whole, since not looking is no reason to show. What people write uses a hundredth of them.
A tenant's patterns have points of their own, for they may match at every letter; beyond these the text is all bullets. So
are the steps of its regular expressions counted, which RE2 takes for each character even where nothing matches.
Proof: the hostile texts of tests/security/masking/test_engine.py and of `manage.py bench masking --hostile`.
"""

from typing import Final

MOST: Final = 8_000
_PER_CHARACTER: Final = 1  # lines of a log may be longer than any message
# What one of each costs, in points of about two microseconds.
VIEW_CHARACTERS: Final = 4  # so many for a point
GROUP: Final = 1
WINDOW: Final = 5
WORDS: Final = 6
# A tenant's patterns: a search, a match, and the characters that a match covers.
MOST_MATCHING: Final = 2_000
SEARCH: Final = 1
MATCH: Final = 4
COVERED: Final = 16  # so many for a point
# Of its regular expressions: characters that are searched, times the steps that each of them may take. Twice the longest
# message by the largest set of rules, with a little to spare: once to find, once to see that nothing is left.
MOST_STEPS: Final = 14_000_000


class Exhausted(Exception):
    """The text causes more work than any that means something."""


class Effort:
    """What is left for one message."""

    __slots__ = ("left",)

    def __init__(self, length: int) -> None:
        self.left = max(MOST, _PER_CHARACTER * length)

    def spend(self, points: int) -> None:
        """Take `points`; Exhausted if there are not as many."""
        self.left -= points
        if self.left < 0:
            raise Exhausted


class TooManyMatches(Exception):
    """A tenant's patterns find more in one message than can be replaced one by one; `rule` is the one that went beyond."""

    def __init__(self, rule: str) -> None:
        super().__init__(rule)
        self.rule = rule


class Matching:
    """What is left for a tenant's patterns in one message, all of them and all passes together."""

    __slots__ = ("left", "steps")

    def __init__(self) -> None:
        self.left = MOST_MATCHING
        self.steps = MOST_STEPS

    def spend(self, points: int, rule: str, *, steps: int = 0) -> None:
        """Take `points` and `steps` for `rule`; TooManyMatches if there are not as many."""
        self.left -= points
        self.steps -= steps
        if self.left < 0 or self.steps < 0:
            raise TooManyMatches(rule)
