"""The limits of sockets, from the settings `LIMIT_*`; the defaults are the protocol's."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta
from functools import cache

from django.conf import settings

from security.sockets.settings import SocketLimits


@dataclass(frozen=True, slots=True, kw_only=True)
class ChatLimits:
    """Messages by one person in `within` seconds over all his sockets of a process; sockets of one person in a process.

    `tenant_messages`: of all visitors of one organisation, so that a flood of it leaves the process to the others.
    """

    visitor_messages: int
    agent_messages: int
    within: float
    visitor_sockets: int
    agent_sockets: int
    anonymous_per_address: int
    visitor_acts: int
    tenant_messages: int
    new_conversations: int
    held_for: timedelta
    frames: SocketLimits


@cache
def chat_limits() -> ChatLimits:
    """Read once a process."""
    limits = settings.LIMITS
    return ChatLimits(
        visitor_messages=limits["VISITOR_MESSAGES"],
        agent_messages=limits["AGENT_MESSAGES"],
        within=10.0,
        visitor_sockets=limits["VISITOR_SOCKETS"],
        agent_sockets=limits["AGENT_SOCKETS"],
        anonymous_per_address=limits["ANONYMOUS_SOCKETS"],
        visitor_acts=limits["VISITOR_ACTS"],
        tenant_messages=limits["TENANT_MESSAGES"],
        new_conversations=limits["NEW_CONVERSATIONS"],
        held_for=timedelta(seconds=limits["HELD_SECONDS"]),
        frames=SocketLimits(
            frames=limits["FRAMES"],
            anonymous_per_address=limits["ANONYMOUS_SOCKETS"],
            work=limits["WORK_MS"] / 1_000,
            work_per_address=limits["ADDRESS_WORK_MS"] / 1_000,
        ),
    )
