"""Visitors of whom no conversation is left: erased by the day's run, counted before, and kept where something still needs them."""

from __future__ import annotations

import uuid
from collections.abc import Callable
from datetime import timedelta
from uuid import UUID

import pytest
from django.utils import timezone

from chat.models import Afterwards, Block, Conversation, RetentionRule, Visitor, VisitorToken
from chat.personal import Profile, seal_profile
from chat.retention.days import run_day
from chat.retention.holds import place_hold, release_hold
from chat.retention.preview import effect
from chat.retention.visitors.ending import left_behind
from chat.services.visitors import TOKEN_LIFE, email_digest
from security.masking import mask
from security.models import AuditEvent, KeySubject, SubjectKey
from security.scoping import tenant_scope
from security.stores.folder import Folder
from tenants.models import Site
from tests.cast import Organisation

from .talks import LONG_AGO, NOW, closed


def alone(of: Organisation) -> UUID:
    """Vera, whose conversations are gone."""
    with tenant_scope(of.tenant_id):
        visitor = Visitor.objects.create(site=Site.objects.get(), seen_at=LONG_AGO)
        visitor.profile = seal_profile(visitor.public_id, Profile(name="Vera", email="vera@home.example"))
        visitor.email_digest = email_digest("vera@home.example")
        visitor.save()
        VisitorToken.objects.create(visitor=visitor, digest=b"d" * 32, expires_at=LONG_AGO + TOKEN_LIFE)
    return visitor.public_id


def work(of: Organisation, archive: Folder) -> int:
    found = run_day(of.tenant_id, NOW, worker=uuid.uuid4(), store=archive, clock=timezone.now)
    assert found is not None
    return found.visitors


def is_left(of: Organisation, visitor: UUID) -> bool:
    with tenant_scope(of.tenant_id):
        keys = SubjectKey.objects.filter(kind=KeySubject.VISITOR.value, subject_id=visitor)
        return Visitor.objects.filter(public_id=visitor).exists() or keys.exists()


def test_who_is_left_without_a_conversation_is_counted_and_erased(
    acme: Organisation, rival: Organisation, archive: Folder
) -> None:
    vera, theirs = alone(acme), alone(rival)
    with tenant_scope(acme.tenant_id):
        assert effect(NOW).visitors == 1
    assert work(acme, archive) == 1
    assert not is_left(acme, vera)
    assert is_left(rival, theirs)
    with tenant_scope(acme.tenant_id):
        assert effect(NOW).visitors == 0
        assert AuditEvent.objects.filter(action="visitor.erased").count() == 1


@pytest.mark.parametrize("afterwards", [Afterwards.PURGE, Afterwards.ARCHIVE])
def test_data_follow_the_last_conversation(acme: Organisation, archive: Folder, afterwards: Afterwards) -> None:
    """Once it is deleted; what is in the archive is still somebody's."""
    with tenant_scope(acme.tenant_id):
        RetentionRule.objects.create(afterwards=afterwards.value)
    talk = closed(acme, "Where is my kettle?")
    with tenant_scope(acme.tenant_id):
        visitor = Conversation.objects.get(public_id=talk).visitor
        Visitor.objects.filter(pk=visitor.pk).update(seen_at=LONG_AGO)
        VisitorToken.objects.filter(visitor=visitor).update(expires_at=LONG_AGO + TOKEN_LIFE)
    assert work(acme, archive) == (afterwards is Afterwards.PURGE)
    assert is_left(acme, visitor.public_id) is (afterwards is Afterwards.ARCHIVE)


def seen(visitor: Visitor) -> None:
    Visitor.objects.filter(pk=visitor.pk).update(seen_at=NOW - timedelta(hours=47))


def was_here(visitor: Visitor) -> None:
    VisitorToken.objects.filter(visitor=visitor).update(expires_at=NOW + TOKEN_LIFE - timedelta(hours=47))


def blocked(visitor: Visitor) -> None:
    Block.objects.create(visitor=visitor)


@pytest.mark.parametrize("happens", [seen, was_here, blocked])
def test_who_is_still_needed_stays(acme: Organisation, archive: Folder, happens: Callable[[Visitor], None]) -> None:
    vera = alone(acme)
    with tenant_scope(acme.tenant_id):
        happens(Visitor.objects.get(public_id=vera))
    assert work(acme, archive) == 0
    assert is_left(acme, vera)


@pytest.mark.parametrize("on_all", [False, True])
def test_who_is_held_stays_until_the_hold_is_released_and_is_then_empty(
    acme: Organisation, archive: Folder, on_all: bool
) -> None:
    vera, olga = alone(acme), acme.grant("olga")
    with tenant_scope(acme.tenant_id):
        hold = place_hold(grant=olga, reason=mask("A case"), now=NOW, visitor=None if on_all else vera).public_id
    assert work(acme, archive) == 0
    assert is_left(acme, vera)
    with tenant_scope(acme.tenant_id):
        release_hold(grant=olga, hold=hold, now=NOW)
        assert left_behind(NOW).count() == 1
    found = run_day(acme.tenant_id, NOW + timedelta(days=1), worker=uuid.uuid4(), store=archive, clock=timezone.now)
    assert found is not None
    assert found.visitors == 1
    with tenant_scope(acme.tenant_id):
        assert left_behind(NOW + timedelta(days=2)).count() == 0, "A row that a released hold names is done with"
