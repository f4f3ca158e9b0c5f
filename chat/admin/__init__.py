"""What an organisation sets up for its chats, and its conversations to look at; Django finds this package by its name."""

from chat.admin import canned_responses, conversations, tags

__all__ = ["canned_responses", "conversations", "tags"]
