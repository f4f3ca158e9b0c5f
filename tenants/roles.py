"""The built-in roles: one table, from which rows, checks, the matrix page and the truth-table test are made."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from types import MappingProxyType

from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from security.permissions import Permission

OWNER, ADMIN, SUPERVISOR, AGENT, ANALYST, AUDITOR = "owner", "admin", "supervisor", "agent", "analyst", "auditor"

ROLE_NAMES: Mapping[str, str | Promise] = MappingProxyType(
    {
        OWNER: _("Owner"),
        ADMIN: _("Administrator"),
        SUPERVISOR: _("Supervisor"),
        AGENT: _("Agent"),
        ANALYST: _("Analyst"),
        AUDITOR: _("Auditor"),
    }
)

_EVERYTHING = frozenset(Permission)
_AGENT = frozenset(
    {
        Permission.CHAT_SEE_QUEUE,
        Permission.CHAT_TAKE,
        Permission.CHAT_SEE_OWN,
        Permission.CHAT_SEE_DEPARTMENT,
        Permission.CHAT_REPLY,
        Permission.CHAT_NOTE,
        Permission.CHAT_TRANSFER,
        Permission.CHAT_CLOSE,
        Permission.CHAT_REOPEN,
        Permission.CHAT_TAG,
        Permission.CHAT_SEE_CONTACT,
        Permission.REPORTS_OWN,
    }
)
_REPORTS = frozenset(permission for permission in Permission if permission.tier == "reports")

ROLE_PERMISSIONS: Mapping[str, frozenset[Permission]] = MappingProxyType(
    {
        OWNER: _EVERYTHING,
        # Runs everything but what ends the account or makes its data unreadable.
        ADMIN: _EVERYTHING - {Permission.CONFIGURATION_ACCOUNT, Permission.CONFIGURATION_KEYS},
        SUPERVISOR: _AGENT
        | _REPORTS
        | {
            Permission.CHAT_SEE_ALL,
            Permission.CHAT_WATCH,
            Permission.CHAT_BLOCK_VISITOR,
            Permission.CHAT_EXPORT_TRANSCRIPT,
            Permission.CHAT_MAIL_TRANSCRIPT,
            Permission.CONFIGURATION_CANNED_RESPONSES,
            Permission.CONFIGURATION_TAGS,
            Permission.CONFIGURATION_BUSINESS_HOURS,
        },
        AGENT: _AGENT,
        ANALYST: _REPORTS,
        # Reads the trail, not the conversations: what was looked at, by whom, is his question.
        AUDITOR: frozenset({Permission.AUDIT_READ, Permission.AUDIT_EXPORT, Permission.AUDIT_VERIFY}),
    }
)

ENTRY_ROLES: Sequence[str] = (AUDITOR, ANALYST, SUPERVISOR, ADMIN)
"""What an operator may enter as, the least first; never as an owner."""
ENTRY_MAY: frozenset[Permission] = frozenset(
    {
        Permission.CHAT_SEE_QUEUE,
        Permission.CHAT_SEE_OWN,
        Permission.CHAT_SEE_DEPARTMENT,
        Permission.CHAT_SEE_ALL,
        Permission.REPORTS_OWN,
        Permission.REPORTS_DEPARTMENT,
        Permission.REPORTS_ALL,
        Permission.AUDIT_READ,
        Permission.AUDIT_VERIFY,
    }
)
"""All that an operator's stay may give, whatever the role: reading. What is configured outlasts the stay, so that no right to it is here.

A permission that is new is not among them until somebody puts it here.
"""

JOINING_MAY: frozenset[Permission] = (
    ROLE_PERMISSIONS[SUPERVISOR] | ROLE_PERMISSIONS[ANALYST] | ROLE_PERMISSIONS[AUDITOR]
)
"""All that somebody may hold whom an identity provider alone lets in: nothing that decides about people, roles or security, whatever a role is called."""


def permissions_of(slug: str, *, is_builtin: bool, stored: Iterable[str]) -> frozenset[Permission]:
    """What a role gives: a built-in one what this table says, another what its row says, without names that no longer exist."""
    if is_builtin:
        return ROLE_PERMISSIONS[slug]
    known = {permission.value for permission in Permission}
    return frozenset(Permission(name) for name in stored if name in known)
