"""One visitor's conversation, message by message.

Each message is masked with the words of the last three messages of both sides as its context. Digits of one number
that are typed in several messages are not joined, so nothing is ever held back and no revision arises; callers
handle both already, since joining changes what these methods return and not how they are called.
"""

from collections import deque
from dataclasses import dataclass, field
from typing import Final, Literal

from security.masking.engine import mask
from security.masking.policy import MaskingPolicy, default_policy
from security.masking.text import MaskedText

_CONTEXT_MESSAGES: Final = 3


@dataclass(frozen=True, slots=True)
class Revision:
    """The message at `index` of the transcript now reads `text`."""

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
    """Masks a conversation in order. Not thread-safe: the writer feeds it under the conversation's lock."""

    policy: MaskingPolicy = field(default_factory=default_policy)
    _transcript: list[MaskedText] = field(default_factory=list, init=False, repr=False)
    _recent: deque[MaskedText] = field(default_factory=lambda: deque(maxlen=_CONTEXT_MESSAGES), init=False, repr=False)

    def feed(self, text: str, author: Literal["visitor", "agent"] = "visitor", at: float | None = None) -> Fed:  # noqa: ARG002
        """Mask the next message; `TooLong` leaves the stream as it was. `at` is in seconds."""
        masked = mask(text, self.policy, tuple(self._recent))
        self._transcript.append(masked)
        self._recent.append(masked)
        return Fed(masked)

    def settle(self, at: float | None = None) -> tuple[Revision, ...]:  # noqa: ARG002
        """What is released when nothing more comes: nothing, since nothing is held."""
        return ()

    def transcript(self) -> list[MaskedText]:
        """Every message as it now stands."""
        return list(self._transcript)
