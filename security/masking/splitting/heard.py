"""Whether a message speaks of a card or a social security number, remembered: each is asked about again with all that follow it for two minutes.

Danger: a memory of what was typed. Rule: no text is kept, only two answers under a digest with a key of this process, and nothing at all of a
text in which digits may be, since so few of those are possible that a digest would give them away. Proof: tests/security/masking/test_heard.py.
"""

from __future__ import annotations

import secrets
from hashlib import blake2b
from typing import Final

from security.masking.splitting.fragments import may_hold_digits
from security.masking.splitting.wording import Speaks, speaks_of

_DIGEST: Final = 16
_MOST: Final = 20_000


class Heard:
    """Answers of one process; when there are too many, it begins anew."""

    def __init__(self, most: int = _MOST) -> None:
        self._most = most
        self._key = secrets.token_bytes(32)
        self._answers: dict[bytes, Speaks] = {}

    def __len__(self) -> int:
        return len(self._answers)

    def of(self, text: str) -> Speaks:
        """What `text` speaks of."""
        if may_hold_digits(text):
            return speaks_of(text)
        digest = blake2b(text.encode(errors="surrogatepass"), digest_size=_DIGEST, key=self._key).digest()
        found = self._answers.get(digest)
        if found is None:
            found = speaks_of(text)
            if len(self._answers) >= self._most:
                self._answers.clear()
            self._answers[digest] = found
        return found


HEARD: Final = Heard()
