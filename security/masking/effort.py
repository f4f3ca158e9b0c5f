"""How much work one message may cause.

Danger: a text that is made for it can be read in a dozen ways, each of them full of numbers that have to be weighed, and
the looking would hold up everybody. Rule: each view, group of digits, window and look at words costs points; who has
none left is withheld as a whole, since not looking is no reason to show. What people write uses a hundredth of them.
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
