"""Records and work pages of the chat in the administration; Django finds this package by its name."""

from chat.admin import (
    account,
    archive,
    blocks,
    canned_responses,
    conversations,
    masking,
    masking_jobs,
    masking_rules,
    own_server,
    refusals,
    reports,
    retention,
    tags,
    visitors,
)

__all__ = [
    "account",
    "archive",
    "blocks",
    "canned_responses",
    "conversations",
    "masking",
    "masking_jobs",
    "masking_rules",
    "own_server",
    "refusals",
    "reports",
    "retention",
    "tags",
    "visitors",
]
