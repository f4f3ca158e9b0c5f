"""What the Masking page calls things: settings and differences."""

from __future__ import annotations

from typing import Final

from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from chat.masked_kinds import KINDS, Word
from tenants.rules import Change, Difference

SETTINGS: Final[dict[str, tuple[Word, Word]]] = {
    "keep_last_four": (
        _("Keep the last four digits of a card"),
        _("On by default: •••• •••• •••• 4242. Switched off, all digits are hidden."),
    ),
    "masks_agents": (
        _("Mask what members write, too"),
        _("On by default, for replies, notes and tags. Switched off, only cards and social security numbers are hidden in them."),
    ),
    "visitor_may_undo": (
        _("Let visitors take a wrong hit back"),
        _("Off by default. What packs find can be taken back, for one message; card and social security numbers, and what rules of your own find, never."),
    ),
    "typing_preview": (
        _("Show agents what a visitor is typing"),
        _("Off by default. It is masked before anybody sees it."),
    ),
}  # fmt: skip

_SENTENCES: Final[dict[Change, Word]] = {
    Change.ADDED: _("“%(about)s” was added"),
    Change.CHANGED: _("“%(about)s” was changed"),
    Change.REMOVED: _("“%(about)s” was removed"),
    Change.SWITCHED_ON: _("“%(about)s” was switched on"),
    Change.SWITCHED_OFF: _("“%(about)s” was switched off"),
    Change.REORDERED: _("the rules are in another order"),
    Change.PACK_ON: _("hidden: %(about)s"),
    Change.PACK_OFF: _("not hidden any more: %(about)s"),
    Change.ALLOWED: _("the allow-list was changed"),
    Change.SETTING_ON: _("on: %(about)s"),
    Change.SETTING_OFF: _("off: %(about)s"),
}


def sentence_of(difference: Difference) -> str:
    """What was changed, for the history."""
    about: Word = difference.about
    if difference.change in {Change.PACK_ON, Change.PACK_OFF}:
        about = KINDS.get(difference.about, difference.about)
    elif difference.change in {Change.SETTING_ON, Change.SETTING_OFF}:
        about = SETTINGS[difference.about][0]
    return gettext(str(_SENTENCES[difference.change])) % {"about": about}
