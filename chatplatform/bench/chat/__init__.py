"""`bench chat`: the message path beside others that do the same work, in one run.

A server a contender, all on one PostgreSQL with durable commits and one Valkey, one after the other, in turns; the load comes from a process of its
own on another processor. `contest` is the whole of it.
"""
