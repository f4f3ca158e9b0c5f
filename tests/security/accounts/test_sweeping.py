"""What is over goes; what is not, stays."""

from datetime import timedelta

import pytest
from django.contrib.sessions.models import Session
from django.db import ProgrammingError, connections
from django.utils import timezone

from security.accounts.sweeping import sweep_accounts
from security.models import LimitRow, Revocation, RevocationKind
from security.revocation import revoke


@pytest.mark.usefixtures("committed_db")
def test_only_what_is_over_goes() -> None:
    now = timezone.now()
    Session.objects.create(session_key="over", session_data="", expire_date=now - timedelta(seconds=1))
    Session.objects.create(session_key="runs", session_data="", expire_date=now + timedelta(hours=1))
    LimitRow.objects.create(key="over", value="1", expires_at=now - timedelta(seconds=1))
    LimitRow.objects.create(key="counts", value="1", expires_at=now + timedelta(hours=1))
    revoke(RevocationKind.SESSION, "fresh")
    Revocation.objects.create(kind=RevocationKind.SESSION.value, subject="old", created_at=now - timedelta(hours=2))

    assert sweep_accounts(now=now) == 3
    assert list(Session.objects.values_list("session_key", flat=True)) == ["runs"]
    assert list(LimitRow.objects.values_list("key", flat=True)) == ["counts"]
    assert list(Revocation.objects.values_list("subject", flat=True)) == ["fresh"]
    assert sweep_accounts(now=now) == 0


@pytest.mark.usefixtures("committed_db")
def test_a_fresh_revocation_is_not_the_applications_to_remove() -> None:
    revoke(RevocationKind.SESSION, "fresh")
    with pytest.raises(ProgrammingError, match="permission denied"):
        Revocation.objects.all().delete()
    connections["default"].close()
