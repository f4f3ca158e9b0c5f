"""What becomes of held messages when nothing goes on from them: after a while they are shown as they were typed.

Danger: what is shown too early is the beginning of a number. Rule: as long as its author types on, nothing is released; what another process has masked the
rest of is masked for good.
Proof: tests/security/masking/test_splitting.py
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

from security.masking.splitting.fragments import parse
from security.masking.splitting.verdicts import MASKED, RELEASED, Change, Said, hidden

HELD_FOR: Final = 20.0
NUMBERS: Final = frozenset({"card", "ssn"})


def settle(tail: Sequence[Said], *, at: float | None, held_for: float = HELD_FOR) -> tuple[Change, ...]:
    """What is released by now; with None, all that is held: nothing more comes."""
    if at is not None and at < release_at(tail, held_for):
        return ()
    return released(tail)


def release_at(tail: Sequence[Said], held_for: float = HELD_FOR) -> float:
    """When what is held is released; each further fragment puts it off, since its author is still typing."""
    return max((said.at + held_for for said in tail if said.is_held), default=0.0)


def released(tail: Sequence[Said]) -> tuple[Change, ...]:
    """All that is held and known here, as it was typed; masked for good where another process has masked what went on from it."""
    known = [(index, said.typed) for index, said in enumerate(tail) if said.is_held and said.typed is not None]
    if not known:
        return ()
    first, _ = known[0]
    if any(said.by_visitor and said.typed is None and said.kinds & NUMBERS for said in tail[first + 1 :]):
        pieces = [(index, typed, parse(typed)) for index, typed in known]
        return tuple(
            Change(index, hidden(fragment, typed, "card", frozenset()), MASKED)
            for index, typed, fragment in pieces
            if fragment is not None
        )
    return tuple(Change(index, typed, RELEASED) for index, typed in known)
