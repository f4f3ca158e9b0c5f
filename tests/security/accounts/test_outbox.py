"""Mails are queued with what they tell of, unreadable where they wait, and tried until a mail server takes them or a day is over."""

from __future__ import annotations

import json
import socket
import time
from collections.abc import Iterator
from datetime import timedelta

import pytest
from django.conf import settings as live_settings
from django.core import mail
from django.db import connection, transaction
from django.test import Client
from django.utils import timezone
from pytest_django import DjangoCaptureOnCommitCallbacks, Settings

from chatplatform.celery import app
from security.accounts import outbox
from security.accounts.mail import send
from security.accounts.outbox import FIRST_PAUSE, GIVEN_UP_AFTER, LONGEST_PAUSE, Letter, Queued
from security.models import AuditEvent, Mail
from security.scoping import PLATFORM_TENANT_ID, tenant_scope
from security.tasks import sweep_mail
from tests.tenants.people import Organisation, organisation, trail

pytestmark = pytest.mark.django_db
LETTER = Letter("bob@acme.example", "You are invited", "Come in: https://chat.example/invitations/canary-token/")
MOMENT = timedelta(seconds=1)


@pytest.fixture
def no_mail_server(settings: Settings) -> Iterator[None]:
    """Nobody listens where the mail server should be."""
    with socket.socket() as closed:
        closed.bind(("127.0.0.1", 0))
        settings.EMAIL_BACKEND = "django.core.mail.backends.smtp.EmailBackend"
        settings.EMAIL_HOST, settings.EMAIL_PORT = closed.getsockname()
        yield


def queue(of: Organisation) -> Queued:
    with tenant_scope(of.tenant_id):
        return outbox.queue(LETTER, template="tenants/email/invitation")


def waiting(tenant_id: int) -> list[Mail]:
    with tenant_scope(tenant_id):
        return list(Mail.objects.order_by("pk"))


def due(of: Organisation, *, at: timedelta) -> list[Queued]:
    with tenant_scope(of.tenant_id):
        return outbox.sweep(now=timezone.now() + at)


def test_a_queued_mail_is_sent_once_and_gone(acme: Organisation) -> None:
    queued = queue(acme)
    assert due(acme, at=MOMENT) == [queued]
    now = timezone.now()
    assert [outbox.deliver(queued, now=now), outbox.deliver(queued, now=now + MOMENT)] == [True, False]
    [message] = mail.outbox
    assert (message.to, message.subject, message.body) == ([LETTER.to], LETTER.subject, LETTER.body)
    assert waiting(acme.tenant_id) == []


def test_nothing_of_it_can_be_read_where_it_waits(acme: Organisation) -> None:
    queue(acme)
    with tenant_scope(acme.tenant_id), connection.cursor() as cursor:
        cursor.execute("SELECT security_mail::text, encode(letter, 'escape') FROM security_mail")
        [columns] = cursor.fetchall()
    for secret in ("canary", "bob", "invited"):
        assert not any(secret in column for column in columns)


def test_a_mail_opens_in_its_own_row_only(acme: Organisation, caplog: pytest.LogCaptureFixture) -> None:
    first, second = queue(acme), queue(acme)
    with tenant_scope(acme.tenant_id):
        one, other = Mail.objects.get(pk=first.pk), Mail.objects.get(pk=second.pk)
        one.letter = other.letter
        one.save(update_fields=["letter"])
    assert outbox.deliver(first, now=timezone.now()) is False
    assert mail.outbox == []
    assert [record.levelname for record in caplog.records] == ["CRITICAL"]


def test_another_tenants_mail_is_not_found(acme: Organisation) -> None:
    rival = organisation("rival", "mallory")
    queued = queue(acme)
    assert outbox.deliver(Queued(rival.tenant_id, queued.pk), now=timezone.now()) is False
    assert due(rival, at=GIVEN_UP_AFTER * 2) == []
    assert len(waiting(acme.tenant_id)) == 1


def test_an_act_that_is_undone_sends_nothing(
    acme: Organisation, django_capture_on_commit_callbacks: DjangoCaptureOnCommitCallbacks
) -> None:
    with django_capture_on_commit_callbacks(execute=True), tenant_scope(acme.tenant_id):
        with transaction.atomic():
            send("account/email/unknown_account", LETTER.to, {})
            transaction.set_rollback(True)
        assert not Mail.objects.exists()
    assert mail.outbox == []


def test_who_is_not_taken_is_tried_later_and_later(
    acme: Organisation, no_mail_server: None, caplog: pytest.LogCaptureFixture
) -> None:
    queued, now, pauses = queue(acme), timezone.now(), []
    for attempt in range(1, 10):
        assert outbox.deliver(queued, now=now) is False
        [row] = waiting(acme.tenant_id)
        assert row.attempts == attempt
        assert outbox.deliver(queued, now=row.due_at - MOMENT) is False
        pauses.append(row.due_at - now)
        now = row.due_at
    assert pauses[:3] == [FIRST_PAUSE, 2 * FIRST_PAUSE, 4 * FIRST_PAUSE]
    assert pauses[-2:] == [LONGEST_PAUSE, LONGEST_PAUSE]
    assert len(caplog.records) == 9, "What is not due is not tried"
    assert LETTER.to not in caplog.text


def test_what_a_worker_began_and_did_not_end_is_sent_by_another(acme: Organisation) -> None:
    queued, now = queue(acme), timezone.now()
    with tenant_scope(acme.tenant_id):
        assert outbox._claimed(queued.pk, now) == LETTER  # and here it was killed
    assert outbox.deliver(queued, now=now + FIRST_PAUSE - MOMENT) is False
    assert outbox.deliver(queued, now=now + FIRST_PAUSE) is True
    assert len(mail.outbox) == 1


def test_after_a_day_it_is_given_up_and_the_trail_says_so(acme: Organisation, no_mail_server: None) -> None:
    queued = queue(acme)
    outbox.deliver(queued, now=timezone.now())
    assert due(acme, at=GIVEN_UP_AFTER - timedelta(minutes=1)) == [queued]
    assert due(acme, at=GIVEN_UP_AFTER) == []
    assert waiting(acme.tenant_id) == []
    with tenant_scope(acme.tenant_id):
        event = json.loads(AuditEvent.objects.latest("seq").entry)
    assert (event["action"], event["outcome"]) == ("mail.given_up", "failed")
    assert event["detail"] == {"template": "tenants/email/invitation", "attempts": 1}


def test_mails_about_nobodys_organisation_are_the_platforms(
    acme: Organisation, client: Client, django_capture_on_commit_callbacks: DjangoCaptureOnCommitCallbacks
) -> None:
    with django_capture_on_commit_callbacks() as callbacks:
        client.post("/accounts/password/reset/", {"email": "olga@acme.example"})
    assert len(waiting(PLATFORM_TENANT_ID)) == 1
    assert waiting(acme.tenant_id) == []
    assert mail.outbox == []
    for callback in callbacks:
        callback()
    [message] = mail.outbox
    assert message.to == ["olga@acme.example"]
    assert waiting(PLATFORM_TENANT_ID) == []


def test_beat_finds_what_was_never_handed_over(acme: Organisation) -> None:
    queue(acme)
    with tenant_scope(PLATFORM_TENANT_ID):
        outbox.queue(LETTER, template="account/email/unknown_account")
    sweep_mail()
    assert [message.to for message in mail.outbox] == [[LETTER.to]] * 2
    sweep_mail()
    assert len(mail.outbox) == 2
    assert "mail.given_up" not in trail(acme.tenant_id)


@pytest.mark.parametrize("hangs", [False, True])
def test_while_the_broker_is_away_the_page_does_not_wait_for_it(
    acme: Organisation,
    queued_tasks: None,
    tmp_path_factory: pytest.TempPathFactory,
    django_capture_on_commit_callbacks: DjangoCaptureOnCommitCallbacks,
    hangs: bool,
) -> None:
    with socket.socket(socket.AF_UNIX) as silent:
        silent.bind(path := str(tmp_path_factory.mktemp("b") / "s"))
        if hangs:
            silent.listen()
        app.conf.broker_write_url = f"redis+socket://{path}"
        began = time.monotonic()
        with django_capture_on_commit_callbacks(execute=True), tenant_scope(acme.tenant_id):
            send("account/email/unknown_account", LETTER.to, {})
        app.conf.broker_write_url = live_settings.CELERY_BROKER_URL
    assert time.monotonic() - began < 4
    assert len(waiting(acme.tenant_id)) == 1, "The next sweep finds it"
