"""The pages about a person's own account: the way to them and between them, and what each says."""

from __future__ import annotations

import re
from datetime import timedelta

import pytest
from django.core import mail
from django.test import Client
from django.utils import timezone
from pytest_django import DjangoCaptureOnCommitCallbacks

from security.scoping import tenant_scope
from tenants.models import Policy

from .people import PASSWORD, Organisation

PAGES = ("/accounts/password/change/", "/accounts/email/", "/accounts/sessions/")
FIREFOX = "Mozilla/5.0 (X11; Linux x86_64; rv:140.0) Gecko/20100101 Firefox/140.0"


@pytest.fixture
def alice(acme: Organisation) -> Client:
    client = Client(headers={"User-Agent": FIREFOX})
    client.force_login(acme.user("alice"), "allauth.account.auth_backends.AuthenticationBackend")
    return client


@pytest.mark.parametrize("path", ["/", "/console/", "/admin/", *PAGES])
def test_every_page_leads_to_the_account(alice: Client, path: str) -> None:
    assert b'href="/accounts/password/change/"' in alice.get(path).content


@pytest.mark.parametrize("path", PAGES)
def test_each_of_them_leads_to_the_others_and_says_where_one_is(alice: Client, path: str) -> None:
    page = alice.get(path).content.decode()
    assert all(f'href="{other}"' in page for other in PAGES)
    assert re.findall(r'href="([^"]+)" aria-current="page"', page) == [path]


def test_a_demanded_change_says_why_and_leads_nowhere_else(acme: Organisation, alice: Client) -> None:
    user = acme.user("alice")
    user.must_change_password = True
    user.save(update_fields=["must_change_password"])
    page = alice.get(PAGES[0]).content.decode()
    assert "Your organisation asks for a new password" in page
    assert PAGES[1] not in page


def test_a_password_that_is_due_in_an_organisation_is_asked_for_at_sign_in(acme: Organisation, alice: Client) -> None:
    with tenant_scope(acme.tenant_id):
        Policy.objects.update(password_change_required_at=timezone.now() + timedelta(seconds=1))
    response = alice.get("/start/")
    assert (response.status_code, response.headers["Location"]) == (303, f"{PAGES[0]}?next=%2Fstart%2F")
    assert "Your organisation asks for a new password" in alice.get(PAGES[0]).content.decode()


def test_what_is_wrong_with_a_new_password_is_said_at_its_field(alice: Client) -> None:
    short = {"oldpassword": "wrong", "password1": "short", "password2": "short"}
    other = {"oldpassword": PASSWORD, "password1": "another-fine-battery-staple", "password2": "other"}
    for field, typed in (("oldpassword", short), ("password1", short), ("password2", other)):
        page = alice.post(PAGES[0], typed).content.decode()
        assert re.search(rf'name="{field}"[^>]* aria-invalid="true"[^>]* aria-describedby="id_{field}_more"', page), (
            field
        )
        assert re.search(rf'id="id_{field}_more">.*?class="error-text"', page, re.DOTALL), field


def test_a_session_is_called_by_its_browser(acme: Organisation) -> None:
    alice = Client(headers={"User-Agent": FIREFOX})
    alice.post("/accounts/login/", {"login": "alice@acme.example", "password": PASSWORD})
    page = alice.get(PAGES[2]).content.decode()
    assert ">Firefox 140 on Linux</strong>" in page
    assert "Nowhere else." in page


def test_a_reset_that_is_used_up_leads_to_another(
    acme: Organisation, django_capture_on_commit_callbacks: DjangoCaptureOnCommitCallbacks
) -> None:
    client = Client()
    with django_capture_on_commit_callbacks(execute=True):
        client.post("/accounts/password/reset/", {"email": acme.user("alice").email})
    found = re.search(r"http://[^/]+(/accounts/password/reset/key/\S+)", str(mail.outbox[-1].body))
    assert found
    form = client.get(found[1], follow=True)
    new = {"password1": "another-fine-battery-staple", "password2": "another-fine-battery-staple"}
    done = client.post(form.request["PATH_INFO"], new, follow=True)
    assert "Your new password is set" in done.content.decode()
    again = Client().get(found[1], follow=True).content.decode()
    assert "This link is not good any more" in again
    assert 'href="/accounts/password/reset/"' in again
