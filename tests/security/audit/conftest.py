"""Acme's and Rival's chains, people who act, and a superuser who tampers."""

from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from pathlib import Path

import psycopg
import pytest
from pytest_django import Settings

from security.audit import Action, record
from security.audit.checkpoints import Signer, sign_tenant
from security.audit.memory import Memory
from security.context import Actor, ActorKind, acting
from security.crypto import keyring
from security.models import AuditEvent
from security.scoping import tenant_scope
from tests.services import session

ACME, RIVAL = 71, 72
ALICE = Actor(ActorKind.PERSON, id="a11ce000-0000-4000-8000-000000000001", name="Alice Archer", role="agent")
VERA = Actor(ActorKind.VISITOR, id="5e7a0000-0000-4000-8000-000000000002", name="Vera Vane")

Tamper = Callable[..., None]


@pytest.fixture(autouse=True)
def _alice_acts(committed_db: None) -> Iterator[None]:
    keyring.forget_everything()
    with acting(actor=ALICE, address="198.51.100.7", request_id="req-1", session="5e55"):
        yield
    keyring.forget_everything()


@pytest.fixture
def tamper() -> Tamper:
    """Runs a statement as somebody who can do everything and whom no trigger stops."""

    def run(statement: str, *parameters: object) -> None:
        server, database = session.current()
        with server.superuser(database) as connection:
            connection.execute("SET session_replication_role = replica")
            connection.execute(statement.encode(), parameters)

    return run


@pytest.fixture
def owner() -> Iterator[psycopg.Connection]:
    """A connection as the tables' owner."""
    with psycopg.connect(session.urls().owner, autocommit=True) as connection:
        yield connection


def events_of(tenant_id: int) -> list[AuditEvent]:
    """The tenant's events in order, with their details."""
    with tenant_scope(tenant_id):
        return list(AuditEvent.objects.order_by("seq").prefetch_related("details"))


@pytest.fixture
def signer(tmp_path: Path) -> Signer:
    """The worker's key, and its memory."""
    return Signer(bytes(range(32)), Memory(tmp_path / "memory"))


@pytest.fixture
def worker(settings: Settings, tmp_path: Path) -> Path:
    """What the worker's task finds in its settings; the folder outside."""
    settings.AUDIT_SIGNING_KEY = lambda: bytes(range(32))
    settings.AUDIT_CHECKPOINT_DIR = tmp_path / "memory"
    settings.AUDIT_CHECKPOINT_URLS = [f"file://{tmp_path}/outside", "mailto:auditor@elsewhere.example"]
    return tmp_path / "outside"


def sign(signer: Signer, tenant_id: int = ACME) -> list[str]:
    """Sign what was appended; the new notes."""
    return sign_tenant(tenant_id, signer=signer, now=datetime.now(UTC))


def read_again(first: int, last: int, *, tenant_id: int = ACME) -> None:
    """Acts with these numbers, each in a scope of its own."""
    for number in range(first, last + 1):
        with tenant_scope(tenant_id):
            record(Action.CONVERSATION_READ, number=number)
