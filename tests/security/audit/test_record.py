import contextlib
import json
import uuid
from collections.abc import Iterator

import psycopg
import pytest
from django.db import OperationalError, ProgrammingError, connection, transaction

from chat.models import Conversation
from security.audit import Action, Extent, record, record_denied, record_failed
from security.audit.details import Opener
from security.context import Actor, ActorKind, acting
from security.models import AuditDetail, AuditEvent, AuditHead, User
from security.scoping import PLATFORM_TENANT_ID, ScopeConflict, tenant_scope, user_scope
from tenants.services.audit.trail import lines_from
from tests.security.audit.conftest import ACME, ALICE, RIVAL, VERA, events_of


def act_and_fail(tenant_id: int, action: Action) -> None:
    with tenant_scope(tenant_id):
        record(action)
        raise ZeroDivisionError


def said(event: AuditEvent) -> dict[str, object]:
    entry: dict[str, object] = json.loads(event.entry)
    return entry


def test_an_event_says_who_what_from_where_on_what_and_to_what_extent() -> None:
    alice = User(email="alice@acme.example", full_name="Alice Archer")
    with tenant_scope(ACME):
        record(Action.CONVERSATION_READ, on=alice, extent=Extent(1, 40), reason="follow-up")
    (event,) = events_of(ACME)
    assert said(event) | {"sealed": None} == {
        "v": 1,
        "action": "conversation.read",
        "outcome": "ok",
        "actor": {"kind": "person", "id": ALICE.id, "role": "agent"},
        "request": "req-1",
        "session": "5e55",
        "on": {"type": "security.user", "id": str(alice.public_id)},
        "extent": {"conversations": 1, "messages": 40},
        "detail": {"reason": "follow-up"},
        "sealed": None,
    }
    assert (event.seq, event.action, event.outcome, event.actor_kind) == (1, "conversation.read", "ok", "person")
    assert (str(event.actor_id), event.object_id) == (ALICE.id, alice.public_id)


def test_what_has_no_name_but_its_id_has_nothing_sealed_and_is_told_by_it() -> None:
    talk = Conversation()
    with tenant_scope(ACME):
        record(Action.CONVERSATION_READ, on=talk)
        record(Action.CONVERSATION_READ, on=talk, on_label="Vera's")
    first, second = events_of(ACME)
    parts = [{detail.part for detail in event.details.all()} for event in (first, second)]
    assert parts == [{"actor"}, {"actor", "about"}]
    with tenant_scope(ACME):
        assert [line.on_label for line in lines_from([first, second])] == [str(talk), "Vera's"]


def test_names_addresses_labels_and_changed_values_are_sealed_and_open_again() -> None:
    bob = User(email="bob@acme.example", full_name="Bob Baker")
    with tenant_scope(ACME):
        record(
            Action.MEMBER_CHANGED, on=bob, email="bob@acme.example", changes={"name": ("Bob", "Bobby"), "size": (1, 2)}
        )
    (event,) = events_of(ACME)
    stored = event.entry + "".join(bytes(detail.sealed).hex() for detail in event.details.all())
    for value in ("Alice", "198.51", "Bob", "acme.example"):
        assert value not in stored
        assert value.encode().hex() not in stored
    assert said(event)["fields"] == ["name", "size"]
    with tenant_scope(ACME):
        assert Opener().values_of(event) == {
            "actor": {"name": "Alice Archer", "address": "198.51.100.7"},
            "about": {
                "label": "Bob Baker",
                "email": "bob@acme.example",
                "changes": {"name": ["Bob", "Bobby"], "size": [1, 2]},
            },
        }


def test_each_person_has_a_key_of_their_own() -> None:
    bob = User(email="bob@acme.example", full_name="Bob Baker")
    with acting(actor=VERA), tenant_scope(ACME):
        record(Action.MEMBER_CHANGED, on=bob)
    with acting(actor=Actor(ActorKind.ANONYMOUS)), tenant_scope(ACME):
        record(Action.SESSION_SIGN_IN_FAILED)
    subjects = {(d.subject_kind, str(d.subject_id)) for event in events_of(ACME) for d in event.details.all()}
    assert subjects == {("visitor", VERA.id), ("person", str(bob.public_id)), ("person", str(uuid.UUID(int=0)))}


@pytest.mark.parametrize("name", ["password", "identity_secret", "api_key", "token", "secret_note"])
def test_secrets_are_never_stored(name: str) -> None:
    with tenant_scope(ACME):
        record(Action.SITE_CHANGED, changes={name: ("old-canary", "new-canary")}, **{name: "third-canary"})
    (event,) = events_of(ACME)
    assert said(event)["detail"] == {name: "•••"}
    with tenant_scope(ACME):
        assert Opener().values_of(event)["about"] == {"changes": {name: ["•••", "•••"]}}


def test_a_job_is_named_in_the_chain_itself() -> None:
    with acting(actor=Actor(ActorKind.JOB, name="sweep_retention")), tenant_scope(ACME):
        record(Action.AUDIT_VERIFIED)
    assert said(events_of(ACME)[0])["actor"] == {"kind": "job", "name": "sweep_retention"}


def test_a_detail_that_is_no_scalar_is_refused_where_it_is_written() -> None:
    for wrong in (object(), [1], {"a": 1}, {1}):
        with tenant_scope(ACME), pytest.raises(TypeError, match="not a JSON scalar"):
            record(Action.AUDIT_VERIFIED, found=wrong)
    for wrong in (float("nan"), float("inf")):
        with tenant_scope(ACME), pytest.raises(ValueError, match="not a number"):
            record(Action.AUDIT_VERIFIED, found=wrong)
    assert events_of(ACME) == []


def test_a_primary_key_cannot_pass_as_an_actor() -> None:
    with acting(actor=Actor(ActorKind.PERSON, id="17")), tenant_scope(ACME), pytest.raises(ValueError, match="UUID"):
        record(Action.SESSION_SIGNED_IN)


def test_an_event_is_what_it_was_when_it_was_recorded() -> None:
    bob = User(email="bob@acme.example", full_name="Bob Baker")
    with tenant_scope(ACME):
        record(Action.MEMBER_CHANGED, on=bob)
        bob.full_name = "Somebody Else"
    (event,) = events_of(ACME)
    with tenant_scope(ACME):
        assert Opener().values_of(event)["about"] == {"label": "Bob Baker"}


def test_nothing_is_written_before_the_scope_ends() -> None:
    with tenant_scope(ACME):
        record(Action.SITE_CREATED)
        record(Action.SITE_CHANGED)
        assert not AuditEvent.objects.exists()
    assert [(event.seq, event.action) for event in events_of(ACME)] == [(1, "site.created"), (2, "site.changed")]


def test_a_scope_that_is_rolled_back_leaves_nothing() -> None:
    with pytest.raises(ZeroDivisionError):
        act_and_fail(ACME, Action.SITE_CREATED)
    assert events_of(ACME) == []
    with tenant_scope(ACME):
        record(Action.SITE_CHANGED)
    assert [event.action for event in events_of(ACME)] == ["site.changed"]


def test_what_a_savepoint_took_back_leaves_nothing_and_the_rest_does() -> None:
    with tenant_scope(ACME):
        record(Action.SITE_CREATED)
        with pytest.raises(ZeroDivisionError):
            act_and_fail(ACME, Action.SITE_CHANGED)
        with pytest.raises(ZeroDivisionError):
            transaction.atomic(act_and_fail)(ACME, Action.SITE_CHANGED)
        record(Action.SITE_CHANGED)
    assert [event.action for event in events_of(ACME)] == ["site.created", "site.changed"]


def test_two_scopes_of_one_transaction_leave_each_its_own_events() -> None:
    with transaction.atomic():
        with tenant_scope(ACME):
            record(Action.SITE_CREATED)
        with tenant_scope(RIVAL):
            record(Action.SITE_CHANGED)
    assert [event.action for event in events_of(ACME)] == ["site.created"]
    assert [event.action for event in events_of(RIVAL)] == ["site.changed"]


def test_outside_a_scope_the_event_is_the_platforms_and_there_at_once() -> None:
    record(Action.SESSION_SIGN_IN_FAILED)
    assert [event.action for event in events_of(PLATFORM_TENANT_ID)] == ["session.sign_in_failed"]


def test_inside_a_persons_own_scope_there_is_no_tenant_to_record_for() -> None:
    with user_scope(1), pytest.raises(ScopeConflict):
        record(Action.SESSION_SIGNED_IN)


@pytest.mark.parametrize(("recorder", "outcome"), [(record_denied, "denied"), (record_failed, "failed")])
def test_what_was_refused_or_failed_is_recorded_after_the_rollback(recorder, outcome: str) -> None:  # type: ignore[no-untyped-def]
    with contextlib.suppress(ZeroDivisionError):
        act_and_fail(ACME, Action.SITE_CHANGED)
    recorder(Action.SITE_CHANGED, tenant_id=ACME, code="forbidden")
    assert [(event.action, event.outcome) for event in events_of(ACME)] == [("site.changed", outcome)]


def test_a_refusal_is_not_recorded_where_it_would_be_rolled_back() -> None:
    with tenant_scope(ACME), pytest.raises(ScopeConflict):
        record_denied(Action.SITE_CHANGED, tenant_id=ACME)


@pytest.fixture
def broken_audit_table(owner: psycopg.Connection) -> Iterator[None]:
    owner.execute("ALTER TABLE security_auditevent RENAME TO security_auditevent_gone")
    yield
    owner.execute("ALTER TABLE security_auditevent_gone RENAME TO security_auditevent")


def test_an_act_fails_when_its_event_cannot_be_written(broken_audit_table: None) -> None:
    def join() -> None:
        with tenant_scope(ACME):
            User.objects.create_user("olga@acme.example")
            record(Action.MEMBER_JOINED)

    with pytest.raises(ProgrammingError, match="security_auditevent"):
        join()
    assert not User.objects.exists()


def test_the_function_takes_the_tenant_from_the_scope_alone() -> None:
    with pytest.raises(OperationalError, match="needs a tenant in scope"), connection.cursor() as cursor:
        cursor.execute("SELECT audit_append('[]')")


def test_another_tenants_trail_does_not_exist() -> None:
    with tenant_scope(ACME):
        record(Action.SITE_CREATED)
    with tenant_scope(RIVAL):
        for model in (AuditHead, AuditEvent, AuditDetail):
            assert model.objects.count() == 0
            with connection.cursor() as cursor:
                cursor.execute(f"SELECT count(*) FROM {model._meta.db_table}")
                assert cursor.fetchone() == (0,)


TABLES = ("security_auditevent", "security_auditdetail", "security_audithead")
CHANGES = (
    "UPDATE {} SET tenant_id = tenant_id",
    "DELETE FROM {}",
    "TRUNCATE {} CASCADE",
    "INSERT INTO {} DEFAULT VALUES",
)


@pytest.mark.parametrize("table", TABLES)
@pytest.mark.parametrize("change", CHANGES)
def test_the_application_can_only_read_and_append(table: str, change: str) -> None:
    with tenant_scope(ACME):
        record(Action.SITE_CREATED)
    with pytest.raises(Exception, match="permission denied"), tenant_scope(ACME), connection.cursor() as cursor:
        cursor.execute(change.format(table))


@pytest.mark.parametrize("table", TABLES)
@pytest.mark.parametrize("change", CHANGES[:3])
def test_the_owner_is_refused_by_triggers(table: str, change: str, owner: psycopg.Connection) -> None:
    with tenant_scope(ACME):
        record(Action.SITE_CREATED)
    with pytest.raises(psycopg.errors.ObjectNotInPrerequisiteState, match="append-only"):
        owner.execute(change.format(table).encode())


def test_the_head_only_moves_forward(owner: psycopg.Connection) -> None:
    with tenant_scope(ACME):
        record(Action.SITE_CREATED)
    for change in (b"seq = seq - 1", b"seq = seq + 1, chain = gen_random_uuid()", b"seq = seq + 1, tenant_id = 72"):
        with pytest.raises(psycopg.errors.ObjectNotInPrerequisiteState):
            owner.execute(b"UPDATE security_audithead SET " + change)
