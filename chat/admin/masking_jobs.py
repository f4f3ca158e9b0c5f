"""Trials and re-masking, from the Masking page: begun, watched, paused. A short one is done before the answer, a long one by a worker."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any
from uuid import UUID, uuid4

from django.contrib import messages
from django.db import transaction
from django.http import HttpRequest, HttpResponse, HttpResponseBase, JsonResponse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_safe

from chat.admin.masking import act, back, may_configure, question
from chat.models import JobKind, MaskingJob
from chat.services import masking_jobs
from chat.tasks import run_masking_job
from security.accounts.sessions import polling
from security.permissions import Grant
from tenants.admin.base import require_grant
from tenants.admin.sections import Section
from tenants.admin.site import AdminPage, site

AT_ONCE = 1.0
"""Seconds that a trial may take before the answer; the rest is a worker's."""


def _queue(grant: Grant, job: MaskingJob, worker: UUID | None = None) -> None:
    """For a worker, after the commit. Where the broker is away beat finds it."""

    def send() -> None:  # by name: Django logs a callback's failure with it, and fails itself where there is none
        run_masking_job.delay(grant.tenant_id, str(job.public_id), str(worker) if worker else None)

    transaction.on_commit(send, robust=True)


@act
def try_draft(request: HttpRequest, grant: Grant) -> HttpResponseBase:
    """What the draft would hide of the latest messages."""
    job, worker, now = masking_jobs.begin(grant=grant, kind=JobKind.TRIAL, now=timezone.now()), uuid4(), timezone.now()
    if masking_jobs.advance(job=job.public_id, worker=worker, now=now, budget=AT_ONCE):
        _queue(grant, job, worker)
    return back("trial")


@act
def begin_remask(request: HttpRequest, grant: Grant) -> HttpResponseBase:
    """Mask everything that is stored again, or see what that would change."""
    kind = JobKind.REMASK if request.POST.get("kind") == JobKind.REMASK.value else JobKind.REMASK_TRIAL
    if kind is JobKind.REMASK and request.POST.get("confirmed") != "yes":
        return question(
            request,
            title=_("Mask stored messages again"),
            question=_("Mask by the active rules everything that is stored? What is hidden then cannot be had back."),
            confirmed="yes",
            kind=kind.value,
            act=_("Mask stored messages again"),
        )
    _queue(grant, masking_jobs.begin(grant=grant, kind=kind, now=timezone.now()))
    messages.success(request, _("It was begun. You can leave this page; it goes on."))
    return back("stored")


def _moved(service: Callable[..., MaskingJob]) -> Callable[..., HttpResponseBase]:
    @act
    def move(request: HttpRequest, grant: Grant, job: UUID) -> HttpResponseBase:
        moved = service(grant=grant, job=job, now=timezone.now())
        if service is masking_jobs.resume:
            _queue(grant, moved)
        return back("stored")

    return move


@require_safe
@polling
def progress(request: HttpRequest, job: UUID) -> HttpResponse:
    """How far a job came, for the page that watches it."""
    found = masking_jobs.access_job(grant=require_grant(request), job=job)
    told: dict[str, Any] = {"status": found.status, "done": found.done, "total": max(found.total, found.done)}
    return JsonResponse(told)


for _path, _name, _view in (
    ("masking/trial/", "masking_trial", try_draft),
    ("masking/remask/", "masking_remask", begin_remask),
    ("masking/jobs/<uuid:job>/", "masking_job", progress),
    ("masking/jobs/<uuid:job>/pause/", "masking_job_pause", _moved(masking_jobs.pause)),
    ("masking/jobs/<uuid:job>/resume/", "masking_job_resume", _moved(masking_jobs.resume)),
    ("masking/jobs/<uuid:job>/cancel/", "masking_job_cancel", _moved(masking_jobs.cancel)),
):
    site.add_page(AdminPage(_path, _name, _view, Section.ORGANISATION, may_configure))
