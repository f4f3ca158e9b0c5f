"""The numbers of a socket's guard."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True, kw_only=True)
class SocketLimits:
    """Defaults are the protocol's; times in seconds, sizes in bytes.

    `work` is the process's own time for one socket's frames within `frames_within`; a proper frame takes well under a millisecond of it.
    `work_per_address` is the same for all anonymous sockets of one address.
    """

    frames: int = 100
    frames_within: float = 10.0
    work: float = 0.5
    work_per_address: float = 2.0
    frame_bytes: int = 64 * 1024
    bad_frames: int = 10
    hello_within: float = 10.0
    silence: float = 60.0
    queue_frames: int = 1_024
    queue_bytes: int = 8 * 1024 * 1024
    replay_stall: float = 10.0
    anonymous_per_address: int = 200
