"""A tenant's key is replaced: everything is read before, during and after, wherever it stops, and the old key is gone in the end."""

from __future__ import annotations

import re
import time
from concurrent.futures import ThreadPoolExecutor
from datetime import datetime, timedelta
from pathlib import Path
from uuid import UUID, uuid4

import pytest
from django.db import IntegrityError, connection
from django.utils import timezone

from chat.live.hub.rooms import RoomName
from chat.live.sealing import TenantSealer
from security.accounts import outbox
from security.accounts.outbox import Letter
from security.crypto import keyring, replacing, rotation
from security.crypto.envelope import Undecryptable
from security.crypto.replacing import ANNOUNCED_FOR, RESTS_FOR, Progress, State
from security.crypto.sealed import SealedData
from security.models import KeySubject, Mail, SubjectKey, TenantKey
from security.scoping import tenant_scope

from .readers import reading

pytestmark = pytest.mark.usefixtures("no_keys_in_memory")
ACME, RIVAL = 81, 82
NOW = timezone.now() - timedelta(hours=2)
"""Long enough ago that a key announced then seals now: what seals is asked of the clock."""
SEALS = NOW + ANNOUNCED_FOR
CONVERSATION = KeySubject.CONVERSATION


def keys_of(tenant_id: int, count: int) -> dict[UUID, bytes]:
    with tenant_scope(tenant_id):
        return {one: keyring.data_key(CONVERSATION, one) for one in (uuid4() for _ in range(count))}


def announced(now: datetime = NOW) -> int:
    with tenant_scope(ACME):
        return replacing.announce(now=now)


def step(now: datetime, after: int = 0, at_once: int = 2) -> tuple[Progress, int]:
    with tenant_scope(ACME):
        return replacing.advance(now=now, after=after, at_once=at_once)


def wrapped_all(now: datetime = SEALS) -> None:
    found, after = step(now)
    while found.is_moved:
        found, after = step(now, after)
    assert found.state is State.RESTING


def read(keys: dict[UUID, bytes]) -> None:
    keyring.forget_everything()
    with tenant_scope(ACME):
        for subject, key in keys.items():
            assert keyring.existing_key(CONVERSATION, subject) == key
        assert keyring.existing_keys(CONVERSATION, keys) == keys


def test_everything_goes_under_the_new_key_and_the_old_one_is_destroyed() -> None:
    keys, foreign = keys_of(ACME, 5), keys_of(RIVAL, 1)
    with tenant_scope(ACME):
        digest = keyring.lookup_digest("email", "vera@example.com")
        old = keyring.tenant_key()
    assert announced() == 2
    read(keys)
    wrapped_all()
    read(keys)
    assert step(SEALS + RESTS_FOR - timedelta(seconds=1))[0].state is State.RESTING, (
        "Others may still hold what they read"
    )
    found, _ = step(SEALS + RESTS_FOR)
    assert (found.state, found.destroyed) == (State.DONE, 1)
    read(keys)
    with tenant_scope(ACME):
        assert list(TenantKey.objects.values_list("version", flat=True)) == [2]
        assert set(SubjectKey.objects.values_list("tenant_key_version", flat=True)) == {2}
        assert keyring.tenant_key() != old
        assert keyring.lookup_digest("email", "vera@example.com") == digest, "Who was found is found again"
    with tenant_scope(RIVAL):
        assert list(TenantKey.objects.values_list("version", flat=True)) == [1]
        assert keyring.existing_keys(CONVERSATION, foreign) == foreign


def test_it_can_be_done_again_and_look_ups_stay_what_they_were() -> None:
    keys, digests = keys_of(ACME, 1), set()
    for version in (2, 3):
        with tenant_scope(ACME):
            digests |= {keyring.lookup_digest(kind, "vera@example.com") for kind in sorted(keyring.LOOKUPS)}
        assert announced() == version
        wrapped_all()
        assert step(SEALS + RESTS_FOR)[0].state is State.DONE
        read(keys)
    with tenant_scope(ACME):
        digests |= {keyring.lookup_digest(kind, "vera@example.com") for kind in sorted(keyring.LOOKUPS)}
    assert len(digests) == len(keyring.LOOKUPS)


def test_a_new_key_opens_at_once_and_seals_only_when_every_process_has_read_it() -> None:
    keys_of(ACME, 1)
    announced(now=timezone.now())
    keyring.forget_everything()
    fresh = keys_of(ACME, 1)
    with tenant_scope(ACME):
        assert SubjectKey.objects.get(subject_id=next(iter(fresh))).tenant_key_version == 1
    found, _ = step(timezone.now())
    assert (found.state, found.is_moved) == (State.ANNOUNCED, False)


@pytest.mark.parametrize("stopped_after", range(5))
def test_wherever_it_stops_it_goes_on_from_the_rows(stopped_after: int) -> None:
    """Two of five keys a step: a worker that is killed between two of them leaves what the next one reads."""
    keys = keys_of(ACME, 5)
    announced()
    after = 0
    for _ in range(stopped_after):
        _, after = step(SEALS, after)
        read(keys)
    wrapped_all()  # another worker, from the beginning
    assert step(SEALS + RESTS_FOR)[0].state is State.DONE
    read(keys)


def test_what_came_under_the_old_key_meanwhile_is_found_and_the_rest_begins_anew() -> None:
    keys_of(ACME, 1)
    with tenant_scope(ACME):
        ring, _ = keyring.tenant_ring()
    announced()
    wrapped_all()
    late, key = uuid4(), b"k" * 32
    with tenant_scope(ACME):
        wrapped = ring.wrap(key, keyring.subject_key_aad(CONVERSATION, late))
        SubjectKey.objects.create(kind=CONVERSATION.value, subject_id=late, wrapped=wrapped, tenant_key_version=1)
    assert step(SEALS + RESTS_FOR)[0].state is State.WRAPPING
    read({late: key})
    assert step(SEALS + RESTS_FOR)[0].state is State.RESTING, "Whoever was so late may not be the last"
    assert step(SEALS + 2 * RESTS_FOR)[0].state is State.DONE


def test_a_key_that_opens_nowhere_keeps_the_old_one_from_being_destroyed(caplog: pytest.LogCaptureFixture) -> None:
    (broken,) = keys_of(ACME, 1)
    announced()
    with tenant_scope(ACME):
        SubjectKey.objects.filter(subject_id=broken).update(wrapped=b"\x02" + bytes(70))
    after = 0
    for _ in range(8):
        found, after = step(SEALS + RESTS_FOR, after)
    assert (found.state, found.left, found.unreadable) == (State.WRAPPING, 1, 1)
    with tenant_scope(ACME):
        assert TenantKey.objects.count() == 2
    assert [record.levelname for record in caplog.records if str(broken) in record.getMessage()] == ["CRITICAL"]


def test_a_sealed_value_that_opens_nowhere_keeps_the_old_one_from_being_destroyed() -> None:
    """A mail that somebody tampered with: the key may be what is right about it."""
    with tenant_scope(ACME):
        queued = outbox.queue(Letter("olga@acme.example", "Hello", "Text"), template="test")
        mail = Mail.objects.get(pk=queued.pk)
        mail.letter = SealedData(b"\x02" + bytes(70))
        mail.save(update_fields=["letter"])
    announced()
    after = 0
    for at in (SEALS, SEALS, SEALS, SEALS, SEALS, SEALS + RESTS_FOR, SEALS + RESTS_FOR):
        found, after = step(at, after)
    assert (found.state, found.left, found.unreadable) == (State.WRAPPING, 1, 1)
    with tenant_scope(ACME):
        assert TenantKey.objects.count() == 2
        assert replacing.progress(now=SEALS).state is State.WRAPPING


def test_postgresql_keeps_a_tenants_key_that_is_named() -> None:
    keys_of(ACME, 1)
    with pytest.raises(IntegrityError, match="security_subjectkey_version_fk"), tenant_scope(ACME):
        TenantKey.objects.all().delete()


def test_one_replacement_at_a_time() -> None:
    announced()
    with pytest.raises(replacing.Replacing):
        announced()


def _wait_until_blocked() -> None:
    """Until somebody waits for what this transaction holds."""
    until = time.monotonic() + 30
    while time.monotonic() < until:
        with connection.cursor() as cursor:
            cursor.execute("SELECT count(*) FROM pg_stat_activity WHERE pg_backend_pid() = ANY(pg_blocking_pids(pid))")
            if cursor.fetchone() != (0,):
                return
    raise AssertionError("nobody waits")


def test_of_two_replacements_at_once_the_second_is_told_so() -> None:
    keys_of(ACME, 1)

    def second() -> str:
        try:
            announced()
        except replacing.Replacing:
            return "told"
        finally:
            connection.close()
        return "announced"

    with ThreadPoolExecutor(max_workers=1) as another:
        with tenant_scope(ACME):
            replacing.announce(now=NOW)
            answer = another.submit(second)
            _wait_until_blocked()
        assert answer.result(timeout=30) == "told"


def test_reads_do_not_fail_meanwhile() -> None:
    keys = keys_of(ACME, 6)

    def is_right() -> bool:
        with tenant_scope(ACME):
            return bool(keyring.stored_keys(CONVERSATION, keys) == keys)

    with reading(is_right, readers=2) as wait_for_reads:
        wait_for_reads(1)
        announced()
        wrapped_all()
        step(SEALS + RESTS_FOR)
        wait_for_reads(5)


_HELD = {
    "announced": lambda: replacing.announce(now=NOW),
    "wrapped": lambda: replacing.advance(now=SEALS),
    "resting": lambda: replacing.advance(now=SEALS),
    "rewrapped": rotation.rewrap,
}


@pytest.mark.parametrize("act", _HELD)
def test_a_new_conversation_waits_for_no_step(act: str) -> None:
    """Its row names the tenant's key, which PostgreSQL locks for that: the step's own lock must let it."""
    keys_of(ACME, 1)
    if act in {"wrapped", "resting"}:
        announced()
    if act == "resting":
        wrapped_all()

    def begin() -> int:
        try:
            with tenant_scope(ACME):
                with connection.cursor() as cursor:
                    cursor.execute("SET LOCAL lock_timeout = '30s'")
                keyring.data_key(CONVERSATION, uuid4())
                return SubjectKey.objects.filter(kind=CONVERSATION.value).count()
        finally:
            connection.close()

    with ThreadPoolExecutor(max_workers=1) as another, tenant_scope(ACME):
        _HELD[act]()
        assert another.submit(begin).result() == 2


def test_processes_that_seal_by_either_key_understand_each_other() -> None:
    keys_of(ACME, 1)
    room, before, after = RoomName("agents"), TenantSealer(), TenantSealer()
    announced(now=timezone.now())
    keyring.forget_everything()
    before.load(ACME)
    with tenant_scope(ACME):
        TenantKey.objects.update(seals_from=NOW)
    keyring.forget_everything()
    after.load(ACME)
    for one, other in ((before, after), (after, before)):
        assert other.open(ACME, room, one.seal(ACME, room, b"said")) == b"said"
    with pytest.raises(Undecryptable):
        after.open(ACME, RoomName("other"), before.seal(ACME, room, b"said"))


_NEED_NOT = {
    "unstored": "wrapped anew each time something is said, and gone before an old key is",
    "hub": "what travels between processes, and is not kept",
    "saml answer": "opened within a minute, under either key",
    "kept form": "opened within minutes, or typed again",
    "second factor": "under the platform's key, which is not replaced",
}
_ASKED = re.compile(r"(?<!def )\b(?:derived_keys?|tenant_keys?)\(([^)]*)\)")
_NAMED = re.compile(r"^(\w+): Final = \"([^\"]+)\"$", re.MULTILINE)


def purposes_in(source: str) -> set[str | None]:
    """By value; None for the key itself. KeyError for one that is spelled so that nobody can tell."""
    named: dict[str, str | None] = {"": None, **dict(_NAMED.findall(source))}
    return {argument.strip('"') if argument.startswith('"') else named[argument] for argument in _ASKED.findall(source)}


def test_what_the_tenants_key_itself_seals_is_registered() -> None:
    """Else a rotation would destroy the key of it: each purpose in the code is sealed anew, or need not be."""
    project = Path(__file__).parents[3]
    asked: set[str | None] = set()
    for package in ("chatplatform", "chat", "tenants", "security"):
        for path in (project / package).rglob("*.py"):
            if path.name not in {"keyring.py", "replacing.py"}:
                asked |= purposes_in(path.read_text())
    assert asked == {column.purpose for column in replacing.registered()} | _NEED_NOT.keys()
