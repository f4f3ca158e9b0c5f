from chat.models.conversation import CannedResponse, Conversation, ConversationTag, Presence, Status, Tag
from chat.models.message import AuthorKind, Message
from chat.models.visitor import IdentityToken, Visitor, VisitorToken

__all__ = [
    "AuthorKind",
    "CannedResponse",
    "Conversation",
    "ConversationTag",
    "IdentityToken",
    "Message",
    "Presence",
    "Status",
    "Tag",
    "Visitor",
    "VisitorToken",
]
