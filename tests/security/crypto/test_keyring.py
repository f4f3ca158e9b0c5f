"""Keys are made once, stay in their tenant, survive rotation, and never outlive a rollback."""

import threading
from uuid import UUID, uuid4

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from pytest_django import Settings

from security.crypto import keyring
from security.crypto.envelope import Undecryptable, new_key
from security.crypto.master import Ring
from security.models import KeySubject, SubjectKey, TenantKey
from security.scoping import ScopeMissing, tenant_scope

pytestmark = pytest.mark.usefixtures("no_keys_in_memory")
ACME, RIVAL = 81, 82
TALK = UUID("c0000000-0000-4000-8000-000000000001")
ACME_TALK = UUID("c0000000-0000-4000-8000-000000000002")
CONVERSATION = KeySubject.CONVERSATION


def key_of(tenant_id: int, subject: UUID = TALK) -> bytes:
    with tenant_scope(tenant_id):
        return keyring.data_key(CONVERSATION, subject)


class Stopped(Exception):
    """What goes wrong in the middle of a transaction."""


def make_and_stop(keys: list[bytes]) -> None:
    with tenant_scope(ACME):
        keys.append(keyring.data_key(CONVERSATION, TALK))
        assert keyring.existing_key(CONVERSATION, TALK) == keys[0]
        raise Stopped


def test_a_key_is_made_once_and_found_again() -> None:
    key = key_of(ACME)
    assert len(key) == 32
    assert key_of(ACME) == key
    keyring.forget_everything()
    assert key_of(ACME) == key
    with tenant_scope(ACME):
        assert keyring.existing_key(CONVERSATION, TALK) == key
        row = SubjectKey.objects.get()
        assert (row.kind, row.subject_id, row.tenant_key_version) == ("conversation", TALK, 1)
        assert key not in bytes(row.wrapped)


def test_tenants_kinds_and_subjects_have_keys_of_their_own() -> None:
    keys = {key_of(ACME), key_of(RIVAL), key_of(ACME, uuid4())}
    with tenant_scope(ACME):
        keys.add(keyring.data_key(KeySubject.VISITOR, TALK))
        keys.add(keyring.tenant_key())
        keys.add(keyring.derived_key("hub"))
    with tenant_scope(RIVAL):
        keys.add(keyring.tenant_key())
    assert len(keys) == 7


def test_reading_makes_no_key() -> None:
    with tenant_scope(ACME):
        assert keyring.existing_key(CONVERSATION, TALK) is None
        assert not SubjectKey.objects.exists()


def test_outside_a_scope_there_are_no_keys() -> None:
    for ask in (keyring.tenant_key, lambda: keyring.data_key(CONVERSATION, TALK)):
        with pytest.raises(ScopeMissing):
            ask()


def test_a_key_whose_row_was_rolled_back_is_not_used_again() -> None:
    lost: list[bytes] = []
    with pytest.raises(Stopped):
        make_and_stop(lost)
    stored = key_of(ACME)
    keyring.forget_everything()
    assert key_of(ACME) == stored
    assert stored not in lost


def test_after_the_commit_it_comes_from_memory() -> None:
    key = key_of(ACME)
    with tenant_scope(ACME), CaptureQueriesContext(connection) as queries:
        assert keyring.existing_key(CONVERSATION, TALK) == key
    assert not [query for query in queries if "subjectkey" in query["sql"]]
    with tenant_scope(RIVAL):
        assert keyring.existing_key(CONVERSATION, TALK) is None


def test_a_destroyed_key_is_gone() -> None:
    old = key_of(ACME)
    with tenant_scope(ACME):
        SubjectKey.objects.all().delete()
        keyring.forget_subject(ACME, CONVERSATION, TALK)
        assert keyring.existing_key(CONVERSATION, TALK) is None
    assert key_of(ACME) != old


def test_racing_threads_get_one_key() -> None:
    barrier, keys = threading.Barrier(4), []

    def work() -> None:
        try:
            barrier.wait()
            keys.append(key_of(ACME))
        finally:
            connection.close()

    threads = [threading.Thread(target=work) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(keys) == 4
    assert len(set(keys)) == 1


def test_a_new_master_key_reads_the_old_rows_and_a_foreign_one_does_not(settings: Settings) -> None:
    key = key_of(ACME)
    before = list(settings.CRYPTOGRAPHY_KEY)
    keyring.forget_everything()
    settings.CRYPTOGRAPHY_KEY = [new_key(), *before]
    assert key_of(ACME) == key
    keyring.forget_everything()
    settings.CRYPTOGRAPHY_KEY = [new_key()]
    with pytest.raises(Undecryptable):
        key_of(ACME)


def test_a_new_tenant_key_wraps_and_the_old_one_still_opens() -> None:
    key = key_of(ACME)
    with tenant_scope(ACME):
        digest = keyring.lookup_digest("email", "vera@example.com")
        wrapped = keyring.master().wrap(new_key(), keyring.tenant_key_aad(ACME, 2))
        TenantKey.objects.create(version=2, wrapped=wrapped)
    keyring.forget_everything()
    assert key_of(ACME) == key
    newer = uuid4()
    key_of(ACME, newer)
    with tenant_scope(ACME):
        assert SubjectKey.objects.get(subject_id=newer).tenant_key_version == 2
        assert keyring.lookup_digest("email", "vera@example.com") == digest


def test_a_key_that_another_process_wrapped_under_a_newer_one_opens() -> None:
    key_of(ACME)  # the tenant's keys are remembered from here on
    newer, key = new_key(), new_key()
    with tenant_scope(ACME):
        master = keyring.master()
        TenantKey.objects.create(version=2, wrapped=master.wrap(newer, keyring.tenant_key_aad(ACME, 2)))
        place = keyring._place(ACME, CONVERSATION, ACME_TALK)
        wrapped = Ring((newer,)).wrap(key, keyring._subject_aad(place))
        SubjectKey.objects.create(kind="conversation", subject_id=ACME_TALK, wrapped=wrapped, tenant_key_version=2)
    with tenant_scope(ACME):
        assert keyring.existing_key(CONVERSATION, ACME_TALK) == key


def test_rows_that_were_swapped_do_not_open() -> None:
    other = uuid4()
    key_of(ACME)
    key_of(ACME, other)
    with tenant_scope(ACME):
        SubjectKey.objects.filter(subject_id=TALK).delete()
        SubjectKey.objects.filter(subject_id=other).update(subject_id=TALK)
    keyring.forget_everything()
    with pytest.raises(Undecryptable):
        key_of(ACME)


def test_the_writer_wraps_and_unwraps_without_a_database() -> None:
    with pytest.raises(keyring.KeysNotLoaded):
        keyring.new_subject_key(ACME, CONVERSATION, TALK)
    keyring.load_tenant(ACME)
    fresh = keyring.new_subject_key(ACME, CONVERSATION, TALK)
    assert repr(fresh.key) not in repr(fresh)
    assert keyring.unwrap_subject(ACME, CONVERSATION, TALK, fresh.wrapped) == fresh.key
    with pytest.raises(Undecryptable):
        keyring.unwrap_subject(ACME, CONVERSATION, uuid4(), fresh.wrapped)
    keyring.load_tenant(RIVAL)
    with pytest.raises(Undecryptable):
        keyring.unwrap_subject(RIVAL, CONVERSATION, TALK, fresh.wrapped)
    with tenant_scope(ACME):
        SubjectKey.objects.create(
            kind=CONVERSATION, subject_id=TALK, wrapped=fresh.wrapped, tenant_key_version=fresh.tenant_key_version
        )
    keyring.forget_everything()
    assert key_of(ACME) == fresh.key


def test_digests_differ_by_tenant_and_kind() -> None:
    with tenant_scope(ACME):
        acme = {keyring.lookup_digest(kind, "x") for kind in ("email", "external_id")}
    with tenant_scope(RIVAL):
        acme.add(keyring.lookup_digest("email", "x"))
    assert len(acme) == 3
