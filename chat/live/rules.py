"""The masking rules of the tenants whose sockets are in this process: one holder a tenant, whatever the number of its sockets.

Danger: a socket that stays open for hours masks by rules that were replaced. Rule: the holder is told like a socket whose right was revoked, within
a second, and reads the new version; until it could be read after a failure everything is withheld. Proof: tests/chat/live/test_new_rules.py.
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Awaitable, Callable
from contextvars import Context
from datetime import datetime
from uuid import UUID

from chat.live.registry import Registry
from chat.live.work import in_scope
from security.masking import MaskingPolicy
from security.models import RevocationKind
from security.revocation import Revoked
from security.sockets.codes import CloseCode
from tenants.policies import current_masking, masking_policy
from tenants.rules import Masking, broken_masking

logger = logging.getLogger(__name__)

AGAIN_AFTER = 0.5
Read = Callable[[int], Awaitable[Masking]]


async def read_masking(tenant_id: int) -> Masking:
    """By what this tenant's messages are masked now."""
    return await in_scope(tenant_id, current_masking)


async def read_policy(tenant_id: int) -> MaskingPolicy:
    """By what its visitors' words are masked now; RulesBroken where that cannot be read."""
    return await in_scope(tenant_id, masking_policy)


class TenantRules:
    """One tenant's rules as they are now: `current` is looked at for each message. `followers` are called when it was read anew."""

    def __init__(self, tenant_id: int, masking: Masking, read: Read) -> None:
        self.tenant_id = tenant_id
        self.current = masking
        self.sockets = 0
        self.followers: set[Callable[[], None]] = set()
        self._read = read
        self._task: asyncio.Task[None] | None = None
        self._is_again_due = False

    def revoked_by(self, _: Revoked) -> None:
        """There is a new version: read it. See `chat.live.registry.Revocable`."""
        if self._task is None or self._task.done():
            # In a context of its own: nobody's frame it is that waits for it.
            self._task = asyncio.get_running_loop().create_task(self._take_up(), context=Context())
        else:
            self._is_again_due = True

    def close(self, code: CloseCode) -> None:
        """The sockets are told themselves."""

    def take(self, masking: Masking) -> None:
        """What somebody has read just now; an older version changes nothing, and of what is known already nobody is told.

        Everybody who comes has read it: with many sockets open, telling all of them each time would cost more than the coming.
        """
        if masking.version < self.current.version or masking == self.current:
            return
        self.current = masking
        for follow in tuple(self.followers):
            follow()

    def end(self) -> None:
        """Nobody is there any more."""
        if self._task is not None:
            self._task.cancel()

    async def _take_up(self) -> None:
        while True:
            self._is_again_due = False
            try:
                self.take(await self._read(self.tenant_id))
            except Exception as error:  # noqa: BLE001 - whatever it is: what is new may hide what the old rules let pass
                logger.warning("New masking rules could not be read: %s", type(error).__name__)
                self.current = broken_masking(self.current.version)
                await asyncio.sleep(AGAIN_AFTER)
                continue
            if not self._is_again_due:
                return


class RulesKeeper:
    """The holders of this process."""

    def __init__(self, registry: Registry, read: Read = read_masking) -> None:
        self._registry = registry
        self._read = read
        self._tenants: dict[int, TenantRules] = {}

    def __len__(self) -> int:
        return len(self._tenants)

    def enter(self, tenant_id: int, tenant: UUID, found: Masking, *, since: datetime) -> TenantRules:
        """The tenant's rules for one more socket, which has read `found` after `since`."""
        rules = self._tenants.get(tenant_id)
        if rules is None:
            rules = self._tenants[tenant_id] = TenantRules(tenant_id, found, self._read)
            self._registry.enter(rules, {(RevocationKind.MASKING, str(tenant))}, since=since)
        else:
            rules.take(found)
        rules.sockets += 1
        return rules

    def leave(self, rules: TenantRules) -> None:
        """One socket less."""
        rules.sockets -= 1
        if rules.sockets <= 0 and self._tenants.get(rules.tenant_id) is rules:
            del self._tenants[rules.tenant_id]
            self._registry.leave(rules)
            rules.end()
