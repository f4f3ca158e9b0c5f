"""An ended session stays ended: swept, renewed at the same moment, or one too many of several that begin at once."""

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from importlib import import_module
from threading import Barrier, Event

import pytest
from allauth.usersessions.models import UserSession
from django.conf import settings
from django.contrib.sessions.models import Session
from django.db import connection, connections, transaction
from django.http import HttpRequest
from django.test import Client, RequestFactory
from django.utils import timezone

from security.accounts import people
from security.accounts.ending import SessionsAdapter, end_oldest, end_own_session, lock_sessions
from security.accounts.sessions import follow_key, renew_key
from security.accounts.sweeping import sweep_accounts
from security.crypto import keyring
from security.models import User
from security.revocation import session_digest
from security.scoping import tenant_scope
from tenants.models import Policy
from tests.sources import PROJECT, modules
from tests.tenants.people import PASSWORD, Organisation, organisation
from tests.tenants.staying import public_id

NEW = "quite-another-correct-battery"


def signed_in() -> Client:
    client = Client()
    assert client.post("/accounts/login/", {"login": "olga@acme.example", "password": PASSWORD}).status_code == 302
    return client


def is_in(client: Client) -> bool:
    return client.get("/get-started/").status_code == 200


def switch(client: Client, to: Organisation) -> None:
    assert client.post(f"/tenants/{public_id(to)}/switch/").status_code == 303


def under_way(client: Client, user: User) -> HttpRequest:
    """A request of this browser's that has been let in and not been answered yet."""
    request = RequestFactory().post("/")
    request.session = import_module(settings.SESSION_ENGINE).SessionStore(client.session.session_key)
    assert request.session.items()
    request.user = user
    request.user_session = UserSession.objects.get(session_key=client.session.session_key)  # type: ignore[attr-defined]
    return request


def under_new_key(request: HttpRequest) -> Client:
    client = Client()
    client.cookies[settings.SESSION_COOKIE_NAME] = request.session.session_key or "none"
    return client


@pytest.mark.django_db
def test_a_session_that_was_swept_is_over_however_late_it_was_written(acme: Organisation) -> None:
    olga, now = signed_in(), timezone.now()
    switch(olga, acme)  # the store keeps it for twelve hours from here
    UserSession.objects.update(created_at=now - timedelta(hours=14), last_seen_at=now - timedelta(hours=11))
    sweep_accounts(now=now)
    assert Session.objects.filter(session_key=olga.session.session_key).exists()
    assert not is_in(olga)
    assert not UserSession.objects.exists(), "and begins anew for nobody"


@pytest.mark.django_db
@pytest.mark.parametrize("renew", [renew_key, follow_key])
def test_a_session_that_was_ended_gets_no_new_key(acme: Organisation, renew: Callable[[HttpRequest], bool]) -> None:
    thief, olga = signed_in(), acme.user("olga")
    request = under_way(thief, olga)
    end_own_session(user=olga, session=session_digest(str(thief.session.session_key)), but=None)
    if renew is follow_key:
        request.session.cycle_key()  # as Django does where a password is changed
    assert not renew(request)
    assert not is_in(under_new_key(request))
    assert not request.user.is_authenticated


@pytest.mark.django_db
@pytest.mark.parametrize("ends", ["end_own_session", "end_sessions", "of the list"])
def test_a_session_that_has_just_got_a_new_key_ends(acme: Organisation, ends: str) -> None:
    thief, olga = signed_in(), acme.user("olga")
    seen = list(UserSession.objects.all())
    switch(thief, acme)
    key = str(thief.session.session_key)
    if ends == "of the list":
        with tenant_scope(acme.tenant_id):
            SessionsAdapter().end_sessions(seen)
    elif ends == "end_sessions":
        people.end_sessions(olga)
    else:
        end_own_session(user=olga, session=session_digest(key), but=None)
    assert not Session.objects.filter(session_key=key).exists()
    assert not is_in(thief)


def test_whoever_ends_a_session_waits_for_its_new_key(committed_db: None) -> None:
    keyring.forget_everything()
    acme = organisation("acme", "olga")
    thief, olga = signed_in(), acme.user("olga")
    request = under_way(thief, olga)
    with ThreadPoolExecutor(1) as pool:
        with transaction.atomic():
            assert renew_key(request)
            ending = pool.submit(_in_a_thread, lambda: people.end_sessions(olga))
            while not ending.done() and not somebody_waits():
                Event().wait(0.01)
            assert not ending.done()
        assert ending.result(timeout=60) == 1
    assert not Session.objects.filter(session_key=request.session.session_key).exists()
    assert not is_in(under_new_key(request))


def _in_a_thread(act: Callable[[], int]) -> int:
    try:
        return act()
    finally:
        connections.close_all()


def somebody_waits() -> bool:
    """For a lock of this transaction's."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT count(*) FROM pg_stat_activity WHERE pg_backend_pid() = ANY(pg_blocking_pids(pid))")
        return bool(cursor.fetchone()[0])


@pytest.mark.django_db
def test_a_new_password_leaves_the_session_its_beginning(acme: Organisation) -> None:
    olga, began = signed_in(), timezone.now() - timedelta(hours=5)
    UserSession.objects.update(created_at=began)
    olga.post("/accounts/password/change/", {"oldpassword": PASSWORD, "password1": NEW, "password2": NEW})
    assert is_in(olga)
    assert UserSession.objects.get().created_at == began


@pytest.mark.django_db
def test_a_first_password_leaves_the_person_in(acme: Organisation) -> None:
    olga = acme.user("olga")
    olga.set_unusable_password()
    olga.save()
    client = Client()
    client.force_login(olga, settings.AUTHENTICATION_BACKENDS[-1])
    client.post("/accounts/password/set/", {"password1": NEW, "password2": NEW})
    assert acme.user("olga").check_password(NEW)
    assert is_in(client)


@pytest.mark.django_db
def test_of_sign_ins_at_the_same_moment_the_last_are_left(acme: Organisation) -> None:
    first, second, third = signed_in(), signed_in(), signed_in()
    keys = [str(client.session.session_key) for client in (first, second, third)]
    with tenant_scope(acme.tenant_id):  # each has its row by the time that anyone counts
        ended = [end_oldest(user=acme.user("olga"), most=1, but=key) for key in keys]
    assert ended == [0, 1, 1]
    assert [is_in(client) for client in (first, second, third)] == [False, False, True]


def test_four_sign_ins_at_once_leave_as_many_sessions_as_may_be(committed_db: None) -> None:
    keyring.forget_everything()
    acme, together = organisation("acme", "olga"), Barrier(4)
    limit(acme, session_most=1)

    def go(_: int) -> Client:
        client = Client()
        together.wait(timeout=60)
        try:
            client.post("/accounts/login/", {"login": "olga@acme.example", "password": PASSWORD})
        finally:
            connections.close_all()
        return client

    with ThreadPoolExecutor(4) as pool:
        found = list(pool.map(go, range(4)))
    assert sum(is_in(client) for client in found) == 1


@pytest.mark.django_db
def test_locked_sessions_come_in_the_order_of_sign_in(acme: Organisation) -> None:
    keys = [signed_in().session.session_key for _ in range(2)]
    with transaction.atomic():
        assert [session.session_key for session in lock_sessions(UserSession.objects.order_by("-pk"))] == keys


def test_whatever_ends_sessions_holds_them_first() -> None:
    texts = {module: (PROJECT / module).read_text() for module in modules()}
    ending = {module for module, text in texts.items() if "UserSession" in text and ".end()" in text}
    assert len(ending) >= 4
    assert {module for module in ending if "lock_sessions(" not in texts[module]} == set()


@pytest.mark.django_db
@pytest.mark.parametrize("tightened", [{"session_idle_minutes": 5}, {"session_hours": 1}])
def test_tightened_limits_hold_for_the_very_next_request(acme: Organisation, tightened: dict[str, int]) -> None:
    limit(acme, session_idle_minutes=480)
    olga = signed_in()
    assert is_in(olga)
    seen = timezone.now() - timedelta(hours=5)
    UserSession.objects.update(last_seen_at=seen, created_at=seen)
    limit(acme, **tightened)
    assert "your session was over" in olga.get("/get-started/", follow=True).content.decode()
    assert UserSession.objects.get().last_seen_at == seen, "and is no activity"
    assert not is_in(olga)


def limit(of: Organisation, **values: int) -> None:
    with tenant_scope(of.tenant_id):
        Policy.objects.update(**values)
