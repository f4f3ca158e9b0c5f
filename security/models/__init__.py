from security.models.keys import KeySubject, SubjectKey, TenantKey
from security.models.revocation import Revocation, RevocationKind
from security.models.user import User, normalize_email

__all__ = [
    "KeySubject",
    "Revocation",
    "RevocationKind",
    "SubjectKey",
    "TenantKey",
    "User",
    "normalize_email",
]
