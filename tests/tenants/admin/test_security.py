"""The pages of the section Security: what is stored, what is refused, and what the trail says of it."""

from __future__ import annotations

import re
from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
from django.core import mail
from django.test import Client
from django.utils import timezone
from pytest_django import DjangoCaptureOnCommitCallbacks

from security.errors import Denied, NotFound
from security.models import Revocation, User
from security.permissions import Permission
from security.scoping import tenant_scope
from tenants.models import Membership, Policy, Role
from tenants.services.people.lockouts import lift_lock, read_locks
from tenants.services.people.members import remove_member, require_password_change_of_all
from tenants.services.settings import change_policy, read_policy

from ..people import PASSWORD, Organisation
from .pages import Browse, errors_of, text_of

As = Callable[[str], Browse]
PAGE = "security_passwords"
OWN: dict[str, Any] = {
    "profile": "own",
    "password_min_length": 20,
    "password_min_strength": 4,
    "password_classes": ["digits", "symbols"],
    "password_history": 10,
    "password_max_age_days": 60,
}


def policy(of: Organisation) -> Policy:
    with tenant_scope(of.tenant_id):
        return Policy.objects.get()


def test_own_settings_are_stored(house: Organisation, rival: Organisation, as_: As) -> None:
    assert as_("ada").post(PAGE, app="", **OWN).status_code == 302
    stored = policy(house)
    assert {name: getattr(stored, name) for name in OWN if name != "profile"} == {
        k: v for k, v in OWN.items() if k != "profile"
    }
    assert house.actions()[-1] == "policy.changed"
    assert policy(rival).password_min_length == 15


@pytest.mark.parametrize(("profile", "length", "days"), [("modern", 15, None), ("pci", 12, 90)])
def test_a_profile_sets_whatever_stood_below_it(
    house: Organisation, as_: As, profile: str, length: int, days: int | None
) -> None:
    as_("ada").post(PAGE, app="", **OWN)
    assert as_("ada").post(PAGE, app="", **{**OWN, "profile": profile}).status_code == 302
    stored = policy(house)
    assert (stored.password_min_length, stored.password_max_age_days) == (length, days)
    page = text_of(as_("ada").get(PAGE, app=""))
    checked = re.findall(r'name="profile" value="(\w+)"[^>]* checked', page)
    assert checked == [profile]


@pytest.mark.parametrize("typed", [20, "nonsense"])
def test_a_profile_and_a_value_of_ones_own_are_asked_about(house: Organisation, as_: As, typed: object) -> None:
    modern = {**OWN, "profile": "modern", "password_min_length": 15, "password_min_strength": 3, "password_classes": []}
    form = {**modern, "password_history": 4, "password_max_age_days": ""}
    assert as_("ada").post(PAGE, app="", **form).status_code == 302, "as the page was shown"
    answer = as_("ada").post(PAGE, app="", **{**form, "password_min_length": typed})
    assert "Choose settings of your own to keep what you typed" in errors_of(answer)
    assert policy(house).password_min_length == 15


def test_the_page_says_who_has_to_change_his_password(house: Organisation, as_: As) -> None:
    ada = as_("ada")

    def said(**form: object) -> str:
        ada.post(PAGE, app="", **{**OWN, **form})
        return text_of(ada.get(PAGE, app=""))

    assert "follows these rules; present ones stay.</li>" in said(password_max_age_days="")
    assert "good for 60 days from the day it was chosen.</li>" in said()
    User.objects.filter(email="alice@acme.example").update(password_changed_at=timezone.now() - timedelta(days=61))
    assert "1 member is led to a new one at the next step.</li>" in said(password_history=9)


def test_the_page_says_who_has_to_set_up_a_second_factor(house: Organisation, as_: As) -> None:
    olga, page = as_("olga"), "security_second_factor"
    olga.post(page, app="", second_factor_required="on", second_factor_grace_days=7)
    assert re.search(
        r"Saved\. \d+ members have none and have to set one up by [-\d]{10} [:\d]{5} UTC\.</li>",
        text_of(olga.get(page, app="")),
    )
    olga.post(page, app="", second_factor_grace_days=7)
    assert "Saved. Nobody has to set one up because of this.</li>" in text_of(olga.get(page, app=""))


def test_the_page_asks_it_of_roles(house: Organisation, rival: Organisation, as_: As) -> None:
    olga, page = as_("olga"), "security_second_factor"
    supervisor = house.member("sam").role
    sent = {"app": "", "second_factor_grace_days": 0}
    assert olga.post(page, **sent, roles=[str(supervisor.public_id)]).status_code == 302
    shown = text_of(olga.get(page, app=""))
    assert "Saved. 1 member has none and has to set one up by" in shown
    assert re.findall(r'name="roles" value="([^"]+)"[^>]* checked', shown) == [str(supervisor.public_id)]
    assert re.findall(r"Supervisor.*?asked for", text_of(olga.get("role_changelist")), re.DOTALL)
    assert as_("sam").client.get("/console/").headers["Location"].startswith("/accounts/2fa/")
    theirs = str(rival.member("mallory").role.public_id)
    assert "not one of the available choices" in errors_of(olga.post(page, **sent, roles=[theirs]))
    assert olga.post(page, **sent).status_code == 302
    assert "Nobody has to set one up" in text_of(olga.get(page, app=""))
    assert as_("sam").client.get("/console/").status_code == 200


@pytest.mark.parametrize(
    ("field", "value", "said"),
    [
        ("password_min_length", 7, "from 8 to 128"),
        ("password_min_length", 129, "from 8 to 128"),
        ("password_history", -1, "from 0 to 24"),
        ("password_history", 25, "from 0 to 24"),
        ("password_max_age_days", 29, "from 30 to 365"),
        ("password_max_age_days", 366, "from 30 to 365"),
        ("password_min_strength", 5, "valid choice"),
        ("password_classes", ["runes"], "valid choice"),
        ("profile", "", "required"),
    ],
)
def test_what_is_out_of_bounds_is_said(house: Organisation, as_: As, field: str, value: object, said: str) -> None:
    assert said in errors_of(as_("ada").post(PAGE, app="", **{**OWN, field: value}))
    assert policy(house).password_min_length == 15


def test_nothing_changed_leaves_no_event(house: Organisation, as_: As) -> None:
    as_("ada").post(PAGE, app="", **OWN)
    before = house.actions()
    as_("ada").post(PAGE, app="", **OWN)
    assert house.actions().count("policy.changed") == before.count("policy.changed")


def test_who_lacks_the_right_changes_nothing(house: Organisation, rival: Organisation) -> None:
    with tenant_scope(house.tenant_id), pytest.raises(Denied):
        read_policy(grant=house.grant("sam"), permission=Permission.CONFIGURATION_PASSWORDS)
    with tenant_scope(house.tenant_id), pytest.raises(Denied):
        change_policy(grant=house.grant("sam"), policy=policy(house), fields=["password_history"])
    with tenant_scope(house.tenant_id), pytest.raises(Denied):
        require_password_change_of_all(grant=house.grant("sam"))


def test_everybody_is_led_to_a_new_password(house: Organisation, rival: Organisation, as_: As) -> None:
    alice, mallory = Client(), Client()
    alice.force_login(house.user("alice"), "allauth.account.auth_backends.AuthenticationBackend")
    mallory.force_login(rival.user("mallory"), "allauth.account.auth_backends.AuthenticationBackend")
    assert alice.get("/console/").status_code == 200
    assert "Ask everybody" in text_of(as_("ada").get("security_require_all", app=""))
    as_("ada").post("security_require_all", app="")
    assert house.actions()[-1] == "member.all_password_change_required"
    assert alice.get("/console/").headers["Location"] == "/accounts/password/change/?next=%2Fconsole%2F"
    assert mallory.get("/console/").status_code == 200
    assert Revocation.objects.filter(kind="membership").count() >= 6
    new = {
        "oldpassword": PASSWORD,
        "password1": "quiet-lantern-orbit-marble",
        "password2": "quiet-lantern-orbit-marble",
    }
    assert alice.post("/accounts/password/change/?next=/console/", new).headers["Location"] == "/console/"
    assert alice.get("/console/").status_code == 200


def _lock_out(email: str) -> None:
    stranger = Client(REMOTE_ADDR="198.51.100.7")
    for _ in range(5):
        stranger.post("/accounts/login/", {"login": email, "password": "wrong"})


def test_locked_members_are_listed_and_let_in_again(house: Organisation, rival: Organisation, as_: As) -> None:
    assert "Nobody is locked" in text_of(as_("ada").get("security_locks", app=""))
    for email in ("alice@acme.example", "mallory@rival.example"):
        _lock_out(email)
    page = text_of(as_("ada").get("security_locks", app=""))
    assert "alice@acme.example" in page
    assert "mallory" not in page
    alice = house.member("alice").public_id
    assert as_("ada").get("security_lift", alice, app="").status_code == 302
    assert "alice@acme.example" in text_of(as_("ada").get("security_locks", app=""))
    assert as_("ada").post("security_lift", alice, app="").status_code == 302
    assert house.actions()[-1] == "member.unlocked"
    form = {"login": "alice@acme.example", "password": PASSWORD}
    assert Client(REMOTE_ADDR="198.51.100.7").post("/accounts/login/", form).status_code == 302


def test_another_organisations_lock_is_not_lifted(house: Organisation, rival: Organisation, as_: As) -> None:
    _lock_out("mallory@rival.example")
    assert as_("ada").post("security_lift", rival.member("mallory").public_id, app="").status_code == 404
    form = {"login": "mallory@rival.example", "password": PASSWORD}
    assert Client(REMOTE_ADDR="198.51.100.7").post("/accounts/login/", form).status_code == 429


def test_nobody_lifts_the_lock_of_who_holds_more_than_he(house: Organisation, as_: As) -> None:
    _lock_out("olga@acme.example")
    owner = house.member("olga").public_id
    page = as_("ada").get("security_locks", app="")
    assert "olga@acme.example" in text_of(page)
    assert str(owner) + "/lift" not in page.content.decode()
    assert as_("ada").post("security_lift", owner, app="").status_code == 403
    form = {"login": "olga@acme.example", "password": PASSWORD}
    assert Client(REMOTE_ADDR="198.51.100.7").post("/accounts/login/", form).status_code == 429


def test_nobody_lifts_the_lock_of_who_was_removed(house: Organisation) -> None:
    ada, alice = house.grant("ada"), house.member("alice").public_id
    with tenant_scope(house.tenant_id):
        remove_member(grant=ada, member=alice)
        with pytest.raises(NotFound):
            lift_lock(grant=ada, member=alice, now=timezone.now())


def test_a_lock_is_lifted_three_times_a_day_and_the_member_told_each_time(
    house: Organisation, as_: As, django_capture_on_commit_callbacks: DjangoCaptureOnCommitCallbacks
) -> None:
    alice, ada = house.member("alice"), as_("ada")
    with django_capture_on_commit_callbacks(execute=True):
        for _ in range(3):
            ada.post("security_lift", alice.public_id, app="")
    assert {(tuple(letter.to), letter.subject) for letter in mail.outbox} == {
        (("alice@acme.example",), "You can try to sign in again")
    }
    assert "Ada of Acme" in str(mail.outbox[2].body)
    _lock_out("alice@acme.example")
    ada.post("security_lift", alice.public_id, app="")
    assert "lifted three times within a day" in text_of(ada.get("security_locks", app=""))
    assert house.actions().count("member.unlocked") == 3
    form = {"login": "alice@acme.example", "password": PASSWORD}
    assert Client(REMOTE_ADDR="198.51.100.7").post("/accounts/login/", form).status_code == 429
    with tenant_scope(house.tenant_id):
        tomorrow = timezone.now() + timedelta(days=1)
        assert lift_lock(grant=house.grant("ada"), member=alice.public_id, now=tomorrow) >= 5


def test_two_organisations_lift_the_lock_of_one_person_no_more_often_than_one(
    house: Organisation, rival: Organisation, as_: As
) -> None:
    alice = house.member("alice")
    with tenant_scope(rival.tenant_id):
        guest = Membership.objects.create(user=alice.user, role=Role.objects.get(slug="agent"), name="Alice")
        for _ in range(2):
            lift_lock(grant=rival.grant("mallory"), member=guest.public_id, now=timezone.now())
    for _ in range(2):
        _lock_out("alice@acme.example")
        as_("ada").post("security_lift", alice.public_id, app="")
    assert house.actions().count("member.unlocked") == 1
    assert "alice@acme.example" in text_of(as_("ada").get("security_locks", app=""))


def test_who_may_not_see_members_lifts_no_lock(house: Organisation, as_: As) -> None:
    member = house.member("alice").public_id
    assert as_("sam").post("security_lift", member, app="").status_code == 403
    with tenant_scope(house.tenant_id), pytest.raises(Denied):
        lift_lock(grant=house.grant("sam"), member=member, now=timezone.now())
    with tenant_scope(house.tenant_id), pytest.raises(Denied):
        read_locks(grant=house.grant("sam"), now=timezone.now())
