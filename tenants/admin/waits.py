"""What is said where a change was saved that holds at once, or waits and can be undone till then."""

from __future__ import annotations

from django.contrib import messages
from django.http import HttpRequest
from django.utils.translation import gettext as _


def say_saved(request: HttpRequest, day: str | None) -> None:
    """`day` is from when it holds, as people read it; None where nothing waits."""
    if day is None:
        messages.success(request, _("Saved. It holds from now on."))
    else:
        messages.success(request, _("Saved. It holds from %(day)s on; until then you can undo it here.") % {"day": day})
