"""The page Keys, and its service: the owner replaces the organisation's key, and everything under it is read as before."""

from __future__ import annotations

import json
from collections.abc import Callable
from datetime import timedelta
from io import StringIO

import pytest
from django.core import mail
from django.core.management import CommandError, call_command
from django.utils import timezone

from chat.models import LegalHold
from chat.retention.holds import place_hold, reason_of
from security.accounts import outbox
from security.accounts.outbox import Letter
from security.crypto import keyring
from security.crypto.replacing import RESTS_FOR, State, progress
from security.errors import Conflict, Denied
from security.masking import mask
from security.models import KeySubject, TenantKey
from security.scoping import PLATFORM_TENANT_ID, tenant_scope, tenants_with
from tenants import tasks
from tenants.models import Site
from tenants.services.identity import identity_secret, renew_identity_secret
from tenants.services.keys import begin_replacing, go_on_replacing, replace_key
from tenants.tasks import replace_key as replace_key_task

from ..people import Organisation
from .pages import Browse, text_of

pytestmark = pytest.mark.django_db
As = Callable[[str], Browse]
LONG_AGO = timezone.now() - timedelta(hours=3)
WHOLE = 60.0


def replaced(house: Organisation) -> None:
    """All of it, as if three hours had been waited."""
    with tenant_scope(house.tenant_id):
        begin_replacing(now=LONG_AGO)
    for at in (LONG_AGO + timedelta(hours=1), LONG_AGO + timedelta(hours=1) + RESTS_FOR):
        found = go_on_replacing(house.tenant_id, now=at, seconds=WHOLE)
    assert found.state is State.DONE
    keyring.forget_everything()


def test_what_the_old_key_sealed_itself_is_read_as_before(house: Organisation) -> None:
    olga = house.grant("olga")
    with tenant_scope(house.tenant_id):
        old = keyring.tenant_key()
        site = Site.objects.get()
        secret = renew_identity_secret(grant=olga, site=site.public_id)
        place_hold(grant=olga, reason=mask("Court of Vienna"), now=timezone.now())
        queued = outbox.queue(Letter("olga@acme.example", "Hello", "Text"), template="test")
        masking = keyring.data_key(KeySubject.PERSON, house.member("alice").public_id)
    replaced(house)
    with tenant_scope(house.tenant_id):
        assert old not in keyring.tenant_keys()
        assert identity_secret(site_id=site.pk) == secret
        assert reason_of(LegalHold.objects.get()) == "Court of Vienna"
        assert keyring.existing_key(KeySubject.PERSON, house.member("alice").public_id) == masking
    assert outbox.deliver(queued, now=timezone.now() + timedelta(minutes=5))
    assert mail.outbox[-1].body == "Text"
    assert house.actions().count("key.destroyed") == 1


def test_the_owner_begins_and_is_told_how_far_it_is(house: Organisation, as_: As) -> None:
    olga = as_("olga")
    assert "Replace the key" in text_of(olga.get("security_keys", app=""))
    assert "A new key was made" in text_of(olga.client.post("/admin/security/keys/", follow=True))
    assert "made known to every process" in text_of(olga.get("security_keys", app=""))
    assert "being replaced already" in text_of(olga.client.post("/admin/security/keys/", follow=True))
    assert tenants_with("key") == [house.tenant_id]
    assert house.actions().count("key.replaced") == 1


@pytest.mark.parametrize("name", ["ada", "alice"])
def test_nobody_else_does(house: Organisation, as_: As, name: str) -> None:
    assert as_(name).client.post("/admin/security/keys/").status_code == 403
    with tenant_scope(house.tenant_id), pytest.raises(Denied):
        replace_key(grant=house.grant(name), now=timezone.now())


def test_one_organisations_key_is_not_anothers(house: Organisation, rival: Organisation) -> None:
    with tenant_scope(rival.tenant_id):
        theirs = keyring.tenant_key()
    replaced(house)
    with tenant_scope(rival.tenant_id):
        assert keyring.tenant_keys() == (theirs,)
        assert TenantKey.objects.get().version == 1


def test_the_command_begins_and_goes_on(house: Organisation) -> None:
    def told(*options: str) -> dict[str, object]:
        out = StringIO()
        call_command("replace_tenant_key", "--tenant", house.slug, "--json", *options, stdout=out)
        found: dict[str, object] = json.loads(out.getvalue())
        return found

    assert told("--status")["state"] == "done"
    assert told() == {"state": "announced", "version": 2, "left": told("--status")["left"]}
    with tenant_scope(house.tenant_id):
        TenantKey.objects.update(seals_from=LONG_AGO)
    assert told()["state"] == "resting"
    with tenant_scope(house.tenant_id):
        TenantKey.objects.filter(version=1).update(unneeded_at=LONG_AGO)
    replace_key_task(house.tenant_id)
    assert told("--status") == {"state": "done", "version": 2, "left": 0}
    assert house.actions().count("key.replaced") == house.actions().count("key.destroyed") == 1


def test_a_task_that_ran_out_of_time_leaves_the_rest_to_the_next_minutes(
    house: Organisation, monkeypatch: pytest.MonkeyPatch
) -> None:
    """One that queued itself again, besides the one of each minute, would fill the workers with copies."""
    assert tasks.REPLACE_FOR < tasks.REPLACE_EVERY
    with tenant_scope(house.tenant_id):
        begin_replacing(now=LONG_AGO)
    monkeypatch.setattr(tasks, "REPLACE_FOR", timedelta(0))
    states = []
    for _ in range(2):
        replace_key_task(house.tenant_id)
        with tenant_scope(house.tenant_id):
            states.append(progress(now=timezone.now()).state)
    assert states == [State.WRAPPING, State.RESTING]


def test_neither_the_platforms_nor_nobodys_key_is_replaced() -> None:
    with tenant_scope(PLATFORM_TENANT_ID), pytest.raises(Conflict, match="platform"):
        begin_replacing(now=timezone.now())
    for slug in ("platform", "nobody"):
        with pytest.raises(CommandError):
            call_command("replace_tenant_key", "--tenant", slug, stdout=StringIO())
