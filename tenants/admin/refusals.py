"""What a service refused, as a sentence for the one who asked."""

from __future__ import annotations

from typing import Final

from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from security.errors import DomainError

_SENTENCES: Final = {
    "builtin_role": _("A built-in role stays as it is. Make one of your own that starts from it."),
    "already_member": _("This person is a member already."),
    "default_department": _("The default department cannot be deleted. Make another one the default first."),
    "department_in_use": _(
        "This department has a rule of its own for how long conversations are kept. Remove that first."
    ),
    "closed_dates": _("These are too many dates."),
    "draft_moved": _("Somebody changed the rules since you looked at them. Look again before you activate them."),
    "entry_exists": _("You have asked already, or are in. End that first: a stay is not made longer."),
    "entry_not_asked": _("This was answered already, taken back, or asked more than a day ago."),
    "entry_not_open": _("This stay has ended already."),
    "entry_of_member": _("You are a member of this organisation: go in as one."),
    "entry_suspended": _("The organisation is suspended. Let it in again first."),
    "entry_untold": _("Nobody could be told: no owner has confirmed their address yet."),
    "alert_rule": _("Enter 1 to 100000 entries, within 5 to 1440 minutes."),
    "export_part": _("Only the whole trail can be verified: export a part as CSV, OCSF or CEF."),
    "filter": _("Something in the filter is not as it can be. Correct it on the page of the trail first."),
    "filter_exists": _("You have a filter with this name already. Remove that first, or take another name."),
    "filters_many": _("You have kept 30 filters. Remove one first."),
    "hours": _("Write opening times like 9:00–12:30, 13:30–17:00."),
    "hours_exist": _("There are business hours for this already. Change those."),
    "hours_never": _("These hours never open. Write at least one opening time."),
    "hours_overlap": _("These times overlap. Let each end before the next begins, also over midnight."),
    "job_moved": _("It is not in this state any more."),
    "job_paused": _("It is paused. Resume or cancel it first."),
    "job_running": _("It is running already."),
    "lifted_often": _(
        "This lock was lifted three times within a day. It ends by itself after half an hour, or when the member sets a new password by mail."
    ),
    "last_owner": _("This is the last owner. Make somebody else an owner first."),
    "member_gone": _("This member was removed, or their time is over. Invite them again first."),
    "member_not_active": _("Only somebody who is let in can be suspended."),
    "name": _("Enter a name."),
    "needs": _("A permission lacks another one that it needs."),
    "not_held": _("The member does not have this role on the department any more."),
    "nothing_on_departments": _("This role gives nothing that can be held on a department."),
    "nothing_to_activate": _("These rules are active already."),
    "limit_members": _(
        "Your plan has no place for another member. Suspend or remove one, withdraw an invitation, or ask for a larger plan."
    ),
    "limit_sites": _("Your plan has no place for another website. Switch one off, or ask for a larger plan."),
    "limit_departments": _("Your plan has no place for another department. Delete one, or ask for a larger plan."),
    "no_address": _("The address of this visitor is not known, so it cannot be blocked."),
    "no_second_factor": _("This member has no second factor."),
    "not_active": _("The organisation is not active."),
    "not_open": _("This invitation is not open any more."),
    "not_suspended": _("This is not suspended."),
    "account_active": _("This account is not locked."),
    "account_inactive": _("This account is locked already."),
    "account_near": _(
        "You are in this person's organisation, or have asked to be let in, and they could send you out. Leave it first."
    ),
    "account_own": _("This is your own account. Ask another operator."),
    "plan_exists": _("A plan with this name exists already."),
    "operator_entry": _("An operator is in for a time: end the stay on the page of operators' entries."),
    "reason": _("Say why, in at least 10 characters."),
    "entry_reason": _("Say why, in at least 10 characters."),
    "deleting": _("Just now something is being deleted. Please try again in a minute."),
    "released": _("Somebody released it already."),
    "retention_moved": _("Somebody changed the rule since you looked at it. Look again before you save."),
    "retention_same": _("This is the rule already."),
    "retention_taken": _("It is in force or undone already. Change the rule instead."),
    "retention_term": _("Enter 1 to 120 months, and for the archive more than that or nothing."),
    "retention_waits": _("A change waits already. Undo it first."),
    "no_server": _("Set up your own server first, on the Retention page."),
    "server_in_use": _("A rule, or something on its way, sends to this server. Change the rule first."),
    "server_address": _("Enter https://host for S3, host or host:port for SFTP, without a path."),
    "server_bucket": _("Enter the name of the bucket."),
    "server_secret": _("Enter the secret: it is asked for again when anything here is changed."),
    "server_recipient": _("This is no public key of age. It begins with age1."),
    "server_too_often": _("Your organisation tried many times in a row. Wait ten minutes."),
    "server_host": _("No host is called like this. Write it like files.example.com or 192.0.2.7."),
    "server_private": _(
        "There is no such host, or it leads to a private address, and such are not connected to. Ask the operator to allow it."
    ),
    "server_clear": _("Without TLS nothing is sent. Enter an address that begins with https://."),
    "server_unreachable": _("Nobody answers there."),
    "server_late": _("It did not answer in time."),
    "server_cut": _("It broke the connection off."),
    "server_certificate": _("Its certificate is not valid for this address."),
    "server_redirect": _(
        "It sends us elsewhere, and we do not follow. Enter the address it names, or the right region."
    ),
    "server_forbidden": _(
        "It refuses us. Look at the account, the secret, and whether it may write, read and delete there."
    ),
    "server_no_bucket": _("The bucket or folder is not there. Create it first."),
    "server_busy": _("It is too busy. Try again later."),
    "server_full": _("It has no space left."),
    "server_refused": _("It answered with an error."),
    "server_short": _("It stored less than was written. It may be full."),
    "server_differs": _("What was read again is not what was written."),
    "server_missing": _("What was written there is not there any more."),
    "server_none": _("No server is set up here any more, and transcripts wait for one."),
    "server_not_deleted": _("What was deleted is still there."),
    "server_host_key": _("It showed another host key than this one. Somebody may be in between: ask who runs it."),
    "server_host_key_unknown": _("Compare the host key below with what who runs the server says, then enter it."),
    "server_key": _("This is no private key that can be read. Enter one in PEM, without a passphrase."),
    "server_sealed": _("The stored secret does not open. Enter it again."),
    "visitor_held": _("A legal hold keeps what there is of this visitor. Release it first."),
    "visitor_in_chat": _("This visitor is in a conversation. Close it first."),
    "archive_damaged": _("The archive does not have this conversation as it was written. Tell the operator."),
    "live": _("It is in the primary store already."),
    "typed_name": _("Type the name of the organisation as it stands here."),
    "role_exists": _("A role with this name exists already."),
    "role_in_use": _("Somebody has this role. Say which one they have from then on."),
    "role": _("There is no such role."),
    "same_tag": _("Choose another tag than this one."),
    "rules_broken": _("These rules cannot be read. Take an older version, or the first one, into the draft."),
    "settings_moved": _(
        "Nothing was saved: somebody changed the draft since you opened this page. Copy what you typed, open the page again and change it there."
    ),
    "site_exists": _("A website with this name exists already."),
    "time_zone": _("Choose one of the time zones of the list."),
    "website": _("Enter a web address such as shop.example."),
}
_OTHERWISE: Final = _("This was not possible: somebody else changed something meanwhile. Please look again.")


def sentence_for(refusal: Exception) -> str:
    """The sentence; a general one for what only the database could see, such as two people who took the same name at once."""
    code = refusal.code if isinstance(refusal, DomainError) else ""
    return gettext(str(_SENTENCES.get(code, _OTHERWISE)))
