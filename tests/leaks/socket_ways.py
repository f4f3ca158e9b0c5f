"""Every way in by a socket: each field of each frame, both sides, then all that a frame may not be."""

from __future__ import annotations

import json
import uuid
from typing import Any

from chat.live.protocol import AGENT_FRAMES, VISITOR_FRAMES, Registry
from tests.cast import Organisation
from tests.chat.live.sockets import Door, Socket

from .canaries import Canaries

_MAY_BE_ANY_ID = frozenset({"client_id", "text", "name", "title", "comment", "note", "tag", "outcome"})
"""An id of the sender's own is kept as it is, and a text keeps ids: whoever hides digits in the bits of one shows them to nobody but those who look for it."""
_ENDS = frozenset({"hello", "end", "close", "transfer", "decline", "ping", "reopen"})


async def send_every_field(socket: Socket, registry: Registry, canaries: Canaries, conversation: str) -> None:
    """A canary as text, as a number, in a list, as a key, in each field; the frame's other fields are good ones."""
    for kind, cls in registry.items():
        for name in cls.readers:
            card = canaries.card(f"frame {kind}.{name}")
            bits = card.replace(" ", "")
            id_ = f"{bits[:8]}-{bits[8:12]}-{bits[12:]}-8000-000000000000"
            for value in (
                card,
                bits,
                int(bits),
                [card],
                {card: card},
                {"name": card, card: card},
                f"x{bits}@x.example",
                id_,
            ):
                if value == id_ and name in _MAY_BE_ANY_ID:
                    continue
                if kind in _ENDS and isinstance(value, str) and name in {"ref", "note", "outcome"}:
                    continue
                frame = {"type": kind, **_good(cls.required, canaries, conversation), name: value}
                await socket.send_raw(json.dumps(frame))
            await socket.ask("ping", "pong")


def _good(required: frozenset[str], canaries: Canaries, conversation: str) -> dict[str, Any]:
    known: dict[str, Any] = {
        "conversation": conversation,
        "client_id": str(uuid.uuid4()),
        "text": f"good {canaries.card('good text')}",
        "id": str(uuid.uuid4()),
        "active": True,
        "seq": 1,
        "score": 4,
        "status": "online",
        "view": "all",
        "token": f"a.{canaries.plain('jwt')}.c",
    }
    return {name: known[name] for name in required}


async def send_no_frames(socket: Socket, canaries: Canaries) -> None:
    """What is no frame at all; a good one between, so that the socket stays."""
    card = canaries.card("bad frame")
    for raw in (
        card,
        f'{{"type": "message", "text": "{card}"',
        f'{{"type": "message", "text": "{card}", "text": "{card}"}}',
        f'{{"type": "{card}"}}',
        f'{{"{card}": 1}}',
        f'{{"type": "message", "client_id": "{card}", "text": "{card}", "ref": "{card}"}}',
        f'{{"type": "message", "text": "\\ud800 {card}"}}',
        f'["{card}"]',
        json.dumps({"type": "page", "url": {"a": {"b": {"c": {"d": card}}}}}),
        '{"type": "message", "text": "' + card * 500 + '"}',
    ):
        await socket.send_raw(raw)
        await socket.ask("ping", "pong")


async def end_badly(door: Door, of: Organisation, canaries: Canaries) -> None:
    """Frames that end a socket: binary, oversize, before the greeting."""
    for raw in (
        canaries.card("binary").encode(),
        canaries.card("oversize") * 5_000,
        json.dumps({"type": "message", "text": canaries.card("ungreeted"), "client_id": canaries.card("ungreeted")}),
    ):
        socket = await door.dial(
            f"/ws/visitor/{of.site_key}/", headers={"User-Agent": canaries.card("agent of a socket")}
        )
        await socket.send_raw(raw)
        await socket.send_raw(raw) if isinstance(raw, str) and len(raw) < 1_000 else None
    await door.dial(f"/ws/visitor/{canaries.plain('site key')}/")


__all__ = ["AGENT_FRAMES", "VISITOR_FRAMES", "end_badly", "send_every_field", "send_no_frames"]
