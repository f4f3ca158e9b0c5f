"""Events in sentences: who did what, on what. What has no sentence here is told by its action's meaning."""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType
from typing import Final

from django.utils.functional import Promise
from django.utils.translation import gettext as _now
from django.utils.translation import gettext_lazy as _

from security.audit import Action, Outcome

_DONE: Final[Mapping[str, str | Promise]] = MappingProxyType({
    Action.SESSION_SIGNED_IN: _("%(who)s signed in"),
    Action.SESSION_SIGNED_OUT: _("%(who)s signed out"),
    Action.SESSION_ENDED: _("%(who)s ended a session"),
    Action.SESSION_TENANT_SWITCHED: _("%(who)s went on in another organisation"),
    Action.SESSION_NETWORK_PASS_ASKED: _("%(who)s asked for a way in from a network that is not listed"),
    Action.SESSION_NETWORK_PASS_USED: _("%(who)s came in from a network that is not listed"),
    Action.ACCOUNT_SIGNED_UP: _("%(who)s made an account"),
    Action.ACCOUNT_EMAIL_CONFIRMED: _("%(who)s confirmed an e-mail address"),
    Action.ACCOUNT_EMAIL_CHANGED: _("%(who)s changed an e-mail address"),
    Action.ACCOUNT_PASSWORD_CHANGED: _("%(who)s changed their password"),
    Action.ACCOUNT_PASSWORD_RESET_REQUESTED: _("%(who)s asked for a password reset"),
    Action.ACCOUNT_PASSWORD_RESET: _("%(who)s set a password by a reset link"),
    Action.ACCOUNT_SECOND_FACTOR_ADDED: _("%(who)s added a second factor, or recovery codes"),
    Action.ACCOUNT_SECOND_FACTOR_REMOVED: _("%(who)s removed a second factor"),
    Action.ACCOUNT_SECOND_FACTOR_USED: _("%(who)s showed a second factor"),
    Action.ACCOUNT_SECOND_FACTOR_RESET: _("%(who)s gave up lost second factors"),
    Action.ACCOUNT_DEACTIVATED: _("%(who)s locked the account of %(what)s"),
    Action.ACCOUNT_REACTIVATED: _("%(who)s unlocked the account of %(what)s"),
    Action.TENANT_CREATED: _("%(who)s created the organisation"),
    Action.TENANT_CHANGED: _("%(who)s changed the organisation's name or time zone"),
    Action.TENANT_SUSPENDED: _("%(who)s suspended the organisation"),
    Action.TENANT_RESUMED: _("%(who)s let the organisation in again"),
    Action.PLAN_SAVED: _("%(who)s made or changed a plan"),
    Action.PLAN_ASSIGNED: _("%(who)s gave the organisation a plan or limits"),
    Action.PLAN_WARNED: _("%(who)s warned that most of the plan is used"),
    Action.OPERATOR_ENTRY_ASKED: _("%(who)s asked to enter the organisation"),
    Action.OPERATOR_ENTRY_REFUSED: _("%(who)s did not let an operator in"),
    Action.OPERATOR_ENTERED: _("%(who)s entered the organisation for a time"),
    Action.OPERATOR_LEFT: _("%(who)s ended an operator's stay"),
    Action.POLICY_CHANGED: _("%(who)s changed settings of the organisation"),
    Action.MEMBER_INVITED: _("%(who)s invited %(what)s"),
    Action.MEMBER_INVITATION_WITHDRAWN: _("%(who)s withdrew the invitation of %(what)s"),
    Action.MEMBER_JOINED: _("%(who)s became a member"),
    Action.MEMBER_CHANGED: _("%(who)s changed name, capacity or departments of %(what)s"),
    Action.MEMBER_ROLE_CHANGED: _("%(who)s gave %(what)s another role"),
    Action.MEMBER_ROLE_GRANTED: _("%(who)s gave %(what)s a role on a department"),
    Action.MEMBER_ROLE_WITHDRAWN: _("%(who)s took a role on a department from %(what)s"),
    Action.MEMBER_SUSPENDED: _("%(who)s suspended %(what)s"),
    Action.MEMBER_RESUMED: _("%(who)s let %(what)s in again"),
    Action.MEMBER_REMOVED: _("%(who)s removed %(what)s"),
    Action.MEMBER_SESSIONS_ENDED: _("%(who)s ended the sessions of %(what)s"),
    Action.MEMBER_PASSWORD_CHANGE_REQUIRED: _("%(who)s asked %(what)s for a new password"),
    Action.MEMBER_ALL_PASSWORD_CHANGE_REQUIRED: _("%(who)s asked every member for a new password"),
    Action.MEMBER_UNLOCKED: _("%(who)s lifted a lock from %(what)s"),
    Action.MEMBER_SECOND_FACTOR_RESET_STARTED: _("%(who)s sent %(what)s a link to give up lost second factors"),
    Action.MEMBER_ERASED: _("%(who)s made a member's personal values unreadable"),
    Action.ROLE_CREATED: _("%(who)s made the role %(what)s"),
    Action.ROLE_CHANGED: _("%(who)s changed the role %(what)s"),
    Action.ROLE_REMOVED: _("%(who)s removed the role %(what)s"),
    Action.SITE_CREATED: _("%(who)s added the website %(what)s"),
    Action.SITE_CHANGED: _("%(who)s changed the website %(what)s"),
    Action.SITE_SECRET_CHANGED: _("%(who)s renewed the identity secret of the website %(what)s"),
    Action.DEPARTMENT_CREATED: _("%(who)s created the department %(what)s"),
    Action.DEPARTMENT_CHANGED: _("%(who)s changed the department %(what)s"),
    Action.DEPARTMENT_DELETED: _("%(who)s deleted the department %(what)s"),
    Action.HOURS_CREATED: _("%(who)s set opening times of %(what)s"),
    Action.HOURS_CHANGED: _("%(who)s changed opening times of %(what)s"),
    Action.HOURS_DELETED: _("%(who)s removed opening times of %(what)s"),
    Action.CANNED_RESPONSE_CREATED: _("%(who)s created the canned response %(what)s"),
    Action.CANNED_RESPONSE_CHANGED: _("%(who)s changed the canned response %(what)s"),
    Action.CANNED_RESPONSE_DELETED: _("%(who)s deleted the canned response %(what)s"),
    Action.TAG_CREATED: _("%(who)s created the tag %(what)s"),
    Action.TAG_CHANGED: _("%(who)s changed the tag %(what)s"),
    Action.TAG_DELETED: _("%(who)s deleted the tag %(what)s"),
    Action.TAG_MERGED: _("%(who)s merged the tag %(what)s into another"),
    Action.MASKING_RULE_ADDED: _("%(who)s drafted the masking rule %(what)s"),
    Action.MASKING_RULE_CHANGED: _("%(who)s changed the drafted masking rule %(what)s"),
    Action.MASKING_RULE_REMOVED: _("%(who)s took the masking rule %(what)s out of the draft"),
    Action.MASKING_RULES_REORDERED: _("%(who)s put drafted masking rules into another order"),
    Action.MASKING_SETTINGS_CHANGED: _("%(who)s changed drafted settings for masking"),
    Action.MASKING_VERSION_ACTIVATED: _("%(who)s activated drafted rules for masking"),
    Action.MASKING_VERSION_RESTORED: _("%(who)s took an older version of the masking rules back into the draft"),
    Action.MASKING_TRIAL_BEGUN: _("%(who)s began a trial of drafted masking rules"),
    Action.MASKING_TRIED: _("%(who)s tried drafted masking rules on stored messages"),
    Action.MASKING_REMASK_TRIAL_BEGUN: _("%(who)s began a trial of masking stored conversations again"),
    Action.MASKING_REMASK_TRIED: _("%(who)s tried what masking stored conversations again would change"),
    Action.MASKING_REMASK_BEGUN: _("%(who)s began to mask stored conversations again"),
    Action.MASKING_REMASK_MOVED: _("%(who)s paused, resumed or cancelled masking stored conversations again"),
    Action.MASKING_REMASKED: _("%(who)s masked stored conversations again"),
    Action.MASKING_WITHHELD: _("%(who)s withheld messages that could not be masked"),
    Action.RETENTION_CHANGED: _("%(who)s changed how long conversations are kept"),
    Action.RETENTION_CHANGE_ASKED: _("%(who)s asked to keep conversations less long"),
    Action.RETENTION_CHANGE_UNDONE: _("%(who)s undid a change of retention before its day"),
    Action.RETENTION_ARCHIVED: _("%(who)s moved conversations to the archive"),
    Action.RETENTION_PURGED: _("%(who)s deleted conversations whose time was over"),
    Action.RETENTION_SENT: _("%(who)s sent conversations to the organisation's own server, and deleted them here"),
    Action.SERVER_TRIED: _("%(who)s tried the organisation's own server"),
    Action.SERVER_CHANGED: _("%(who)s set or changed the organisation's own server"),
    Action.SERVER_REMOVED: _("%(who)s removed the organisation's own server"),
    Action.SERVER_FAILING: _("The organisation's own server has not taken anything for a day"),
    Action.RETENTION_RUN: _("%(who)s did the day's retention"),
    Action.HOLD_PLACED: _("%(who)s placed a legal hold"),
    Action.HOLD_RELEASED: _("%(who)s released a legal hold"),
    Action.ARCHIVE_READ: _("%(who)s read a transcript in the archive"),
    Action.ARCHIVE_RESTORED: _("%(who)s brought %(what)s back from the archive"),
    Action.CONVERSATION_CREATED: _("%(who)s began %(what)s"),
    Action.CONVERSATION_TAKEN: _("%(who)s took %(what)s"),
    Action.CONVERSATION_REQUEUED: _("%(who)s put %(what)s back into the queue"),
    Action.CONVERSATION_OFFERED: _("%(who)s offered %(what)s to another agent"),
    Action.CONVERSATION_DECLINED: _("%(who)s declined %(what)s"),
    Action.CONVERSATION_TRANSFERRED: _("%(who)s passed %(what)s on"),
    Action.CONVERSATION_TAGGED: _("%(who)s added or removed tags of %(what)s"),
    Action.CONVERSATION_CLOSED: _("%(who)s closed %(what)s"),
    Action.CONVERSATION_REOPENED: _("%(who)s reopened %(what)s"),
    Action.CONVERSATION_RATED: _("%(who)s rated %(what)s"),
    Action.CONVERSATION_READ: _("%(who)s read %(what)s"),
    Action.CONVERSATION_WATCHED: _("%(who)s read along unseen in %(what)s"),
    Action.CONVERSATION_REMASKED: _("%(who)s masked %(what)s again"),
    Action.CONVERSATION_SEARCHED: _("%(who)s searched or listed conversations"),
    Action.MESSAGE_EDITED: _("%(who)s edited a message in %(what)s"),
    Action.REPORT_READ: _("%(who)s read a report that names persons"),
    Action.REPORT_EXPORTED: _("%(who)s exported numbers of a report"),
    Action.VISITOR_IDENTIFIED: _("The organisation's server vouched for %(what)s"),
    Action.VISITOR_BLOCKED: _("%(who)s blocked %(what)s"),
    Action.VISITOR_UNBLOCKED: _("%(who)s lifted the block of %(what)s"),
    Action.VISITOR_BLOCKS_READ: _("%(who)s looked at the list of blocked visitors"),
    Action.VISITOR_SEARCHED: _("%(who)s looked for visitors by a mail address"),
    Action.VISITOR_EXPORTED: _("%(who)s exported all that is kept about %(what)s"),
    Action.VISITOR_ERASED: _("%(who)s erased a visitor's data"),
    Action.ADMIN_CREATED: _("%(who)s created %(what)s"),
    Action.ADMIN_CHANGED: _("%(who)s changed %(what)s"),
    Action.ADMIN_DELETED: _("%(who)s deleted %(what)s"),
    Action.ADMIN_READ: _("%(who)s looked at %(what)s"),
    Action.AUDIT_READ: _("%(who)s read the audit trail"),
    Action.AUDIT_EXPORTED: _("%(who)s exported the audit trail"),
    Action.AUDIT_FILTER_SAVED: _("%(who)s kept a filter of the audit trail"),
    Action.AUDIT_FILTER_REMOVED: _("%(who)s removed a kept filter of the audit trail"),
    Action.AUDIT_CHECK_BEGUN: _("%(who)s began to verify the whole audit trail"),
    Action.AUDIT_KEEPING_ASKED: _("%(who)s asked to keep the audit trail less long"),
    Action.AUDIT_KEEPING_CHANGED: _("%(who)s changed how long the audit trail is kept"),
    Action.AUDIT_KEEPING_UNDONE: _("%(who)s took back a shorter time for the audit trail"),
    Action.AUDIT_MAILBOX_CONFIRMED: _("The mailbox for signed checkpoints was confirmed from there"),
    Action.AUDIT_PRUNED: _("%(who)s deleted the oldest entries of the audit trail"),
    Action.AUDIT_RESTORED: _("%(who)s said that the database was restored"),
    Action.ALERT_RULE_CHANGED: _("%(who)s changed a rule that watches the trail"),
    Action.ALERT_RAISED: _("A rule that watches the trail was met: %(what)s"),
    Action.ALERT_SEEN: _("%(who)s looked at an alert"),
    Action.AUDIT_VERIFIED: _("%(who)s verified the audit trail"),
})  # fmt: skip
_OTHERWISE: Final[Mapping[str, str | Promise]] = MappingProxyType({
    Action.SESSION_SIGN_IN_FAILED: _("Somebody was refused at sign-in as %(what)s"),
    Action.SESSION_LOCKED_OUT: _("Sign-ins as %(what)s were refused after too many failures"),
    Action.ACCOUNT_SECOND_FACTOR_FAILED: _("A wrong code of a second factor was given for %(what)s"),
    Action.ACCESS_DENIED: _("%(who)s was refused something for lack of a right"),
    Action.MESSAGE_EDITED: _("%(who)s tried to edit a message, and failed"),
    Action.MAIL_GIVEN_UP: _("A mail could not be sent within a day"),
    Action.AUDIT_CHECKPOINT_REFUSED: _("The trail was not signed: it does not continue what was signed before"),
})  # fmt: skip
"""What is told where it was refused or failed."""


def sentence_of(action: str, outcome: str, *, who: str, what: str) -> str:
    """The event as one sentence without its stop."""
    words = {"who": who, "what": what or _now("something")}
    found = (_DONE if outcome == Outcome.OK else _OTHERWISE).get(action)
    if found is not None:
        return str(found) % words
    return _now("%(who)s: %(meaning)s") % {"who": who, "meaning": meaning_of(action).rstrip(".")}


def meaning_of(action: str) -> str:
    """What an action means, whoever did it."""
    try:
        return Action(action).meaning  # type: ignore[call-arg]
    except ValueError:  # written by a newer version
        return action
