"""The two sockets: frames in, one service call each, frames out. No ORM, no decisions about rights."""

from chat.live.consumers.agent import AgentConsumer
from chat.live.consumers.visitor import VisitorConsumer

__all__ = ["AgentConsumer", "VisitorConsumer"]
