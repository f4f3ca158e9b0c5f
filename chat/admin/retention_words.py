"""What the Retention page calls rules."""

from __future__ import annotations

from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from chat.models import Afterwards
from chat.retention.terms import Term
from tenants.models import Department


def title_of(department: Department | None) -> str:
    """Whose rule it is."""
    return _("Whole organisation") if department is None else department.name


def sentence_of(term: Term | None) -> str:
    """A rule in a sentence; None for a department without one of its own."""
    if term is None:
        return _("As the whole organisation.")
    kept = _months(term.primary_months)
    if term.stores_nothing:
        return _nothing(kept)
    if term.afterwards.is_sent:
        return _sent(term, kept)
    if term.afterwards is Afterwards.PURGE:
        return _("Kept for %(kept)s after the last message, then deleted for good.") % {"kept": kept}
    if term.archive_months is None:
        return _("Kept for %(kept)s after the last message, then in the archive for as long as the account.") % {
            "kept": kept
        }
    return _("Kept for %(kept)s after the last message, then in the archive; deleted for good after %(all)s.") % {
        "kept": kept,
        "all": _months(term.archive_months),
    }


def _sent(term: Term, kept: str) -> str:
    if term.afterwards is Afterwards.SENT_AT_CLOSE:
        return _("Sent to your own server ten minutes after it is closed, then deleted here.")
    if not term.primary_months:
        return _("Sent to your own server each day, then deleted here.")
    return _("Kept for %(kept)s after the last message, then sent to your own server and deleted here.") % {
        "kept": kept
    }


def _nothing(kept: str) -> str:
    return _(
        "Nothing of what is said is stored: it lies encrypted in memory until the conversation ends, and at most 15 minutes after the"
        " last word. Times, who answered, waiting and the rating remain for %(kept)s."
    ) % {"kept": kept}


def meaning_of(term: Term) -> str:
    """What a rule would do to what exists, where that is not said by counts; empty for most."""
    if not term.stores_nothing:
        return ""
    return _(
        "Conversations that are open when this begins go on as they began. What is stored already is deleted for good, once it is closed,"
        " unless a legal hold keeps it; what is in the archive stays there. Visitors and agents are told that nothing is stored. Names, mail"
        " addresses, tags and comments are not stored either, and a legal hold cannot bring back what was never stored."
    )


def _months(count: int) -> str:
    return ngettext("%(count)d month", "%(count)d months", count) % {"count": count}
