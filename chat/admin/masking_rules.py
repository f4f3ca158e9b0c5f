"""Drafting single rules, and the tester, which runs a text through the very function that masks messages."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from time import perf_counter
from typing import Any, Final
from uuid import UUID

from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseBase, JsonResponse
from django.template.response import TemplateResponse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods

from chat.admin.masking import act, back, may_configure, page, put_refusal
from chat.admin.masking_forms import RuleForm, TesterForm
from chat.masked_kinds import kind_of
from chat.tally import shape_of
from security.errors import Conflict, Invalid
from security.masking import Finding, MaskingPolicy, TooLong, mask_or_withhold
from security.masking.finding.considered import LeftAlone, Why, left_alone
from security.permissions import Grant
from tenants.admin.base import require_grant
from tenants.admin.sections import Section
from tenants.admin.site import AdminPage, site
from tenants.rules import RulesBroken
from tenants.services.masking import drafting, reading

MICROSECONDS: Final = 1_000_000


@require_http_methods(["GET", "HEAD", "POST"])
def add_rule(request: HttpRequest) -> HttpResponse:
    """A new rule at the end of the draft."""
    form = RuleForm(request.POST or None)
    if request.method == "POST" and form.is_valid():
        try:
            drafting.add_rule(grant=require_grant(request), rule=form.rule())
        except (Conflict, Invalid) as refusal:
            put_refusal(form, refusal)
        else:
            messages.success(request, _("The rule is in the draft. It masks once you activate it."))
            return back("rules")
    return _form_page(request, form, _("Add a rule"))


@require_http_methods(["GET", "HEAD", "POST"])
def change_rule(request: HttpRequest, rule: UUID) -> HttpResponse:
    """Another text of a drafted rule."""
    grant = require_grant(request)
    found = reading.read_rule(grant=grant, rule=rule)
    if found is None:
        raise Http404
    form = RuleForm(request.POST or None, initial=RuleForm.initial_of(found))
    if request.method == "POST" and form.is_valid():
        try:
            drafting.change_rule(grant=grant, rule=form.rule(rule))
        except (Conflict, Invalid) as refusal:
            put_refusal(form, refusal)
        else:
            messages.success(request, _("The draft was changed. It masks once you activate it."))
            return back("rules")
    return _form_page(request, form, found.name)


def _form_page(request: HttpRequest, form: RuleForm, title: str) -> HttpResponse:
    context = {**site.each_context(request), "title": title, "form": form, "is_refused": bool(form.errors)}
    return TemplateResponse(request, "admin/masking/rule.html", context)


@act
def remove_rule(request: HttpRequest, grant: Grant, rule: UUID) -> HttpResponseBase:
    """Out of the draft."""
    drafting.remove_rule(grant=grant, rule=rule)
    messages.success(request, _("The rule was taken out of the draft. Until you activate it the rule goes on masking."))
    return back("rules")


@act
def move_rule(request: HttpRequest, grant: Grant, rule: UUID) -> HttpResponseBase:
    """One place up or down."""
    drafting.move_rule(grant=grant, rule=rule, by=-1 if request.POST.get("direction") == "up" else 1)
    return back("rules")


@act
def try_text(request: HttpRequest, grant: Grant) -> HttpResponseBase:
    """What would become of a text, and why. The text itself is in no answer."""
    form = TesterForm(request.POST)
    result = _result(grant, form) if form.is_valid() else {"error": _("At most 8,000 characters.")}
    if request.headers.get("Accept", "").startswith("application/json"):
        return JsonResponse(result)
    return page(request, tried=result)


def _result(grant: Grant, form: TesterForm) -> dict[str, Any]:
    data = form.cleaned_data
    text, is_agents = str(data["text"]), data["side"] == "member"
    try:
        before = tuple(filter(None, [data["before"]]))
        rules = reading.masking_to_try(grant=grant, is_draft=data["rules"] != "active")
        begun = perf_counter()
        masked = rules.masked(text, is_agents=is_agents, context=before)
        seconds = perf_counter() - begun
    except RulesBroken:
        return {"error": _("These rules cannot be read: every message would be withheld.")}
    except TooLong:
        return {"error": _("At most 8,000 characters.")}
    policy = rules.agents if is_agents else rules.visitors
    spared = _spared(text, policy, before, masked.findings) if policy.allowed and not rules.is_broken else []
    return {
        "masked": str(masked),
        "findings": [_finding(text, one) for one in masked.findings],
        "left": [
            *({"shape": shape_of(text[one.start : one.end]), "reason": Why.SPARED.value} for one in spared),
            *(_left(text, one) for one in left_alone(text, [*masked.findings, *spared], before)),
        ],
        "looked_for": [kind_of(pack) for pack in sorted(policy.packs)] + [one.name for one in policy.patterns],
        "microseconds": round(seconds * MICROSECONDS),
    }


def _spared(text: str, policy: MaskingPolicy, before: tuple[str, ...], kept: Sequence[Finding]) -> list[Finding]:
    """What would be hidden but for the allow-list."""
    found = mask_or_withhold(text, replace(policy, allowed=()), before).findings
    return [one for one in found if not any(one.start < other.end and other.start < one.end for other in kept)]


def _left(text: str, number: LeftAlone) -> dict[str, Any]:
    return {
        "shape": shape_of(text[number.start : number.end]),
        "reason": number.reason.value,
        "points": list(number.points),
    }


def _finding(text: str, found: Finding) -> dict[str, Any]:
    return {
        "kind": kind_of(found.kind),
        "rule": found.rule,
        "start": found.start,
        "end": found.end,
        "shape": shape_of(text[found.start : found.end]),
        "reasons": list(found.reasons),
    }


for _path, _name, _view in (
    ("masking/rules/add/", "masking_rule_add", add_rule),
    ("masking/rules/<uuid:rule>/", "masking_rule", change_rule),
    ("masking/rules/<uuid:rule>/remove/", "masking_rule_remove", remove_rule),
    ("masking/rules/<uuid:rule>/move/", "masking_rule_move", move_rule),
    ("masking/try/", "masking_try", try_text),
):
    site.add_page(AdminPage(_path, _name, _view, Section.ORGANISATION, may_configure))
