from chat.models.block import Block, unended
from chat.models.conversation import CannedResponse, Conversation, ConversationTag, Presence, Status, Tag
from chat.models.erasure import Erasure
from chat.models.leaving import Closing, ExportState, OrganisationExport
from chat.models.masking_job import UNFINISHED, JobKind, JobStatus, MaskingJob
from chat.models.message import AuthorKind, Message
from chat.models.retention import (
    Afterwards,
    ArchiveChunk,
    ArchivedConversation,
    ChunkState,
    Claim,
    LegalHold,
    OwnServer,
    Place,
    RetentionChange,
    RetentionRule,
    RetentionRun,
    ServerKind,
)
from chat.models.visitor import IdentityToken, Visitor, VisitorToken

__all__ = [
    "UNFINISHED",
    "Afterwards",
    "ArchiveChunk",
    "ArchivedConversation",
    "AuthorKind",
    "Block",
    "CannedResponse",
    "ChunkState",
    "Claim",
    "Closing",
    "Conversation",
    "ConversationTag",
    "Erasure",
    "ExportState",
    "IdentityToken",
    "JobKind",
    "JobStatus",
    "LegalHold",
    "MaskingJob",
    "Message",
    "OrganisationExport",
    "OwnServer",
    "Place",
    "Presence",
    "RetentionChange",
    "RetentionRule",
    "RetentionRun",
    "ServerKind",
    "Status",
    "Tag",
    "Visitor",
    "VisitorToken",
    "unended",
]
