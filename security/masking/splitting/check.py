"""What becomes of a message beside those before it: held, masked, released. Pure: the tail of the conversation comes in, changes come out.

Danger: a card in four messages passes every check that looks at one; and what is held back for long is an answer that nobody gets. Rule: while
what was typed can still become a card, no more than its first six digits are shown (four of a social security number where one is spoken of); what
is complete is masked in all its messages; what is disproved, or 20 s old, is shown as it was typed and remembered for 120 s.
Nothing is kept between two calls: whoever calls keeps `Verdict.typed` and `Change.typed` in memory, and nowhere else. A message that is held and whose
text is not known here (its process is gone, or is another one) may hold any digits: what joins it is masked at once.
Proof: tests/security/masking/test_splitting.py, and test_splitting_properties.py for the six digits.
"""

from __future__ import annotations

import logging
from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from functools import cached_property
from typing import Final

from security.masking.effort import Exhausted
from security.masking.engine import WITHHELD, mask
from security.masking.policy import MaskingPolicy
from security.masking.render import BULLET
from security.masking.splitting.fragments import Fragment, may_hold_digits, parse
from security.masking.splitting.heard import HEARD
from security.masking.splitting.joined_digits import (
    LONGEST,
    Looks,
    Part,
    Piece,
    Spoken,
    Whole,
    begun,
    can_become_card,
    completed,
)
from security.masking.splitting.releasing import NUMBERS, released, settle
from security.masking.splitting.verdicts import HELD, MASKED, Change, Said, Verdict, held, hidden
from security.masking.splitting.wording import Speaks, announces, asks_for_code, changes_subject, explains
from security.masking.text import Finding, MaskedText, trusted

REMEMBERED_FOR: Final = 120.0
MOST_FRAGMENTS: Final = 8
MOST_GROUPS: Final = 24
"""In one message: a card digit by digit with its date and code has fewer. What has more is not joined but hidden."""
TAIL: Final = 32
"""How many messages a tail has at most: eight fragments, what was said between them, and the words before."""

CVV: Final = "cvv"
EXPIRY: Final = "expiry"
_CODES: Final = frozenset({CVV, EXPIRY})
_CONTEXT: Final = 3  # messages of either side
_ANNOUNCED_WITHIN: Final = 4
_MOST_ANNOUNCED: Final = 10  # "my phone is 415", "555", "0123"
_CODE_SIZES: Final = ((3,), (4,))
_FEWEST_BEFORE_WHOLE: Final = 3

logger = logging.getLogger(__name__)


def is_suspect(text: str, policy: MaskingPolicy) -> bool:
    """Whether the messages before it could say something of this one; False for nearly all of chat."""
    if BULLET not in text and not may_hold_digits(text):
        return "secret" in policy.packs
    return True


def judge(
    tail: Sequence[Said], typed: MaskedText, *, policy: MaskingPolicy, at: float, looks: Looks | None = None
) -> Verdict:
    """Decide on the visitor's next message. `tail` is oldest first; `typed` is what masking made of the message alone."""
    verdict = _Judgement(tail, typed, policy, at, looks or Looks()).verdict()
    touched = {*verdict.over, *(change.index for change in verdict.changes)}
    if any(finding.kind == HELD for finding in verdict.text.findings):
        return verdict  # its author goes on: nothing is released meanwhile
    due = (change for change in settle(tail, at=at) if change.index not in touched)
    return replace(verdict, changes=(*verdict.changes, *due))


def judge_or_withhold(
    tail: Sequence[Said], typed: MaskedText, *, policy: MaskingPolicy, at: float, looks: Looks | None = None
) -> Verdict:
    """`judge()` that fails closed: on any error the message is replaced, as `mask_or_withhold` does."""
    try:
        return judge(tail, typed, policy=policy, at=at, looks=looks)
    except Exception as error:  # noqa: BLE001 - whatever went wrong, the text must not pass
        # The type alone: an error's message or traceback may quote the text.
        logger.error("joining failed, message withheld: %s", type(error).__name__)  # noqa: TRY400
        return Verdict(trusted(WITHHELD, (Finding("withheld", 0, len(typed), "split", (type(error).__name__,)),)))


@dataclass
class _Judgement:
    """One message beside its tail."""

    tail: Sequence[Said]
    alone: MaskedText
    policy: MaskingPolicy
    at: float
    looks: Looks
    new: int = field(init=False)

    def __post_init__(self) -> None:
        self.new = len(self.tail)

    def verdict(self) -> Verdict:
        masked = self._in_context()
        found = {finding.kind for finding in masked.findings}
        if found & NUMBERS:
            changes = self._around_whole()
            return Verdict(self._without_end(masked) if changes else masked, changes=changes)
        if self.fragment is None or masked != self.alone:
            return Verdict(masked, changes=self._around_talk())
        if (joined := self._joined(self.fragment)) is not None:
            return joined
        own = self._pieces[-1].fragment
        return Verdict(
            masked, changes=self._around_talk() if own.is_explained or own.is_signed else released(self.tail)
        )

    def _joined(self, fragment: Fragment) -> Verdict | None:
        """What joining makes of the fragment; None where it belongs to nothing that can become a number."""
        is_explained = self._pieces[-1].fragment.is_explained and not self._spoken.of_card
        if len(fragment.sizes) > MOST_GROUPS:
            return None if is_explained else self._unseen()
        try:
            whole = completed(self._pieces, self._spoken, self.looks.steps)
        except Exhausted:
            return self._unseen()
        if whole is not None:
            return self._complete(whole)
        if (code := self._code()) is not None:
            return Verdict(code, self.alone)
        if self._joins_unknown():
            return Verdict(hidden(fragment, self.alone, "card", frozenset()), self.alone)
        part = begun(self._pieces, self._spoken)
        return None if part is None else self._hold(part)

    def _in_context(self) -> MaskedText:
        """The message, masked with the words before it; with the findings of both looks."""
        context = self._context()
        masked = mask(self.alone, self.policy, context) if context else self.alone
        return self.alone if masked == self.alone else trusted(masked, (*self.alone.findings, *masked.findings))

    @cached_property
    def fragment(self) -> Fragment | None:
        """What the new message could be of a number."""
        found = self._parsed(self.alone)
        if found is None or found.is_near or found.speaks_of_card or found.speaks_of_ssn or found.asks_beside_card:
            return found
        if found.is_explained:
            return None
        is_expected = (
            any(said.is_held for said in self._recent) or self._spoken_before.of_card or self._spoken_before.of_ssn
        )
        return found if is_expected else None

    @cached_property
    def _recent(self) -> list[Said]:
        return [said for said in self.tail if self.at - said.at <= REMEMBERED_FOR]

    @cached_property
    def _spoken_before(self) -> Spoken:
        last = [*self._last(by_visitor=True), *self._last(by_visitor=False)]
        found = [self._heard(said.typed or said.text) for said in (*self._recent, *last)]
        return Spoken(any(speaks.of_card for speaks in found), any(speaks.of_ssn for speaks in found))

    @cached_property
    def _spoken(self) -> Spoken:
        own, before = self.fragment, self._spoken_before
        return Spoken(
            before.of_card or (own is not None and own.speaks_of_card),
            before.of_ssn or (own is not None and own.speaks_of_ssn),
        )

    @cached_property
    def _is_expected(self) -> bool:
        """Whether digits among other words may be part of a number too; asked only where there are some, since every text is read for it."""
        return any(said.is_held for said in self._recent) or self._spoken.of_card or self._spoken.of_ssn

    @cached_property
    def _pieces(self) -> list[Piece]:
        """The fragments that can still be joined, the new one last."""
        found = []
        for index, said in enumerate(self.tail):
            if not said.by_visitor or said.typed is None or self.at - said.at > REMEMBERED_FOR:
                continue
            fragment = self._parsed(said.typed)
            if fragment is not None and (fragment.is_near or self._is_expected) and len(fragment.sizes) <= MOST_GROUPS:
                found.append(Piece(index, self._explained(fragment, index)))
        if self.fragment is not None:
            found.append(Piece(self.new, self._explained(self.fragment, self.new)))
        return self._run(found)

    def _run(self, pieces: list[Piece]) -> list[Piece]:
        """The last of them; and what is hidden before those, since a card may come digit by digit."""
        found, digits = pieces[-MOST_FRAGMENTS - 1 :], 0
        for piece in reversed(pieces[: -MOST_FRAGMENTS - 1]):
            digits += len(piece.fragment.digits)
            if digits > LONGEST or not self.tail[piece.index].kinds & {HELD, *NUMBERS}:
                break
            found.insert(0, piece)
        return found

    def _parsed(self, text: MaskedText) -> Fragment | None:
        """`parse()`, once for each text of the tail."""
        if text not in self.looks.parsed:
            self.looks.parsed[text] = parse(text)
        return self.looks.parsed[text]

    def _heard(self, text: MaskedText) -> Speaks:
        """`HEARD.of()`, once for each text of the tail: of one with digits it remembers nothing."""
        found = self.looks.spoken.get(text)
        if found is None:
            found = self.looks.spoken[text] = HEARD.of(text)
        return found

    def _explained(self, fragment: Fragment, index: int) -> Fragment:
        """The fragment, as the answer to what was asked or announced just before it, unless a number is being typed."""
        is_typing = any(said.is_held and self.at - said.at <= REMEMBERED_FOR for said in self.tail[:index])
        if fragment.is_explained or is_typing:
            return fragment
        if (fragment.is_shaped or fragment.is_listed) and not self._begins_before(fragment, index):
            return fragment.explained()
        return fragment.explained() if self._is_announced(len(fragment.digits), index) else fragment

    def _begins_before(self, fragment: Fragment, index: int) -> bool:
        """Whether a number may have been begun before the message at `index`."""
        for said in self.tail[:index]:
            if said.by_visitor and said.typed is not None and self.at - said.at <= REMEMBERED_FOR:
                before = self._parsed(said.typed)
                if before is None or not before.is_pure or before.is_explained or before.is_shaped or before.is_signed:
                    continue
                if not before.is_listed or before.sizes == fragment.sizes:  # the same list goes on
                    return True
        return False

    def _is_announced(self, digits: int, index: int) -> bool:
        for said in reversed(self.tail[max(index - _ANNOUNCED_WITHIN, 0) : index]):
            if not said.by_visitor:
                if explains(said.text):
                    return True
                continue
            if digits > LONGEST:
                return False
            if announces(said.text):
                own = self._parsed(said.text)
                return own is None or digits + len(own.digits) <= _MOST_ANNOUNCED
            before = self._parsed(said.text)
            if before is None or not before.is_pure:
                return False
            digits += len(before.digits)
        return False

    def _last(self, *, by_visitor: bool) -> list[Said]:
        return [said for said in self.tail if said.by_visitor is by_visitor][-_CONTEXT:]

    def _context(self) -> tuple[str, ...]:
        return tuple(said.text for side in (True, False) for said in self._last(by_visitor=side))

    # A code beside a card

    def _code(self) -> MaskedText | None:
        """The message as a security code or a date, where a card was masked before it or the agent asks for its code."""
        fragment = self.fragment
        if (
            fragment is None
            or self._pieces[-1].fragment.is_explained
            or not (fragment.is_pure or fragment.asks_beside_card)
        ):
            return None
        is_asked = any(asks_for_code(said.text) for said in self._last(by_visitor=False)[-1:])
        if not is_asked and (
            fragment.is_signed or not any(said.by_visitor and said.is_of_card for said in self._recent)
        ):
            return None
        rest = fragment.sizes[2:] if fragment.is_expiry else fragment.sizes
        if rest and rest not in _CODE_SIZES:
            return None
        return hidden(fragment, self.alone, CVV if rest else EXPIRY, frozenset())

    # A number that is complete

    def _complete(self, whole: Whole) -> Verdict:
        is_kept = self.policy.keep_last_four and len(self._pieces) <= MOST_FRAGMENTS + 1
        kept = whole.tail if is_kept else frozenset()
        between = {piece.index: piece.fragment for piece in self._pieces if whole.first <= piece.index <= whole.last}
        for piece in self._pieces:  # what is held belongs to it, whatever order it was typed in
            if piece.index < self.new and self.tail[piece.index].is_held:
                between[piece.index] = piece.fragment
        return self._masked(between, whole.kind, kept, is_over=whole.is_over)

    def _unseen(self) -> Verdict:
        """What causes more work than a number does is hidden without a look, together with what may belong to it."""
        return self._masked({piece.index: piece.fragment for piece in self._pieces}, "card", frozenset(), is_over=True)

    def _masked(
        self, fragments: dict[int, Fragment], kind: str, kept: frozenset[tuple[int, int]], *, is_over: bool
    ) -> Verdict:
        """Hide the digits of these messages. What may go on, and so has to be remembered, is not `is_over`."""
        texts = {
            index: hidden(fragment, self._typed(index), kind, _of(kept, index)) for index, fragment in fragments.items()
        }
        changes = tuple(
            Change(index, text, MASKED, None if is_over else self._typed(index))
            for index, text in sorted(texts.items())
            if index < self.new and not self.tail[index].kinds & NUMBERS
        )
        over = tuple(index for index in texts if index < self.new) if is_over else ()
        return Verdict(texts[self.new], None if is_over else self.alone, changes, over)

    def _typed(self, index: int) -> MaskedText:
        if index == self.new:
            return self.alone
        said = self.tail[index]
        return said.text if said.typed is None else said.typed

    # A number that is not complete

    def _joins_unknown(self) -> bool:
        """Whether it may continue what only another process knows."""
        fragment = self._pieces[-1].fragment
        if fragment.is_explained:
            return False
        return any(said.by_visitor and said.is_held and said.typed is None for said in self._recent)

    def _hold(self, part: Part) -> Verdict:
        if len(self._pieces) > MOST_FRAGMENTS:
            fragments = {piece.index: piece.fragment for piece in self._pieces if piece.index in part.indexes}
            return self._masked(fragments, "card", frozenset(), is_over=False)
        shown, changes = 0, []
        by_index = {piece.index: piece.fragment for piece in self._pieces}
        for index in sorted(part.indexes):
            if index == self.new or self.tail[index].kinds & (NUMBERS | _CODES | {HELD}):
                continue
            shown += len(by_index[index].digits)
            if shown > part.shown:
                changes.append(Change(index, held(), HELD, self.tail[index].typed))
        return Verdict(held(), self.alone, tuple(changes))

    # What that means for what is held

    def _around_whole(self) -> tuple[Change, ...]:
        """A whole number came in one message: what was typed of it before, and what is held, is masked."""
        changes = []
        for piece in self._pieces:
            if piece.index == self.new:
                continue
            said = self.tail[piece.index]
            digits = piece.fragment.digits
            is_begun = (
                len(digits) >= _FEWEST_BEFORE_WHOLE
                and not piece.fragment.is_explained
                and not piece.fragment.is_signed
                and can_become_card(digits)
            )
            if said.is_held or (is_begun and not said.kinds):
                changes.append(
                    Change(piece.index, hidden(piece.fragment, self._typed(piece.index), "card", frozenset()), MASKED)
                )
        return tuple(changes)

    def _without_end(self, masked: MaskedText) -> MaskedText:
        """The message of a whole number, without what stands before that and may be the end of the one that was held."""
        lead = masked[: masked.find(BULLET)] if BULLET in masked else ""
        end = parse(lead)
        if end is None or not end.is_pure or end.is_explained:
            return masked
        hides = hidden(end, trusted(lead), "card", frozenset())
        return trusted(hides + masked[len(lead) :], (*hides.findings, *masked.findings))

    def _around_talk(self) -> tuple[Change, ...]:
        """Ordinary talk: what is held is released if it changes the subject."""
        return released(self.tail) if changes_subject(self.alone) else ()


def _of(kept: frozenset[tuple[int, int]], index: int) -> frozenset[int]:
    return frozenset(number for message, number in kept if message == index)
