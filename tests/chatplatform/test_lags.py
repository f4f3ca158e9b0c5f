"""What is late is said by a number that grows while nobody does the work."""

from __future__ import annotations

from datetime import timedelta
from pathlib import Path

import pytest
from django.utils import timezone

from chat.models import RetentionRun
from chatplatform.lags import Lags
from security.audit.checkpoints import Signer, behind, sign_tenant
from security.audit.memory import Memory
from security.models import AuditCheckpoint
from security.scoping import tenant_ids, tenant_scope
from tests import cast
from tests.cast import Organisation


@pytest.fixture
def acme(db: None) -> Organisation:
    return cast.acme()


def lag(of: str) -> float:
    (found,) = [
        metric.samples[0].value for metric in Lags().collect() if metric.name == f"chatplatform_{of}_lag_seconds"
    ]
    return found


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


def test_retention_is_late_where_one_organisations_day_is(acme: Organisation) -> None:
    now = timezone.now()
    assert lag("retention") == 0
    for tenant_id in tenant_ids():
        with tenant_scope(tenant_id):
            RetentionRun.objects.create(day=now.date(), finished_at=now)
    assert lag("retention") == 0
    with tenant_scope(acme.tenant_id):
        RetentionRun.objects.update(finished_at=now - timedelta(hours=30))
    assert lag("retention") == pytest.approx(4 * 3_600, abs=600)
    with tenant_scope(acme.tenant_id):
        RetentionRun.objects.create(day=now.date() + timedelta(days=1), begun_at=now)
    assert lag("retention") > 0, "A day that was only begun is not done"


@pytest.mark.usefixtures("without_database")
def test_without_a_database_there_is_no_number_rather_than_a_wrong_one() -> None:
    assert list(Lags().collect()) == []
    assert len(list(Lags().describe())) == 2
