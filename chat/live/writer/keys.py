"""Conversation keys of the writer, unwrapped without I/O.

Danger: a key that was replaced (a redaction in another process) seals what nobody can open. Rule: the writer reads the wrapped key under the
conversation's lock, and what is remembered here is found by those very bytes. Proof: tests/chat/live/test_writer_keys.py.
"""

from __future__ import annotations

from uuid import UUID

from security.crypto import keyring
from security.crypto.cache import ShortLived
from security.models import KeySubject


class ConversationKeys:
    """Clear keys by their wrapping, for at most 60 s."""

    def __init__(self) -> None:
        self._clear: ShortLived[tuple[int, UUID, bytes], bytes] = ShortLived()

    def unwrapped(self, tenant_id: int, conversation: UUID, wrapped: bytes) -> bytes:
        """The key inside `wrapped`; KeysNotLoaded where the tenant's own keys are not in memory."""
        place = (tenant_id, conversation, wrapped)
        found = self._clear.get(place)
        if found is None:
            read_at = self._clear.now()
            found = keyring.unwrap_subject(tenant_id, KeySubject.CONVERSATION, conversation, wrapped)
            self._clear.put(place, found, read_at)
        return found
