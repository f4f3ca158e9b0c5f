"""What agents may see of a text while it is being typed, where the organisation switched that on.

Danger: a number that is not finished cannot be recognised, and one that is typed in pieces, sent and typed over, is never whole in any preview. Rule:
of all that a visitor's sockets of this process sent or previewed within 120 s, previews show four digits at most – fewer than begin a card (six) or,
where somebody asked for it, a social security number –, none after something was masked, and none where the organisation has rules of its own, whose
shapes are not known by their beginnings. Proof: tests/chat/live/test_previews.py.
"""

from __future__ import annotations

from collections import OrderedDict, deque
from typing import Final

from chat.live.protocol.fields import is_blank
from security.masking import MaskedText
from security.masking.reading.views import digits_of
from tenants.rules import Masking

WITHIN: Final = 120.0
MOST_DIGITS: Final = 4


class Shown:
    """Digits of one visitor that agents have seen lately."""

    def __init__(self) -> None:
        self._counted: deque[tuple[float, int]] = deque()
        self._draft = ""
        self._draft_at = 0.0
        self._parted_until = 0.0

    def follow(self, before: Shown, now: float) -> None:
        """Until now he was `before`: what agents saw of that one counts here too."""
        if before.is_parted(now):
            self._parted_until = max(self._parted_until, before._parted_until)
        for at, digits in before._counted:
            if at > now - WITHIN:
                self._parted_until = max(self._parted_until, at + WITHIN)
                self._count(digits, now)

    def is_parted(self, now: float) -> bool:
        """Whether he said digits a moment ago as somebody else, in whose conversations his next ones are joined with nothing."""
        return now < self._parted_until

    @property
    def last_at(self) -> float:
        """When anything was counted last."""
        return max(self._draft_at, self._counted[-1][0] if self._counted else 0.0)

    def said(self, text: MaskedText, now: float) -> None:
        """A message was sent: what it shows counts, and the draft that it was counts no more beside it."""
        digits = _digits(text)
        if not digits.startswith(self._draft):
            self._count(len(self._draft), now)
        self._draft = ""
        self._count(MOST_DIGITS if text.findings else len(digits), now)

    def preview(self, text: MaskedText, masking: Masking, now: float) -> MaskedText | None:
        """As much of `text` as may be shown; None where that is nothing."""
        if text.is_withheld:
            return None
        if _has_own_rules(masking):
            shown = masking.masked(_finished_words(text[: _before_digit(text, 0)]))
        else:
            shown = masking.masked(text[: _before_digit(text, self._left_for(text, now))])
        return None if is_blank(shown) else shown

    def _left_for(self, text: MaskedText, now: float) -> int:
        digits = _digits(text)
        if not (digits.startswith(self._draft) or self._draft.startswith(digits)):
            self._count(len(self._draft), self._draft_at)  # typed over: the agent remembers both
            self._draft = ""
        while self._counted and self._counted[0][0] <= now - WITHIN:
            self._counted.popleft()
        left = max(0, MOST_DIGITS - sum(count for _, count in self._counted))
        if text.findings:
            left = 0
        self._draft = max(self._draft, digits[:left], key=len) if now - self._draft_at < WITHIN else digits[:left]
        self._draft_at = now
        return left

    def _count(self, digits: int, now: float) -> None:
        if digits:
            self._counted.append((now, digits))


class Previews:
    """One `Shown` for each visitor, whatever the number of his sockets; forgotten when nothing in it counts any more."""

    def __init__(self) -> None:
        self._shown: OrderedDict[str, Shown] = OrderedDict()

    def __len__(self) -> int:
        return len(self._shown)

    def of(self, key: str, now: float) -> Shown:
        """That of the visitor `key`."""
        found = self._shown.pop(key, None) or Shown()
        while self._shown:
            oldest = next(iter(self._shown))
            if self._shown[oldest].last_at > now - WITHIN:
                break
            del self._shown[oldest]
        self._shown[key] = found
        return found


def _digits(text: str) -> str:
    return "".join(digit.value for digit in digits_of(text))


def _before_digit(text: str, count: int) -> int:
    """Where the first `count` digits of `text` end and the next begins."""
    digits = digits_of(text)
    return digits[count].start if len(digits) > count else len(text)


def _finished_words(text: str) -> str:
    """Without the word that is being typed: a phrase is known by its last letter."""
    return text[: max((place + 1 for place, char in enumerate(text) if char.isspace()), default=0)]


def _has_own_rules(masking: Masking) -> bool:
    return bool(masking.visitors.patterns) or frozenset(masking.visitors.packs) > {"card", "ssn"}
