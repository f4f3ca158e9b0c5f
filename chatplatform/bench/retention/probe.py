"""`python -m chatplatform.bench.retention.probe TENANT CONVERSATION…`: posts messages all the while, so many a second, and says how long each took.

By the product's own writer, in a process of its own; from when a message was to be sent till it was stored. A line on stdin begins a part of that name, the
end of stdin ends it all; the answer is JSON, milliseconds by part.
"""

from __future__ import annotations

import asyncio
import os
import sys
import uuid
from itertools import count
from typing import Final

import django

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "chatplatform.settings")
django.setup()  # what follows imports models

import orjson

from chat.live.protocol.shapes import Author, AuthorKind
from chat.live.writer import Post, Writer
from security.masking import mask

A_SECOND: Final = 50
SAID: Final = "Good morning, is anybody there who can help me with an order"


async def main(tenant_id: int, pairs: list[str]) -> dict[str, list[float]]:
    """`pairs` are conversation:visitor."""
    talks = [(uuid.UUID(one), uuid.UUID(other)) for one, other in (pair.split(":") for pair in pairs)]
    loop, writer, parts = asyncio.get_running_loop(), Writer(on_committed=lambda _: None), dict[str, list[float]]()
    name, lines = "", await _lines()
    begun, under_way = loop.time(), set[asyncio.Task[None]]()
    for number in count():
        due = begun + number / A_SECOND
        await asyncio.sleep(max(0.0, due - loop.time()))
        while not lines.empty():
            name = lines.get_nowait()
            if not name:
                await asyncio.gather(*under_way)
                await writer.close()
                return parts
        conversation, visitor = talks[number % len(talks)]
        task = loop.create_task(_post(writer, tenant_id, conversation, visitor, due, parts.setdefault(name, [])))
        under_way.add(task)
        task.add_done_callback(under_way.discard)
    raise AssertionError("it counts on")


async def _post(
    writer: Writer, tenant_id: int, conversation: uuid.UUID, visitor: uuid.UUID, due: float, into: list[float]
) -> None:
    await writer.put(
        Post(
            tenant_id=tenant_id,
            conversation=conversation,
            author=Author(AuthorKind.VISITOR, visitor, "Vera"),
            client_id=uuid.uuid4(),
            text=mask(SAID),
            check=lambda _: None,
        )
    )
    into.append((asyncio.get_running_loop().time() - due) * 1000)


async def _lines() -> asyncio.Queue[str]:
    """Of stdin; an empty one is its end."""
    found: asyncio.Queue[str] = asyncio.Queue()
    loop = asyncio.get_running_loop()
    loop.add_reader(sys.stdin, lambda: found.put_nowait(sys.stdin.readline().strip()))
    return found


if __name__ == "__main__":
    sys.stdout.write(orjson.dumps(asyncio.run(main(int(sys.argv[1]), sys.argv[2:]))).decode() + "\n")
