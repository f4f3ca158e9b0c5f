"""A new master key: everything is read before, during and after, and the old one is not needed any more."""

from __future__ import annotations

import json
from io import StringIO
from uuid import uuid4

import pytest
from django.core.management import call_command
from django.core.management.base import CommandError
from pytest_django import Settings

from security.crypto import keyring
from security.crypto.envelope import new_key
from security.models import AuditEvent, KeySubject, TenantKey
from security.scoping import tenant_scope
from tests import cast
from tests.cast import Organisation

from .readers import reading

OLD, NEW = new_key(), new_key()


@pytest.fixture
def acme(committed_db: None, settings: Settings) -> Organisation:
    settings.CRYPTOGRAPHY_KEY = [*settings.CRYPTOGRAPHY_KEY, OLD]
    keyring.forget_everything()
    return cast.acme()


def rotated(*options: str) -> dict[str, object]:
    out = StringIO()
    call_command("rotate_keys", "--json", *options, stdout=out)
    found: dict[str, object] = json.loads(out.getvalue())
    return found


def test_keys_go_under_the_newest_master_key_and_the_old_one_may_go(acme: Organisation, settings: Settings) -> None:
    conversation, before = uuid4(), list(settings.CRYPTOGRAPHY_KEY)
    with tenant_scope(acme.tenant_id):
        key = keyring.data_key(KeySubject.CONVERSATION, conversation)
    settings.CRYPTOGRAPHY_KEY = [NEW, *before]
    keyring.forget_everything()
    with tenant_scope(acme.tenant_id):
        wrapped = bytes(TenantKey.objects.get().wrapped)
    assert int(str(rotated("--dry-run")["keys"])) >= 1
    with tenant_scope(acme.tenant_id):
        assert bytes(TenantKey.objects.get().wrapped) == wrapped
    assert int(str(rotated()["keys"])) >= 1
    assert rotated()["keys"] == 0
    settings.CRYPTOGRAPHY_KEY = [NEW]
    keyring.forget_everything()
    with tenant_scope(acme.tenant_id):
        assert keyring.existing_key(KeySubject.CONVERSATION, conversation) == key
        assert AuditEvent.objects.filter(action="key.rewrapped").count() == 1


def test_reads_do_not_fail_meanwhile(acme: Organisation, settings: Settings) -> None:
    conversation = uuid4()
    with tenant_scope(acme.tenant_id):
        key = keyring.data_key(KeySubject.CONVERSATION, conversation)
    settings.CRYPTOGRAPHY_KEY = [NEW, *settings.CRYPTOGRAPHY_KEY]

    def is_right() -> bool:
        with tenant_scope(acme.tenant_id):
            return keyring.existing_key(KeySubject.CONVERSATION, conversation) == key

    with reading(is_right, readers=3) as wait_for_reads:
        wait_for_reads(1)
        rotated()
        wait_for_reads(10)


def test_what_no_key_opens_is_named_and_left(acme: Organisation, settings: Settings) -> None:
    with tenant_scope(acme.tenant_id):
        keyring.tenant_key()
        wrapped = bytes(TenantKey.objects.get().wrapped)
    settings.CRYPTOGRAPHY_KEY = [NEW]
    keyring.forget_everything()
    with pytest.raises(CommandError, match="acme"):
        call_command("rotate_keys", stdout=StringIO())
    with tenant_scope(acme.tenant_id):
        assert bytes(TenantKey.objects.get().wrapped) == wrapped
