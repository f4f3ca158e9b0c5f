"""What a member may do: the names of all rights, a member's `Grant`, and the two questions asked of it.

Danger: a right that is assumed instead of asked for. Rule: a service asks `require()` with a name from `Permission`; a name that is not in the
table is an error, not a yes. Proof: tests/security/test_permissions.py.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from uuid import UUID

from security.errors import Denied


class Permission(StrEnum):
    """Every right there is, in the tiers chat, configuration, reports and audit."""

    CHAT_SEE_QUEUE = "chat.see_queue"
    CHAT_TAKE = "chat.take"
    CHAT_SEE_OWN = "chat.see_own"
    CHAT_SEE_DEPARTMENT = "chat.see_department"
    CHAT_SEE_ALL = "chat.see_all"
    CHAT_REPLY = "chat.reply"
    CHAT_NOTE = "chat.note"
    CHAT_TRANSFER = "chat.transfer"
    CHAT_CLOSE = "chat.close"
    CHAT_REOPEN = "chat.reopen"
    CHAT_WATCH = "chat.watch"
    CHAT_TAG = "chat.tag"
    CHAT_BLOCK_VISITOR = "chat.block_visitor"
    CHAT_SEE_CONTACT = "chat.see_contact"
    CHAT_EXPORT_TRANSCRIPT = "chat.export_transcript"
    CHAT_MAIL_TRANSCRIPT = "chat.mail_transcript"

    CONFIGURATION_ACCOUNT = "configuration.account"
    CONFIGURATION_KEYS = "configuration.keys"
    CONFIGURATION_SITES = "configuration.sites"
    CONFIGURATION_BRANDING = "configuration.branding"
    CONFIGURATION_DEPARTMENTS = "configuration.departments"
    CONFIGURATION_BUSINESS_HOURS = "configuration.business_hours"
    CONFIGURATION_CANNED_RESPONSES = "configuration.canned_responses"
    CONFIGURATION_TAGS = "configuration.tags"
    CONFIGURATION_CHAT = "configuration.chat"
    CONFIGURATION_MASKING = "configuration.masking"
    CONFIGURATION_RETENTION = "configuration.retention"
    CONFIGURATION_STORAGE = "configuration.storage"
    CONFIGURATION_MEMBERS = "configuration.members"
    CONFIGURATION_ROLES = "configuration.roles"
    CONFIGURATION_PASSWORDS = "configuration.passwords"
    CONFIGURATION_SECURITY = "configuration.security"
    CONFIGURATION_API_TOKENS = "configuration.api_tokens"
    CONFIGURATION_WEBHOOKS = "configuration.webhooks"

    REPORTS_OWN = "reports.own"
    REPORTS_DEPARTMENT = "reports.department"
    REPORTS_ALL = "reports.all"
    REPORTS_EXPORT = "reports.export"

    AUDIT_READ = "audit.read"
    AUDIT_EXPORT = "audit.export"
    AUDIT_VERIFY = "audit.verify"
    AUDIT_EXPORT_VISITOR = "audit.export_visitor"
    AUDIT_ERASE_VISITOR = "audit.erase_visitor"
    AUDIT_LEGAL_HOLD = "audit.legal_hold"

    @property
    def tier(self) -> str:
        """The part before the dot."""
        return self.value.partition(".")[0]


_EVERYWHERE = {"chat": Permission.CHAT_SEE_ALL, "reports": Permission.REPORTS_ALL}
"""Whoever has this right of a tier is not bound to his own departments in it."""


@dataclass(frozen=True, slots=True)
class Grant:
    """What one member may do in one tenant, as read at one moment. Primary keys stay inside the server."""

    user_id: int
    user_public_id: UUID
    tenant_id: int
    membership_id: int
    membership_public_id: UUID
    name: str
    role: str
    permissions: frozenset[Permission]
    department_ids: frozenset[int]
    capacity: int


def has(grant: Grant, permission: Permission | str, department: int | None = None) -> bool:
    """Whether `grant` holds the permission; for something of a department (its primary key) also whether it reaches there.

    ValueError for a permission that does not exist.
    """
    wanted = Permission(permission)
    if wanted not in grant.permissions:
        return False
    everywhere = _EVERYWHERE.get(wanted.tier)
    if department is None or everywhere is None:
        return True
    return department in grant.department_ids or everywhere in grant.permissions


def require(grant: Grant, permission: Permission | str, department: int | None = None) -> None:
    """Denied unless `has()`."""
    if not has(grant, permission, department):
        raise Denied
