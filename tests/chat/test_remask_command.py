"""`manage.py remask`, and the worker's task."""

from __future__ import annotations

import json
from io import StringIO

import pytest
from django.core.management import CommandError, call_command
from django.utils import timezone

from chat.models import JobKind, JobStatus
from chat.services import masking_jobs
from chat.tasks import resume_masking_jobs, run_masking_job
from security.crypto import keyring
from security.models import AuditEvent
from security.scoping import tenant_scope
from tests import cast
from tests.cast import Organisation

from .masking_cast import add_rule, talk, texts


@pytest.fixture
def acme(db: None) -> Organisation:
    keyring.forget_everything()
    return cast.acme()


def remask(*options: str) -> str:
    out = StringIO()
    call_command("remask", *options, stdout=out)
    return out.getvalue()


def test_it_tells_what_it_would_do_and_does_it(acme: Organisation) -> None:
    mine = talk(acme, "I am EMP-123456", "Hello")
    add_rule(acme)
    trial = json.loads(remask("--tenant", "acme", "--dry-run", "--json"))
    assert (trial["status"], trial["messages"], trial["conversations"], trial["failed"]) == ("done", 1, 1, 0)
    assert trial["rules"][0]["shapes"]
    assert texts(acme, mine)[0] == "I am EMP-123456"
    said = remask("--tenant", "acme")
    assert "1 in 1 conversations and 1 visitors were masked again, 0 failed" in said
    assert "AAA-999999" in said
    assert "123456" not in said
    assert texts(acme, mine)[0] == "I am [staff]"
    assert json.loads(remask("--tenant", "acme", "--json"))["messages"] == 0
    with tenant_scope(acme.tenant_id):
        assert '"remask"' in AuditEvent.objects.filter(action="masking.remasked").order_by("seq")[0].entry


def test_it_goes_on_with_what_was_interrupted_and_leaves_what_was_paused(acme: Organisation) -> None:
    mine = talk(acme, "I am EMP-123456")
    add_rule(acme)
    grant = acme.grant("ada")
    with tenant_scope(acme.tenant_id):
        job = masking_jobs.begin_job(kind=JobKind.REMASK, now=timezone.now()).public_id
        masking_jobs.pause(grant=grant, job=job, now=timezone.now())
    with pytest.raises(CommandError, match="paused"):
        remask("--tenant", "acme")
    with tenant_scope(acme.tenant_id):
        masking_jobs.resume(grant=grant, job=job, now=timezone.now())
    remask("--tenant", "acme")
    with tenant_scope(acme.tenant_id):
        assert masking_jobs.job_of(job).status == JobStatus.DONE.value
    assert texts(acme, mine) == ["I am [staff]"]


def test_an_unknown_tenant_is_refused(acme: Organisation) -> None:
    with pytest.raises(CommandError, match="no tenant") as refused:
        remask("--tenant", "nobody")
    assert refused.value.returncode == 2


def test_the_worker_does_it_step_by_step(acme: Organisation) -> None:
    mine = talk(acme, "I am EMP-123456")
    add_rule(acme)
    with tenant_scope(acme.tenant_id):
        job = masking_jobs.begin_job(kind=JobKind.REMASK, now=timezone.now()).public_id
    run_masking_job(acme.tenant_id, str(job))
    run_masking_job(acme.tenant_id, str(job))  # the broker may give it out twice
    with tenant_scope(acme.tenant_id):
        assert masking_jobs.job_of(job).status == JobStatus.DONE.value
    assert texts(acme, mine) == ["I am [staff]"]
    resume_masking_jobs(acme.tenant_id)  # nothing is left behind, so nothing is queued
