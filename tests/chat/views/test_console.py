"""The console's page: for those who chat, the same for every conversation, and free of anything of a tenant's."""

import re
import uuid

import pytest
from django.test import Client

from security.csp import HEADER
from tests.tenants.people import Organisation, organisation

pytestmark = pytest.mark.django_db

CONVERSATION = f"/console/c/{uuid.UUID(int=7)}"


@pytest.fixture
def acme(db: None) -> Organisation:
    acme = organisation("acme", "olga")
    acme.join("alice", "agent")
    acme.join("sam", "supervisor")
    acme.join("rita", "analyst")
    acme.join("audrey", "auditor")
    return acme


@pytest.mark.parametrize("path", ["/console/", CONVERSATION])
def test_a_stranger_is_led_to_sign_in_and_back(client: Client, path: str) -> None:
    assert client.get(path).headers["Location"] == f"/accounts/login/?next={path}"


@pytest.mark.parametrize(
    ("name", "status"), [("olga", 200), ("alice", 200), ("sam", 200), ("rita", 403), ("audrey", 403)]
)
def test_it_opens_for_who_may_chat(client: Client, acme: Organisation, name: str, status: int) -> None:
    client.force_login(acme.user(name))
    assert client.get("/console/").status_code == status


def test_a_conversation_that_is_not_there_looks_like_any_other(client: Client, acme: Organisation) -> None:
    client.force_login(acme.user("alice"))
    page, other = (re.sub(rb'value="\w{64}"', b"", client.get(path).content) for path in ("/console/", CONVERSATION))
    assert page == other
    assert client.get("/console/c/1").status_code == 404


def test_only_reading_is_answered(client: Client, acme: Organisation) -> None:
    client.force_login(acme.user("alice"))
    shown_in = client.get("/console/").wsgi_request.active.tenant_public_id  # type: ignore[attr-defined]
    assert client.post("/console/", headers={"X-Tenant": str(shown_in)}).status_code == 405


def test_the_page_keeps_the_strict_policy_and_has_nothing_inline(client: Client, acme: Organisation) -> None:
    client.force_login(acme.user("alice"))
    response = client.get("/console/")
    page = response.content.decode()
    assert "require-trusted-types-for 'script'" in response.headers[HEADER]
    assert "unsafe" not in response.headers[HEADER]
    assert "no-store" in response.headers["Cache-Control"]
    assert not re.search(r"<style|\sstyle=|\son\w+=|javascript:", page)
    assert all("src=" in tag or "importmap" in tag for tag in re.findall(r"<script[^>]*>", page))


@pytest.mark.parametrize(("cookie", "shown"), [("dark", True), ("light", True), ('"><script>', False), ("", False)])
def test_the_theme_is_known_before_the_first_paint(
    client: Client, acme: Organisation, cookie: str, shown: bool
) -> None:
    client.force_login(acme.user("alice"))
    client.cookies["theme"] = cookie
    page = client.get("/console/").content.decode()
    assert (f'data-theme="{cookie}"' in page) is shown
