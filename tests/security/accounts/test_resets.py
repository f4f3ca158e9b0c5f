"""Asking for a new password does the same for each address; what depends on the person is done by the worker, as by who asked."""

from __future__ import annotations

import json
import re
from typing import Any

import pytest
from django.core import mail
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.utils import timezone
from pytest_django import DjangoCaptureOnCommitCallbacks, Settings

from security.accounts import outbox
from security.accounts.outbox import Queued
from security.models import AuditEvent, Mail, User
from security.scoping import PLATFORM_TENANT_ID, tenant_scope
from tests.tenants.people import Organisation, trail

pytestmark = pytest.mark.django_db
PAGE = "/accounts/password/reset/"
ASKED = "account.password_reset_requested"
KNOWN, UNKNOWN = "olga@acme.example", "nobody@acme.example"


def ask(email: str, commits: DjangoCaptureOnCommitCallbacks, **headers: str) -> Queued:
    """The page's part alone."""
    with commits():
        assert Client(**headers).post(PAGE, {"email": email}).status_code == 302
    with tenant_scope(PLATFORM_TENANT_ID):
        return Queued(PLATFORM_TENANT_ID, Mail.objects.latest("pk").pk)


def asked_by(tenant_id: int) -> list[dict[str, Any]]:
    with tenant_scope(tenant_id):
        entries = [json.loads(event.entry) for event in AuditEvent.objects.order_by("seq")]
    return [entry for entry in entries if entry["action"] == ASKED]


def test_the_page_asks_the_database_the_same_whoever_it_is_for(
    acme: Organisation, django_capture_on_commit_callbacks: DjangoCaptureOnCommitCallbacks
) -> None:
    asked: list[list[str]] = []
    ask("first@acme.example", django_capture_on_commit_callbacks)  # whoever comes first has keys read
    for email in (KNOWN, UNKNOWN):
        with CaptureQueriesContext(connection) as queries:
            ask(email, django_capture_on_commit_callbacks)
        asked.append([re.sub(r"'[^']*'|[xs]?\d+", "", query["sql"]) for query in queries.captured_queries])
    assert asked[0] == asked[1]
    assert not any("security_user" in sql for sql in asked[0])
    assert [trail(tenant_id).count(ASKED) for tenant_id in (acme.tenant_id, PLATFORM_TENANT_ID)] == [0, 0]


def test_neither_address_nor_outcome_can_be_read_where_it_waits(
    acme: Organisation, django_capture_on_commit_callbacks: DjangoCaptureOnCommitCallbacks
) -> None:
    for email in (KNOWN, UNKNOWN):
        ask(email, django_capture_on_commit_callbacks)
    with tenant_scope(PLATFORM_TENANT_ID), connection.cursor() as cursor:
        cursor.execute("SELECT template, length(letter), encode(letter, 'escape') FROM security_mail ORDER BY id")
        rows = cursor.fetchall()
    assert rows[0][0] == rows[1][0]
    assert abs(rows[0][1] - rows[1][1]) == len(UNKNOWN) - len(KNOWN), "as long as the address alone makes it"
    assert not any("acme" in row[2] for row in rows)


def test_the_trail_of_the_person_has_it_once_with_the_address_that_asked(
    acme: Organisation, settings: Settings, django_capture_on_commit_callbacks: DjangoCaptureOnCommitCallbacks
) -> None:
    queued = ask(KNOWN, django_capture_on_commit_callbacks, REMOTE_ADDR="198.51.100.7")
    settings.EMAIL_BACKEND = "django.core.mail.backends.dummy.NoSuchBackend"
    now = timezone.now()
    for _ in range(3):
        assert not outbox.deliver(queued, now=now)
        with tenant_scope(PLATFORM_TENANT_ID):
            now = Mail.objects.get(pk=queued.pk).due_at
    settings.EMAIL_BACKEND = "django.core.mail.backends.locmem.EmailBackend"
    assert outbox.deliver(queued, now=now)
    assert [message.to for message in mail.outbox] == [[KNOWN]]
    [event] = asked_by(acme.tenant_id)
    assert event["actor"]["kind"] == "anonymous"
    assert asked_by(PLATFORM_TENANT_ID) == []


def test_a_locked_account_gets_no_link(
    acme: Organisation, django_capture_on_commit_callbacks: DjangoCaptureOnCommitCallbacks
) -> None:
    User.objects.filter(email=KNOWN).update(is_active=False)
    outbox.deliver(ask(KNOWN, django_capture_on_commit_callbacks), now=timezone.now())
    [message] = mail.outbox
    assert "There is no account" in str(message.body)
    assert "reset/key" not in str(message.body)
