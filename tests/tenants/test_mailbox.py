"""A mailbox for checkpoints gets one link, and nothing else before somebody opens it there and says yes."""

from __future__ import annotations

import re
from datetime import datetime, timedelta
from pathlib import Path

import pytest
from django.core import mail
from django.test import Client
from django.utils import timezone
from pytest_django import Settings

from security.accounts import outbox
from security.audit.checkpoints import Signer, sign_tenant
from security.audit.memory import Memory
from security.errors import Conflict, Denied, NotFound
from security.models import Mail
from security.scoping import tenant_scope
from tenants.models import Policy
from tenants.services.audit.mailbox import ask_mailbox_again, change_mailbox, confirm_mailbox, mail_checkpoint

from .people import Organisation

pytestmark = pytest.mark.django_db
BOX = "keeper@outside.example"


def name_box(of: Organisation, address: str = BOX, *, who: str = "olga", now: datetime | None = None) -> None:
    with tenant_scope(of.tenant_id):
        policy = Policy.objects.get()
        policy.audit_checkpoint_email = address
        change_mailbox(grant=of.grant(who), policy=policy, now=now or timezone.now())


def link_in_mail(of: Organisation) -> str:
    """From the newest mail that waits."""
    with tenant_scope(of.tenant_id):
        pk = Mail.objects.filter(template="tenants/email/audit_mailbox").latest("pk").pk
    outbox.deliver(outbox.Queued(of.tenant_id, pk), now=timezone.now())
    (found,) = re.findall(r"https?://[^/]+(/audit/mailbox/\S+)", mail.outbox[-1].body)
    return str(found)


@pytest.fixture(autouse=True)
def _key(settings: Settings) -> None:
    """The worker's, which signs here: what no key of its own signed goes to nobody."""
    settings.AUDIT_SIGNING_KEY = lambda: bytes(range(32))


def checkpoints_sent(of: Organisation, folder: Path) -> int:
    sign_tenant(of.tenant_id, signer=Signer(bytes(range(32)), Memory(folder)), now=timezone.now())
    with tenant_scope(of.tenant_id):
        mail_checkpoint(now=timezone.now())
        return Mail.objects.filter(template="audit/checkpoint").count()


def test_checkpoints_go_to_a_mailbox_once_it_was_confirmed_from_there(acme: Organisation, tmp_path: Path) -> None:
    name_box(acme)
    assert checkpoints_sent(acme, tmp_path) == 0
    link = link_in_mail(acme)
    assert mail.outbox[-1].to == [BOX]
    page = Client().get(link)
    assert "Acme" in page.content.decode()
    assert checkpoints_sent(acme, tmp_path) == 0
    assert "Send them to me" in page.content.decode()
    assert "Thank you" in Client().post(link).content.decode()
    assert "Thank you" in Client().get(link).content.decode(), "opened again"
    assert Client().post(link).status_code == 200
    assert checkpoints_sent(acme, tmp_path) == 1
    assert acme.actions().count("audit.mailbox_confirmed") == 1


def test_another_address_begins_anew_and_the_old_link_is_gone(acme: Organisation, tmp_path: Path) -> None:
    name_box(acme)
    link = link_in_mail(acme)
    Client().post(link)
    name_box(acme, "other@outside.example", now=timezone.now() + timedelta(hours=1))
    assert checkpoints_sent(acme, tmp_path) == 0
    assert Client().get(link).status_code == Client().post(link).status_code == 404
    name_box(acme, "", now=timezone.now())
    assert checkpoints_sent(acme, tmp_path) == 0


def test_nobody_fills_a_mailbox_from_here(acme: Organisation) -> None:
    now = timezone.now()
    name_box(acme, now=now)
    with pytest.raises(Conflict, match="mailbox_asked"):
        name_box(acme, "other@outside.example", now=now + timedelta(minutes=1))
    with tenant_scope(acme.tenant_id):
        olga = acme.grant("olga")
        with pytest.raises(Conflict, match="mailbox_asked"):
            ask_mailbox_again(grant=olga, now=now + timedelta(minutes=9))
        ask_mailbox_again(grant=olga, now=now + timedelta(minutes=11))
    Client().post(link_in_mail(acme))
    with tenant_scope(acme.tenant_id), pytest.raises(Conflict, match="mailbox_confirmed"):
        ask_mailbox_again(grant=acme.grant("olga"), now=now + timedelta(hours=1))


def test_a_link_of_nobodys_or_of_long_ago_opens_nothing(acme: Organisation, monkeypatch: pytest.MonkeyPatch) -> None:
    assert Client().get("/audit/mailbox/made-up/").status_code == 404
    with pytest.raises(NotFound):
        confirm_mailbox(token="made:up", now=timezone.now())
    name_box(acme)
    token = link_in_mail(acme).rstrip("/").rpartition("/")[2]
    later = timezone.now().timestamp() + timedelta(days=8).total_seconds()
    monkeypatch.setattr("django.core.signing.time.time", lambda: later)
    with pytest.raises(NotFound):
        confirm_mailbox(token=token, now=timezone.now())


def test_who_may_not_set_retention_names_no_mailbox(acme: Organisation) -> None:
    with pytest.raises(Denied):
        name_box(acme, who="alice")
