"""What workers do: one at a time for each tenant, and only in its scope."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from uuid import UUID

import pytest
from django.db import connections
from django.utils import timezone

from chat.models import Conversation, Status, Visitor
from chat.tasks import sweep_queue
from security.context import ActorKind
from security.crypto import keyring
from security.models import AuditEvent, KeySubject
from security.scoping import current_tenant_id, tenant_scope
from tenants.models import Site
from tests import cast
from tests.cast import Organisation

Elsewhere = Callable[[Callable[[], object]], object]


@pytest.fixture
def acme(committed_db: None) -> Organisation:
    keyring.forget_everything()
    return cast.acme()


@pytest.fixture
def elsewhere(committed_db: None) -> Iterator[Elsewhere]:
    """Does something as another worker would: in a thread and on a connection of its own."""
    with ThreadPoolExecutor(1) as pool:
        yield lambda work: pool.submit(work).result(timeout=30)
        pool.submit(connections.close_all).result()


def stranded(of: Organisation, agent: str) -> UUID:
    """A conversation whose agent has had no socket for ten minutes."""
    with tenant_scope(of.tenant_id):
        site = Site.objects.get()
        found = Conversation.objects.create(
            site=site,
            visitor=Visitor.objects.create(site=site),
            status=Status.OPEN.value,
            assigned_to=of.member(agent),
            assigned_at=timezone.now() - timedelta(minutes=10),
        )
        keyring.data_key(KeySubject.CONVERSATION, found.public_id)
    return found.public_id


def status(of: Organisation, conversation: UUID) -> str:
    with tenant_scope(of.tenant_id):
        return Conversation.objects.get(public_id=conversation).status


def test_while_one_worker_is_at_it_a_second_one_does_nothing(acme: Organisation, elsewhere: Elsewhere) -> None:
    rival = cast.rival()
    with tenant_scope(acme.tenant_id):
        sweep_queue(acme.tenant_id)  # finds nothing yet, and holds the lease until its transaction ends
        ours, theirs = elsewhere(lambda: stranded(acme, "alice")), elsewhere(lambda: stranded(rival, "max"))
        elsewhere(lambda: sweep_queue(acme.tenant_id))
        assert elsewhere(lambda: status(acme, ours)) == "open"
        elsewhere(lambda: sweep_queue(rival.tenant_id))
        assert elsewhere(lambda: status(rival, theirs)) == "waiting", "Each tenant has a lease of its own"
    elsewhere(lambda: sweep_queue(acme.tenant_id))
    assert elsewhere(lambda: status(acme, ours)) == "waiting"


def test_a_second_run_finds_nothing_to_do(acme: Organisation) -> None:
    stranded(acme, "alice")
    for _ in range(2):
        sweep_queue(acme.tenant_id)
    assert current_tenant_id() is None
    with tenant_scope(acme.tenant_id):
        (event,) = AuditEvent.objects.filter(action="conversation.requeued")
    assert f'"{ActorKind.JOB.value}"' in event.entry
