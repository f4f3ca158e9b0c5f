"""`bench flood`: one organisation is flooded, and another one's messages are timed before and meanwhile, over the real server with its ordinary limits.

`attack` floods over raw sockets in a process of its own, `measure` times, `command` prints both.
"""
