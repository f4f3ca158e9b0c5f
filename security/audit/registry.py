"""Every act that leaves an event, by its namespaced name, with one line of what it means.

Names are written into the chain: an action may be added, never renamed or given another meaning.
"""

from __future__ import annotations

from enum import StrEnum
from typing import Final, Self


class Action(StrEnum):
    """What was done. `meaning` is a sentence for readers of the trail."""

    meaning: str

    def __new__(cls, name: str, meaning: str) -> Self:
        member = str.__new__(cls, name)
        member._value_ = name
        member.meaning = meaning
        return member

    SESSION_SIGNED_IN = "session.signed_in", "A person signed in."
    SESSION_SIGNED_OUT = "session.signed_out", "A person signed out."
    SESSION_SIGN_IN_FAILED = "session.sign_in_failed", "A sign-in was refused."
    SESSION_LOCKED_OUT = "session.locked_out", "Sign-ins were refused after too many failures."
    SESSION_TENANT_SWITCHED = "session.tenant_switched", "A person went on in another organisation of theirs."
    SESSION_ENDED = "session.ended", "A session was ended by its owner or by the system."
    SESSION_NETWORK_PASS_ASKED = "session.network_pass_asked", "A person asked for a way in from a network not listed."
    SESSION_NETWORK_PASS_USED = "session.network_pass_used", "A person came in from a network that is not listed."

    SESSION_PROVIDER_REFUSED = "session.provider_refused", "A sign-in by the organisation's provider was refused."

    ACCOUNT_SIGNED_UP = "account.signed_up", "A person made an account."
    ACCOUNT_DEACTIVATED = "account.deactivated", "A person's account was locked by an operator."
    ACCOUNT_REACTIVATED = "account.reactivated", "A person's account was unlocked by an operator."
    ACCOUNT_EMAIL_CONFIRMED = "account.email_confirmed", "An e-mail address was confirmed."
    ACCOUNT_EMAIL_CHANGED = "account.email_changed", "An e-mail address was changed."
    ACCOUNT_PASSWORD_CHANGED = "account.password_changed", "A person changed their password."
    ACCOUNT_PASSWORD_RESET_REQUESTED = "account.password_reset_requested", "A password reset was asked for."
    ACCOUNT_PASSWORD_RESET = "account.password_reset", "A password was set by a reset link."
    ACCOUNT_SECOND_FACTOR_ADDED = "account.second_factor_added", "A person added a second factor, or recovery codes."
    ACCOUNT_SECOND_FACTOR_REMOVED = "account.second_factor_removed", "A person removed a second factor."
    ACCOUNT_SECOND_FACTOR_USED = "account.second_factor_used", "A person showed a second factor."
    ACCOUNT_SECOND_FACTOR_FAILED = "account.second_factor_failed", "A code of a second factor was wrong."
    ACCOUNT_SECOND_FACTOR_RESET = (
        "account.second_factor_reset",
        "A person gave up lost second factors, by a mail that an administrator had sent.",
    )

    TENANT_CREATED = "tenant.created", "An organisation was created."
    TENANT_CHANGED = "tenant.changed", "An organisation's name or time zone was changed."
    TENANT_EXPORTED = "tenant.exported", "Everything that an organisation has was exported."
    TENANT_EXPORT_TAKEN = "tenant.export_taken", "An export of everything that an organisation has was downloaded."
    TENANT_EXPORT_CANCELLED = (
        "tenant.export_cancelled",
        "An export of everything that an organisation has was stopped or taken away.",
    )
    TENANT_CLOSING_ASKED = "tenant.closing_asked", "It was announced that an organisation's account will be closed."
    TENANT_CLOSING_UNDONE = "tenant.closing_undone", "An announced closing of an account was undone."
    TENANT_CLOSED = "tenant.closed", "An organisation's account was closed, and everything of it destroyed."
    TENANT_SUSPENDED = "tenant.suspended", "An organisation was suspended."
    TENANT_RESUMED = "tenant.resumed", "A suspended organisation was let in again."
    PLAN_SAVED = "plan.saved", "A plan was made or changed."
    PLAN_ASSIGNED = "plan.assigned", "An organisation was given a plan or limits of its own."
    PLAN_WARNED = "plan.warned", "An organisation has used most or all of its plan."
    OPERATOR_ENTRY_ASKED = "operator.entry_asked", "An operator asked to enter the organisation."
    OPERATOR_ENTRY_REFUSED = "operator.entry_refused", "An operator was not let into the organisation."
    OPERATOR_ENTERED = "operator.entered", "An operator entered the organisation for a time."
    OPERATOR_LEFT = "operator.left", "An operator's stay in the organisation ended."
    POLICY_CHANGED = "policy.changed", "A setting of the organisation was changed."

    DOMAIN_CLAIMED = "domain.claimed", "A mail domain was named as the organisation's own; that is still to be proven."
    DOMAIN_VERIFIED = "domain.verified", "A mail domain was proven to be the organisation's."
    DOMAIN_REFUSED = "domain.refused", "A mail domain could not be proven, or is another organisation's."
    DOMAIN_MISSING = (
        "domain.missing",
        "The proof of a mail domain is not there any more; the domain is lost if it stays away.",
    )
    DOMAIN_LOST = "domain.lost", "A mail domain is the organisation's no more, since its proof stayed away."
    DOMAIN_REMOVED = "domain.removed", "A mail domain was given up."

    PROVIDER_CHANGED = "provider.changed", "The organisation's identity provider was set or changed."
    PROVIDER_REMOVED = "provider.removed", "The organisation's identity provider was removed."
    PROVIDER_CERTIFICATE_ENDING = (
        "provider.certificate_ending",
        "The certificate of the organisation's identity provider ends soon, or has ended.",
    )
    PROVIDER_TRIED = (
        "provider.tried",
        "The organisation's identity provider was tried; the outcome says whether it answers.",
    )
    PROVIDER_OWNERS_LET_IN = (
        "provider.owners_let_in",
        "An operator let an organisation's owners in by password for a day, although its provider is the only way in.",
    )

    MEMBER_LINKED = "member.linked", "A member signed in by the organisation's provider for the first time."
    MEMBER_INVITED = "member.invited", "A person was invited."
    MEMBER_INVITATION_WITHDRAWN = "member.invitation_withdrawn", "An invitation was withdrawn."
    MEMBER_JOINED = "member.joined", "A person became a member."
    MEMBER_CHANGED = "member.changed", "A member's name, capacity or departments were changed."
    MEMBER_ROLE_CHANGED = "member.role_changed", "A member was given another role."
    MEMBER_ROLE_GRANTED = "member.role_granted", "A member was given a further role on a department."
    MEMBER_ROLE_WITHDRAWN = "member.role_withdrawn", "A member lost a further role on a department."
    MEMBER_SUSPENDED = "member.suspended", "A member was suspended."
    MEMBER_RESUMED = "member.resumed", "A suspended member was let in again."
    MEMBER_REMOVED = "member.removed", "A member was removed."
    MEMBER_SESSIONS_ENDED = "member.sessions_ended", "A member's sessions were ended by somebody else."
    MEMBER_PASSWORD_CHANGE_REQUIRED = "member.password_change_required", "A member was asked for a new password."
    MEMBER_ALL_PASSWORD_CHANGE_REQUIRED = (
        "member.all_password_change_required",
        "Every member was asked for a new password.",
    )
    MEMBER_UNLOCKED = "member.unlocked", "A lock after failed sign-ins was lifted from a member."
    MEMBER_SECOND_FACTOR_RESET_STARTED = (
        "member.second_factor_reset_started",
        "A member was sent a link to give up lost second factors.",
    )
    MEMBER_ERASED = "member.erased", "A member's personal values in this trail were made unreadable."

    ROLE_CREATED = "role.created", "A role was made."
    ROLE_CHANGED = "role.changed", "A role's name or permissions were changed."
    ROLE_REMOVED = "role.removed", "A role was removed."

    SITE_CREATED = "site.created", "A website was added."
    SITE_CHANGED = "site.changed", "A website's settings were changed."
    SITE_SECRET_CHANGED = "site.secret_changed", "A website's identity secret was made anew."
    DEPARTMENT_CREATED = "department.created", "A department was created."
    DEPARTMENT_CHANGED = "department.changed", "A department was changed."
    DEPARTMENT_DELETED = "department.deleted", "A department was deleted."
    HOURS_CREATED = "hours.created", "Opening times were set."
    HOURS_CHANGED = "hours.changed", "Opening times were changed."
    HOURS_DELETED = "hours.deleted", "Opening times were removed."
    CANNED_RESPONSE_CREATED = "canned_response.created", "A canned response was created."
    CANNED_RESPONSE_CHANGED = "canned_response.changed", "A canned response was changed."
    CANNED_RESPONSE_DELETED = "canned_response.deleted", "A canned response was deleted."
    TAG_CREATED = "tag.created", "A tag was created."
    TAG_CHANGED = "tag.changed", "A tag was changed."
    TAG_DELETED = "tag.deleted", "A tag was deleted."
    TAG_MERGED = "tag.merged", "A tag was merged into another."

    MASKING_RULE_ADDED = "masking.rule_added", "A rule for masking was drafted."
    MASKING_RULE_CHANGED = "masking.rule_changed", "A drafted rule for masking was changed."
    MASKING_RULE_REMOVED = "masking.rule_removed", "A rule for masking was taken out of the draft."
    MASKING_RULES_REORDERED = "masking.rules_reordered", "Drafted rules for masking were put into another order."
    MASKING_SETTINGS_CHANGED = "masking.settings_changed", "Drafted settings for masking were changed."
    MASKING_VERSION_ACTIVATED = "masking.version_activated", "The drafted rules became the ones that mask."
    MASKING_VERSION_RESTORED = (
        "masking.version_restored",
        "An older version of the rules was taken back into the draft.",
    )
    MASKING_TRIAL_BEGUN = "masking.trial_begun", "A trial of the drafted rules on stored messages was begun."
    MASKING_TRIED = "masking.tried", "Drafted rules were tried on stored messages; counts and shapes were shown."
    MASKING_REMASK_TRIAL_BEGUN = (
        "masking.remask_trial_begun",
        "A trial of masking stored conversations again was begun.",
    )
    MASKING_REMASK_TRIED = (
        "masking.remask_tried",
        "What masking stored conversations again would change was tried; they stay as they are.",
    )
    MASKING_REMASK_BEGUN = "masking.remask_begun", "Masking stored conversations again was begun."
    MASKING_REMASK_MOVED = (
        "masking.remask_moved",
        "Masking stored conversations again was paused, resumed or cancelled.",
    )
    MASKING_REMASKED = "masking.remasked", "Stored conversations were masked again."
    MASKING_WITHHELD = "masking.withheld", "Messages could not be masked and were withheld."

    RETENTION_CHANGED = "retention.changed", "How long conversations are kept was changed."
    RETENTION_CHANGE_ASKED = (
        "retention.change_asked",
        "It was asked to keep conversations less long; that waits for its day.",
    )
    RETENTION_CHANGE_UNDONE = "retention.change_undone", "A change of retention was undone before its day."
    RETENTION_ARCHIVED = "retention.archived", "Conversations went from the primary store to the archive."
    RETENTION_PURGED = "retention.purged", "Conversations were deleted, with their keys, as their time was over."
    RETENTION_UPLOADED = (
        "retention.uploaded",
        "Conversations were written to the organisation's own server; they are still here.",
    )
    RETENTION_SENT = "retention.sent", "Conversations went to the organisation's own server, and were deleted here."
    RETENTION_RUN = "retention.run", "A day's retention was done."
    RETENTION_RUN_MOVED = "retention.run_moved", "A day's retention was paused, resumed or cancelled."
    SERVER_TRIED = "server.tried", "The organisation's own server was tried; the outcome says whether it worked."
    SERVER_CHANGED = "server.changed", "The organisation's own server for transcripts was set or changed."
    SERVER_REMOVED = "server.removed", "The organisation's own server for transcripts was removed."
    SERVER_FAILING = "server.failing", "The organisation's own server has not taken anything for a day."
    HOLD_PLACED = "hold.placed", "A legal hold was placed."
    HOLD_RELEASED = "hold.released", "A legal hold was released."
    ARCHIVE_READ = "archive.read", "A transcript in the archive was shown."
    ARCHIVE_RESTORED = "archive.restored", "A conversation was brought back from the archive."

    CONVERSATION_CREATED = "conversation.created", "A conversation began."
    CONVERSATION_TAKEN = "conversation.taken", "An agent took a conversation."
    CONVERSATION_REQUEUED = "conversation.requeued", "A conversation went back to the queue."
    CONVERSATION_OFFERED = "conversation.offered", "A conversation was offered to another agent."
    CONVERSATION_DECLINED = "conversation.declined", "An agent declined an offered conversation."
    CONVERSATION_TRANSFERRED = "conversation.transferred", "A conversation went to another agent or department."
    CONVERSATION_TAGGED = "conversation.tagged", "Tags of a conversation were added or removed."
    CONVERSATION_CLOSED = "conversation.closed", "A conversation was closed."
    CONVERSATION_REOPENED = "conversation.reopened", "A closed conversation was reopened."
    CONVERSATION_RATED = "conversation.rated", "A visitor rated a conversation."
    CONVERSATION_READ = "conversation.read", "A transcript was shown."
    CONVERSATION_WATCHED = "conversation.watched", "A supervisor read along unseen."
    CONVERSATION_REMASKED = "conversation.remasked", "A stored conversation was masked again, under a new key."
    CONVERSATION_SEARCHED = "conversation.searched", "Conversations were searched or listed."
    MESSAGE_EDITED = "message.edited", "An agent edited a message of their own."

    REPORT_READ = "report.read", "A report that names persons was shown."
    REPORT_EXPORTED = "report.exported", "Numbers of a report, or the list behind them, were exported."

    VISITOR_IDENTIFIED = "visitor.identified", "The organisation's server vouched for a visitor."
    VISITOR_BLOCKED = "visitor.blocked", "A visitor was blocked."
    VISITOR_UNBLOCKED = "visitor.unblocked", "A block was lifted."
    VISITOR_BLOCKS_READ = "visitor.blocks_read", "The list of blocked visitors was shown."
    VISITOR_SEARCHED = "visitor.searched", "Visitors were looked for by a mail address."
    VISITOR_EXPORTED = "visitor.exported", "All that is kept about a visitor was exported."
    VISITOR_ERASED = "visitor.erased", "A visitor's data was erased."

    KEY_REWRAPPED = "key.rewrapped", "The organisation's keys were wrapped by a new master key."
    KEY_REPLACED = (
        "key.replaced",
        "A new key was made for the organisation; all others go under it, then the old one is destroyed.",
    )
    KEY_DESTROYED = "key.destroyed", "The organisation's old key was destroyed, as nothing was under it any more."
    MAIL_GIVEN_UP = "mail.given_up", "A mail could not be sent within a day."

    ACCESS_DENIED = "access.denied", "Something was refused for lack of a right."
    ADMIN_CREATED = "admin.created", "A record was created in the admin."
    ADMIN_CHANGED = "admin.changed", "A record was changed in the admin."
    ADMIN_DELETED = "admin.deleted", "A record was deleted in the admin."
    ADMIN_READ = "admin.read", "A record was shown in the admin."

    AUDIT_READ = "audit.read", "The trail was read."
    AUDIT_EXPORTED = "audit.exported", "The trail was exported."
    AUDIT_EXPORT_ENDED = "audit.export_ended", "An export of the trail ended, or was cut off, after so many events."
    AUDIT_FILTER_SAVED = "audit.filter_saved", "A filter of the trail was kept under a name."
    AUDIT_FILTER_REMOVED = "audit.filter_removed", "A kept filter of the trail was removed."
    AUDIT_CHECK_BEGUN = "audit.check_begun", "Verifying the whole trail was begun; a worker goes on with it."
    AUDIT_CHECKPOINT_REFUSED = (
        "audit.checkpoint_refused",
        "The trail was not signed, since it does not continue what was signed before.",
    )
    AUDIT_CHECKPOINT_FORGED = (
        "audit.checkpoint_forged",
        "A checkpoint that no key of the worker's signed was found in the database, and passed over.",
    )
    AUDIT_KEEPING_ASKED = "audit.keeping_asked", "A shorter time for the trail was asked for; it waits before it holds."
    AUDIT_KEEPING_CHANGED = "audit.keeping_changed", "How long the trail is kept was changed."
    AUDIT_KEEPING_UNDONE = "audit.keeping_undone", "A shorter time for the trail was taken back before its day."
    AUDIT_MAILBOX_CONFIRMED = "audit.mailbox_confirmed", "Somebody confirmed the mailbox that gets signed checkpoints."
    AUDIT_PRUNED = "audit.pruned", "The oldest entries were deleted, up to a signed checkpoint."
    AUDIT_RESTORED = "audit.restored", "An operator said that the database was restored; signing began anew from there."
    AUDIT_VERIFIED = "audit.verified", "The trail was verified."

    ALERT_RULE_CHANGED = "alert.rule_changed", "A rule that watches the trail was changed."
    ALERT_RAISED = "alert.raised", "A rule that watches the trail was met, and those who may read it were told."
    ALERT_SEEN = "alert.seen", "Somebody said that they have looked at an alert."


class Outcome(StrEnum):
    """How it ended."""

    OK = "ok"
    DENIED = "denied"
    FAILED = "failed"


ERASURES: Final = frozenset({Action.VISITOR_ERASED, Action.MEMBER_ERASED})
"""Events after which the sealed values about their object may be missing or closed for good."""
