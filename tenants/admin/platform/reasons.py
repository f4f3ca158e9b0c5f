"""An operator's act that needs a reason: the question, the refusal beside what was typed, the act, and back to where it is seen."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from django.contrib import messages
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.template.response import TemplateResponse

from security.errors import Conflict, Invalid
from security.masking import MaskedText
from tenants.admin.platform.forms import ReasonForm
from tenants.admin.site import site


@dataclass(frozen=True, slots=True)
class Move:
    """What is asked, in which template; what is done with the reason and said after it, and where that leads."""

    title: str
    template: str
    context: Mapping[str, Any]
    act: Callable[[MaskedText], object]
    done: str
    back: str
    help_text: str = ""


def ask_why(request: HttpRequest, move: Move) -> HttpResponse:
    """The page; by POST with a good reason the act."""
    form = ReasonForm(request.POST or None)
    if move.help_text:
        form.fields["reason"].help_text = move.help_text
    if request.method == "POST" and form.is_valid():
        try:
            move.act(form.cleaned_data["reason"])
        except (Conflict, Invalid) as refusal:
            form.refuse(refusal)
        else:
            messages.success(request, move.done)
            return HttpResponseRedirect(move.back)
    context = {**site.each_context(request), "title": move.title, "form": form, **move.context}
    return TemplateResponse(request, move.template, context)
