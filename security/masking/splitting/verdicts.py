"""What joining is asked about and what it answers: messages as they stand, how they change, and the texts that stand for them meanwhile."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Final

from security.masking.engine import mask_or_withhold
from security.masking.marks import marks_in
from security.masking.policy import MaskingPolicy
from security.masking.render import BULLET
from security.masking.splitting.fragments import Fragment, parse
from security.masking.text import Finding, MaskedText, trusted

HELD_TEXT: Final = "•••• (checking…)"
HELD: Final = "held"
MASKED: Final = "masked"
RELEASED: Final = "released"


@dataclass(frozen=True, slots=True)
class Said:
    """A message of the tail. `text` is as it stands; `typed` is what its author typed, as far as that may still be joined and is known here."""

    text: MaskedText
    at: float
    by_visitor: bool
    kinds: frozenset[str] = frozenset()
    typed: MaskedText | None = None

    @property
    def is_held(self) -> bool:
        return HELD in self.kinds

    @property
    def is_of_card(self) -> bool:
        """Whether a card was masked in it, here or by its browser."""
        return "card" in self.kinds or "card" in marks_in(self.text)


@dataclass(frozen=True, slots=True)
class Change:
    """The message at `index` of the tail now reads `text`; `typed` is to be remembered, if it is given."""

    index: int
    text: MaskedText
    reason: str
    typed: MaskedText | None = None


@dataclass(frozen=True, slots=True)
class Verdict:
    """How the new message is stored and shown, and what changes by it.

    `typed` is to be remembered where it is given. What was remembered of the messages in `over` is to be forgotten: they are part of a number that is
    complete.
    """

    text: MaskedText
    typed: MaskedText | None = None
    changes: tuple[Change, ...] = ()
    over: tuple[int, ...] = ()


def by_rules_of_now(change: Change, policy: MaskingPolicy) -> Change:
    """The change; what it releases was typed under rules that may have been replaced since, so it is masked by these."""
    if change.reason != RELEASED:
        return change
    text = mask_or_withhold(change.text, policy)
    if text == change.text:
        return change
    return replace(change, text=trusted(text, (*change.text.findings, *text.findings)))


def held() -> MaskedText:
    """What stands for a message while it is held."""
    return trusted(HELD_TEXT, (Finding(HELD, 0, len(HELD_TEXT), "split", ("may become a card with what follows",)),))


def alone(typed: MaskedText) -> MaskedText:
    """`typed` without the digits that could be a piece of a number: for a text whose other pieces nobody can look at."""
    fragment = parse(typed)
    return typed if fragment is None else hidden(fragment, typed, "card", frozenset())


def hidden(fragment: Fragment, typed: MaskedText, kind: str, kept: frozenset[int]) -> MaskedText:
    """`typed` with bullets for its digits but the `kept` ones, which stand there as ASCII figures."""
    pieces, done = [], 0
    for number, (start, end) in enumerate(fragment.places):
        if start >= done:
            pieces.append(typed[done:start])
            done = end
        pieces.append(fragment.digits[number] if number in kept else BULLET)
    text = "".join([*pieces, typed[done:]])
    span = Finding(
        kind, fragment.places[0][0], fragment.places[-1][1], f"split:{kind}", ("joined with other messages",)
    )
    return trusted(text, (*typed.findings, span))
