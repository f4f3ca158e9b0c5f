from security.models.attempt import Attempt
from security.models.audit import (
    AuditAddress,
    AuditCheckpoint,
    AuditCopy,
    AuditDetail,
    AuditEvent,
    AuditHead,
    AuditTerm,
    AuditTombstone,
)
from security.models.keys import KeySubject, SubjectKey, TenantKey
from security.models.limit import LimitRow
from security.models.mail import Mail
from security.models.password import FormerPassword
from security.models.revocation import Revocation, RevocationKind
from security.models.user import User, normalize_email

__all__ = [
    "Attempt",
    "AuditAddress",
    "AuditCheckpoint",
    "AuditCopy",
    "AuditDetail",
    "AuditEvent",
    "AuditHead",
    "AuditTerm",
    "AuditTombstone",
    "FormerPassword",
    "KeySubject",
    "LimitRow",
    "Mail",
    "Revocation",
    "RevocationKind",
    "SubjectKey",
    "TenantKey",
    "User",
    "normalize_email",
]
