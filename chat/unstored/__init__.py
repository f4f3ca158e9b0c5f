"""Conversations of which nothing is stored: what is said in them lies sealed in Valkey's memory as long as they last, and nowhere else.

Danger: one text that falls back to a disk breaks the promise under which it was typed. Rule: whether anything of a conversation is stored is decided
when it begins and never changes; whoever writes to one that is not stored keeps the text here or fails; nothing is kept in a Valkey that writes
to a disk. Proof: tests/chat/unstored, tests/leaks/test_nothing_stored.py.

    key      one for each conversation, random; it lies beside what it seals, wrapped by a key that is derived from the organisation's
    life     KEPT_FOR after the last thing that was said, or until the conversation ends; then key and texts are gone together
"""
