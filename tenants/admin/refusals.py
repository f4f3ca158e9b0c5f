"""What a service refused, as a sentence for the one who asked."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

from django.core.exceptions import ImproperlyConfigured
from django.utils.functional import Promise
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from security.errors import DomainError
from tenants.provider_words import SENTENCES

_SENTENCES: Final[dict[str, Promise]] = {
    **SENTENCES,
    "builtin_role": _("A built-in role stays as it is. Make one of your own that starts from it."),
    "already_member": _("This person is a member already."),
    "default_department": _("The default department cannot be deleted. Make another one the default first."),
    "department_in_use": _(
        "This department has a rule of its own for how long conversations are kept. Remove that first."
    ),
    "department_kept_longer": _(
        "Its conversations would be kept less long in the default department. Give that one a rule that keeps as long, "
        "or make another department the default, first."
    ),
    "closed_dates": _("These are too many dates."),
    "draft_moved": _("Somebody changed the rules since you looked at them. Look again before you activate them."),
    "dns": _("None of the name servers answered. Try again in a few minutes."),
    "domain": _("Enter a domain such as example.com, without anything before or after it."),
    "domain_dns": _("None of the name servers answered. Try again in a few minutes."),
    "domain_gone": _("This domain was given up meanwhile."),
    "domain_lost": _("The record has been missing for more than a week, so the domain is not proven any more."),
    "domain_missing": _("The record is not there any more. Put it back within seven days."),
    "domain_named": _("This domain is in the list already."),
    "domain_secret": _("This holds a number that must not be kept here."),
    "domain_taken": _(
        "This domain was proven by another organisation here. If it is yours, write to the platform's support."
    ),
    "domain_unseen": _(
        "The name servers do not show the record yet. Compare name and value; it can take an hour until everybody sees it."
    ),
    "domains_many": _("These are 20 domains already. Give one up first."),
    "entry_exists": _("You have asked already, or are in. End that first: a stay is not made longer."),
    "entry_not_asked": _("This was answered already, taken back, or asked more than a day ago."),
    "provider_not_only": _("The provider is not the only way in here: passwords count anyway."),
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
    "invited_often": _(
        "This address was sent three invitations within a day. Ask the person to look for them, also among unwanted mail."
    ),
    "invited_many": _("Your organisation sent a hundred invitations within an hour. Try again in an hour."),
    "is_closing": _("The account is being closed: everything of it is destroyed, and nobody can open it again."),
    "job_running": _("It is running already."),
    "keeping_same": _("It is kept so long already."),
    "keeping_taken": _("It holds or was undone already. Set another time instead."),
    "keeping_term": _("Enter a number from 12 to 240, or nothing."),
    "keeping_waits": _("A shorter time waits already. Undo it first."),
    "mailbox_asked": _("A link was sent a moment ago. Wait ten minutes before you have another one sent."),
    "mailbox_confirmed": _("This mailbox is confirmed, or there is none."),
    "lifted_often": _(
        "This lock was lifted three times within a day. It ends by itself after half an hour, or when the member sets a new password by mail."
    ),
    "last_owner": _("This is the last owner. Make somebody else an owner first."),
    "member_gone": _("This member was removed, or their time is over. Invite them again first."),
    "member_suspended": _("This member is suspended. Let them in again first."),
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
    "role_exists": _("A role with this name exists already."),
    "role_in_use": _("Somebody has this role. Say which one they have from then on."),
    "role_joining": _(
        "Newcomers join as this role by your identity provider. Choose another one on the page of the provider first."
    ),
    "role": _("There is no such role."),
    "rules_broken": _("These rules cannot be read. Take an older version, or the first one, into the draft."),
    "settings_moved": _(
        "Nothing was saved: somebody changed the draft since you opened this page. Copy what you typed, open the page again and change it there."
    ),
    "site_exists": _("A website with this name exists already."),
    "time_zone": _("Choose one of the time zones of the list."),
    "website": _("Enter a web address such as shop.example."),
}
_OTHERWISE: Final = _("This was not possible: somebody else changed something meanwhile. Please look again.")


def say(sentences: Mapping[str, Promise]) -> None:
    """Another app's refusals. ImproperlyConfigured for a code that has a sentence already: one would be said for the other."""
    if twice := _SENTENCES.keys() & sentences.keys():
        raise ImproperlyConfigured(f"Two sentences for {sorted(twice)}.")
    _SENTENCES.update(sentences)


def sentence_for(refusal: Exception) -> str:
    """The sentence; a general one for what only the database could see, such as two people who took the same name at once."""
    code = refusal.code if isinstance(refusal, DomainError) else ""
    return gettext(str(_SENTENCES.get(code, _OTHERWISE)))
