"""One visitor's conversation, message by message, as one process sees all of it.

Each message is masked with the words before it as its context, and joined with the fragments before it: see `security.masking.splitting.check`, which
decides. Here is only what is remembered in between. The server's writer does the same from stored rows.
"""

from __future__ import annotations

import time
from dataclasses import dataclass, field, replace
from typing import Literal

from security.masking.engine import MAX_LENGTH, TooLong, mask_or_withhold
from security.masking.policy import MaskingPolicy, default_policy
from security.masking.splitting.check import TAIL, judge_or_withhold
from security.masking.splitting.releasing import settle
from security.masking.splitting.verdicts import RELEASED, Change, Said
from security.masking.text import MaskedText


@dataclass(frozen=True, slots=True)
class Revision:
    """The message at `index` of the transcript now reads `text`; `reason` is `masked`, `held` or `released`."""

    index: int
    text: MaskedText
    reason: str


@dataclass(frozen=True, slots=True)
class Fed:
    """What may be shown of the message just fed, and which earlier messages changed by it."""

    text: MaskedText
    revisions: tuple[Revision, ...] = ()


@dataclass(slots=True)
class Stream:
    """Masks a conversation in order. Not thread-safe."""

    policy: MaskingPolicy = field(default_factory=default_policy)
    _said: list[Said] = field(default_factory=list, init=False, repr=False)

    def feed(self, text: str, author: Literal["visitor", "agent"] = "visitor", at: float | None = None) -> Fed:
        """Mask the next message; `TooLong` leaves the stream as it was. `at` is in seconds."""
        if len(text) > MAX_LENGTH:
            raise TooLong(f"more than {MAX_LENGTH} characters")
        at = time.monotonic() if at is None else at
        offset = max(len(self._said) - TAIL, 0)
        alone = mask_or_withhold(text, self.policy)
        if author != "visitor":
            revisions = self._changed(settle(self._said[offset:], at=at), offset)
            self._said.append(Said(alone, at, by_visitor=False))
            return Fed(alone, revisions)
        verdict = judge_or_withhold(self._said[offset:], alone, policy=self.policy, at=at)
        revisions = self._changed(verdict.changes, offset)
        for index in verdict.over:
            self._said[offset + index] = replace(self._said[offset + index], typed=None)
        typed = verdict.text if verdict.text == alone else verdict.typed
        self._said.append(Said(verdict.text, at, by_visitor=True, kinds=_kinds(verdict.text), typed=typed))
        return Fed(verdict.text, revisions)

    def settle(self, at: float | None = None) -> tuple[Revision, ...]:
        """What is released by `at`; without a time, all that is held, since nothing more comes: what lies further back than a tail too."""
        revisions: list[Revision] = []
        for first, last in self._held():
            revisions += self._changed(settle(self._said[first : last + TAIL], at=at), first)
        return tuple(revisions)

    def transcript(self) -> list[MaskedText]:
        """Every message as it now stands."""
        return [said.text for said in self._said]

    def _held(self) -> list[tuple[int, int]]:
        """Where messages are held: the first and the last of those that a tail has together."""
        found: list[tuple[int, int]] = []
        for index in (index for index, said in enumerate(self._said) if said.is_held):
            first = found.pop()[0] if found and index - found[-1][1] < TAIL else index
            found.append((first, index))
        return found

    def _changed(self, changes: tuple[Change, ...], offset: int) -> tuple[Revision, ...]:
        for change in changes:
            index = offset + change.index
            before = self._said[index]
            typed = change.text if change.reason == RELEASED else change.typed
            self._said[index] = replace(before, text=change.text, kinds=_kinds(change.text), typed=typed)
        return tuple(Revision(offset + change.index, change.text, change.reason) for change in changes)


def _kinds(text: MaskedText) -> frozenset[str]:
    return frozenset(finding.kind for finding in text.findings)
