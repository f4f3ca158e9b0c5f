"""Plans, the operators' pages: what is offered, and which organisation has what."""

from __future__ import annotations

from typing import Any, ClassVar
from uuid import UUID

from django import forms
from django.contrib import messages
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.template.response import TemplateResponse
from django.urls import reverse
from django.utils import timezone
from django.utils.functional import Promise
from django.utils.text import format_lazy
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_http_methods

from security.errors import Conflict
from security.forms import MaskedCharField
from tenants.admin.forms import TenantModelForm
from tenants.admin.organisation.limits import LABELS
from tenants.admin.platform.operators import is_operator, operator_of
from tenants.admin.refusals import sentence_for
from tenants.admin.sections import Section
from tenants.admin.site import AdminPage, site
from tenants.models import Plan
from tenants.services.limits import Limit
from tenants.services.platform import operators
from tenants.services.platform import plans as services

_LIMITS = tuple(limit.value for limit in Limit)
_LABELS = {limit.value: LABELS[limit] for limit in Limit}


class PlanForm(TenantModelForm):
    """A name, and a number for each limit."""

    name = MaskedCharField(label=gettext_lazy("Name"), max_length=80)

    class Meta(TenantModelForm.Meta):
        model = Plan
        fields = ("name", *_LIMITS, "is_default")
        labels: ClassVar = {**_LABELS, "is_default": gettext_lazy("For every organisation without a plan of its own")}
        help_texts: ClassVar = dict.fromkeys(_LIMITS, gettext_lazy("Empty: no limit."))


class AssignForm(forms.Form):
    """A plan, and limits that differ from it for this organisation."""

    def __init__(self, data: Any, *, plans: list[Plan], initial: dict[str, Any]) -> None:
        super().__init__(data, initial=initial, label_suffix="")
        self.plans = {str(plan.public_id): plan for plan in plans}
        nothing: tuple[str, str | Promise] = ("", gettext_lazy("The default plan"))
        choices = [nothing, *((key, plan.name) for key, plan in self.plans.items())]
        self.fields["plan"] = forms.ChoiceField(label=gettext_lazy("Plan"), choices=choices, required=False)
        for name, label in _LABELS.items():
            self.fields[name] = forms.IntegerField(
                label=format_lazy(gettext_lazy("{label}, for this organisation alone"), label=label),
                min_value=1,
                max_value=2**31 - 1,
                required=False,
                help_text=gettext_lazy("Empty: as the plan says."),
            )


@require_http_methods(["GET", "HEAD"])
def plans(request: HttpRequest) -> HttpResponse:
    """All plans."""
    found = services.list_plans(operator=operator_of(request))
    rows = [(plan, [getattr(plan, name) for name in _LIMITS]) for plan in found]
    context = {**site.each_context(request), "title": _("Plans"), "rows": rows, "labels": LABELS.values()}
    return TemplateResponse(request, "admin/platform/plans.html", context)


@require_http_methods(["GET", "HEAD", "POST"])
def plan(request: HttpRequest, plan: UUID | None = None) -> HttpResponse:
    """A new plan, or another text of one."""
    operator = operator_of(request)
    found = Plan() if plan is None else services.access_plan(operator=operator, plan=plan)
    form = PlanForm(request.POST or None, instance=found)
    if request.method == "POST" and form.is_valid():
        try:
            services.save_plan(operator=operator, plan=form.instance)
            messages.success(
                request, _("The plan was saved. Whoever is above it keeps what is there and adds nothing.")
            )
            return HttpResponseRedirect(reverse("admin:platform_plans"))
        except Conflict as refusal:
            form.add_error(None, sentence_for(refusal))
    title = _("Add a plan") if plan is None else _("Change a plan")
    context = {**site.each_context(request), "title": title, "form": form, "back": reverse("admin:platform_plans")}
    return TemplateResponse(request, "admin/platform/plan.html", context)


@require_http_methods(["GET", "HEAD", "POST"])
def assign(request: HttpRequest, tenant: UUID) -> HttpResponse:
    """Which plan an organisation has, and what differs for it."""
    operator = operator_of(request)
    found = operators.access_tenant(operator=operator, tenant=tenant)
    standing = services.standing(operator=operator, tenant=tenant, today=timezone.now().date())
    offered = services.list_plans(operator=operator)
    initial = {**standing.own, "plan": str(standing.plan or "")}
    form = AssignForm(request.POST or None, plans=offered, initial=initial)
    if request.method == "POST" and form.is_valid():
        data = form.cleaned_data
        over = services.assign_plan(
            operator=operator,
            tenant=tenant,
            plan=form.plans.get(data["plan"]),
            own={name: data[name] for name in _LIMITS},
            now=timezone.now(),
        )
        messages.success(request, _("The plan was stored."))
        if over:
            names = ", ".join(str(LABELS[limit]) for limit in over)
            messages.warning(
                request,
                _("Above the plan already: %(names)s. What is there stays; nothing is added.") % {"names": names},
            )
        return HttpResponseRedirect(reverse("admin:platform_tenant", args=[tenant]))
    context = {
        **site.each_context(request),
        "title": _("Plan of %(organisation)s") % {"organisation": found.name},
        "form": form,
        "back": reverse("admin:platform_tenant", args=[tenant]),
    }
    return TemplateResponse(request, "admin/platform/plan.html", context)


_ABOUT = gettext_lazy("What organisations may use, and which plan sets it.")

for _path, _name, _view, _label in (
    ("platform/plans/", "platform_plans", plans, gettext_lazy("Plans")),
    ("platform/plans/add/", "platform_plan_add", plan, ""),
    ("platform/plans/<uuid:plan>/", "platform_plan", plan, ""),
    ("platform/tenants/<uuid:tenant>/plan/", "platform_assign", assign, ""),
):
    site.add_page(AdminPage(_path, _name, _view, Section.PLATFORM, is_operator, _label, _ABOUT if _label else ""))
