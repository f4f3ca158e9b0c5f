"""What is late is said by a number that grows while nobody does the work."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import timedelta
from pathlib import Path
from threading import Event
from typing import Any
from typing import cast as typed

import pytest
from django.core.cache import cache
from django.utils import timezone
from pytest_django import Settings

from chat.models import RetentionRun
from chatplatform import lags
from chatplatform.lags import Lags
from security import tasks
from security.audit.checkpoints import Signer, behind, sign_tenant
from security.audit.lateness import WAITS_SINCE
from security.audit.memory import Memory
from security.models import AuditCheckpoint, AuditHead
from security.scoping import PLATFORM_TENANT_ID, tenant_scope
from tenants.tasks import for_each_tenant
from tests import cast
from tests.cast import Organisation


@pytest.fixture(autouse=True)
def _nothing_was_told() -> Iterator[None]:
    cache.delete(WAITS_SINCE)
    yield
    cache.delete(WAITS_SINCE)


@pytest.fixture
def acme(db: None) -> Organisation:
    return cast.acme()


def lag(of: str) -> float:
    """As the database says it, within this test's transaction."""
    found = lags.read()
    assert found is not None
    return found[("audit", "retention").index(of)]


class Named:
    """Whom a job that runs for each organisation is queued for."""

    def __init__(self) -> None:
        self.tenants: list[int] = []
        for_each_tenant(typed("Any", self))

    def apply_async(self, args: tuple[int]) -> None:
        self.tenants += args


def test_the_trail_is_behind_until_all_of_it_is_signed(acme: Organisation, tmp_path: Path) -> None:
    signer = Signer(bytes(range(32)), Memory(tmp_path / "checkpoints"))
    assert acme.tenant_id in behind(signer.memory)
    assert lag("audit") > 0
    for tenant_id in behind(signer.memory):
        sign_tenant(tenant_id, signer=signer, now=timezone.now())
    assert lag("audit") == 0


def test_a_checkpoint_past_the_end_of_a_chain_hides_nothing(acme: Organisation) -> None:
    with tenant_scope(acme.tenant_id):
        said = {"seq": 10**9, "after": 1, "hash": bytes(32), "public_key": bytes(32), "note": "signed, honestly"}
        AuditCheckpoint.objects.create(**said, signed_at=timezone.now())
    assert lag("audit") > 0


def test_a_checkpoint_that_says_all_is_signed_hides_nothing_that_the_worker_knows(
    acme: Organisation, settings: Settings, tmp_path: Path
) -> None:
    settings.AUDIT_SIGNING_KEY = lambda: bytes(range(32))
    settings.AUDIT_CHECKPOINT_DIR, settings.AUDIT_CHECKPOINT_URLS = tmp_path, []
    (tmp_path / f"{acme.tenant_id}.note").write_text("the disk was full")
    with tenant_scope(acme.tenant_id):
        head = AuditHead.objects.get().seq
        said = {"seq": head, "after": 0, "hash": bytes(32), "public_key": bytes(32), "note": "signed, honestly"}
        AuditCheckpoint.objects.create(**said, signed_at=timezone.now())
    tasks.sign_checkpoints()
    assert lag("audit") > 0
    (tmp_path / f"{acme.tenant_id}.note").unlink()
    tasks.sign_checkpoints(everything=True)
    tasks.sign_checkpoints()
    assert lag("audit") == 0


def test_retention_is_late_where_one_organisations_day_is(acme: Organisation) -> None:
    now = timezone.now()
    assert lag("retention") == 0
    for tenant_id in Named().tenants:
        with tenant_scope(tenant_id):
            RetentionRun.objects.create(day=now.date(), finished_at=now)
    with tenant_scope(PLATFORM_TENANT_ID):
        RetentionRun.objects.create(day=now.date() - timedelta(days=3), finished_at=now - timedelta(days=3))
    assert lag("retention") == 0, "Nobody runs the platform's, so it is never late"
    with tenant_scope(acme.tenant_id):
        RetentionRun.objects.update(finished_at=now - timedelta(hours=30))
    assert lag("retention") == pytest.approx(4 * 3_600, abs=600)
    with tenant_scope(acme.tenant_id):
        begun = RetentionRun.objects.create(day=now.date() + timedelta(days=1), begun_at=now)
    assert lag("retention") > 0, "A day that was only begun is not done"
    with tenant_scope(acme.tenant_id):
        RetentionRun.objects.filter(pk=begun.pk).update(finished_at=now, cancelled_at=now)
    assert lag("retention") == 0, "A day that its organisation ended is not late"


def test_who_asks_twice_costs_the_database_one_look() -> None:
    looks: list[Sequence[float]] = []

    def source() -> Sequence[float]:
        looks.append((1.0, 2.0))
        return looks[-1]

    both = Lags(source)
    for _ in range(2):
        assert [metric.samples[0].value for metric in both.collect()] == [1.0, 2.0]
    assert len(looks) == 1


def test_a_database_that_hangs_keeps_nobody_from_the_other_numbers() -> None:
    hangs = Event()
    looks: list[bool] = []

    def source() -> Sequence[float] | None:
        looks.append(hangs.wait())
        return None

    both = Lags(source)
    try:
        assert list(both.collect()) == []
        assert list(both.collect()) == []
    finally:
        hangs.set()
    assert len(looks) <= 1, "One look hangs, not one for each scrape"


@pytest.mark.usefixtures("without_database")
def test_without_a_database_there_is_no_number_rather_than_a_wrong_one() -> None:
    assert list(Lags().collect()) == []
    assert len(list(Lags().describe())) == 2
