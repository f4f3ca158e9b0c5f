from datetime import timedelta
from uuid import uuid4

import pytest
from django.db import transaction
from django.utils import timezone

from security import revocation
from security.models import RevocationKind
from security.revocation import Revoked, on_revoked, revoke, revoked_since, session_digest


@pytest.mark.django_db
def test_what_was_revoked_is_found_from_then_on() -> None:
    before, somebody = timezone.now() - timedelta(seconds=1), uuid4()
    revoke(RevocationKind.USER, somebody)
    found = [(revoked.kind, revoked.subject) for revoked in revoked_since(before)]
    assert found == [(RevocationKind.USER, str(somebody))]
    assert revoked_since(timezone.now() + timedelta(seconds=1)) == []


def test_a_listener_is_told_after_the_commit_and_not_after_a_rollback(
    committed_db: None, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(revocation, "_listeners", [])
    told: list[Revoked] = []
    on_revoked(told.append)
    with transaction.atomic():
        revoke(RevocationKind.SESSION, "undone")
        transaction.set_rollback(True)
    with transaction.atomic():
        revoke(RevocationKind.SESSION, "done")
        assert told == []
    assert [revoked.subject for revoked in told] == ["done"]
    assert [revoked.subject for revoked in revoked_since(timezone.now() - timedelta(minutes=1))] == ["done"]


def test_a_digest_names_a_session_without_giving_its_key_away() -> None:
    assert session_digest("key") == session_digest("key") != session_digest("other")
    assert len(session_digest("key")) == 32
