"""A role may ask for a second factor by itself: of whoever has it, anywhere, after the organisation's days."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta

import pytest
from allauth.mfa.totp.internal.auth import TOTP, generate_totp_secret
from django.test import Client
from django.utils import timezone

from security.errors import Denied, NotFound
from security.scoping import tenant_scope
from tenants.access import active_grant, memberships_of
from tenants.models import Department, Membership, Policy, Role
from tenants.roles import ADMIN, AGENT, OWNER, SUPERVISOR
from tenants.services.people.members import change_role
from tenants.services.rights.department_roles import grant_role
from tenants.services.settings import ask_factor_of_roles, without_second_factor

from .people import Organisation

pytestmark = pytest.mark.django_db
DAY = timedelta(days=1)
DAYS = 7


def ask(of: Organisation, *slugs: str, ago: timedelta = timedelta(0), by: str = "olga") -> None:
    """Olga asks it of these roles; so long ago, of members who had them long before."""
    with tenant_scope(of.tenant_id):
        roles = {role.public_id for role in Role.objects.filter(slug__in=slugs)}
        ask_factor_of_roles(grant=of.grant(by), roles=roles, now=timezone.now() - ago)
        Membership.objects.update(role_given_at=timezone.now() - 100 * DAY)


def owed(of: Organisation, name: str) -> bool:
    """Whether it is asked for before anything else, by pages and sockets alike."""
    user = of.user(name)
    [ref] = memberships_of(user)
    assert (active_grant(user.pk, of.tenant_id) is None) == ref.must_enrol
    return ref.must_enrol


def browser(of: Organisation, name: str) -> Client:
    client = Client()
    client.force_login(of.user(name), "allauth.account.auth_backends.AuthenticationBackend")
    return client


def test_after_the_days_it_is_asked_of_who_has_the_role_and_of_nobody_else(
    acme: Organisation, rival: Organisation
) -> None:
    acme.join("sam", SUPERVISOR)
    ask(acme, SUPERVISOR, ADMIN, ago=DAYS * DAY - timedelta(minutes=1))
    assert not any(owed(acme, name) for name in ("sam", "ada", "alice", "olga")), "the days are not over"
    ask(acme)
    ask(acme, SUPERVISOR, ADMIN, ago=DAYS * DAY)
    assert [owed(acme, name) for name in ("sam", "ada", "alice", "olga")] == [True, True, False, False]
    assert not owed(rival, "mallory")
    sam = browser(acme, "sam")
    for path in ("/console/", "/admin/", "/start/"):
        assert sam.get(path).headers["Location"].startswith("/accounts/2fa/?next="), path
    told = sam.get("/get-started/status/", headers={"Accept": "application/json"})
    assert (told.status_code, told.json()) == (403, {"code": "second_factor_required"})
    TOTP.activate(acme.user("sam"), generate_totp_secret())
    assert not owed(acme, "sam")
    assert sam.get("/console/").status_code == 200


def test_a_role_on_a_single_department_counts(acme: Organisation) -> None:
    with tenant_scope(acme.tenant_id):
        everywhere = Department.objects.get(is_default=True)
        role, alice = Role.objects.get(slug=SUPERVISOR), acme.member("alice")
        grant_role(
            grant=acme.grant("olga"),
            member=alice.public_id,
            role=role.public_id,
            department=everywhere.public_id,
        )
        Policy.objects.update(second_factor_grace_days=0)
    ask(acme, SUPERVISOR)
    assert [owed(acme, "alice"), owed(acme, "ada")] == [True, False]


@pytest.mark.parametrize(
    ("of_all", "of_role", "is_owed"),
    [(8, 1, True), (1, 8, True), (1, 1, False), (None, 8, True), (8, None, True), (1, None, False)],
)
def test_the_earliest_that_asks_holds(
    acme: Organisation, of_all: int | None, of_role: int | None, is_owed: bool
) -> None:
    if of_role is not None:
        ask(acme, AGENT, ago=of_role * DAY)
    with tenant_scope(acme.tenant_id):
        Membership.objects.update(created_at=timezone.now() - 100 * DAY)
        if of_all is not None:
            Policy.objects.update(second_factor_required=True, second_factor_since=timezone.now() - of_all * DAY)
    assert owed(acme, "alice") is is_owed


def test_who_is_given_the_role_later_has_its_days_from_then_on_but_not_twice(acme: Organisation) -> None:
    acme.join("sam", SUPERVISOR)
    ask(acme, SUPERVISOR, ADMIN, ago=50 * DAY)

    def move(name: str, to: str) -> None:
        with tenant_scope(acme.tenant_id):
            change_role(grant=acme.grant("olga"), member=acme.member(name).public_id, role=to)

    move("alice", SUPERVISOR)
    assert not owed(acme, "alice"), "an agent until now"
    [ref] = memberships_of(acme.user("alice"))
    assert ref.enrol_by is not None
    assert ref.enrol_by - timezone.now() > (DAYS - 1) * DAY
    assert owed(acme, "sam")
    move("sam", ADMIN)
    assert owed(acme, "sam"), "the role before asked for one as well"


@pytest.mark.parametrize(("who", "error"), [("alice", Denied), ("sam", Denied)])
def test_who_may_not_set_security_asks_it_of_nobody(acme: Organisation, who: str, error: type[Exception]) -> None:
    acme.join("sam", SUPERVISOR)
    with tenant_scope(acme.tenant_id):
        grant = acme.grant(who)
        with pytest.raises(error):
            ask_factor_of_roles(grant=grant, roles=[], now=timezone.now())


def test_another_organisations_role_is_not_found(acme: Organisation, rival: Organisation) -> None:
    theirs = rival.member("mallory").role
    with tenant_scope(acme.tenant_id), pytest.raises(NotFound):
        ask_factor_of_roles(grant=acme.grant("olga"), roles=[theirs.public_id], now=timezone.now())
    assert "role.changed" not in acme.actions() + rival.actions()


def test_the_trail_has_each_role_once_and_days_that_run_go_on(acme: Organisation) -> None:
    ask(acme, ADMIN, ago=3 * DAY)
    with tenant_scope(acme.tenant_id):
        since = Role.objects.get(slug=ADMIN).second_factor_since
    ask(acme, ADMIN, OWNER)
    assert acme.actions().count("role.changed") == 2
    with tenant_scope(acme.tenant_id):
        assert Role.objects.get(slug=ADMIN).second_factor_since == since
    ask(acme)
    assert acme.actions().count("role.changed") == 4
    with tenant_scope(acme.tenant_id):
        assert not Policy.objects.get().second_factor_by_role


def test_in_the_days_pages_say_by_when(acme: Organisation) -> None:
    alice = browser(acme, "alice")
    assert "asks for a second factor" not in alice.get("/console/").content.decode()
    ask(acme, AGENT)
    for path in ("/console/", "/accounts/password/change/"):
        assert "Acme asks for a second factor: set one up by" in alice.get(path).content.decode(), path
    TOTP.activate(acme.user("alice"), generate_totp_secret())
    assert "asks for a second factor" not in alice.get("/console/").content.decode()


def test_how_many_are_concerned_is_counted_with_the_same_queries_for_many(
    acme: Organisation, django_assert_max_num_queries: Callable[..., object]
) -> None:
    for number in range(5):
        acme.join(f"sam{number}", SUPERVISOR)
    ask(acme, SUPERVISOR)
    TOTP.activate(acme.user("sam0"), generate_totp_secret())
    with tenant_scope(acme.tenant_id):
        grant = acme.grant("olga")
        with django_assert_max_num_queries(5):  # type: ignore[attr-defined]
            count, due = without_second_factor(grant=grant, now=timezone.now())
    assert count == 4
    assert due is not None
