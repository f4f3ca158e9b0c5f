"""Numbers that are spread over several messages: fragments, what they make together, and what becomes of the messages."""
