from chat.models.block import Block, unended
from chat.models.conversation import CannedResponse, Conversation, ConversationTag, Presence, Status, Tag
from chat.models.masking_job import UNFINISHED, JobKind, JobStatus, MaskingJob
from chat.models.message import AuthorKind, Message
from chat.models.visitor import IdentityToken, Visitor, VisitorToken

__all__ = [
    "UNFINISHED",
    "AuthorKind",
    "Block",
    "CannedResponse",
    "Conversation",
    "ConversationTag",
    "IdentityToken",
    "JobKind",
    "JobStatus",
    "MaskingJob",
    "Message",
    "Presence",
    "Status",
    "Tag",
    "Visitor",
    "VisitorToken",
    "unended",
]
