"""What a tenant uses is counted from its rows, without opening them, and as often as one likes."""

from __future__ import annotations

import uuid
from datetime import UTC, datetime, timedelta

import pytest

from chat.models import Message
from chat.services.beginning import Begun, Opening, begin_conversation
from chat.services.usage import count_usage
from chat.services.visitors import new_session
from security.crypto import keyring
from security.errors import Conflict
from security.masking import mask
from security.scoping import tenant_scope
from tenants.models import Site, Subscription, Usage
from tenants.services import limits
from tests import cast
from tests.cast import Organisation

pytestmark = pytest.mark.django_db

NOW = datetime(2026, 11, 22, 12, tzinfo=UTC)


@pytest.fixture
def acme() -> Organisation:
    keyring.forget_everything()
    return cast.acme()


def begin(of: Organisation, at: datetime) -> Begun:
    with tenant_scope(of.tenant_id):
        opening = Opening(
            site_pk=Site.objects.get().pk, session=new_session(), client_id=uuid.uuid4(), text=mask("Hello")
        )
        return begin_conversation(opening=opening, now=at)


def counted(of: Organisation, now: datetime = NOW) -> dict[int, int]:
    """Messages by how many days ago, after counting."""
    with tenant_scope(of.tenant_id):
        count_usage(now=now)
        return {(now.date() - row.day).days: row.messages for row in Usage.objects.all() if row.messages}


def test_messages_are_counted_by_the_day_they_were_sent(acme: Organisation) -> None:
    rival = cast.rival()
    for days in (0, 0, 1, 40):
        begin(acme, NOW - timedelta(days=days))
    begin(rival, NOW)
    assert counted(acme) == {0: 2, 1: 1, 40: 1}
    assert counted(acme) == {0: 2, 1: 1, 40: 1}, "Counting twice is as counting once"
    with tenant_scope(acme.tenant_id):
        row = Usage.objects.get(day=NOW.date())
        sealed = sum(len(bytes(body)) for body in Message.objects.filter(sent_at=NOW).values_list("body", flat=True))
        total = sum(Usage.objects.values_list("stored_bytes", flat=True))
    assert (row.members, row.sites, row.open_conversations) == (7, 1, 4)
    assert row.stored_bytes == sealed > 0
    assert total > row.stored_bytes


def test_what_was_deleted_counts_no_more_from_the_next_day_on(acme: Organisation) -> None:
    begin(acme, NOW - timedelta(days=40))
    assert counted(acme) == {40: 1}
    with tenant_scope(acme.tenant_id):
        Message.objects.all().delete()
    assert counted(acme) == {40: 1}
    assert counted(acme, NOW + timedelta(days=1)) == {}


def test_what_was_counted_is_not_read_again_on_the_same_day(acme: Organisation) -> None:
    begin(acme, NOW - timedelta(hours=2))
    begin(acme, NOW - timedelta(minutes=1))
    assert counted(acme) == {0: 2}
    with tenant_scope(acme.tenant_id):
        Message.objects.all().delete()
    begin(acme, NOW + timedelta(minutes=5))
    assert counted(acme, NOW + timedelta(hours=1)) == {0: 2}, (
        "One was settled, one is new; what was sent last was looked at again"
    )
    with tenant_scope(acme.tenant_id):
        row = Usage.objects.get(day=NOW.date())
    assert (row.settled_messages, row.settled_bytes) == (2, row.stored_bytes)
    assert counted(acme, NOW + timedelta(days=1)) == {1: 1}


def test_a_conversation_begins_until_the_grace_is_over_and_what_has_begun_goes_on(acme: Organisation) -> None:
    with tenant_scope(acme.tenant_id):
        Subscription.objects.create(messages=1)
    begin(acme, NOW)
    counted(acme)
    last = NOW + limits.GRACE - timedelta(minutes=1)
    assert begin(acme, last).message is not None
    with pytest.raises(Conflict, match="plan_over"):
        begin(acme, NOW + limits.GRACE)
