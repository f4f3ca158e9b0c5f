"""Which organisations have work of a minute: those, no others, and nothing but their numbers."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from django.db import DatabaseError
from django.utils import timezone

from chat.models import JobKind, MaskingJob, OwnServer, ServerKind
from chat.services.due import tenants_with_chat
from security.accounts import outbox
from security.accounts.outbox import Letter
from security.crypto import replacing
from security.crypto.sealed import SealedData
from security.scoping import tenant_scope, tenants_with
from tenants.models import AlertKind, AlertRule, TrailCheck

from .conversations import House

pytestmark = pytest.mark.django_db
CHAT: dict[str, Callable[[House], object]] = {
    "open": lambda house: house.talk(),
    "masking": lambda _: MaskingJob.objects.create(kind=JobKind.REMASK.value, rules=1),
    "own server": lambda _: OwnServer.objects.create(
        kind=ServerKind.SFTP.value, address="a", account="a", secret=SealedData(b"s"), tested_at=timezone.now()
    ),
}
TENANTS: dict[str, Callable[[House], object]] = {
    "mail": lambda _: outbox.queue(Letter("olga@acme.example", "Hello", "Text"), template="test"),
    "key": lambda _: replacing.announce(now=timezone.now()),
    "alerts": lambda _: AlertRule.objects.create(kind=AlertKind.READS.value, is_on=True, threshold=1, minutes=5),
    "trail check": lambda _: TrailCheck.objects.create(),
}


@pytest.mark.parametrize("work", [*CHAT, *TENANTS])
def test_those_that_have_work_are_found(acme: House, rival: House, work: str) -> None:
    ask, begin = (tenants_with_chat, CHAT[work]) if work in CHAT else (tenants_with, TENANTS[work])
    before = set(ask(work))
    assert not before & {acme.tenant_id, rival.tenant_id}
    with tenant_scope(acme.tenant_id):
        begin(acme)
    assert set(ask(work)) - before == {acme.tenant_id}


@pytest.mark.parametrize("ask", [tenants_with, tenants_with_chat])
def test_a_kind_that_there_is_not_is_an_error(ask: Callable[[str], list[int]]) -> None:
    with pytest.raises(DatabaseError, match="case not found"):
        ask("nothing")
