"""Transcripts that go to the organisation's own server, real ones: nothing is deleted here before it was read again there."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from datetime import timedelta
from time import monotonic

import pytest
from django.core import mail
from pyrage import decrypt, x25519
from pytest_django import Settings

from chat.models import Afterwards, ArchiveChunk, LegalHold, OwnServer, RetentionRule, ServerKind
from chat.retention.changing import change_rule
from chat.retention.holds import place_hold
from chat.retention.preview import effect
from chat.retention.run import Found, run
from chat.retention.servers import configured
from chat.retention.servers.configured import (
    Given,
    NotWorking,
    Trial,
    begin_trial,
    carry_out,
    note_trial,
    remove_server,
    save_server,
)
from chat.retention.stores import Store
from chat.retention.terms import DEFAULT, Term
from security.accounts.outbox import deliver, sweep
from security.errors import Conflict, Denied, Invalid
from security.masking import mask
from security.models import AuditEvent, SubjectKey
from security.permissions import Grant
from security.scoping import tenant_scope
from security.stores.folder import Folder
from tenants.admin.refusals import sentence_for
from tests.cast import Organisation
from tests.sources import PROJECT, modules

from ...security.stores.servers import BUCKET, KEY_ID, PASSWORD, SECRET, USER, S3Server, SftpServer, either
from .talks import NOW, closed, live

Server = S3Server | SftpServer


@pytest.fixture(scope="module", params=["s3", "sftp"])
def running(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    with either(request.param, tmp_path_factory.mktemp("served")) as server:
        yield server


@pytest.fixture
def server(running: Server, settings: Settings) -> Iterator[Server]:
    settings.OUTGOING_NETWORKS = ["127.0.0.0/8"]
    yield running
    running.fault = ""
    running.empty()


def given_of(server: Server, **other: str) -> Given:
    if isinstance(server, S3Server):
        values = {
            "kind": ServerKind.S3,
            "address": server.endpoint,
            "bucket": BUCKET,
            "account": KEY_ID,
            "secret": SECRET,
        }
    else:
        values = {"kind": ServerKind.SFTP, "address": f"127.0.0.1:{server.port}", "account": USER, "secret": PASSWORD}
        values["host_key"] = server.host_key
    return Given(**{**values, "folder": "chat", **other})


def tried(of: Organisation, given: Given, who: str = "olga") -> Trial:
    with tenant_scope(of.tenant_id):
        complete = begin_trial(grant=of.grant(who), given=given)
    trial = carry_out(complete)
    with tenant_scope(of.tenant_id):
        note_trial(trial)
    return trial


def save(of: Organisation, given: Given) -> OwnServer:
    trial = tried(of, given)
    with tenant_scope(of.tenant_id):
        return save_server(grant=of.grant("olga"), trial=trial, now=NOW)


def set_up(of: Organisation, server: Server, afterwards: Afterwards = Afterwards.SENT, **other: str) -> None:
    save(of, given_of(server, **other))
    with tenant_scope(of.tenant_id):
        RetentionRule.objects.create(primary_months=0, afterwards=afterwards.value)


def sent(server: Server) -> dict[str, list[str]]:
    """What the server has, by the conversation's id."""
    found = {}
    for name in server.names():
        if name.endswith(".jsonl"):
            for line in server.store(folder="").read(name, most=1 << 20).decode().splitlines():
                content = json.loads(line)
                found[content["id"]] = [entry["text"] for entry in content["messages"]]
    return found


def keys(of: Organisation) -> int:
    with tenant_scope(of.tenant_id):
        return SubjectKey.objects.filter(kind="conversation").count()


def test_each_days_run_sends_what_is_closed_and_then_deletes_it(
    acme: Organisation, rival: Organisation, server: Server, archive: Folder
) -> None:
    set_up(acme, server)
    old, theirs = (
        closed(acme, "Where is my kettle?", "Still nothing", last=NOW - timedelta(hours=1)),
        closed(rival, "x"),
    )
    with tenant_scope(acme.tenant_id):
        assert effect(NOW).sent == 1
    assert run(acme.tenant_id, NOW, store=archive) == Found(sent=1)
    assert live(acme) == {}
    assert sent(server) == {str(old): ["Where is my kettle?", "Still nothing"]}
    assert set(live(rival)) == {theirs}
    assert keys(acme) == 0
    assert not archive.base.exists()
    with tenant_scope(acme.tenant_id):
        chunk = ArchiveChunk.objects.get()
        assert '"conversations":1' in AuditEvent.objects.get(action="retention.sent").entry.replace(" ", "")
    receipt = server.store().read(f"{chunk.object_name.partition('.')[0]}.manifest", most=9_999).decode()
    assert bytes(chunk.sha256 or b"").hex() in receipt


def test_what_is_closed_is_sent_ten_minutes_later(acme: Organisation, server: Server, archive: Folder) -> None:
    set_up(acme, server, Afterwards.SENT_AT_CLOSE)
    old, new = closed(acme, "Hello", last=NOW - timedelta(minutes=11)), closed(acme, "Hi", last=NOW)
    assert run(acme.tenant_id, NOW, store=archive, only_at_close=True) == Found(sent=1)
    assert set(live(acme)) == {new}
    assert set(sent(server)) == {str(old)}


FAULTS = {S3Server: ("status 507", "error in the answer"), SftpServer: ("full", "spoil")}


@pytest.mark.parametrize("fault", [0, 1])
def test_what_the_server_did_not_take_whole_stays_and_is_sent_later(
    acme: Organisation, server: Server, archive: Folder, fault: int
) -> None:
    set_up(acme, server)
    said = {closed(acme, "Where is my kettle?"): ["Where is my kettle?"]}
    server.fault = FAULTS[type(server)][fault]
    assert run(acme.tenant_id, NOW, store=archive) == Found()
    assert live(acme) == said
    with tenant_scope(acme.tenant_id):
        assert OwnServer.objects.get().failing_since == NOW
    server.fault = ""
    assert run(acme.tenant_id, NOW + timedelta(seconds=59), store=archive) == Found()
    assert run(acme.tenant_id, NOW + timedelta(seconds=60), store=archive, only_at_close=True) == Found(sent=1)
    assert live(acme) == {}
    assert list(sent(server).values()) == list(said.values())
    with tenant_scope(acme.tenant_id):
        assert OwnServer.objects.get().failing_since is None


def test_what_a_longer_rule_keeps_by_now_is_neither_sent_nor_deleted(
    acme: Organisation, server: Server, archive: Folder
) -> None:
    """The server failed; before it works again the organisation has thought better of it."""
    set_up(acme, server)
    said = {closed(acme, "Where is my kettle?"): ["Where is my kettle?"]}
    server.fault = FAULTS[type(server)][0]
    assert run(acme.tenant_id, NOW, store=archive) == Found()
    server.fault = ""
    with tenant_scope(acme.tenant_id):
        RetentionRule.objects.update(primary_months=120)
    assert run(acme.tenant_id, NOW + timedelta(hours=6), store=archive) == Found()
    assert live(acme) == said
    assert sent(server) == {}
    with tenant_scope(acme.tenant_id):
        assert ArchiveChunk.objects.get().state == "deleted"


def test_what_lies_there_without_a_name_is_taken_away_when_it_is_kept_by_now(
    acme: Organisation, server: Server, archive: Folder
) -> None:
    set_up(acme, server)
    closed(acme, "Where is my kettle?")

    def is_written() -> bool:
        with tenant_scope(acme.tenant_id):
            return ArchiveChunk.objects.filter(state="written").exists()

    run(acme.tenant_id, NOW, store=archive, goes_on=lambda: not is_written())
    with tenant_scope(acme.tenant_id):
        (event,) = AuditEvent.objects.filter(action__startswith="retention.")
        assert event.action == "retention.uploaded"
        assert '"extent":{"conversations":1,"messages":1}' in event.entry.replace(" ", "")
        RetentionRule.objects.update(primary_months=120)
        chunk = ArchiveChunk.objects.get().public_id.hex

    def names() -> list[str]:
        """What a slow server was told by the test before may be done by it in this one."""
        return [name for name in server.names() if chunk in name]

    assert names() != []
    assert run(acme.tenant_id, NOW, store=archive) == Found()
    assert names() == []
    assert len(live(acme)) == 1


def test_a_key_that_our_worker_lacks_is_no_fault_of_the_server(
    acme: Organisation, server: Server, archive: Folder, settings: Settings
) -> None:
    set_up(acme, server)
    said = {closed(acme, "Where is my kettle?"): ["Where is my kettle?"]}
    settings.AUDIT_SIGNING_KEY = lambda: None
    assert run(acme.tenant_id, NOW, store=archive) == Found()
    assert live(acme) == said
    with tenant_scope(acme.tenant_id):
        assert ArchiveChunk.objects.get().failures == 1
        assert OwnServer.objects.get().failing_since is None


def test_each_fault_of_a_server_has_a_sentence_of_its_own() -> None:
    codes = {
        code for module in modules() for code in re.findall(r'Failed\("(\w+)"', (PROJECT / module).read_text())
    } | {"missing", "differs"}
    assert len(codes) > 10
    otherwise = sentence_for(Invalid("no such code"))
    assert [code for code in sorted(codes) if sentence_for(Invalid(f"server_{code}")) == otherwise] == []


def test_a_step_ends_in_time_however_slow_the_server_is(
    acme: Organisation, server: Server, archive: Folder, monkeypatch: pytest.MonkeyPatch
) -> None:
    set_up(acme, server)
    said = {closed(acme, "Where is my kettle?"): ["Where is my kettle?"]}
    monkeypatch.setattr(configured, "STEP_WITHIN", 0.1)
    server.fault = "slow"
    assert run(acme.tenant_id, NOW, store=archive) == Found()
    assert live(acme) == said
    with tenant_scope(acme.tenant_id):
        assert OwnServer.objects.get().failing_since == NOW


def test_what_was_spoiled_there_before_it_was_read_again_deletes_nothing(
    acme: Organisation, server: Server, archive: Folder
) -> None:
    set_up(acme, server)
    closed(acme, "Hello")

    def is_named() -> bool:
        with tenant_scope(acme.tenant_id):
            return ArchiveChunk.objects.filter(state="uploaded").exists()

    run(acme.tenant_id, NOW, store=archive, goes_on=lambda: not is_named())
    (name,) = [name for name in server.names() if name.endswith(".jsonl")]
    server.spoil(name)
    assert run(acme.tenant_id, NOW, store=archive) == Found()
    assert len(live(acme)) == 1
    assert run(acme.tenant_id, NOW + timedelta(minutes=1), store=archive) == Found(sent=1)


def test_waits_grow_to_six_hours_and_after_a_day_its_owners_are_told_once(
    acme: Organisation, server: Server, archive: Folder
) -> None:
    set_up(acme, server)
    closed(acme, "Hello")
    server.fault, now, waits = FAULTS[type(server)][0], NOW, []
    while now < NOW + timedelta(days=2):
        run(acme.tenant_id, now, store=archive)
        with tenant_scope(acme.tenant_id):
            following = ArchiveChunk.objects.get().next_try_at
        assert following is not None
        waits.append(following - now)
        now = following
    assert waits[:3] == [timedelta(minutes=1), timedelta(minutes=2), timedelta(minutes=4)]
    assert max(waits) == timedelta(hours=6)
    with tenant_scope(acme.tenant_id):
        queued = sweep(now=now)
        assert AuditEvent.objects.filter(action="server.failing").count() == 1
    for one in queued:
        deliver(one, now=now)
    assert [letter.to for letter in mail.outbox] == [[acme.user("olga").email]]
    assert "retention/server/" in mail.outbox[0].body


def test_what_is_held_stays_though_it_was_sent(acme: Organisation, server: Server, archive: Folder) -> None:
    set_up(acme, server)
    old = closed(acme, "Hello")

    def is_verified() -> bool:
        with tenant_scope(acme.tenant_id):
            return ArchiveChunk.objects.filter(state="verified").exists()

    run(acme.tenant_id, NOW, store=archive, goes_on=lambda: not is_verified())
    with tenant_scope(acme.tenant_id):
        place_hold(grant=acme.grant("olga"), reason=mask("The court asks"), now=NOW, conversation=old)
        assert LegalHold.objects.exists()
    run(acme.tenant_id, NOW, store=archive)
    assert set(live(acme)) == {old}


def test_with_a_public_key_only_its_owner_reads_it(acme: Organisation, server: Server, archive: Folder) -> None:
    theirs = x25519.Identity.generate()
    set_up(acme, server, recipient=str(theirs.to_public()))
    closed(acme, "Where is my kettle?")
    assert run(acme.tenant_id, NOW, store=archive) == Found(sent=1)
    (name,) = [name for name in server.names() if name.endswith(".age")]
    data = server.store(folder="").read(name, most=1 << 20)
    assert b"kettle" not in data
    assert "kettle" in decrypt(data, [theirs]).decode()


def test_nothing_is_stored_that_does_not_work(acme: Organisation, server: Server, settings: Settings) -> None:
    with pytest.raises(NotWorking, match="server_forbidden"):
        save(acme, given_of(server, secret="wrong"))
    settings.OUTGOING_NETWORKS = []
    with pytest.raises(NotWorking, match="server_private"):
        save(acme, given_of(server))
    with tenant_scope(acme.tenant_id):
        assert not OwnServer.objects.exists()
        failed = AuditEvent.objects.filter(action="server.tried", outcome="failed").order_by("pk")
        assert ['"private"' in event.entry for event in failed] == [False, True]


def test_a_trial_ends_in_time_and_waits_in_no_transaction(
    acme: Organisation, server: Server, monkeypatch: pytest.MonkeyPatch
) -> None:
    with tenant_scope(acme.tenant_id), pytest.raises(RuntimeError, match="no transaction"):
        carry_out(given_of(server))
    monkeypatch.setattr(configured, "TRIAL_WITHIN", 0.5)
    server.fault, begun = "slow", monotonic()  # each act is in time, all of them are not
    assert carry_out(given_of(server)).failed == "late"
    assert monotonic() - begun < 5


def test_the_secret_is_sealed_and_goes_nowhere_else_by_itself(acme: Organisation, server: Server) -> None:
    olga, row = acme.grant("olga"), save(acme, given_of(server))
    assert given_of(server).secret.encode() not in bytes(row.secret)
    save(acme, given_of(server, secret=""))
    with tenant_scope(acme.tenant_id):
        for elsewhere in (
            {"address": given_of(server).address.replace("127.0.0.1", "mallory.example")},
            {"account": "mallory"},
            {"bucket": "mallorys"},
            {"folder": "chat2"},
            {"region": "eu-central-1"},
            {"recipient": str(x25519.Identity.generate().to_public())},
        ):
            with pytest.raises(Invalid, match="server_secret"):
                begin_trial(grant=olga, given=given_of(server, secret="", **elsewhere))


def test_nobody_switches_the_encryption_off_without_the_secret(acme: Organisation, server: Server) -> None:
    set_up(acme, server, recipient=str(x25519.Identity.generate().to_public()))
    with tenant_scope(acme.tenant_id), pytest.raises(Invalid, match="server_secret"):
        begin_trial(grant=acme.grant("olga"), given=given_of(server, secret=""))


def test_who_may_not_neither_tries_nor_saves_nor_removes(acme: Organisation, server: Server) -> None:
    with tenant_scope(acme.tenant_id):
        sam: Grant = acme.grant("sam")
        for act in (
            lambda: begin_trial(grant=sam, given=given_of(server)),
            lambda: save_server(grant=sam, trial=Trial(given_of(server)), now=NOW),
            lambda: remove_server(grant=sam),
        ):
            with pytest.raises(Denied):
                act()


def test_a_rule_needs_a_server_and_keeps_it(acme: Organisation, server: Server, archive: Store) -> None:
    olga, term = acme.grant("olga"), Term(0, Afterwards.SENT)
    asked = {"grant": olga, "department": None, "term": term, "seen": str(DEFAULT), "typed": "Acme", "now": NOW}
    with tenant_scope(acme.tenant_id), pytest.raises(Invalid, match="no_server"):
        change_rule(**asked)
    save(acme, given_of(server))
    with tenant_scope(acme.tenant_id):
        assert change_rule(**asked) is not None  # it waits: less is kept here
        with pytest.raises(Conflict, match="server_in_use"):
            remove_server(grant=olga)
