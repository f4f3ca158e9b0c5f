import json
from collections.abc import Callable
from uuid import UUID, uuid4

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from security.audit import Action, record
from security.audit.chain import genesis, link
from security.audit.export import export_tenant
from security.audit.offline import verify as verify_export
from security.audit.verify import verify_tenant
from security.audit.walk import Report
from security.context import Actor, ActorKind, acting
from security.crypto import keyring
from security.models import AuditHead, KeySubject, SubjectKey, User
from security.scoping import tenant_scope
from tests.security.audit.conftest import ACME, ALICE, RIVAL, Tamper, events_of


@pytest.fixture
def ten_events() -> None:
    for number in range(1, 11):
        with tenant_scope(ACME):
            record(Action.CONVERSATION_READ, number=number)


def first_bad(report: Report) -> int | None:
    assert not report.ok
    assert report.reason
    return report.first_bad


def test_an_untouched_chain_is_right(ten_events: None) -> None:
    for page in (1, 3, 10, 1_000):
        assert verify_tenant(ACME, page=page) == Report(True, 10)
    assert verify_tenant(RIVAL) == Report(True, 0)


TAMPERING = {
    "edited entry": (
        "UPDATE security_auditevent SET entry = replace(entry, '\"number\":5', '\"number\":6') WHERE seq = 5",
        5,
    ),
    "edited time": ("UPDATE security_auditevent SET at = at + interval '1 microsecond' WHERE seq = 5", 5),
    "edited hash": ("UPDATE security_auditevent SET hash = sha256('x') WHERE seq = 5", 5),
    "edited column": ("UPDATE security_auditevent SET action = 'site.created' WHERE seq = 5", 5),
    "edited actor": ("UPDATE security_auditevent SET actor_id = gen_random_uuid() WHERE seq = 5", 5),
    "deleted": ("DELETE FROM security_auditevent WHERE seq = 5", 5),
    "deleted first": ("DELETE FROM security_auditevent WHERE seq = 1", 1),
    "deleted and closed up": (
        (
            "WITH gone AS (DELETE FROM security_auditevent WHERE seq = 10 RETURNING hash) "
            "UPDATE security_audithead SET seq = 9"
        ),
        9,
    ),
    "inserted": (
        (
            "INSERT INTO security_auditevent (tenant_id, seq, at, entry, hash, action, outcome, actor_kind) "
            "SELECT tenant_id, 11, at, entry, hash, action, outcome, actor_kind FROM security_auditevent WHERE seq = 5"
        ),
        11,
    ),
    "truncated tail": ("DELETE FROM security_auditevent WHERE seq > 7", 8),
    "everything deleted": ("DELETE FROM security_auditevent", 1),
    "head's hash": ("UPDATE security_audithead SET hash = sha256('x')", 10),
    "head moved back": ("UPDATE security_audithead SET seq = 7", 8),
    "another chain": ("UPDATE security_audithead SET chain = gen_random_uuid()", 1),
    "head deleted": ("DELETE FROM security_audithead", 1),
    "sealed value": (
        "UPDATE security_auditdetail d SET sealed = sealed || '\\x00' FROM security_auditevent e WHERE e.id = d.event_id AND e.seq = 5",
        5,
    ),
    "sealed value moved": (
        (
            "UPDATE security_auditdetail d SET sealed = o.sealed FROM security_auditevent e, security_auditdetail o, "
            "security_auditevent f WHERE e.id = d.event_id AND e.seq = 5 AND f.id = o.event_id AND f.seq = 4"
        ),
        5,
    ),
    "sealed value deleted": (
        "DELETE FROM security_auditdetail d USING security_auditevent e WHERE e.id = d.event_id AND e.seq = 5",
        5,
    ),
    "sealed value added": (
        (
            "INSERT INTO security_auditdetail (tenant_id, event_id, part, subject_kind, subject_id, sealed) "
            "SELECT d.tenant_id, d.event_id, 'extra', d.subject_kind, d.subject_id, d.sealed "
            "FROM security_auditdetail d, security_auditevent e WHERE e.id = d.event_id AND e.seq = 5"
        ),
        5,
    ),
}


@pytest.mark.parametrize("how", TAMPERING)
def test_tampering_shows_and_the_first_bad_event_is_named(how: str, ten_events: None, tamper: Tamper) -> None:
    statement, bad = TAMPERING[how]
    tamper(statement)
    assert first_bad(verify_tenant(ACME)) == bad


def test_two_events_that_changed_places_show(ten_events: None, tamper: Tamper) -> None:
    tamper("UPDATE security_auditevent SET seq = -seq WHERE seq IN (3, 4)")
    tamper("UPDATE security_auditevent SET seq = 7 + seq WHERE seq < 0")
    assert first_bad(verify_tenant(ACME)) == 3


def test_an_event_inserted_between_two_shows(ten_events: None, tamper: Tamper) -> None:
    tamper("UPDATE security_auditevent SET seq = -seq - 1 WHERE seq >= 5")
    tamper("UPDATE security_auditevent SET seq = -seq WHERE seq < 0")
    tamper(
        "INSERT INTO security_auditevent (tenant_id, seq, at, entry, hash, action, outcome, actor_kind) "
        "SELECT tenant_id, 5, at, entry, hash, action, outcome, actor_kind FROM security_auditevent WHERE seq = 4"
    )
    tamper("UPDATE security_audithead SET seq = 11")
    assert first_bad(verify_tenant(ACME)) == 5


def test_a_history_written_anew_is_what_a_chain_alone_cannot_show(ten_events: None, tamper: Tamper) -> None:
    """The limit that the documentation states: head included, from event 5 on, everything is consistent again."""
    events = events_of(ACME)
    with tenant_scope(ACME):
        before = bytes(AuditHead.objects.get().hash)
    current = bytes(events[3].hash)
    for event in events[4:]:
        entry = event.entry.replace('"number":5', '"number":50')
        current = link(current, event.seq, event.at, entry)
        tamper("UPDATE security_auditevent SET entry = %s, hash = %s WHERE seq = %s", entry, current, event.seq)
    tamper("UPDATE security_audithead SET hash = %s", current)
    assert verify_tenant(ACME).ok
    assert current != before  # so a head that was written down elsewhere tells the two apart


def test_the_chain_goes_on_after_it_was_verified_and_while(ten_events: None) -> None:
    assert verify_tenant(ACME).entries == 10
    with tenant_scope(ACME):
        record(Action.AUDIT_VERIFIED)
    assert verify_tenant(ACME) == Report(True, 11)


def _erase(subject: str) -> None:
    with tenant_scope(ACME):
        SubjectKey.objects.filter(kind=KeySubject.PERSON.value, subject_id=subject).delete()
        keyring.forget_everything()


def test_a_destroyed_key_needs_an_erasure_that_names_the_person(ten_events: None) -> None:
    alice = User(public_id=UUID(ALICE.id), full_name="Alice Archer")
    _erase(str(ALICE.id))
    assert first_bad(verify_tenant(ACME)) == 1
    with acting(actor=Actor(ActorKind.JOB, name="erase")), tenant_scope(ACME):
        record(Action.MEMBER_ERASED, on=User(full_name="Somebody Else"))
    assert first_bad(verify_tenant(ACME)) == 1
    with acting(actor=Actor(ActorKind.JOB, name="erase")), tenant_scope(ACME):
        record(Action.MEMBER_ERASED, on=alice, outcome="failed")
    assert first_bad(verify_tenant(ACME)) == 1
    with acting(actor=Actor(ActorKind.JOB, name="erase")), tenant_scope(ACME):
        record(Action.MEMBER_ERASED, on=alice)
    assert verify_tenant(ACME).ok


def test_an_erasure_makes_no_new_key_for_whom_it_forgets(ten_events: None) -> None:
    _erase(str(ALICE.id))
    with tenant_scope(ACME):  # Alice herself is the actor
        record(Action.MEMBER_ERASED, on=User(public_id=UUID(ALICE.id), full_name="Alice Archer"))
    with tenant_scope(ACME):
        assert not SubjectKey.objects.filter(subject_id=ALICE.id).exists()
    assert verify_tenant(ACME).ok
    with tenant_scope(ACME), pytest.raises(ValueError, match="names the person"):
        record(Action.MEMBER_ERASED)


def test_an_erasure_explains_nothing_that_came_after_it(ten_events: None, tamper: Tamper) -> None:
    with tenant_scope(ACME):
        record(Action.MEMBER_ERASED, on=User(public_id=UUID(ALICE.id)))
    with tenant_scope(ACME):
        record(Action.CONVERSATION_READ)
    tamper("DELETE FROM security_auditdetail d USING security_auditevent e WHERE e.id = d.event_id AND e.seq = 12")
    assert first_bad(verify_tenant(ACME)) == 12


@pytest.fixture
def exported(ten_events: None) -> list[str]:
    return list(export_tenant(ACME, page=4))


def test_an_export_can_be_verified_without_the_platform(exported: list[str]) -> None:
    assert verify_export(exported) == Report(True, 11)
    assert json.loads(exported[-1])["entry"].find('"action":"audit.exported"') > 0
    header = json.loads(exported[0])
    assert (header["first"], header["last"], len(exported)) == (1, 11, 12)


def test_an_export_holds_sealed_values_in_the_clear_and_says_so_by_their_commitment(exported: list[str]) -> None:
    (actor,) = json.loads(exported[1])["details"]
    assert json.loads(actor["values"]) == {"name": "Alice Archer", "address": "198.51.100.7"}


def test_an_export_leaves_out_who_was_erased_and_stays_valid(ten_events: None) -> None:
    with acting(actor=Actor(ActorKind.JOB, name="erase")), tenant_scope(ACME):
        record(Action.MEMBER_ERASED, on=User(public_id=UUID(ALICE.id)))
    _erase(str(ALICE.id))
    with acting(actor=Actor(ActorKind.COMMAND, name="export_audit")):
        lines = list(export_tenant(ACME))
    assert not any("Alice Archer" in line for line in lines[1:11])
    assert verify_export(lines).ok


def _edited(lines: list[str]) -> list[str]:
    return [*lines[:5], lines[5].replace("conversation.read", "conversation.closed"), *lines[6:]]


def _header(lines: list[str], **values: object) -> list[str]:
    return [json.dumps({**json.loads(lines[0]), **values}), *lines[1:]]


SPOILED: dict[str, tuple[Callable[[list[str]], list[str]], int | None]] = {
    "edited": (_edited, 5),
    "value edited": (lambda x: [*x[:5], x[5].replace("Alice", "Mallory"), *x[6:]], 5),
    "value removed": (lambda x: [*x[:5], json.dumps({**json.loads(x[5]), "details": []}), *x[6:]], 5),
    "deleted": (lambda x: [*x[:5], *x[6:]], 5),
    "doubled": (lambda x: [*x[:6], *x[5:]], 5),
    "reordered": (lambda x: [*x[:5], x[6], x[5], *x[7:]], 5),
    "truncated": (lambda x: x[:-3], 9),
    "not an event": (lambda x: [*x[:5], "[]", *x[6:]], 5),
    "not JSON": (lambda x: [*x[:5], "{", *x[6:]], 5),
    "hostile number": (lambda x: [*x[:5], json.dumps({**json.loads(x[5]), "seq": 10**30}), *x[6:]], 5),
    "not a text": (lambda x: [*x[:5], json.dumps({**json.loads(x[5]), "entry": "\ud800"}), *x[6:]], 5),
    "another chain": (lambda x: _header(x, chain="00000000-0000-4000-8000-000000000000"), 1),
    "another genesis": (lambda x: _header(x, previous=genesis_of_nothing()), 1),
    "another end": (lambda x: _header(x, hash="00" * 32), 11),
    "no header": (lambda x: x[1:], None),
    "empty": (lambda _: [], None),
    "not an export": (lambda _: ["hello"], None),
    "a header that is no object": (lambda x: ["7", *x[1:]], None),
    "a short hash": (lambda x: _header(x, hash="00"), None),
}


def genesis_of_nothing() -> str:
    return genesis(UUID(int=0)).hex()


@pytest.mark.parametrize("how", SPOILED)
def test_a_spoiled_export_shows(how: str, exported: list[str]) -> None:
    spoil, bad = SPOILED[how]
    assert first_bad(verify_export(spoil(exported))) == bad


@pytest.mark.parametrize(
    "read", [lambda: verify_tenant(ACME), lambda: list(export_tenant(ACME))], ids=["verify", "export"]
)
def test_a_page_asks_for_its_keys_at_once(read: Callable[[], object]) -> None:
    def events(count: int) -> int:
        for _ in range(count):
            visitor = Actor(ActorKind.VISITOR, id=str(uuid4()), name="Vera Vane")
            with acting(actor=visitor), tenant_scope(ACME):
                record(Action.CONVERSATION_CREATED)
        keyring.forget_everything()
        with CaptureQueriesContext(connection) as queries:
            read()
        return len(queries)

    events(1)  # makes the keys of who acts
    assert events(2) == events(10)


def test_a_key_that_opens_no_more_hides_its_own_values_only(ten_events: None, tamper: Tamper) -> None:
    vera = Actor(ActorKind.VISITOR, id=str(uuid4()), name="Vera Vane")
    with acting(actor=vera), tenant_scope(ACME):
        record(Action.CONVERSATION_CREATED)
    tamper("UPDATE security_subjectkey SET wrapped = sha256(wrapped) WHERE subject_id = %s", vera.id)
    keyring.forget_everything()
    assert first_bad(verify_tenant(ACME)) == 11
    keyring.forget_everything()
    assert "Alice Archer" in "".join(export_tenant(ACME))
