"""The Masking page: what is hidden, by which rules, tried before it is activated. Nothing that is typed into the tester is kept."""

from __future__ import annotations

from collections.abc import Callable
from functools import wraps
from typing import Any, Concatenate, Final, ParamSpec
from uuid import UUID

from django.contrib import messages
from django.forms import Form
from django.http import HttpRequest, HttpResponse, HttpResponseBase, HttpResponseRedirect
from django.template.response import TemplateResponse
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_safe

from chat.admin.masking_forms import SettingsForm
from chat.admin.masking_words import sentence_of
from chat.masked_kinds import kind_of, rule_of
from chat.models import JobKind, JobStatus, MaskingJob
from chat.services import masking_jobs
from chat.tally import MOST_SHAPES, Tally
from security.errors import Conflict, Invalid
from security.permissions import Grant, has
from tenants.admin.base import require_grant
from tenants.admin.platform.plot import HEIGHT, WIDTH, bars
from tenants.admin.refusals import sentence_for
from tenants.admin.sections import Section
from tenants.admin.site import AdminPage, site
from tenants.guards import grant_of_request
from tenants.rules import RuleSet
from tenants.services.masking import drafting, reading
from tenants.services.masking.drafting import RIGHT, RuleRefused
from tenants.services.masking.reading import Rulebook

P = ParamSpec("P")
PAGE: Final = "admin:masking"


def may_configure(request: HttpRequest) -> bool:
    """Whether the page is for this person."""
    grant = grant_of_request(request)
    return grant is not None and has(grant, RIGHT)


def back(anchor: str = "") -> HttpResponseRedirect:
    """To the page, where it goes on."""
    return HttpResponseRedirect(reverse(PAGE) + (f"#{anchor}" if anchor else ""))


def refusal_of(error: Exception) -> str:
    """Why something was not done, in a sentence."""
    return error.reason if isinstance(error, RuleRefused) else sentence_for(error)


def put_refusal(form: Form, error: Exception) -> None:
    """Why something was not done, at the field that it is about."""
    about = error.about if isinstance(error, RuleRefused) else ""
    form.add_error(about if about in form.fields else None, refusal_of(error))


def act(view: Callable[Concatenate[HttpRequest, Grant, P], HttpResponseBase]) -> Callable[..., HttpResponseBase]:
    """Something that is done by POST; asked for otherwise it leads to the page. What is refused is said there."""

    @wraps(view)
    def posted(request: HttpRequest, *args: P.args, **kwargs: P.kwargs) -> HttpResponseBase:
        if request.method != "POST":
            return back()
        try:
            return view(request, require_grant(request), *args, **kwargs)
        except (Conflict, Invalid) as refusal:
            messages.error(request, refusal_of(refusal))
            return back()

    return posted


def question(request: HttpRequest, *, title: str, **context: object) -> HttpResponse:
    """Before what cannot be undone; the same address is posted to again, with `confirmed`."""
    return TemplateResponse(
        request, "admin/masking/question.html", {**site.each_context(request), "title": title, **context}
    )


@require_safe
def overview(request: HttpRequest) -> HttpResponse:
    """Everything on one page."""
    return page(request)


def page(request: HttpRequest, **extra: Any) -> HttpResponse:
    """The page; `extra` replaces parts of it, such as a form that was refused."""
    grant = require_grant(request)
    book = reading.read_rulebook(grant=grant)
    hidden = reading.read_hidden(grant=grant, today=timezone.now().date())
    context = {
        **site.each_context(request),
        "title": _("Masking"),
        "book": book,
        "rules": _rows(book.draft),
        "pending": [sentence_of(one) for one in book.pending],
        "versions": [(version, [sentence_of(one) for one in version.changes or ()]) for version in book.versions],
        "settings": SettingsForm(initial=SettingsForm.initial_of(book.draft or RuleSet(), book.revision)),
        "hidden": hidden,
        "hidden_rules": [(kind_of(kind), rule_of(rule, kind), hits) for kind, rule, hits in hidden.rules],
        "undone": [(kind_of(pack), messages) for pack, messages in hidden.undone],
        "bars": bars(hidden.days),
        "plot": {"width": WIDTH, "height": HEIGHT},
        "trial": _trial(book),
        **_stored(book),
        **extra,
    }
    return TemplateResponse(request, "admin/masking/page.html", context)


def _rows(rules: RuleSet | None) -> list[dict[str, Any]]:
    found = () if rules is None else rules.rules
    return [
        {"rule": rule, "is_first": number == 0, "is_last": number == len(found) - 1}
        for number, rule in enumerate(found)
    ]


def _trial(book: Rulebook) -> dict[str, Any] | None:
    """The latest trial, if it was of the draft as it is."""
    job = masking_jobs.latest(JobKind.TRIAL)
    if job is None or job.rules != book.revision or job.status == JobStatus.CANCELLED.value:
        return None
    return job_view(job)


def _stored(book: Rulebook) -> dict[str, Any]:
    """Re-masking, offered once it was seen what the active rules would change: it cannot be undone."""
    done, trial = masking_jobs.latest(JobKind.REMASK), masking_jobs.latest(JobKind.REMASK_TRIAL)
    if trial is not None and (trial.rules != book.current.number or trial.status == JobStatus.CANCELLED.value):
        trial = None
    is_newer = trial is not None and (done is None or trial.created_at > done.created_at)
    return {
        "remask": job_view(done),
        "remask_trial": job_view(trial) if is_newer else None,
        "may_remask": is_newer and trial is not None and trial.status == JobStatus.DONE.value,
    }


def job_view(job: MaskingJob | None) -> dict[str, Any] | None:
    """A job as the page tells of it."""
    if job is None:
        return None
    tally = Tally.of(job.found)
    rules = [
        {
            "kind": kind_of(kind),
            "rule": rule,
            "messages": hits.messages,
            "hits": hits.hits,
            "shapes": [shape for shape, _ in hits.shapes.most_common(MOST_SHAPES)],
        }
        for (kind, rule), hits in sorted(tally.rules.items(), key=lambda item: -item[1].messages)
    ]
    return {"job": job, "tally": tally, "found": job.found, "rules": rules, "is_unfinished": job.finished_at is None}


@act
def change_settings(request: HttpRequest, grant: Grant) -> HttpResponseBase:
    """Draft packs, switches and the allow-list. What was typed stays where somebody was faster; a page without a revision is an old one."""
    form = SettingsForm(request.POST)
    if form.is_valid():
        try:
            revision = form.cleaned_data["revision"]
            drafting.change_settings(
                grant=grant, settings=form.settings(), revision=-1 if revision is None else revision
            )
        except (Conflict, RuleRefused) as refused:
            put_refusal(form, refused)
        else:
            messages.success(request, _("The draft was changed. It masks once you activate it."))
            return back("settings")
    return page(request, settings=form)


@act
def activate(request: HttpRequest, grant: Grant) -> HttpResponseBase:
    """What was looked at becomes what masks."""
    typed = request.POST.get("revision", "")
    revision = int(typed) if typed.isascii() and typed.isdigit() and len(typed) < 10 else 0  # noqa: PLR2004
    version = drafting.activate(grant=grant, revision=revision, now=timezone.now())
    messages.success(
        request, _("Version %(number)s masks now, on open chats within a second.") % {"number": version.number}
    )
    return back()


@act
def restore(request: HttpRequest, grant: Grant, version: UUID) -> HttpResponseBase:
    """An older version comes back into the draft."""
    return _restored(request, grant, version)


@act
def restore_first(request: HttpRequest, grant: Grant) -> HttpResponseBase:
    """What every organisation begins with."""
    return _restored(request, grant, None)


def _restored(request: HttpRequest, grant: Grant, version: UUID | None) -> HttpResponse:
    """Asked first where a draft that was never activated would be lost, and again where that has changed since."""
    book = reading.read_rulebook(grant=grant)
    if book.is_pending and request.POST.get("confirmed") != str(book.revision):
        return question(
            request,
            title=_("Take into the draft"),
            question=_("The draft was never activated. What it changes is lost for good."),
            lost=[sentence_of(one) for one in book.pending],
            confirmed=book.revision,
            act=_("Replace the draft"),
        )
    drafting.restore(grant=grant, version=version)
    if reading.read_rulebook(grant=grant).is_pending:
        messages.success(request, _("These rules are in the draft. They mask once you activate them."))
    else:
        messages.success(request, _("The draft is what masks now. There is nothing to activate."))
    return back()


_ABOUT = gettext_lazy("What is hidden in messages before anyone reads them, and a tester for it.")

for _path, _name, _view, _label in (
    ("masking/", "masking", overview, gettext_lazy("Masking")),
    ("masking/settings/", "masking_settings", change_settings, ""),
    ("masking/activate/", "masking_activate", activate, ""),
    ("masking/versions/first/restore/", "masking_restore_first", restore_first, ""),
    ("masking/versions/<uuid:version>/restore/", "masking_restore", restore, ""),
):
    site.add_page(AdminPage(_path, _name, _view, Section.ORGANISATION, may_configure, _label, _ABOUT if _label else ""))
