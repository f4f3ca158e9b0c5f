"""`python -m chatplatform.bench.chat.peers.raw PORT`: frames passed on as they came, by a WebSocket library in C. The floor: no work, no database."""

from __future__ import annotations

import sys
from collections import defaultdict

import orjson
import uvloop
from picows import WSFrame, WSListener, WSMsgType, WSTransport, WSUpgradeRequest, ws_create_server

_rooms: dict[str, list[WSTransport]] = defaultdict(list)
_WELCOME = b'{"type":"welcome"}'


class Member(WSListener):
    """One socket; the first frame says in which rooms it is."""

    rooms: tuple[str, ...] = ()

    def on_ws_frame(self, transport: WSTransport, frame: WSFrame) -> None:
        if frame.msg_type is WSMsgType.CLOSE:
            transport.disconnect()
        elif not self.rooms:
            self.rooms = tuple(orjson.loads(frame.get_payload_as_bytes())["rooms"])
            for room in self.rooms:
                _rooms[room].append(transport)
            transport.send(WSMsgType.TEXT, _WELCOME)
        else:
            payload = frame.get_payload_as_bytes()
            for member in _rooms[self.rooms[0]]:
                member.send(WSMsgType.TEXT, payload)

    def on_ws_disconnected(self, transport: WSTransport) -> None:
        for room in self.rooms:
            _rooms[room].remove(transport)


def _member(_: WSUpgradeRequest) -> Member:
    return Member()


async def _serve(port: int) -> None:
    server = await ws_create_server(_member, "127.0.0.1", port)
    await server.serve_forever()


if __name__ == "__main__":
    uvloop.run(_serve(int(sys.argv[1])))
