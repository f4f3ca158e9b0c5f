"""Sign-up over HTTP: alike for known and unknown addresses, confirmed by mail and password."""

import re

import pytest
from django.core import mail
from django.test import Client
from pytest_django import DjangoCaptureOnCommitCallbacks, Settings

from security.accounts.people import has_confirmed
from security.models import User
from tenants.access import memberships_of

from .people import PASSWORD, person, trail

pytestmark = pytest.mark.django_db
FORM = {
    "organisation": "Acme Shop", "full_name": "Olga Owner", "email": "Olga@Acme.example", "password": PASSWORD, "website": "acme.example",
}  # fmt: skip


@pytest.fixture
def commits(django_capture_on_commit_callbacks: DjangoCaptureOnCommitCallbacks) -> DjangoCaptureOnCommitCallbacks:
    return django_capture_on_commit_callbacks


def link() -> str:
    found = re.search(r"http://127\.0\.0\.1:8000(/invitations/\S+/)", str(mail.outbox[-1].body))
    assert found
    return found[1]


def test_known_and_unknown_addresses_are_answered_alike(
    client: Client, commits: DjangoCaptureOnCommitCallbacks
) -> None:
    person("known@acme.example", "Known")
    answers = []
    for email in ("known@acme.example", "unknown@acme.example"):
        with commits(execute=True):
            response = client.post("/signup/", {**FORM, "email": email})
        answers.append((response.status_code, response.headers["Location"], response.content, mail.outbox[-1].subject))
        assert mail.outbox[-1].to == [email]
    assert answers[0] == answers[1]
    assert answers[0][:2] == (303, "/signup/sent/")
    said = [re.sub(r"/invitations/\S+/|(un)?known@acme.example", "", str(message.body)) for message in mail.outbox]
    assert said[0] == said[1]


def test_the_mail_and_the_password_together_open_the_organisation(
    client: Client, commits: DjangoCaptureOnCommitCallbacks
) -> None:
    with commits(execute=True):
        client.post("/signup/", FORM)
    path = link()
    assert 'name="password"' in client.get(path).content.decode()
    assert not has_confirmed(User.objects.get()), "opening the link confirms nothing"
    response = client.post(path, {"password": PASSWORD})
    assert (response.status_code, response.headers["Location"]) == (303, "/get-started/")
    assert client.get("/get-started/").status_code == 200
    [ref] = memberships_of(User.objects.get())
    assert trail(ref.tenant_id)[-2:] == ["member.joined", "session.signed_in"]
    assert client.get(path).status_code == 404, "the secret is good once"


def test_the_mail_alone_opens_nothing(client: Client, commits: DjangoCaptureOnCommitCallbacks) -> None:
    """Whoever signed up with another's address chose the password; its owner, by his mailbox alone, must not let it in."""
    with commits(execute=True):
        client.post("/signup/", FORM)
    response = client.post(link(), {"password": "not-the-right-password"})
    assert response.status_code == 200
    assert not has_confirmed(User.objects.get())
    assert "_auth_user_id" not in client.session


def test_the_password_alone_does_not_sign_in(client: Client, commits: DjangoCaptureOnCommitCallbacks) -> None:
    with commits(execute=True):
        client.post("/signup/", FORM)
        response = client.post("/accounts/login/", {"login": "olga@acme.example", "password": PASSWORD})
    assert response.headers["Location"] == "/accounts/confirm-email/"
    assert "_auth_user_id" not in client.session
    assert len(mail.outbox) == 1, "no second link, which would confirm without the password"


def test_a_known_person_signs_in_and_confirms(client: Client, commits: DjangoCaptureOnCommitCallbacks) -> None:
    olga = person("olga@acme.example", "Olga")
    with commits(execute=True):
        client.post("/signup/", {**FORM, "password": "another-password-entirely"})
    path = link()
    assert f"/accounts/login/?next={path}" in client.get(path).content.decode()
    client.post("/accounts/login/", {"login": "olga@acme.example", "password": PASSWORD})
    response = client.post(path)
    assert (response.status_code, response.headers["Location"]) == (303, "/get-started/")
    assert [ref.tenant_name for ref in memberships_of(olga)] == ["Acme Shop"]


def test_in_the_demo_a_new_address_is_let_in_at_once(client: Client, settings: Settings) -> None:
    settings.DEMO = True
    response = client.post("/signup/", FORM)
    assert (response.status_code, response.headers["Location"]) == (303, "/get-started/")
    page = client.get("/get-started/").content.decode()
    assert "Waiting for your first visitor…" in page
    assert "data-key=&quot;pk_" in page


@pytest.mark.parametrize(
    ("field", "value", "said"),
    [
        ("password", "short", "at least 15"),
        ("password", "olga@acme.example", "little more than a name"),
        ("password", "x" * 300, "256"),
        ("website", "not a website", "web address"),
        ("organisation", "Win! http://evil.example", "no web or e-mail address"),
        ("full_name", "a\r\nBcc: x", "no web or e-mail address"),
        ("email", "olga", "valid email"),
    ],
)
def test_what_is_wrong_is_said_and_nothing_is_made(client: Client, field: str, value: str, said: str) -> None:
    response = client.post("/signup/", {**FORM, field: value})
    assert response.status_code == 200
    assert said in response.content.decode()
    assert not User.objects.exists()


def test_nobody_is_flooded_with_mail(client: Client, commits: DjangoCaptureOnCommitCallbacks) -> None:
    for number in range(7):
        with commits(execute=True):
            response = client.post("/signup/", {**FORM, "organisation": f"Acme {number}"})
        assert response.headers["Location"] == "/signup/sent/"
    assert len(mail.outbox) == 5


@pytest.mark.parametrize("is_known", [True, False])
def test_a_form_that_is_sent_twice_founds_one_organisation(
    client: Client, commits: DjangoCaptureOnCommitCallbacks, is_known: bool
) -> None:
    if is_known:
        person("olga@acme.example", "Olga")
    for _ in range(2):
        with commits(execute=True):
            assert client.post("/signup/", FORM).headers["Location"] == "/signup/sent/"
    assert len(mail.outbox) == 1
    with commits(execute=True):
        client.post("/signup/", {**FORM, "organisation": "Another Shop"})
    assert len(mail.outbox) == 2


def test_a_form_that_is_sent_twice_lets_in_twice_in_the_demo(settings: Settings) -> None:
    settings.DEMO = True
    second = Client()
    assert Client().post("/signup/", FORM).headers["Location"] == "/get-started/"
    assert (
        second.post("/signup/", {**FORM, "password": "not-the-right-password"}).headers["Location"] == "/signup/sent/"
    )
    assert second.post("/signup/", FORM).headers["Location"] == "/get-started/"
    assert len(memberships_of(User.objects.get())) == 1


def test_one_address_cannot_sign_up_without_end(client: Client) -> None:
    statuses = [client.post("/signup/", {**FORM, "email": f"olga{n}@acme.example"}).status_code for n in range(21)]
    assert statuses == [303] * 20 + [429]


def test_allauths_own_sign_up_leads_to_ours(client: Client) -> None:
    assert client.get("/accounts/signup/").headers["Location"] == "/signup/"
