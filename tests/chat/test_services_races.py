"""One conversation has one owner, however many want it at the same moment; and one visitor one live conversation."""

from __future__ import annotations

import uuid
from collections import Counter
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from threading import Barrier

import pytest
from django.db import connection, connections
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from chat.models import Conversation, Message, Status, Visitor
from chat.services import assignment, beginning, lifecycle
from chat.services.across_conversations import Joining
from chat.services.beginning import Opening
from chat.services.visitors import new_session
from security.audit import Action
from security.crypto import keyring
from security.errors import Conflict
from security.masking import MaskingPolicy, mask
from security.models import AuditEvent, KeySubject
from security.permissions import Grant
from security.scoping import tenant_scope
from tenants.models import Policy, Site
from tests.cast import Organisation, organisation

AGENTS = 50
CONVERSATIONS = 100
THREADS = 6


@pytest.fixture
def acme(committed_db: None) -> Organisation:
    keyring.forget_everything()
    return organisation("acme", "olga", {f"agent{number}": "agent" for number in range(AGENTS)})


def waiting(of: Organisation, count: int) -> list[uuid.UUID]:
    with tenant_scope(of.tenant_id):
        site = Site.objects.get()
        found = []
        for _ in range(count):
            row = Conversation.objects.create(
                site=site, visitor=Visitor.objects.create(site=site), waiting_since=timezone.now()
            )
            keyring.data_key(KeySubject.CONVERSATION, row.public_id)
            found.append(row.public_id)
        return found


def in_threads(works: list[Callable[[], object]]) -> list[object]:
    """All at once, as many as there are connections; what each gave or raised."""
    start = Barrier(THREADS)

    def run(mine: list[Callable[[], object]]) -> list[object]:
        start.wait(30)
        found: list[object] = []
        for work in mine:
            try:
                found.append(work())
            except Conflict as error:
                found.append(error)
            finally:
                connections.close_all()
        return found

    with ThreadPoolExecutor(THREADS) as pool:
        return [entry for part in pool.map(run, [works[n::THREADS] for n in range(THREADS)]) for entry in part]


def owners(of: Organisation) -> Counter[int | None]:
    with tenant_scope(of.tenant_id):
        return Counter(Conversation.objects.values_list("assigned_to_id", flat=True))


def test_fifty_agents_and_a_hundred_conversations(acme: Organisation) -> None:
    """Each takes the next three times, each grabs at the same ten: nobody has what another has, nobody more than he may."""
    ids = waiting(acme, CONVERSATIONS)
    with tenant_scope(acme.tenant_id):
        Policy.objects.update(agent_capacity=2)
    grants = [acme.grant(f"agent{number}") for number in range(AGENTS)]

    def take(grant: Grant) -> object:
        with tenant_scope(acme.tenant_id):
            taken = assignment.take_next(grant=grant, now=timezone.now())
            return taken and taken.public_id

    def claim(grant: Grant, conversation: uuid.UUID) -> object:
        with tenant_scope(acme.tenant_id):
            return assignment.claim(grant=grant, conversation=conversation, now=timezone.now()).public_id

    claims = [lambda g=grant, n=number: claim(g, ids[n % 10]) for number, grant in enumerate(grants)]
    takes = [lambda g=grant: take(g) for _ in range(3) for grant in grants]
    results = in_threads([*claims, *takes])
    won = [entry for entry in results if isinstance(entry, uuid.UUID)]
    assert len(won) == len(set(won)), "Nobody was told that he has what another has"
    lost = {entry.code for entry in results if isinstance(entry, Conflict)}
    assert lost <= {"already_assigned"}
    assert sum(isinstance(entry, Conflict) for entry in results) >= AGENTS - 10
    held = owners(acme)
    assert held[None] == CONVERSATIONS - len(won)
    with tenant_scope(acme.tenant_id):
        assert Conversation.objects.filter(status=Status.OPEN.value).count() == len(won)
        assert Message.objects.filter(code="assigned").count() == len(won)
        assert AuditEvent.objects.filter(action=Action.CONVERSATION_TAKEN.value).count() == len(won)


def test_two_tabs_that_write_at_once_begin_one_conversation(acme: Organisation) -> None:
    session = new_session()
    with tenant_scope(acme.tenant_id):
        site = Site.objects.get().pk

    def begin(client_id: uuid.UUID) -> object:
        opening = Opening(site_pk=site, session=session, client_id=client_id, text=mask("Hello"))
        with tenant_scope(acme.tenant_id):
            return beginning.begin_conversation(opening=opening, now=timezone.now()).conversation

    found = in_threads([lambda: begin(uuid.uuid4()) for _ in range(THREADS)])
    assert len(found) == THREADS
    assert len(set(found)) == 1
    with tenant_scope(acme.tenant_id):
        assert (Visitor.objects.count(), Conversation.objects.count(), Message.objects.count()) == (1, 1, 1)


def test_reopening_and_beginning_anew_never_leave_two(acme: Organisation) -> None:
    session = new_session()
    grant = acme.grant("agent0")
    with tenant_scope(acme.tenant_id):
        site = Site.objects.get().pk
        opening = Opening(site_pk=site, session=session, client_id=uuid.uuid4(), text=mask("Hello"))
        begun = beginning.begin_conversation(opening=opening, now=timezone.now())
        lifecycle.end_conversation(visitor_pk=begun.visitor_pk, conversation=begun.conversation, now=timezone.now())

    def reopen() -> object:
        with tenant_scope(acme.tenant_id):
            return lifecycle.reopen_conversation(grant=grant, conversation=begun.conversation, now=timezone.now()).pk

    def begin() -> object:
        again = Opening(site_pk=site, session=session, client_id=uuid.uuid4(), text=mask("Again"))
        with tenant_scope(acme.tenant_id):
            return beginning.begin_conversation(opening=again, now=timezone.now()).conversation

    in_threads([reopen, begin, reopen, begin, reopen, begin])
    with tenant_scope(acme.tenant_id):
        assert Conversation.objects.exclude(status=Status.CLOSED.value).count() == 1


def test_reopening_and_beginning_anew_take_their_locks_in_one_order(acme: Organisation) -> None:
    """A first message that may be a part of a number locks the visitor and then his conversations: the other order would be a deadlock."""
    session = new_session()
    with tenant_scope(acme.tenant_id):
        site = Site.objects.get().pk
        half = Opening(site_pk=site, session=session, client_id=uuid.uuid4(), text=mask("4242 42"))
        begun = beginning.begin_conversation(opening=half, now=timezone.now())
        lifecycle.end_conversation(visitor_pk=begun.visitor_pk, conversation=begun.conversation, now=timezone.now())
        with CaptureQueriesContext(connection) as reopening:
            grant = acme.grant("agent0")
            lifecycle.reopen_conversation(grant=grant, conversation=begun.conversation, now=timezone.now())
        lifecycle.end_conversation(visitor_pk=begun.visitor_pk, conversation=begun.conversation, now=timezone.now())
        rest = replace(half, client_id=uuid.uuid4(), text=mask("42 4242 4242"), joining=Joining(MaskingPolicy()))
        with CaptureQueriesContext(connection) as beginning_anew:
            beginning.begin_conversation(opening=rest, now=timezone.now())
    assert _locked(reopening)[:2] == _locked(beginning_anew)[:2] == ["chat_visitor", "chat_conversation"]


def _locked(queries: CaptureQueriesContext) -> list[str]:
    """The tables whose rows are locked, in order."""
    texts = [query["sql"] for query in queries.captured_queries]
    return [text.split(' FROM "')[1].split('"')[0] for text in texts if "FOR UPDATE" in text]
