"""The guard in front of every socket: origin, size, rate, revocation, one parse, an ordered way out.

Modules are imported by name (`security.sockets.consumer`), so that pure code can use `codes` and `refusals` without
Channels.
"""
