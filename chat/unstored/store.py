"""The one door to what Valkey keeps of such conversations: a hash for each, with its wrapped key, that goes as a whole.

Danger: two processes that seal by two keys after Valkey was emptied, so that neither reads the other; a Valkey that writes to a disk. Rule: a hash has
one key, and who brings another is told so before anything is written; what cannot be asked whether it persists is taken to. What is looked at before
it is written is looked at there, in one step, since another process, or the end, may come in between. Proof: tests/chat/unstored/test_store.py.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Iterable, Mapping, Sequence
from functools import cache
from typing import Final, cast
from uuid import UUID

import redis
from django.conf import settings

from security.errors import DomainError

KEPT_FOR: Final = 15 * 60.0
"""Seconds after the last thing that was said."""
ANSWERS_WITHIN: Final = 0.5
"""Seconds: the writer waits with locks in its hands."""
REST: Final = 1.0
"""Seconds for which a Valkey that was away is not asked again."""
CHECKED_FOR: Final = 60.0
"""Seconds between two looks at whether it writes to a disk."""
ID: Final = "id"
KEY: Final = "key"

_PUT: Final = """
local id = redis.call('HGET', KEYS[1], 'id')
if id and id ~= ARGV[1] then return 0 end
if not id and ARGV[3] == '0' then return 1 end
redis.call('HSET', KEYS[1], 'id', ARGV[1], unpack(ARGV, 4))
redis.call('PEXPIRE', KEYS[1], ARGV[2])
return 1
"""
_SETTLE: Final = """
for i = 1, #ARGV, 3 do
    local beside, rev = ARGV[i] .. '+', tonumber(ARGV[i + 1])
    if redis.call('HGET', KEYS[1], beside .. ARGV[i + 1]) == ARGV[i + 2] then
        redis.call('HSET', KEYS[1], ARGV[i], ARGV[i + 2])
        for _, name in ipairs(redis.call('HKEYS', KEYS[1])) do
            local other = string.sub(name, 1, #beside) == beside and tonumber(string.sub(name, #beside + 1))
            if other and other <= rev then redis.call('HDEL', KEYS[1], name) end
        end
    end
end
return 1
"""
Place = tuple[int, UUID]
"""Tenant and conversation."""
Fields = Mapping[str, bytes]


class Away(DomainError):
    """Valkey did not answer, or cannot be used: nothing was kept, send it again."""

    code = "unavailable"
    retry_after = 1


class Replaced(Away):
    """Under another key by now: somebody began anew after Valkey had lost it. Read the key and seal again."""


class Persists(Away):
    """It writes what it holds to a disk, or does not say whether."""


class Store:
    """Not bound to a thread or an event loop; each call is one round trip, and blocks."""

    def __init__(self, client: redis.Redis, prefix: str, clock: Callable[[], float] = time.monotonic) -> None:
        self._client, self._prefix, self._clock = client, prefix, clock
        self._away_until = self._checked_until = 0.0

    def read(self, wanted: Mapping[Place, Sequence[str]]) -> dict[Place, dict[str, bytes]]:
        """These fields of these conversations, those that are there. Away."""

        def ask(pipeline: redis.client.Pipeline) -> None:
            for place, names in wanted.items():
                pipeline.hmget(self._name(place), list(names))

        answers = self._asked(ask)
        return {
            place: {name: value for name, value in zip(names, values, strict=True) if value is not None}
            for (place, names), values in zip(wanted.items(), cast("list[list[bytes | None]]", answers), strict=True)
        }

    def put(self, kept: Mapping[Place, tuple[bytes, Fields]], *, begins: bool = True) -> None:
        """Keep the fields, among them the wrapped key, each beside the id of the key that sealed them. Away, Replaced.

        Without `begins` nothing is kept where nothing is.
        """
        self.require_memory()
        lifetime = int(KEPT_FOR * 1000)

        def ask(pipeline: redis.client.Pipeline) -> None:
            for place, (key_id, fields) in kept.items():
                flat = [part for name, value in fields.items() for part in (name, value)]
                told = (key_id, lifetime, int(begins))
                pipeline.execute_command("EVAL", _PUT, 1, self._name(place), *told, *flat)  # type: ignore[no-untyped-call]

        if not all(self._asked(ask)):
            raise Replaced

    def settle(self, changed: Mapping[Place, Mapping[str, tuple[int, bytes]]]) -> None:
        """A field becomes what lies beside it under this number, if that is this very value; nothing of an earlier number stays. Away."""

        def ask(pipeline: redis.client.Pipeline) -> None:
            for place, its in changed.items():
                flat = [part for name, (rev, value) in its.items() for part in (name, rev, value)]
                pipeline.execute_command("EVAL", _SETTLE, 1, self._name(place), *flat)  # type: ignore[no-untyped-call]

        self._asked(ask)

    def remove(self, places: Iterable[Place]) -> None:
        """Forget all of these conversations, keys and texts. Away."""
        names = [self._name(place) for place in places]
        if names:
            self._asked(lambda pipeline: pipeline.delete(*names))

    def require_memory(self) -> None:
        """Persists where what is kept would lie on a disk, or the server does not say. Asked once a minute."""
        if self._clock() < self._checked_until:
            return

        def ask(pipeline: redis.client.Pipeline) -> None:
            pipeline.config_get("save")
            pipeline.config_get("appendonly")

        save, appendonly = cast("list[dict[str, str]]", self._asked(ask, refused=Persists))
        if save.get("save") != "" or appendonly.get("appendonly") != "no":
            raise Persists
        self._checked_until = self._clock() + CHECKED_FOR

    def _asked(self, ask: Callable[[redis.client.Pipeline], object], *, refused: type[Away] = Away) -> list[object]:
        if self._clock() < self._away_until:
            raise Away
        try:
            with self._client.pipeline(transaction=False) as pipeline:
                ask(pipeline)
                return pipeline.execute()
        except redis.ResponseError:  # it is there, and full, or does not let us
            raise refused from None
        except (redis.RedisError, OSError):
            self._away_until, self._checked_until = self._clock() + REST, 0.0
            raise Away from None

    def _name(self, place: Place) -> str:
        return f"{self._prefix}unstored:{place[0]}:{place[1]}"


@cache
def store() -> Store:
    """The store of this process."""
    client = redis.Redis.from_url(
        settings.REDIS_URL, socket_timeout=ANSWERS_WITHIN, socket_connect_timeout=ANSWERS_WITHIN
    )
    return Store(client, settings.HUB_PREFIX)


def keeps_nothing_on_disk() -> bool:
    """Whether what is not stored could be kept here, as far as the server says."""
    try:
        store().require_memory()
    except Away:
        return False
    return True
