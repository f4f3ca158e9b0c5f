"""What is searched for in lists: sent by POST and masked, so that no address, browser history or proxy's log holds it.

Danger: Django's lists take the search from the address and write it into every link of the page. Rule: an address narrows a list by words and ids
only; everything else in it is left out before the list is made. Proof: tests/tenants/admin/test_searching.py.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Final

from django.contrib.admin.views.main import PAGE_VAR, SEARCH_VAR
from django.http import HttpRequest, QueryDict

from security.masking import MaskedText

Masker = Callable[[str], MaskedText]
LONGEST: Final = 120
_WORD: Final = re.compile(r"[A-Za-z0-9_.-]{1,64}", re.ASCII)


def searched(request: HttpRequest, masker: Masker) -> str:
    """What a form of ours asks for, masked."""
    return str(masker(request.POST.get(SEARCH_VAR, "")[:LONGEST].strip()))


def page_of(request: HttpRequest) -> str:
    """Which page of the list is wanted, by a link or, of what was found, by a button."""
    return request.POST.get(PAGE_VAR, "") or request.GET.get(PAGE_VAR, "")


def narrow(request: HttpRequest, masker: Masker) -> None:
    """Leave in the request what Django's list may read: words and ids of its address, and the search of its form."""
    kept = QueryDict(mutable=True)
    for name, value in request.GET.items():
        if name != SEARCH_VAR and _WORD.fullmatch(str(value)):
            kept[name] = str(value)
    if request.method == "POST":
        kept[SEARCH_VAR] = searched(request, masker)
        if _WORD.fullmatch(page_of(request)):
            kept[PAGE_VAR] = page_of(request)
    kept._mutable = False  # noqa: SLF001 - as Django leaves the request's own
    request.GET = kept  # type: ignore[assignment]
