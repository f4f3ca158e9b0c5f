"""The archive: searched by what is known of a conversation, read one at a time, brought back. Each is an event of the trail."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from django import forms
from django.contrib import messages
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.template.response import TemplateResponse
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_safe

from chat.admin.outcome_words import OUTCOMES, words_of
from chat.retention.restore import bring_back, look_at_archived, may_bring_back
from chat.retention.searching import RIGHT, Sought, choices, search_archive
from chat.retention.stores import store
from security.errors import Conflict, Invalid
from security.forms import spells_no_secret
from tenants.admin.base import require_grant
from tenants.admin.refusals import sentence_for
from tenants.admin.sections import Section
from tenants.admin.site import AdminPage, site
from tenants.guards import holder_of

_may_see = holder_of(RIGHT)
_DAY = {"type": "date"}


class SearchForm(forms.Form):
    """Each left empty counts for nothing."""

    since = forms.DateField(label=gettext_lazy("Last message from"), required=False, widget=forms.DateInput(attrs=_DAY))
    until = forms.DateField(label=gettext_lazy("to"), required=False, widget=forms.DateInput(attrs=_DAY))
    department = forms.TypedChoiceField(label=gettext_lazy("Department"), required=False, coerce=UUID, empty_value=None)
    agent = forms.TypedChoiceField(label=gettext_lazy("Agent"), required=False, coerce=UUID, empty_value=None)
    rating = forms.TypedChoiceField(
        label=gettext_lazy("Rating"),
        required=False,
        coerce=int,
        empty_value=None,
        choices=[("", "–"), *((str(score), str(score)) for score in range(1, 6))],
    )
    outcome = forms.ChoiceField(label=gettext_lazy("Outcome"), required=False, choices=[("", "–"), *OUTCOMES.items()])
    tag = forms.CharField(label=gettext_lazy("Tag"), required=False, max_length=40, validators=[spells_no_secret])
    before = forms.UUIDField(required=False, widget=forms.HiddenInput)

    def __init__(self, data: Any, *, departments: list[Any], agents: list[Any]) -> None:
        super().__init__(data, label_suffix="")
        for name, rows in (("department", departments), ("agent", agents)):
            field = self.fields[name]
            assert isinstance(field, forms.ChoiceField)  # noqa: S101 - for the type checker
            field.choices = [("", "–"), *((str(row.public_id), row.name) for row in rows)]


@require_safe
def archive(request: HttpRequest) -> HttpResponse:
    """The newest first; a page at a time."""
    grant = require_grant(request)
    departments, agents = choices(grant=grant)
    form = SearchForm(request.GET, departments=departments, agents=agents)
    found = search_archive(grant=grant, sought=Sought(**form.cleaned_data)) if form.is_valid() else None
    onward = request.GET.copy()
    if found is not None and found.before is not None:
        onward["before"] = str(found.before)
    context = {
        **site.each_context(request),
        "title": _("Archive"),
        "form": form,
        "found": found,
        "rows": [(row, words_of(row.outcome)) for row in found.rows] if found else [],
        "onward": onward.urlencode(),
        "filtered": any(value for name, value in request.GET.items() if name in form.fields),
    }
    return TemplateResponse(request, "admin/archive/list.html", context)


@require_safe
def archived(request: HttpRequest, archived: UUID) -> HttpResponse:
    """A transcript, as it was."""
    grant = require_grant(request)
    row, content = look_at_archived(grant=grant, conversation=archived, store=store())
    context = {
        **site.each_context(request),
        "title": _("Conversation in the archive"),
        "row": row,
        "outcome": words_of(row.outcome),
        "content": content,
        "may_restore": may_bring_back(grant),
    }
    return TemplateResponse(request, "admin/archive/transcript.html", context)


def restore(request: HttpRequest, archived: UUID) -> HttpResponse:
    """Back for a time; asked for otherwise than by POST it leads to the transcript."""
    if request.method == "POST":
        try:
            bring_back(grant=require_grant(request), conversation=archived, now=timezone.now(), store=store())
        except (Conflict, Invalid) as refused:
            messages.error(request, sentence_for(refused))
        else:
            messages.success(request, _("It is back for 30 days. Then its rule applies again."))
            return HttpResponseRedirect(reverse("admin:chat_conversation_change", args=[archived]))
    return HttpResponseRedirect(reverse("admin:archived", args=[archived]))


_ABOUT = gettext_lazy("Conversations whose time in the primary store is over. That you look is in the audit trail.")
for _path, _name, _view, _label in (
    ("archive/", "archive", archive, gettext_lazy("Archive")),
    ("archive/<uuid:archived>/", "archived", archived, ""),
    ("archive/<uuid:archived>/restore/", "archived_restore", restore, ""),
):
    site.add_page(AdminPage(_path, _name, _view, Section.CHAT, _may_see, _label, _ABOUT if _label else ""))
