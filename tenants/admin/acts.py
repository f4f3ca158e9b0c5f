"""Acts beside a record's form: a question, an answer by POST, one call of a service."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from typing import TYPE_CHECKING, Any

from django.contrib import messages
from django.contrib.admin.utils import unquote
from django.core.exceptions import PermissionDenied
from django.db.models import Model
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.template.response import TemplateResponse
from django.urls import URLPattern, path
from django.utils.functional import Promise

from security.errors import Conflict, Invalid
from security.permissions import Grant
from tenants.admin.refusals import sentence_for
from tenants.guards import grant_of_request

if TYPE_CHECKING:
    from tenants.admin.base import TenantAdmin


@dataclass(frozen=True, slots=True)
class Done:
    """What the page says afterwards; a `secret` is shown once, in this answer only."""

    message: str | Promise
    secret: str | None = None


@dataclass(frozen=True, slots=True)
class Act:
    """One act. `offered` decides for the record at hand; the service decides again."""

    name: str
    label: str | Promise
    question: str | Promise
    run: Callable[[Grant, Any], Done]
    offered: Callable[[Grant, Any], bool] = lambda grant, record: True
    is_danger: bool = False


@dataclass(frozen=True, slots=True)
class PageOfAct:
    """An act that asks more than yes: its link stands among the others', the page is its own."""

    name: str
    label: str | Promise
    is_danger: bool = False


def act_urls(model_admin: TenantAdmin, by_key: str) -> list[URLPattern]:
    """A path for each act of the admin's records."""
    meta = model_admin.opts
    return [
        path(
            f"{by_key}/{act.name}/",
            model_admin.admin_site.admin_view(partial(_act_view, model_admin, act)),
            name=f"{meta.app_label}_{meta.model_name}_{act.name}",
        )
        for act in model_admin.acts
    ]


def _act_view(model_admin: TenantAdmin, act: Act, request: HttpRequest, object_id: str) -> HttpResponse:
    record = model_admin.get_object(request, unquote(object_id))
    grant = grant_of_request(request)
    if grant is None or not model_admin.may_act(request, record):
        raise PermissionDenied
    if request.method != "POST":
        return _page(model_admin, act, request, record, "admin/act.html")
    try:
        done = act.run(grant, record)
    except (Conflict, Invalid) as refusal:
        model_admin.message_user(request, sentence_for(refusal), messages.ERROR)
        return HttpResponseRedirect(model_admin.url_of(record))
    if done.secret is not None:
        return _page(model_admin, act, request, record, "admin/act_secret.html", done=done)
    model_admin.message_user(request, str(done.message), messages.SUCCESS)
    return HttpResponseRedirect(model_admin.after_act(record))


def _page(
    model_admin: TenantAdmin, act: Act, request: HttpRequest, record: Model, template: str, **context: object
) -> HttpResponse:
    base = model_admin.admin_site.each_context(request)
    own = {
        "title": act.label,
        "opts": model_admin.opts,
        "original": record,
        "object_key": model_admin.public_key(record),
        "back": model_admin.url_of(record),
        "act": act,
    }
    return TemplateResponse(request, template, {**base, **own, **context})
