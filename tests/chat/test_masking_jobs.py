"""Jobs on stored messages: who may begin and halt them, one worker at a time, and what a trial of the draft tells."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from datetime import timedelta
from uuid import UUID, uuid4

import pytest
from django.utils import timezone

from chat.models import JobKind, JobStatus, MaskingJob
from chat.services import masking_jobs
from chat.services.masking_jobs import LEASE
from chat.tally import Tally
from security.context import Actor, ActorKind, acting
from security.crypto import keyring
from security.errors import Conflict, Denied, NotFound
from security.masking import MaskingPolicy, mask
from security.models import AuditEvent
from security.scoping import tenant_scope
from tenants.services.masking import drafting
from tests import cast
from tests.cast import Organisation

from .masking_cast import STAFF, add_rule, talk

NOW = timezone.now()


@pytest.fixture
def acme(db: None) -> Organisation:
    keyring.forget_everything()
    return cast.acme()


@pytest.fixture
def rival(db: None) -> Organisation:
    return cast.rival()


def begin(of: Organisation, kind: JobKind = JobKind.TRIAL, who: str = "ada") -> UUID:
    grant = of.grant(who)
    with tenant_scope(of.tenant_id):
        return masking_jobs.begin(grant=grant, kind=kind, now=NOW).public_id


def step(of: Organisation, job: UUID, worker: UUID | None = None, **extra: object) -> bool:
    values = {"now": NOW, "budget": 60.0, **extra}
    with tenant_scope(of.tenant_id):
        return masking_jobs.advance(job=job, worker=worker or uuid4(), **values)


def row(of: Organisation, job: UUID) -> MaskingJob:
    with tenant_scope(of.tenant_id):
        return masking_jobs.job_of(job)


def actions(of: Organisation) -> list[tuple[str, str]]:
    with tenant_scope(of.tenant_id):
        return [(event.action, event.entry.replace(" ", "")) for event in AuditEvent.objects.order_by("seq")]


def test_a_trial_tells_what_the_draft_would_hide(acme: Organisation, rival: Organisation) -> None:
    talk(acme, "I am EMP-123456", "EMP-222222 and EMP-333333", "Hello", note="EMP-444444")
    talk(rival, "EMP-555555")
    add_rule(acme, is_activated=False)
    job = begin(acme)
    assert not step(acme, job)
    done = row(acme, job)
    tally = Tally.of(done.found)
    ((_, hits),) = tally.rules.items()
    assert (done.status, tally.read, tally.touched) == (JobStatus.DONE.value, 4, 3)
    assert (hits.messages, hits.hits, dict(hits.shapes)) == (3, 4, {"AAA-999999": 4})
    assert "123456" not in str(done.found)
    (tried,) = [entry for action, entry in actions(acme) if action == "masking.tried"]
    assert '"extent":{"conversations":1,"messages":4}' in tried


def test_a_trial_looks_at_the_latest_thousand_in_steps(acme: Organisation) -> None:
    talk(acme, "EMP-000000", *["Hello"] * 1_004)  # the first is too old to be looked at
    add_rule(acme, is_activated=False)
    job, worker = begin(acme), uuid4()
    assert step(acme, job, worker, budget=0.0)
    halfway = row(acme, job)
    assert (halfway.done, halfway.total) == (100, 1_000)
    assert not step(acme, job, worker)
    done = row(acme, job)
    assert (done.done, Tally.of(done.found).read, Tally.of(done.found).touched) == (1_000, 1_000, 0)


def test_a_trial_of_rules_that_were_changed_meanwhile_ends(acme: Organisation) -> None:
    talk(acme, "EMP-123456")
    add_rule(acme, is_activated=False)
    job = begin(acme)
    add_rule(acme, replace(STAFF, public_id=uuid4(), name="Other"), is_activated=False)
    assert not step(acme, job)
    assert row(acme, job).status == JobStatus.CANCELLED.value


def test_a_new_trial_takes_the_place_of_the_last(acme: Organisation) -> None:
    add_rule(acme, is_activated=False)
    first, second = begin(acme), begin(acme, who="olga")
    assert row(acme, first).status == JobStatus.CANCELLED.value
    assert row(acme, second).status == JobStatus.RUNNING.value


def test_nothing_is_masked_again_twice_at_once(acme: Organisation, rival: Organisation) -> None:
    begin(acme, JobKind.REMASK)
    with pytest.raises(Conflict, match="job_running"):
        begin(acme, JobKind.REMASK, who="olga")
    begin(rival, JobKind.REMASK, who="mallory")
    assert actions(acme)[-1][0] == "masking.remask_begun"


def test_whoever_begins_a_job_stands_in_the_trail(acme: Organisation) -> None:
    grant = acme.grant("ada")
    ada = Actor(ActorKind.PERSON, id=str(uuid4()), name="Ada")
    for kind, action in (
        (JobKind.TRIAL, "masking.trial_begun"),
        (JobKind.REMASK_TRIAL, "masking.remask_trial_begun"),
        (JobKind.REMASK, "masking.remask_begun"),
    ):
        with acting(actor=ada), tenant_scope(acme.tenant_id):
            masking_jobs.begin(grant=grant, kind=kind, now=NOW)
        begun = [entry for found, entry in actions(acme) if found == action]
        assert len(begun) == 1, action
        assert f'"{ada.id}"' in begun[0]


def test_a_job_has_one_worker_until_its_lease_is_over(acme: Organisation) -> None:
    for _ in range(3):
        talk(acme, "Hello")
    job, first, second = begin(acme, JobKind.REMASK), uuid4(), uuid4()
    assert step(acme, job, first, budget=0.0)
    done = row(acme, job).done
    assert not step(acme, job, second, budget=0.0)
    assert row(acme, job).done == done
    with tenant_scope(acme.tenant_id):
        assert masking_jobs.abandoned(now=NOW + LEASE - timedelta(seconds=1)) == []
        assert masking_jobs.abandoned(now=NOW + LEASE) == [job]
    assert step(acme, job, second, now=NOW + LEASE, budget=0.0)
    assert not step(acme, job, first, now=NOW + LEASE)


def test_a_job_that_the_broker_forgot_is_found(acme: Organisation) -> None:
    job = begin(acme, JobKind.REMASK)
    with tenant_scope(acme.tenant_id):
        assert masking_jobs.abandoned(now=NOW) == []
        assert masking_jobs.abandoned(now=NOW + LEASE) == [job]


def test_it_is_paused_resumed_and_cancelled(acme: Organisation) -> None:
    talk(acme, "Hello")
    job, grant = begin(acme, JobKind.REMASK), acme.grant("ada")

    def move(act: Callable[..., MaskingJob]) -> str:
        with tenant_scope(acme.tenant_id):
            return act(grant=grant, job=job, now=NOW).status

    assert move(masking_jobs.pause) == "paused"
    assert not step(acme, job)
    assert row(acme, job).done == 0
    with pytest.raises(Conflict, match="job_moved"):
        move(masking_jobs.pause)
    with pytest.raises(Conflict, match="job_running"):
        begin(acme, JobKind.REMASK)
    with tenant_scope(acme.tenant_id), pytest.raises(Conflict, match="job_paused"):
        masking_jobs.begin_or_take_over(kind=JobKind.REMASK, now=NOW)
    assert move(masking_jobs.resume) == "running"
    assert move(masking_jobs.cancel) == "cancelled"
    assert not step(acme, job)
    for act in (masking_jobs.pause, masking_jobs.resume, masking_jobs.cancel):
        with pytest.raises(Conflict):
            move(act)
    assert [action for action, _ in actions(acme)].count("masking.remask_moved") == 3
    begin(acme, JobKind.REMASK)


@pytest.mark.parametrize("name", ["alice", "sam", "rita", "audrey"])
def test_who_may_not_configure_masking_is_refused(acme: Organisation, name: str) -> None:
    job, grant = begin(acme, JobKind.REMASK), acme.grant(name)
    acts: list[Callable[[], object]] = [
        lambda: masking_jobs.begin(grant=grant, kind=JobKind.TRIAL, now=NOW),
        lambda: masking_jobs.begin(grant=grant, kind=JobKind.REMASK, now=NOW),
        lambda: masking_jobs.pause(grant=grant, job=job, now=NOW),
        lambda: masking_jobs.resume(grant=grant, job=job, now=NOW),
        lambda: masking_jobs.cancel(grant=grant, job=job, now=NOW),
        lambda: masking_jobs.access_job(grant=grant, job=job),
    ]
    with tenant_scope(acme.tenant_id):
        for act in acts:
            with pytest.raises(Denied):
                act()


def test_another_tenants_job_is_none(acme: Organisation, rival: Organisation) -> None:
    job, grant = begin(acme, JobKind.REMASK), rival.grant("mallory")
    with tenant_scope(rival.tenant_id):
        for act in (masking_jobs.pause, masking_jobs.resume, masking_jobs.cancel):
            with pytest.raises(NotFound):
                act(grant=grant, job=job, now=NOW)
        assert not masking_jobs.advance(job=job, worker=uuid4(), now=NOW)
        assert masking_jobs.latest(JobKind.REMASK) is None
    assert row(acme, job).status == JobStatus.RUNNING.value


def test_the_trial_masks_members_words_as_the_draft_says(acme: Organisation) -> None:
    talk(acme, "Hello", note="EMP-444444")
    add_rule(acme, is_activated=False)
    grant = acme.grant("ada")
    with tenant_scope(acme.tenant_id):
        drafting.change_settings(
            grant=grant,
            settings=drafting.Settings(
                packs=frozenset(),
                allowed=(),
                keep_last_four=True,
                masks_agents=False,
                visitor_may_undo=False,
                typing_preview=False,
            ),
        )
    job = begin(acme)
    step(acme, job)
    assert Tally.of(row(acme, job).found).touched == 0
    assert str(mask("EMP-444444", MaskingPolicy())) == "EMP-444444"
