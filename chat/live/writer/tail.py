"""The last messages of one visitor, of both sides, as the split check sees them: read with their rows, continued with what this turn adds. No I/O."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Sequence
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
from security.masking.splitting.joining import Looks
from security.masking.splitting.releasing import settle
from security.masking.splitting.verdicts import HELD, RELEASED, Change, Said, Verdict, by_rules_of_now

_CONTEXT: Final = 3  # messages of either side, however old
_BY_JOINING: Final = frozenset({HELD, "card", "ssn", "cvv", "expiry"})


@dataclass(frozen=True, slots=True)
class Place:
    """Where a message stands. `pk` is None while its row is not written yet; `masked` is the list beside its body."""

    conversation: UUID
    message: UUID
    seq: int
    author_kind: str
    author_id: UUID | None
    is_visible: bool
    masked: Sequence[Masked] = ()
    pk: int | None = None


@dataclass(slots=True)
class Tail:
    """Oldest first; `places` says where each of `said` stands."""

    tenant_id: int
    held_for: timedelta = HELD_FOR
    said: list[Said] = field(default_factory=list)
    places: list[Place] = field(default_factory=list)
    looks: Looks = field(default_factory=Looks)

    def judge(self, text: MaskedText, policy: MaskingPolicy, at: datetime) -> Verdict:
        """What becomes of the visitor's next message."""
        self._shorten()
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
        self.said.append(said(view.text, view.sent_at, author.kind.value, _kinds(view.masked), typed))
        self.places.append(place)
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

    def _shorten(self) -> None:
        del self.said[:-TAIL], self.places[:-TAIL]


def said(
    text: MaskedText, sent_at: datetime, author_kind: str, kinds: frozenset[str], typed: MaskedText | None
) -> Said:
    """A message as joining sees it. What stands as it was typed can be joined; what does not only if `typed` is known."""
    by_visitor = author_kind == AuthorKind.VISITOR.value
    kinds -= marks_in(text).keys()  # bullets can be typed: they take no message out of the joining
    if typed is None and by_visitor and not kinds & _BY_JOINING:
        typed = text
    return Said(text, sent_at.timestamp(), by_visitor, kinds, typed if by_visitor else None)


def wanted(rows: Sequence[tuple[datetime, bool]], now: datetime) -> Collection[int]:
    """Which of these messages (when, by the visitor or not) matter: those of the last two minutes, and the last words of either side."""
    oldest = now - timedelta(seconds=REMEMBERED_FOR)
    found = {index for index, (sent_at, _) in enumerate(rows) if sent_at >= oldest}
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
