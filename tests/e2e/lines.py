"""A visitor's or agent's socket with somebody at the cable: frames can be lost, the line can be cut."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

from playwright.sync_api import Page, WebSocketRoute

RESTARTING = 1012


@dataclass  # without slots: Playwright keeps its wrapper of `opened` on it
class Line:
    """All sockets that a page opens, one after the other. `loses` says which of the server's frames vanish."""

    loses: Callable[[dict[str, Any]], bool] = lambda _: False
    is_cut: bool = False
    sockets: list[WebSocketRoute] = field(default_factory=list)
    refused: int = 0

    @classmethod
    def of(cls, page: Page) -> Line:
        """Before the page opens its first one."""
        line = cls()
        page.route_web_socket("**/ws/**", line.opened)
        return line

    def cut(self, code: int = RESTARTING) -> None:
        """End the present socket as a restarting server would, and each new one at once, until `mend`."""
        self.is_cut = True
        self.sockets[-1].close(code=code)

    def mend(self) -> None:
        self.is_cut = False

    def opened(self, socket: WebSocketRoute) -> None:
        """Join it to the server, or not."""
        if self.is_cut:
            self.refused += 1
            socket.close(code=RESTARTING)
            return
        self.sockets.append(socket)
        server = socket.connect_to_server()

        def answered(message: str | bytes) -> None:
            if not self.loses(json.loads(message)):
                socket.send(message)

        server.on_message(answered)
