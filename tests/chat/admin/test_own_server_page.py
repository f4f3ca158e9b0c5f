"""The page of an organisation's own server: tried with what was typed, saved only if it works; the secret is never shown again."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from django.contrib.sessions.backends.db import SessionStore
from django.http import HttpRequest, HttpResponse
from django.test import RequestFactory
from pytest_django import Settings

from chat.admin import own_server
from chat.models import OwnServer, ServerKind
from chat.retention.servers.configured import Given, Trial
from security.crypto import keyring
from security.models import AuditEvent
from security.scoping import tenant_scope
from tenants.interlude import Interlude
from tenants.middleware import TenantMiddleware
from tenants.services import suspend_member
from tests import cast
from tests.cast import Organisation
from tests.security.stores.servers import PASSWORD, USER, SftpServer
from tests.tenants.admin.pages import sign_in, text_of


@pytest.fixture
def acme(db: None) -> Organisation:
    keyring.forget_everything()
    return cast.acme()


@pytest.fixture
def server(tmp_path: Path, settings: Settings) -> Iterator[SftpServer]:
    settings.OUTGOING_NETWORKS = ["127.0.0.0/8"]
    with SftpServer(tmp_path) as server:
        yield server


def test_the_host_key_is_shown_entered_tried_saved_and_the_server_removed(
    acme: Organisation, server: SftpServer
) -> None:
    olga = sign_in(acme.user("olga"))
    typed = {
        "kind": "sftp",
        "address": f"127.0.0.1:{server.port}",
        "folder": "chat",
        "account": USER,
        "secret": PASSWORD,
    }
    shown = text_of(olga.post("retention_server", app="", **{"try": "1"}, **typed))
    assert "Compare the host key" in shown
    assert server.host_key in shown
    assert PASSWORD not in shown
    typed["host_key"] = server.host_key
    assert "It works" in text_of(olga.post("retention_server", app="", **{"try": "1"}, **typed))
    wrong = text_of(olga.post("retention_server", app="", save="1", **{**typed, "secret": "wrong"}))
    assert "It refuses us" in wrong
    assert olga.post("retention_server", app="", save="1", **typed).status_code == 302
    page = text_of(olga.get("retention_server", app=""))
    assert "It was tried, and worked" in page
    assert PASSWORD not in page
    assert olga.post("retention_server_remove", app="").status_code == 302
    with tenant_scope(acme.tenant_id):
        assert not OwnServer.objects.exists()


@pytest.mark.parametrize(
    ("values", "sentence"),
    [
        ({"address": "https://10.0.0.1"}, "leads to a private address"),
        ({"address": "https://localhost:8080"}, "leads to a private address"),
        ({"address": "http://8.8.8.8"}, "begins with https://"),
        ({"address": "https://s3.example/bucket"}, "without a path"),
        ({"bucket": "b"}, "Enter 2 to 63 small letters"),
        ({"bucket": ""}, "Enter the name of the bucket"),
        ({"secret": ""}, "Enter the secret"),
        ({"account": "4242424242424242"}, "a number that must not be stored"),
        ({"folder": "../other"}, "single dots"),
        ({"recipient": "age1" + "x" * 58}, "This is no public key of age"),
    ],
)
def test_what_is_wrong_is_said(acme: Organisation, values: dict[str, str], sentence: str) -> None:
    typed = {"kind": "s3", "address": "https://127.0.0.1", "bucket": "chat", "account": "AKIA", "secret": "x", **values}
    assert sentence in text_of(sign_in(acme.user("olga")).post("retention_server", app="", save="1", **typed))


def test_a_server_is_waited_for_after_the_transaction_and_not_all_the_time(
    acme: Organisation, settings: Settings
) -> None:
    settings.ACCOUNT_RATE_LIMITS = {**settings.ACCOUNT_RATE_LIMITS, "server_trial": "1/10m/key"}
    typed = {"kind": "s3", "address": "https://127.0.0.1", "bucket": "chat", "account": "AKIA", "secret": "x"}
    olga = sign_in(acme.user("olga"))
    assert "leads to a private address" in text_of(olga.post("retention_server", app="", save="1", **typed))
    with tenant_scope(acme.tenant_id):
        (event,) = AuditEvent.objects.filter(action="server.tried")
        assert (event.outcome, '"code":"private"' in event.entry.replace(" ", "")) == ("failed", True)
    assert "Wait ten minutes" in text_of(olga.post("retention_server", app="", save="1", **typed))


def test_who_may_not_set_it_sees_nothing(acme: Organisation) -> None:
    assert sign_in(acme.user("sam")).get("retention_server", app="").status_code == 403


def test_what_was_tried_has_its_event_though_the_right_was_lost_meanwhile(
    acme: Organisation, rf: RequestFactory
) -> None:
    request = rf.get("/admin/retention/server/")
    request.user, request.session = acme.user("ada"), SessionStore()

    def lose_the_right() -> Trial:
        with tenant_scope(acme.tenant_id):
            suspend_member(grant=acme.grant("olga"), member=acme.member("ada").public_id)
        return Trial(Given(kind=ServerKind.S3, address="https://s3.example"))

    def page(asked: HttpRequest) -> HttpResponse:
        if getattr(asked, "grant", None) is None:
            return HttpResponse(status=403)
        return Interlude(lose_the_right, noted=own_server.noted)

    assert TenantMiddleware(page)(request).status_code == 403
    with tenant_scope(acme.tenant_id):
        last = AuditEvent.objects.order_by("seq").last()
        assert last is not None
        assert last.action == "server.tried"
        assert '"role":"admin"' in last.entry, "as he was when he asked"
