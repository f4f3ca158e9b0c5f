"""The table of permissions in words: what each allows, what it needs, and what nothing asks for yet. Pages, checks and tests read this one."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from types import MappingProxyType
from typing import Final

from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from security.permissions import ON_DEPARTMENTS
from security.permissions import Permission as Right

Text = str | Promise


@dataclass(frozen=True, slots=True)
class Entry:
    """One right. A role that holds it has to hold `needs` too; `not_yet` says why it gives nothing so far."""

    permission: Right
    name: Text
    sentence: Text
    needs: tuple[Right, ...] = ()
    not_yet: Text = ""

    @property
    def is_on_departments(self) -> bool:
        """Whether it can be given on a single department."""
        return self.permission in ON_DEPARTMENTS


TIERS: Final[Mapping[str, Text]] = MappingProxyType(
    {"chat": _("Chat"), "configuration": _("Configuration"), "reports": _("Reports"), "audit": _("Audit")}
)
_OWN, _SEEN, _QUEUE = (Right.CHAT_SEE_OWN,), (Right.CHAT_SEE_DEPARTMENT,), (Right.CHAT_SEE_QUEUE,)
_TRAIL, _FIGURES = (Right.AUDIT_READ,), (Right.REPORTS_OWN,)
_NO_TRANSCRIPTS: Final = _("Transcripts cannot be taken out yet.")
_NO_INTERFACE: Final = _("There is no interface for other programs yet.")

_ENTRIES: Final = (
    Entry(Right.CHAT_SEE_OWN, _("See own conversations"), _("See the conversations that one answers or is offered, and open the console.")),
    Entry(Right.CHAT_SEE_DEPARTMENT, _("See the department's conversations"),
          _("See every conversation of one's departments, and those of none."), _OWN),
    Entry(Right.CHAT_SEE_ALL, _("See all conversations"), _("See the conversations of every department; close and pass on for colleagues."), _SEEN),
    Entry(Right.CHAT_SEE_QUEUE, _("See the queue"), _("See which conversations wait for somebody."), _SEEN),
    Entry(Right.CHAT_TAKE, _("Take conversations"), _("Take a waiting conversation, or one that a colleague offers."), _QUEUE),
    Entry(Right.CHAT_REPLY, _("Reply"), _("Write to visitors in one's own conversations, and correct what one wrote."), _OWN),
    Entry(Right.CHAT_NOTE, _("Write notes"), _("Leave notes in conversations, which visitors never see."), _OWN),
    Entry(Right.CHAT_TRANSFER, _("Pass on"), _("Offer a conversation to a colleague, or give it to another department."), _OWN),
    Entry(Right.CHAT_CLOSE, _("Close"), _("End a conversation."), _OWN),
    Entry(Right.CHAT_REOPEN, _("Reopen"), _("Go on with a conversation that was closed in the last seven days."), _OWN),
    Entry(Right.CHAT_WATCH, _("Read along"), _("Read a colleague's conversation as it happens, unseen; the audit trail tells of it."), _SEEN),
    Entry(Right.CHAT_TAG, _("Tag conversations"), _("Put tags on conversations and take them off."), _OWN),
    Entry(Right.CHAT_BLOCK_VISITOR, _("Block visitors"), _("Keep a visitor from writing to the organisation at all."), _OWN),
    Entry(Right.CHAT_SEE_CONTACT, _("See contact data"), _("See a visitor's e-mail address, phone number, fields and page."), _OWN),
    Entry(Right.CHAT_EXPORT_TRANSCRIPT, _("Save transcripts"), _("Take a conversation's transcript out as a file."), _OWN, _NO_TRANSCRIPTS),
    Entry(Right.CHAT_MAIL_TRANSCRIPT, _("Mail transcripts"), _("Send a conversation's transcript to its visitor by mail."), _OWN, _NO_TRANSCRIPTS),
    Entry(Right.CONFIGURATION_ACCOUNT, _("Organisation's name and account"), _("Change what the organisation is called, and end its account.")),
    Entry(Right.CONFIGURATION_KEYS, _("Encryption keys"), _("Replace the organisation's encryption keys, or destroy them.")),
    Entry(Right.CONFIGURATION_SITES, _("Websites"), _("Add websites, say which addresses may show the widget, and renew their secrets.")),
    Entry(Right.CONFIGURATION_BRANDING, _("Appearance"),
          _("Change the widget's colours and greeting apart from everything else about a website."), (), _("The right to websites decides on it so far.")),
    Entry(Right.CONFIGURATION_DEPARTMENTS, _("Departments"), _("Make, rename and remove departments, and say who answers in them.")),
    Entry(Right.CONFIGURATION_BUSINESS_HOURS, _("Business hours"), _("Set when departments are open.")),
    Entry(Right.CONFIGURATION_CANNED_RESPONSES, _("Canned responses"), _("Write the answers that agents have at hand.")),
    Entry(Right.CONFIGURATION_TAGS, _("Tags"), _("Name, rename and remove tags.")),
    Entry(Right.CONFIGURATION_CHAT, _("Chat settings"), _("Set how many conversations an agent answers at once, and when idle ones close.")),
    Entry(Right.CONFIGURATION_MASKING, _("Masking"), _("Set what is hidden in messages, and mask stored ones again.")),
    Entry(Right.CONFIGURATION_RETENTION, _("Retention"), _("Set how long conversations are kept.")),
    Entry(Right.CONFIGURATION_STORAGE, _("Storage"), _("Set up the organisation's own server, where rules may send conversations.")),
    Entry(Right.CONFIGURATION_MEMBERS, _("Members"), _("Invite, suspend and remove members, and give them roles that hold no more than one's own.")),
    Entry(Right.CONFIGURATION_ROLES, _("Roles"), _("Make and change roles that hold no more than one's own.")),
    Entry(Right.CONFIGURATION_PASSWORDS, _("Password rules"), _("Set the rules for members' passwords, and ask everybody for a new one.")),
    Entry(Right.CONFIGURATION_SECURITY, _("Security settings"), _("Set second factors, sessions, networks, and the alerts of the audit trail.")),
    Entry(Right.CONFIGURATION_API_TOKENS, _("API tokens"), _("Make and revoke tokens by which other programs read and write."), (), _NO_INTERFACE),
    Entry(Right.CONFIGURATION_WEBHOOKS, _("Webhooks"), _("Say which events are sent to other programs, and where."), (), _NO_INTERFACE),
    Entry(Right.REPORTS_OWN, _("Own figures"), _("See figures of one's own conversations.")),
    Entry(Right.REPORTS_DEPARTMENT, _("The department's figures"), _("See figures of one's departments."), _FIGURES),
    Entry(Right.REPORTS_ALL, _("All figures"), _("See figures of the whole organisation."), (Right.REPORTS_DEPARTMENT,)),
    Entry(Right.REPORTS_EXPORT, _("Save figures"), _("Take figures out as a file."), _FIGURES),
    Entry(Right.AUDIT_READ, _("Read the audit trail"), _("See who did what, when and from where.")),
    Entry(Right.AUDIT_EXPORT, _("Save the audit trail"), _("Take the audit trail out as a file."), _TRAIL),
    Entry(Right.AUDIT_VERIFY, _("Verify the audit trail"), _("Check that nothing in the audit trail was changed."), _TRAIL),
    Entry(Right.AUDIT_EXPORT_VISITOR, _("Give visitors their data"), _("Take out all that is stored of one visitor.")),
    Entry(Right.AUDIT_ERASE_VISITOR, _("Erase visitors"), _("Erase all that is stored of one visitor, for good.")),
    Entry(Right.AUDIT_LEGAL_HOLD, _("Legal hold"), _("Keep conversations from being deleted.")),
)  # fmt: skip
TABLE: Final[Mapping[Right, Entry]] = MappingProxyType({entry.permission: entry for entry in _ENTRIES})


def entries_of(tier: str) -> list[Entry]:
    """The rights of a tier, in the order of the table."""
    return [entry for entry in _ENTRIES if entry.permission.tier == tier]


def unmet(held: Collection[Right]) -> list[tuple[Entry, Entry]]:
    """Rights that lack another one that they need, each with the one that it lacks."""
    return [
        (entry, TABLE[needed])
        for entry in _ENTRIES
        if entry.permission in held
        for needed in entry.needs
        if needed not in held
    ]
