"""The wire contract of both sockets, pure: text in, frozen typed frames out; typed values in, bytes of a frame out.

frame = parse(raw, VISITOR_FRAMES, masker)       # visitor.SendMessage(...), or FrameRefused
server.ack(view, ref=frame.ref)                  # bytes
"""

from __future__ import annotations

from chat.live.protocol import agent, server, visitor
from chat.live.protocol.agent import AGENT_FRAMES
from chat.live.protocol.codes import DETAILS, CloseCode, ErrorCode
from chat.live.protocol.fields import Masker
from chat.live.protocol.frames import Frame, Registry, parse
from chat.live.protocol.visitor import VISITOR_FRAMES

__all__ = [
    "AGENT_FRAMES",
    "DETAILS",
    "VISITOR_FRAMES",
    "CloseCode",
    "ErrorCode",
    "Frame",
    "Masker",
    "Registry",
    "agent",
    "parse",
    "server",
    "visitor",
]
