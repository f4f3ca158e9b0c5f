"""Who has to choose a new password soon is told in time, once a stage; who did not is led to the change."""

from __future__ import annotations

from datetime import timedelta

import pytest
from django.core import mail
from django.test import Client
from django.utils import timezone
from pytest_django import DjangoCaptureOnCommitCallbacks

from security.accounts.people import change_password
from security.models import User
from security.scoping import tenant_scope
from tenants.access import active_grant
from tenants.models import Policy
from tenants.services.people.password_warnings import warn_of_passwords
from tenants.tasks import warn_members_everywhere

from .people import Organisation

pytestmark = pytest.mark.django_db
DAY = timedelta(days=1)


def limit(of: Organisation, days: int | None) -> None:
    with tenant_scope(of.tenant_id):
        Policy.objects.update(password_max_age_days=days)


def aged(of: Organisation, name: str, days: float) -> User:
    user = of.user(name)
    User.objects.filter(pk=user.pk).update(password_changed_at=timezone.now() - days * DAY)
    return of.user(name)


def warned(of: Organisation, after: timedelta = timedelta()) -> int:
    with tenant_scope(of.tenant_id):
        return warn_of_passwords(now=timezone.now() + after)


def browser(user: User) -> Client:
    client = Client()
    client.force_login(user, "allauth.account.auth_backends.AuthenticationBackend")
    return client


def test_each_stage_is_told_once(acme: Organisation) -> None:
    limit(acme, 90)
    aged(acme, "alice", 75.5)
    assert warned(acme) == 0
    found = [warned(acme, days * DAY) for days in (1, 2, 7.9, 8, 9, 13.9, 14, 14.2, 15, 30)]
    assert found == [1, 0, 1, 0, 0, 1, 0, 0, 0, 0]


def test_a_new_password_is_told_of_anew(acme: Organisation) -> None:
    limit(acme, 90)
    aged(acme, "alice", 89.5)
    assert [warned(acme), warned(acme)] == [1, 0]
    change_password(user=acme.user("alice"), password="quiet-lantern-orbit-marble")
    assert warned(acme) == 0
    assert warned(acme, 89.5 * DAY) >= 1


def test_nobody_is_told_where_nothing_is_set_or_elsewhere(acme: Organisation, rival: Organisation) -> None:
    aged(acme, "alice", 89.5)
    assert warned(acme) == 0
    limit(rival, 90)
    assert warned(rival) == 0


def test_the_mail_says_until_when_and_where(
    acme: Organisation, django_capture_on_commit_callbacks: DjangoCaptureOnCommitCallbacks
) -> None:
    limit(acme, 90)
    aged(acme, "alice", 83.5)
    with django_capture_on_commit_callbacks(execute=True):
        warn_members_everywhere()
    [letter] = mail.outbox
    assert (letter.to, letter.subject) == (["alice@acme.example"], "Your password is good for 7 more days")
    assert "/accounts/password/change/" in letter.body


@pytest.mark.parametrize(("days", "said"), [(75.5, None), (76.5, "14 more days"), (89.5, "1 more day.")])
@pytest.mark.parametrize("path", ["/console/", "/accounts/sessions/", "/admin/"])
def test_pages_say_so_in_the_last_fortnight(acme: Organisation, path: str, days: float, said: str | None) -> None:
    limit(acme, 90)
    page = browser(aged(acme, "alice", days)).get(path).content.decode()
    assert ("Change it now" in page) is (said is not None)
    assert said is None or said in page


def test_one_that_is_too_old_leads_to_the_change_here_and_nowhere_else(acme: Organisation, rival: Organisation) -> None:
    limit(acme, 90)
    alice = aged(acme, "alice", 90)
    assert (
        browser(alice).get("/console/?x=1").headers["Location"]
        == "/accounts/password/change/?next=%2Fconsole%2F%3Fx%3D1"
    )
    assert active_grant(alice.pk, acme.tenant_id) is None, "a socket asks this every half minute"
    assert browser(aged(rival, "mallory", 90)).get("/console/").status_code == 200
    limit(acme, 91)
    assert browser(alice).get("/console/").status_code == 200
