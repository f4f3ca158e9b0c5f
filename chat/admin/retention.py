"""The Retention page: what happens today and in the next days, the rules with what waits, the last runs, legal holds."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any, Final
from uuid import UUID

from django.contrib import messages
from django.http import HttpRequest, HttpResponse, HttpResponseBase, HttpResponseRedirect
from django.template.response import TemplateResponse
from django.urls import reverse
from django.utils import timezone
from django.utils.formats import date_format
from django.utils.functional import Promise
from django.utils.timezone import localtime
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_http_methods, require_safe

from chat.admin.retention_forms import CoolingForm, HoldForm, RuleForm
from chat.admin.retention_words import meaning_of, sentence_of, title_of
from chat.models import RetentionRun
from chat.retention.changing import RIGHT, change_rule, undo_change
from chat.retention.halting import cancel_run, pause_run, resume_run
from chat.retention.holds import RIGHT as HOLD_RIGHT
from chat.retention.holds import access_hold, place_hold, release_hold
from chat.retention.overview import read_holds, read_outlook, read_overview, read_rule
from security.errors import Conflict, Invalid, NotFound
from security.permissions import Permission, has
from tenants.admin.base import require_grant
from tenants.admin.platform.plot import HEIGHT, WIDTH, bars
from tenants.admin.refusals import sentence_for
from tenants.admin.sections import Section
from tenants.admin.site import AdminPage, site
from tenants.admin.waits import say_saved
from tenants.guards import grant_of_request, holder_of
from tenants.services.settings import change_policy, read_policy

PAGE: Final = "admin:retention"
_FIELDS: Final = {"typed_name": "typed", "memory_persists": "afterwards"}
_may_set, _may_hold = holder_of(RIGHT), holder_of(HOLD_RIGHT)


def may_look(request: HttpRequest) -> bool:
    """Whether there is something on the page for this person."""
    return _may_set(request) or _may_hold(request)


def _back() -> HttpResponseRedirect:
    return HttpResponseRedirect(reverse(PAGE))


@require_safe
def overview(request: HttpRequest) -> HttpResponse:
    """Everything on one page."""
    return _page(request)


def _page(request: HttpRequest, **extra: Any) -> HttpResponse:
    grant = require_grant(request)
    context = {
        **site.each_context(request),
        "title": _("Retention"),
        "holds": read_holds(grant=grant),
        "may_hold": has(grant, HOLD_RIGHT),
        "may_open": has(grant, Permission.CHAT_SEE_ALL),
        "may_set_server": has(grant, Permission.CONFIGURATION_STORAGE),
    }
    if has(grant, RIGHT):
        found = read_overview(grant=grant, now=timezone.now())
        context |= {
            "found": found,
            "rules": [(row, title_of(row.department), sentence_of(row.term), sentence_of(row.asked)) for row in found.rules],
            "bars": bars(found.days),
            "under_way": progress_of(found.runs, found.today.leaving),
            "plot": {"width": WIDTH, "height": HEIGHT},
            "cooling": CoolingForm(instance=read_policy(grant=grant, permission=RIGHT)),
        }  # fmt: skip
    return TemplateResponse(request, "admin/retention/page.html", {**context, **extra})


@require_http_methods(["GET", "HEAD", "POST"])
def organisation_rule(request: HttpRequest) -> HttpResponse:
    """The rule of everything that has none of its own."""
    return _rule(request, None)


@require_http_methods(["GET", "HEAD", "POST"])
def department_rule(request: HttpRequest, department: UUID) -> HttpResponse:
    """The rule of one department."""
    return _rule(request, department)


def _rule(request: HttpRequest, department: UUID | None) -> HttpResponse:
    """The form; then what it would do, old and new; then it is saved."""
    grant, now = require_grant(request), timezone.now()
    of, before = read_rule(grant=grant, department=department)
    form = RuleForm(request.POST or None, initial=RuleForm.initial_of(before), is_departments=of is not None)
    context: dict[str, Any] = {
        **site.each_context(request),
        "title": title_of(of),
        "form": form,
        "present": sentence_of(before),
    }
    if request.method == "POST" and form.is_valid():
        try:
            outlook = read_outlook(grant=grant, department=department, term=form.term(), now=now)
        except Invalid as refused:
            form.add_error("afterwards", sentence_for(refused))
            context["may_set_server"] = has(grant, Permission.CONFIGURATION_STORAGE)
            return TemplateResponse(request, "admin/retention/rule.html", context)
        context["outlook"] = outlook
        context["proposed"], context["meaning"] = sentence_of(outlook.after), meaning_of(outlook.after)
        if "save" in request.POST:
            try:
                waits = change_rule(
                    grant=grant,
                    department=department,
                    term=form.term(),
                    seen=form.cleaned_data["seen"],
                    typed=str(form.cleaned_data["typed"]),
                    now=now,
                )
            except (Conflict, Invalid) as refused:
                form.add_error(_FIELDS.get(refused.code), sentence_for(refused))
            else:
                say_saved(request, None if waits is None else date_format(localtime(waits.due_at), "DATE_FORMAT"))
                return _back()
    return TemplateResponse(request, "admin/retention/rule.html", context)


def undo(request: HttpRequest, change: UUID) -> HttpResponseBase:
    """A change that waits is none any more; asked for otherwise than by POST it leads to the page."""
    if request.method != "POST":
        return _back()
    try:
        undo_change(grant=require_grant(request), change=change, now=timezone.now())
        messages.success(request, _("Undone. The rule stays as it is."))
    except Conflict as refused:
        messages.error(request, sentence_for(refused))
    return _back()


def progress_of(runs: Sequence[RetentionRun], left: int) -> tuple[int, int]:
    """How many of how many conversations of the newest run have left, or are on their way."""
    total = (runs[0].total or 0) if runs and runs[0].finished_at is None else 0
    return max(0, total - left), total


def _moving(service: Callable[..., None], said: Promise) -> Callable[..., HttpResponse]:
    def move(request: HttpRequest, run: UUID) -> HttpResponse:
        if request.method == "POST":
            try:
                service(grant=require_grant(request), run=run)
                messages.success(request, str(said))
            except Conflict as refused:
                messages.error(request, sentence_for(refused))
        return _back()

    return move


pause = _moving(
    lambda **of: pause_run(now=timezone.now(), **of),
    gettext_lazy("Paused. No worker goes on with it till you resume it, or the next day begins."),
)
resume = _moving(resume_run, gettext_lazy("Resumed. A worker goes on within the hour."))
cancel = _moving(
    lambda **of: cancel_run(now=timezone.now(), **of),
    gettext_lazy("Ended for this day. What is left comes with the next day's run."),
)


def cooling(request: HttpRequest) -> HttpResponse:
    """How long a shorter time waits. What waits already keeps its day."""
    if request.method != "POST":
        return _back()
    grant = require_grant(request)
    form = CoolingForm(request.POST, instance=read_policy(grant=grant, permission=RIGHT))
    if not form.is_valid():
        return _page(request, cooling=form)
    change_policy(grant=grant, policy=form.instance, fields=form.changed_settings())
    messages.success(request, _("Saved."))
    return _back()


@require_http_methods(["GET", "HEAD", "POST"])
def add_hold(request: HttpRequest) -> HttpResponse:
    """Keep a conversation, a visitor's, or everything; the address may name the conversation."""
    grant = require_grant(request)
    form = HoldForm(request.POST or None, conversation=request.GET.get("conversation", "")[:36])
    if request.method == "POST" and form.is_valid():
        try:
            place_hold(grant=grant, reason=form.cleaned_data["reason"], now=timezone.now(), **form.subject())
        except NotFound:
            form.add_error(
                "record", _("There is no such conversation or visitor. Copy the id from the page's address.")
            )
        except (Conflict, Invalid) as refused:
            form.add_error(None, sentence_for(refused))
        else:
            messages.success(request, _("The hold is placed. Nothing that it keeps is deleted."))
            return _back()
    context = {**site.each_context(request), "title": _("Place a legal hold"), "form": form}
    return TemplateResponse(request, "admin/retention/hold.html", context)


@require_http_methods(["GET", "HEAD", "POST"])
def release(request: HttpRequest, hold: UUID) -> HttpResponse:
    """Asked first: what is over may be deleted by the next run."""
    if request.method != "POST":
        held = access_hold(grant=require_grant(request), hold=hold)
        context = {**site.each_context(request), "title": _("Release the hold"), "held": held}
        return TemplateResponse(request, "admin/retention/release.html", context)
    try:
        release_hold(grant=require_grant(request), hold=hold, now=timezone.now())
        messages.success(request, _("Released. The rules apply again."))
    except Conflict as refused:
        messages.error(request, sentence_for(refused))
    return _back()


def hold_url(request: HttpRequest, conversation: UUID) -> str | None:
    """Where a hold on this conversation is placed, for who may."""
    grant = grant_of_request(request)
    if grant is None or not has(grant, HOLD_RIGHT):
        return None
    return f"{reverse('admin:retention_hold')}?conversation={conversation}"


_ABOUT = gettext_lazy("How long conversations are kept, what leaves today, and what is held.")

for _path, _name, _view, _is_allowed, _label in (
    ("retention/", "retention", overview, may_look, gettext_lazy("Retention")),
    ("retention/rule/", "retention_rule", organisation_rule, _may_set, ""),
    ("retention/departments/<uuid:department>/rule/", "retention_department_rule", department_rule, _may_set, ""),
    ("retention/changes/<uuid:change>/undo/", "retention_undo", undo, _may_set, ""),
    ("retention/runs/<uuid:run>/pause/", "retention_run_pause", pause, _may_set, ""),
    ("retention/runs/<uuid:run>/resume/", "retention_run_resume", resume, _may_set, ""),
    ("retention/runs/<uuid:run>/cancel/", "retention_run_cancel", cancel, _may_set, ""),
    ("retention/cooling-off/", "retention_cooling", cooling, _may_set, ""),
    ("retention/holds/add/", "retention_hold", add_hold, _may_hold, ""),
    ("retention/holds/<uuid:hold>/release/", "retention_release", release, _may_hold, ""),
):
    site.add_page(AdminPage(_path, _name, _view, Section.ORGANISATION, _is_allowed, _label, _ABOUT if _label else ""))
