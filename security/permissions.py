"""What a member may do: the names of all rights, a member's `Grant`, and the two questions asked of it.

Danger: a right that is assumed instead of asked for. Rule: a service asks `require()` with a name from `Permission`; a name that is not in the
table is an error, not a yes. Proof: tests/security/test_permissions.py.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Final
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

ON_DEPARTMENTS = frozenset(
    {permission for permission in Permission if permission.tier == "chat"} - {Permission.CHAT_BLOCK_VISITOR}
    | {Permission.REPORTS_DEPARTMENT, Permission.REPORTS_ALL, Permission.REPORTS_EXPORT}
)
"""What can be given on a single department: rights to what belongs to one. The others, a visitor's block too, hold for the whole organisation."""


@dataclass(frozen=True, slots=True)
class Came:
    """How somebody's session was opened: by the provider of the organisation `tenant_id`, or by a password of his own."""

    tenant_id: int | None = None
    has_shown_factor: bool = False
    """There, by one of the words that the organisation's owner takes for a second factor."""

    def is_vouched_for(self, tenant_id: int) -> bool:
        """Whether that organisation's own provider signed him in, so that his password, if he has one at all, opened nothing."""
        return self.tenant_id == tenant_id

    def has_shown_factor_to(self, tenant_id: int) -> bool:
        """Whether that provider also asked him for a second factor."""
        return self.has_shown_factor and self.is_vouched_for(tenant_id)


BY_PASSWORD: Final = Came()


@dataclass(frozen=True, slots=True)
class Grant:
    """What one member may do in one tenant, as read at one moment. Primary keys stay inside the server.

    `permissions` is what the role for the whole organisation gives, `department_ids` where the member answers. `further` is what roles on single
    departments give, each pair in that department alone: as if it were the whole organisation, and without adding to what holds elsewhere.
    """

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
    further: frozenset[tuple[int, Permission]] = frozenset()
    until: datetime | None = None
    """When the membership runs out, where it does."""
    entry: UUID | None = None
    """An operator's stay, where this is one."""
    came: Came = BY_PASSWORD
    """For whoever asks again, later in the same session, what is still held."""


@dataclass(frozen=True, slots=True)
class Reach:
    """Where a member holds a right: everywhere; or in `departments`, and if `is_general` also on what is of none and on what is his own."""

    is_everywhere: bool
    is_general: bool
    departments: frozenset[int]


def has(grant: Grant, permission: Permission | str, department: int | None = None) -> bool:
    """Whether `grant` holds the permission for the organisation; for something of a department (its primary key), whether it reaches there.

    ValueError for a permission that does not exist.
    """
    wanted = Permission(permission)
    if department is not None and (department, wanted) in grant.further:
        return True
    if wanted not in grant.permissions:
        return False
    everywhere = _EVERYWHERE.get(wanted.tier)
    if department is None or everywhere is None:
        return True
    return department in grant.department_ids or everywhere in grant.permissions


def has_somewhere(grant: Grant, permission: Permission | str) -> bool:
    """Whether `grant` holds the permission for the organisation or on any department: for pages, whose contents are asked for one by one."""
    wanted = Permission(permission)
    return wanted in grant.permissions or any(held is wanted for _, held in grant.further)


def reach_of(grant: Grant, permission: Permission | str) -> Reach:
    """The same as `has()` for all departments at once: what a query is narrowed by."""
    wanted = Permission(permission)
    further = frozenset(department for department, held in grant.further if held is wanted)
    if wanted not in grant.permissions:
        return Reach(is_everywhere=False, is_general=False, departments=further)
    everywhere = _EVERYWHERE.get(wanted.tier)
    is_everywhere = everywhere is None or everywhere in grant.permissions
    return Reach(is_everywhere=is_everywhere, is_general=True, departments=grant.department_ids | further)


def covers(grant: Grant, other: Grant) -> bool:
    """Whether the one with `grant` holds all that `other` holds, wherever that holds it: only then he gives it, or acts on who has it."""
    return (
        other.permissions <= grant.permissions
        and all(
            has(grant, permission, department)
            for permission in other.permissions & ON_DEPARTMENTS
            for department in other.department_ids
        )
        and all(has(grant, permission, department) for department, permission in other.further)
    )


def require(grant: Grant, permission: Permission | str, department: int | None = None) -> None:
    """Denied unless `has()`."""
    if not has(grant, permission, department):
        raise Denied


def require_somewhere(grant: Grant, permission: Permission | str) -> None:
    """Denied unless `has_somewhere()`."""
    if not has_somewhere(grant, permission):
        raise Denied


def require_member(grant: Grant) -> None:
    """Denied for an operator who is in for a time: what outlasts his stay is not his to make."""
    if grant.entry is not None:
        raise Denied
