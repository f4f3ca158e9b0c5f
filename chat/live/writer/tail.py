"""The last messages of one visitor, of both sides, as the split check sees them: read with their rows, continued with what this turn adds. No I/O."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from typing import Any, Final
from uuid import UUID

from chat.live.protocol.shapes import AuthorKind, Masked, MessageView
from chat.live.writer.memory import HELD_FOR, Kept
from chat.live.writer.orders import masked_in
from security.masking import MaskedText, MaskingPolicy
from security.masking.marks import marks_in
from security.masking.splitting.check import REMEMBERED_FOR, TAIL, judge_or_withhold
from security.masking.splitting.joined_digits import Looks
from security.masking.splitting.releasing import settle
from security.masking.splitting.verdicts import HELD, RELEASED, Change, Said, Verdict, by_rules_of_now
from security.masking.text import as_opened

_CONTEXT: Final = 3  # messages of either side, however old
_BY_JOINING: Final = frozenset({HELD, "card", "ssn", "cvv", "expiry"})


@dataclass(frozen=True, slots=True)
class Place:
    """Where a message stands; `masked` is the list beside its body."""

    conversation: UUID
    message: UUID
    seq: int
    author_kind: str
    author_id: UUID | None
    is_visible: bool
    masked: Sequence[Masked] = ()


@dataclass(slots=True)
class Tail:
    """Oldest first; `places` says where each of `said` stands."""

    tenant_id: int
    held_for: timedelta = HELD_FOR
    said: list[Said] = field(default_factory=list)
    places: list[Place] = field(default_factory=list)
    looks: Looks = field(default_factory=Looks)
    judged_at: datetime | None = None
    _added: int = 0
    _is_used: bool = True
    """Whether it was read, judged by or changed in this turn; otherwise messages were added to it at most."""

    def is_of(self, conversation: UUID) -> bool:
        """Whether all of it was said in this conversation."""
        return all(place.conversation == conversation for place in self.places)

    @property
    def size(self) -> int:
        """Characters that it holds."""
        return sum(len(one.text) for one in self.said)

    def judge(self, text: MaskedText, policy: MaskingPolicy, at: datetime) -> Verdict:
        """What becomes of the visitor's next message."""
        self._shorten()
        self.judged_at, self._is_used = at, True
        verdict = judge_or_withhold(self.said, text, policy=policy, at=at.timestamp(), looks=self.looks)
        # What the author takes back is for his new message alone: what is released beside it was said before.
        return replace(verdict, changes=tuple(by_rules_of_now(change, policy.whole) for change in verdict.changes))

    def due(self, policy: MaskingPolicy | None, at: datetime) -> tuple[Change, ...]:
        """What is to be released by now."""
        changes = settle(self.said, at=at.timestamp(), held_for=self.held_for.total_seconds())
        return changes if policy is None else tuple(by_rules_of_now(change, policy) for change in changes)

    def add(self, view: MessageView, typed: MaskedText | None, *, is_visible: bool) -> Place:
        """A message that was stored in this transaction."""
        author = view.author
        place = Place(
            view.conversation, view.id, view.seq, author.kind.value, author.id, is_visible, tuple(view.masked)
        )
        self.put(said(view.text, view.sent_at.timestamp(), author.kind.value, _kinds(view.masked), typed), place)
        self._added += 1
        return place

    def put(self, one: Said, place: Place) -> None:
        """A message that is stored already."""
        self.said.append(one)
        self.places.append(place)

    def change(self, change: Change) -> tuple[Place, Sequence[Masked], Kept | None]:
        """Note a change: where it is, the list beside the new text, and what is remembered of it."""
        place, before = self.places[change.index], self.said[change.index]
        typed_marks = marks_in(
            before.text
        )  # what only looked masked is counted anew, and keeps the message from nothing
        masked = _merged([entry for entry in place.masked if entry.kind not in typed_marks], masked_in(change.text))
        kinds = _kinds(masked)
        typed = change.text if change.reason == RELEASED else change.typed
        self.said[change.index] = replace(before, text=change.text, kinds=kinds, typed=typed)
        self.places[change.index] = replace(place, masked=masked)
        return place, masked, self._kept(place, before.at, change.typed, is_held=HELD in kinds)

    def over(self, indexes: Iterable[int]) -> list[UUID]:
        """Messages that are joined with nothing any more."""
        for index in indexes:
            self.said[index] = replace(self.said[index], typed=None)
        return [self.places[index].message for index in indexes]

    def kept(self, place: Place, sent_at: datetime, typed: MaskedText | None) -> Kept | None:
        """What is remembered of a new message."""
        held = any(entry.kind == HELD for entry in place.masked)
        return self._kept(place, sent_at.timestamp(), typed, is_held=held)

    def _kept(self, place: Place, at: float, typed: MaskedText | None, *, is_held: bool) -> Kept | None:
        if typed is None or place.author_id is None:
            return None
        sent_at = datetime.fromtimestamp(at, UTC)
        return Kept(self.tenant_id, place.conversation, place.author_id, sent_at, is_held, typed)

    def settle_down(self) -> None:
        """The turn is committed: from now on it is as if its messages had been read. What was typed is forgotten here; `reread` has to bring it."""
        self._shorten()
        if self._is_used:
            before = self.said
            self.said = [self._as_stored(one, place) for one, place in zip(before, self.places, strict=True)]
            # How a text was read depends on what was found in it; and of one that is not in the tail nothing may stay.
            same = (one.text for one, other in zip(self.said, before, strict=True) if one.text is other.text)
            self.looks = self.looks.for_next_turn(same)
        else:
            for index in range(max(len(self.said) - self._added, 0), len(self.said)):
                self.said[index] = self._as_stored(self.said[index], self.places[index])
        self._added, self._is_used = 0, False

    def reread(self, typed: Mapping[UUID, MaskedText], now: datetime) -> None:
        """Without what does not matter any more, with what is still known to have been typed."""
        matter = wanted([(one.at, one.by_visitor) for one in self.said], now)
        kept = [
            (one, place)
            for index, (one, place) in enumerate(zip(self.said, self.places, strict=True))
            if index in matter
        ]
        self.places = [place for _, place in kept]
        self.said = [
            said(one.text, one.at, place.author_kind, _kinds(place.masked), typed[place.message])
            if place.message in typed
            else one
            for one, place in kept
        ]

    def _as_stored(self, one: Said, place: Place) -> Said:
        if one.typed is not None and one.typed is one.text and not one.text.findings:
            return one
        return said(as_opened(one.text), one.at, place.author_kind, _kinds(place.masked), None)

    def _shorten(self) -> None:
        del self.said[:-TAIL], self.places[:-TAIL]


def said(text: MaskedText, at: float, author_kind: str, kinds: frozenset[str], typed: MaskedText | None) -> Said:
    """A message as joining sees it. What stands as it was typed can be joined; what does not only if `typed` is known."""
    by_visitor = author_kind == AuthorKind.VISITOR.value
    kinds -= marks_in(text).keys()  # bullets can be typed: they take no message out of the joining
    if typed is None and by_visitor and not kinds & _BY_JOINING:
        typed = text
    return Said(text, at, by_visitor, kinds, typed if by_visitor else None)


def wanted(rows: Sequence[tuple[float, bool]], now: datetime) -> Collection[int]:
    """Which of these messages (when, by the visitor or not) matter: those of the last two minutes, and the last words of either side."""
    oldest = now.timestamp() - REMEMBERED_FOR
    found = {index for index, (at, _) in enumerate(rows) if at >= oldest}
    for side in (True, False):
        found.update([index for index, (_, by_visitor) in enumerate(rows) if by_visitor is side][-_CONTEXT:])
    return found


def kinds_of(masked: Iterable[dict[str, Any]]) -> frozenset[str]:
    """The kinds in the list beside a stored body."""
    return frozenset(str(entry["kind"]) for entry in masked)


def _kinds(masked: Iterable[Masked]) -> frozenset[str]:
    return frozenset(entry.kind for entry in masked)


def _merged(before: Sequence[Masked], after: Sequence[Masked]) -> tuple[Masked, ...]:
    """What the new text hides, and what was hidden before: an opened body no longer says what it was."""
    known = _kinds(after)
    return (*(entry for entry in before if entry.kind != HELD and entry.kind not in known), *after)
