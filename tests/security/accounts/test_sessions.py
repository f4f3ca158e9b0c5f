"""Idle and absolute limits, sign-out, and what a new password ends."""

import re
from datetime import timedelta

import pytest
from allauth.usersessions.models import UserSession
from django.core import mail
from django.test import Client
from django.utils import timezone
from pytest_django import DjangoCaptureOnCommitCallbacks

from security.accounts.people import create_person, has_confirmed
from security.accounts.sessions import note_activity
from security.models import User
from security.revocation import revoked_since, session_digest
from security.scoping import PLATFORM_TENANT_ID
from tests.tenants.people import PASSWORD, Organisation, trail

pytestmark = pytest.mark.django_db
NEW = "quite-another-correct-battery"


def signed_in(email: str = "olga@acme.example", password: str = PASSWORD) -> Client:
    client = Client()
    assert client.post("/accounts/login/", {"login": email, "password": password}).status_code == 302
    return client


def is_in(client: Client) -> bool:
    return client.get("/get-started/").status_code == 200


def revoked() -> set[str]:
    return {row.subject for row in revoked_since(timezone.now() - timedelta(minutes=1))}


def move(*, seen: timedelta = timedelta(), began: timedelta = timedelta()) -> None:
    """Let the sessions be that much older."""
    now = timezone.now()
    UserSession.objects.update(last_seen_at=now - seen, created_at=now - began)


@pytest.mark.parametrize(("minutes", "holds"), [(14, True), (15, False)])
def test_a_session_ends_after_fifteen_minutes_without_activity(acme: Organisation, minutes: int, holds: bool) -> None:
    olga = signed_in()
    move(seen=timedelta(minutes=minutes))
    assert is_in(olga) is holds


@pytest.mark.parametrize(("minutes", "holds"), [(719, True), (720, False)])
def test_a_session_ends_after_twelve_hours_whatever_happens(acme: Organisation, minutes: int, holds: bool) -> None:
    olga = signed_in()
    move(began=timedelta(minutes=minutes))
    assert is_in(olga) is holds


def test_polling_is_no_activity_and_a_page_is(acme: Organisation) -> None:
    olga = signed_in()
    move(seen=timedelta(minutes=10))
    olga.get("/get-started/status/")
    assert UserSession.objects.get().last_seen_at < timezone.now() - timedelta(minutes=9)
    olga.get("/get-started/")
    assert UserSession.objects.get().last_seen_at > timezone.now() - timedelta(minutes=1)


def test_activity_in_a_socket_counts(acme: Organisation) -> None:
    olga = signed_in()
    move(seen=timedelta(minutes=10))
    assert note_activity(str(olga.session.session_key), timezone.now())
    assert UserSession.objects.get().last_seen_at > timezone.now() - timedelta(minutes=1)
    assert not note_activity("unknown", timezone.now())


def test_an_ended_session_ends_its_sockets_and_says_why(acme: Organisation) -> None:
    olga = signed_in()
    digest = session_digest(str(olga.session.session_key))
    move(seen=timedelta(hours=1))
    assert "your session was over" in olga.get("/accounts/login/").content.decode()
    assert digest in revoked()


def test_signing_out_ends_session_and_sockets(acme: Organisation) -> None:
    olga = signed_in()
    digest = session_digest(str(olga.session.session_key))
    assert olga.get("/accounts/logout/").status_code == 200
    assert is_in(olga), "a link alone signs nobody out"
    olga.post("/accounts/logout/")
    assert not is_in(olga)
    assert digest in revoked()
    assert acme.actions()[-1] == "session.signed_out"


def test_ending_all_other_sessions_ends_their_sockets(acme: Organisation) -> None:
    here, there = signed_in(), signed_in()
    digest = session_digest(str(there.session.session_key))
    here.post("/accounts/sessions/")
    assert is_in(here)
    assert not is_in(there)
    assert revoked() == {digest}
    assert trail(PLATFORM_TENANT_ID)[-1] == "session.ended"


def test_a_sign_in_gets_a_key_of_its_own(acme: Organisation) -> None:
    client = Client()
    client.get("/accounts/login/")
    session = client.session
    session["fixated"] = True
    session.save()
    client.cookies["session"] = str(session.session_key)
    client.post("/accounts/login/", {"login": "olga@acme.example", "password": PASSWORD})
    assert client.session.session_key != session.session_key


def test_a_changed_password_ends_all_other_sessions(acme: Organisation) -> None:
    here, there = signed_in(), signed_in()
    before = here.session.session_key
    form = {"oldpassword": PASSWORD, "password1": NEW, "password2": NEW}
    assert here.post("/accounts/password/change/", form).status_code == 302
    assert here.session.session_key != before
    assert is_in(here)
    assert not is_in(there)
    assert str(acme.user("olga").public_id) in revoked()
    assert "account.password_changed" in acme.actions()
    signed_in(password=NEW)


def test_a_reset_by_mail_ends_all_sessions_and_confirms(
    acme: Organisation, django_capture_on_commit_callbacks: DjangoCaptureOnCommitCallbacks
) -> None:
    olga, stranger = signed_in(), Client()
    with django_capture_on_commit_callbacks(execute=True):
        stranger.post("/accounts/password/reset/", {"email": "Olga@acme.example"})
    found = re.search(r"http://127\.0\.0\.1:8000(/accounts/password/reset/key/\S+)", str(mail.outbox[0].body))
    assert found
    form = stranger.get(found[1]).headers["Location"]
    assert stranger.post(form, {"password1": NEW, "password2": NEW}).status_code == 302
    assert not is_in(olga)
    assert [action for action in acme.actions() if action.startswith("account.")] == [
        "account.password_reset_requested", "account.password_reset"
    ]  # fmt: skip
    signed_in(password=NEW)


def test_a_reset_confirms_the_mailbox(
    db: None, django_capture_on_commit_callbacks: DjangoCaptureOnCommitCallbacks
) -> None:
    eve = create_person(email="eve@acme.example", full_name="Eve", password=PASSWORD)
    client = Client()
    with django_capture_on_commit_callbacks(execute=True):
        client.post("/accounts/password/reset/", {"email": eve.email})
    found = re.search(r"(/accounts/password/reset/key/\S+)", str(mail.outbox[0].body))
    assert found
    client.post(client.get(found[1]).headers["Location"], {"password1": NEW, "password2": NEW})
    assert has_confirmed(eve)
    assert trail(PLATFORM_TENANT_ID)[-3:] == [
        "account.password_reset_requested", "account.email_confirmed", "account.password_reset"
    ]  # fmt: skip


def test_a_reset_for_an_unknown_address_is_answered_alike(
    acme: Organisation, django_capture_on_commit_callbacks: DjangoCaptureOnCommitCallbacks
) -> None:
    answers = []
    for email in ("olga@acme.example", "nobody@acme.example"):
        with django_capture_on_commit_callbacks(execute=True):
            response = Client().post("/accounts/password/reset/", {"email": email})
        answers.append((response.status_code, response.headers["Location"], mail.outbox[-1].subject))
        assert mail.outbox[-1].to == [email]
    assert answers[0] == answers[1]
    asked = "account.password_reset_requested"
    assert (acme.actions().count(asked), trail(PLATFORM_TENANT_ID).count(asked)) == (1, 1)


def test_a_changed_address_is_confirmed_once(
    acme: Organisation, django_capture_on_commit_callbacks: DjangoCaptureOnCommitCallbacks
) -> None:
    olga = signed_in()
    olga.post("/accounts/reauthenticate/", {"password": PASSWORD})
    with django_capture_on_commit_callbacks(execute=True):
        olga.post("/accounts/email/", {"email": "new@acme.example", "action_add": ""})
    [path] = {found for sent in mail.outbox for found in re.findall(r"(/accounts/confirm-email/\S+)", str(sent.body))}
    for _ in range(2):
        olga.post(path)
    assert acme.actions()[-2:] == ["account.email_confirmed", "account.email_changed"]
    assert acme.actions().count("account.email_confirmed") == 1


def test_a_closed_account_is_out_at_once(acme: Organisation) -> None:
    olga = signed_in()
    User.objects.filter(pk=acme.user("olga").pk).update(is_active=False)
    assert not is_in(olga)
