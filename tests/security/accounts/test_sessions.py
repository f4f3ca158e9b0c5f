"""Idle and absolute limits, sign-out, and what a new password ends."""

import re
from datetime import timedelta
from functools import partial
from uuid import uuid4

import pytest
from allauth.mfa.totp.internal.auth import format_hotp_value, hotp_value, yield_hotp_counters_from_time
from allauth.usersessions.models import UserSession
from django.conf import settings
from django.core import mail
from django.test import Client
from django.urls import reverse
from django.utils import timezone
from pytest_django import DjangoCaptureOnCommitCallbacks

from security.accounts.people import create_person, has_confirmed
from security.accounts.sessions import note_activity
from security.models import User
from security.revocation import revoked_since, session_digest
from security.scoping import PLATFORM_TENANT_ID, tenant_scope
from tenants.models import Membership, Policy, Role, Tenant
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


def polled_addresses() -> set[str]:
    """What templates give to scripts that ask by themselves. The rules of a password are asked for while somebody types."""
    asking = re.compile(r"<[a-z]+ [^>]*?data-url=\"{% url '([\w:]+)'[^%]*%}")
    found = [
        match
        for page in (settings.BASE_DIR / "templates").rglob("*.html")
        for match in asking.finditer(page.read_text())
    ]
    return {match[1] for match in found if "data-password-rules" not in match[0]}


def test_no_page_that_asks_by_itself_keeps_a_session(acme: Organisation) -> None:
    olga, names = signed_in(), polled_addresses()
    assert names >= {"get_started_status", "console_visits", "admin:audit_check", "admin:masking_job"}
    for name in names:
        move(seen=timedelta(minutes=10))
        olga.get(reverse(name, args=[uuid4()] if name.startswith("admin:") else []))
        assert UserSession.objects.get().last_seen_at < timezone.now() - timedelta(minutes=9), name


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


def limit(of: Organisation, **values: int | None) -> None:
    """The organisation's own limits."""
    with tenant_scope(of.tenant_id):
        Policy.objects.update(**values)


def belongs_to_rival_too(rival: Organisation, user: User) -> None:
    with tenant_scope(rival.tenant_id):
        Membership.objects.create(user=user, role=Role.objects.get(slug="agent"), name=user.full_name)


@pytest.mark.parametrize(("minutes", "holds"), [(59, True), (60, False)])
def test_a_session_ends_after_the_organisations_hours(acme: Organisation, minutes: int, holds: bool) -> None:
    limit(acme, session_hours=1)
    olga = signed_in()
    move(began=timedelta(minutes=minutes))
    assert is_in(olga) is holds


@pytest.mark.parametrize(
    ("field", "value", "age"),
    [("session_idle_minutes", 5, {"seen": timedelta(minutes=6)}), ("session_hours", 2, {"began": timedelta(hours=3)})],
)
def test_the_strictest_of_a_persons_organisations_holds(
    acme: Organisation, rival: Organisation, field: str, value: int, age: dict[str, timedelta]
) -> None:
    belongs_to_rival_too(rival, acme.user("olga"))
    limit(rival, **{field: value})
    olga = signed_in()
    move(**age)
    assert not is_in(olga)


def test_the_clock_tells_and_asking_it_is_no_activity(acme: Organisation) -> None:
    olga = signed_in()
    move(seen=timedelta(minutes=14, seconds=10))
    for _ in range(2):
        answer = olga.get("/accounts/session/", headers={"accept": "application/json"}).json()
        assert 40 <= answer["ends_in"] <= 50
        assert answer["can_stay"]
    assert "no-store" in olga.get("/accounts/session/").headers["Cache-Control"]
    assert Client().get("/accounts/session/").json() == {"ends_in": None, "can_stay": False}


def test_staying_is_a_request_and_needs_a_token(acme: Organisation) -> None:
    olga = signed_in()
    move(seen=timedelta(minutes=14, seconds=10))
    assert 899 <= olga.post("/accounts/session/").json()["ends_in"] <= 900
    move(seen=timedelta(minutes=14))
    stranger = Client(enforce_csrf_checks=True)
    stranger.cookies = olga.cookies
    assert stranger.post("/accounts/session/").status_code == 403


def test_nobody_stays_longer_than_the_last_hour(acme: Organisation) -> None:
    olga = signed_in()
    move(began=timedelta(hours=11, minutes=59))
    assert olga.post("/accounts/session/").json() == {"ends_in": pytest.approx(59, abs=1), "can_stay": False}


def test_pages_carry_the_clock(acme: Organisation) -> None:
    olga = signed_in()
    for path in ("/get-started/", "/console/", "/admin/"):
        found = re.search(r'data-session-end data-ends-in="(\d+)"', olga.get(path).content.decode())
        assert found, path
        assert 890 <= int(found[1]) <= 900
    assert b"data-session-end" not in Client().get("/").content


def test_what_the_widget_asks_for_is_no_activity(acme: Organisation) -> None:
    olga = signed_in()
    move(seen=timedelta(minutes=10))
    olga.get(f"/widget/{acme.site_key}/")
    assert UserSession.objects.get().last_seen_at < timezone.now() - timedelta(minutes=9)


def test_one_session_of_ones_own_is_ended_with_its_sockets(acme: Organisation) -> None:
    here, there, third = signed_in(), signed_in(), signed_in()
    digest = session_digest(str(there.session.session_key))
    assert digest in here.get("/accounts/sessions/").content.decode()
    assert here.post(f"/accounts/sessions/{digest}/end/").status_code == 303
    assert (is_in(here), is_in(there), is_in(third)) == (True, False, True)
    assert revoked() == {digest}
    assert here.post(f"/accounts/sessions/{digest}/end/").status_code == 404


def test_nobody_ends_another_persons_session(acme: Organisation, rival: Organisation) -> None:
    olga, mallory = signed_in(), signed_in("mallory@rival.example")
    digest = session_digest(str(olga.session.session_key))
    assert mallory.post(f"/accounts/sessions/{digest}/end/").status_code == 404
    assert is_in(olga)
    assert Client().post(f"/accounts/sessions/{digest}/end/").status_code == 302
    assert is_in(olga)


def test_one_session_too_many_ends_the_one_unused_longest(acme: Organisation) -> None:
    limit(acme, session_most=2)
    first, second = signed_in(), signed_in()
    now = timezone.now()
    for client, minutes in ((first, 1), (second, 5)):
        UserSession.objects.filter(session_key=client.session.session_key).update(
            last_seen_at=now - timedelta(minutes=minutes)
        )
    digest = session_digest(str(second.session.session_key))
    third = signed_in()
    assert (is_in(first), is_in(second), is_in(third)) == (True, False, True)
    assert digest in revoked()
    assert "session.ended" in acme.actions()


def test_a_second_factor_and_a_switch_renew_the_key(acme: Organisation, rival: Organisation) -> None:
    belongs_to_rival_too(rival, acme.user("olga"))
    olga = signed_in()
    for act in (partial(_switch, olga, rival), partial(_add_factor, olga)):
        before = str(olga.session.session_key)
        act()
        assert olga.session.session_key != before
        assert session_digest(before) in revoked()
        old = Client()
        old.cookies["session"] = before
        assert not is_in(old), "the key of before opens nothing"
        assert UserSession.objects.filter(session_key=olga.session.session_key).exists()


def _switch(client: Client, to: Organisation) -> None:
    with tenant_scope(to.tenant_id):
        tenant = Tenant.objects.get().public_id
    assert client.post(f"/tenants/{tenant}/switch/").status_code == 303


def _add_factor(client: Client) -> None:
    client.post("/accounts/reauthenticate/", {"password": PASSWORD})
    page = client.get("/accounts/2fa/totp/activate/")
    secret = page.context["form"].secret
    code = format_hotp_value(hotp_value(secret, next(yield_hotp_counters_from_time())))
    assert client.post("/accounts/2fa/totp/activate/", {"code": code}).status_code == 302
