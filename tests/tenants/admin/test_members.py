from __future__ import annotations

from collections.abc import Callable

import pytest
from django.core import mail
from pytest_django.fixtures import DjangoAssertNumQueries, DjangoCaptureOnCommitCallbacks

from security.models import AuditEvent, Revocation, User
from security.scoping import tenant_scope
from tenants.models import Department, Invitation

from ..people import Organisation
from .pages import Browse, errors_of, sign_in, text_of

As = Callable[[str], Browse]


def _form(house: Organisation, who: str, /, **changes: object) -> dict[str, object]:
    member = house.member(who)
    with tenant_scope(house.tenant_id):
        departments = [str(row.department.public_id) for row in member.in_departments.select_related("department")]
    form = {"name": member.name, "role": str(member.role.public_id), "capacity": "", "departments": departments}
    return {**form, **changes}


def _role(house: Organisation, member: str) -> str:
    return str(house.member(member).role.public_id)


def test_the_list_takes_the_same_queries_for_any_number(
    house: Organisation, as_: As, django_assert_num_queries: DjangoAssertNumQueries
) -> None:
    ada = as_("ada")
    assert "alice@acme.example" in text_of(ada.get("membership_changelist"))
    with django_assert_num_queries(23):
        ada.get("membership_changelist")
    for number in range(15):
        house.join(f"agent{number}", "agent")
    with django_assert_num_queries(23):
        assert "agent14@acme.example" in text_of(ada.get("membership_changelist"))


def test_an_invitation_goes_out_and_can_be_withdrawn(
    house: Organisation, as_: As, django_capture_on_commit_callbacks: DjangoCaptureOnCommitCallbacks
) -> None:
    ada = as_("ada")
    with django_capture_on_commit_callbacks(execute=True):
        done = ada.post("invitation_add", email="Bob@Acme.Example", role=_role(house, "alice"))
    assert done.status_code == 302
    assert [message.to for message in mail.outbox] == [["bob@acme.example"]]
    with tenant_scope(house.tenant_id):
        invitation = Invitation.objects.get()
    assert "Withdraw" in text_of(ada.get("invitation_change", invitation.public_id))
    assert ada.post("invitation_withdraw", invitation.public_id).status_code == 302
    assert ada.post("invitation_withdraw", invitation.public_id).status_code == 302
    assert house.actions().count("member.invitation_withdrawn") == 1


def test_a_list_of_addresses_is_invited_and_each_answered(
    house: Organisation, as_: As, django_capture_on_commit_callbacks: DjangoCaptureOnCommitCallbacks
) -> None:
    ada, role = as_("ada"), _role(house, "alice")
    typed = "Bob@acme.example, carl@acme.example;\nalice@acme.example bob@acme.example"
    with django_capture_on_commit_callbacks(execute=True):
        assert ada.post("invitation_add", email=typed, role=role).status_code == 302
    assert [message.to for message in mail.outbox] == [["bob@acme.example"], ["carl@acme.example"]]
    said = text_of(ada.get("invitation_changelist"))
    for line in (
        "An invitation was sent to bob@acme.example.",
        "An invitation was sent to carl@acme.example.",
        "No invitation was sent to alice@acme.example: This person is a member already.",
    ):
        assert line in said
    assert house.actions().count("member.invited") == 2


@pytest.mark.parametrize(
    ("typed", "said"),
    [
        ("bob@acme.example, carl@, dora@acme.example", "Address 2 is not an e-mail address: carl@"),
        ("carl@, bob@acme.example, dora", "Address 3 is not an e-mail address: dora"),
        ("4111-1111-1111-1111, carl@", "Address 1 is not an e-mail address."),
        (" ".join(f"p{number}@acme.example" for number in range(51)), "At most 50 addresses"),
        (" ,; ", "required"),
    ],
)
def test_a_list_with_something_wrong_sends_nothing(house: Organisation, as_: As, typed: str, said: str) -> None:
    assert said in errors_of(as_("ada").post("invitation_add", email=typed, role=_role(house, "alice")))
    assert "member.invited" not in house.actions()


def test_what_the_service_refuses_is_an_error_of_the_form(house: Organisation, as_: As) -> None:
    refused = as_("ada").post("invitation_add", email="alice@acme.example", role=_role(house, "alice"))
    assert refused.status_code == 200
    assert "a member already" in errors_of(refused)
    assert "member.invited" not in house.actions()


def test_nobody_gives_a_role_that_holds_more_than_his_own(house: Organisation, as_: As) -> None:
    ada = as_("ada")
    assert _role(house, "olga") not in text_of(ada.get("invitation_add"))
    refused = ada.post("invitation_add", email="bob@acme.example", role=_role(house, "olga"))
    assert "Select a valid choice" in errors_of(refused)
    raised = ada.post(
        "membership_change", house.member("alice").public_id, **_form(house, "alice", role=_role(house, "olga"))
    )
    assert "Select a valid choice" in errors_of(raised)
    assert house.member("alice").role.slug == "agent"


def test_who_may_do_more_is_shown_but_not_changed(house: Organisation, as_: As) -> None:
    ada, olga = as_("ada"), house.member("olga").public_id
    shown = ada.get("membership_change", olga)
    assert shown.status_code == 200
    assert "_save" not in text_of(shown)
    assert ada.post("membership_change", olga, **_form(house, "olga", name="Nobody")).status_code == 403
    assert ada.post("membership_suspend", olga).status_code == 403
    assert house.member("olga").status == "active"


def test_name_role_and_departments_change_with_one_event_each_kind(house: Organisation, as_: As) -> None:
    alice = house.member("alice")
    with tenant_scope(house.tenant_id):
        sales = Department.objects.create(name="Sales")
    form = _form(
        house, "alice", name="Alice B.", role=_role(house, "sam"), departments=[str(sales.public_id)], capacity="3"
    )
    assert as_("ada").post("membership_change", alice.public_id, **form).status_code == 302
    changed = house.member("alice")
    assert (changed.name, changed.role.slug, changed.capacity) == ("Alice B.", "supervisor", 3)
    with tenant_scope(house.tenant_id):
        assert [row.department_id for row in changed.in_departments.all()] == [sales.pk]
    assert house.actions()[-2:] == ["member.role_changed", "member.changed"]
    assert Revocation.objects.filter(kind="membership", subject=str(alice.public_id)).exists()


@pytest.mark.parametrize(
    ("act", "action"),
    [
        ("suspend", "member.suspended"),
        ("remove", "member.removed"),
        ("end-sessions", "member.sessions_ended"),
        ("require-password", "member.password_change_required"),
    ],
)
def test_acts_ask_first_then_leave_one_event_and_end_what_is_open(
    house: Organisation, as_: As, act: str, action: str
) -> None:
    ada, alice = as_("ada"), house.member("alice").public_id
    assert ada.get(f"membership_{act}", alice).status_code == 200
    assert action not in house.actions()
    assert ada.post(f"membership_{act}", alice).status_code == 302
    assert house.actions().count(action) == 1
    assert Revocation.objects.filter(kind="membership", subject=str(alice)).exists()


def test_a_suspended_member_comes_back(house: Organisation, as_: As) -> None:
    ada, alice = as_("ada"), house.member("alice").public_id
    ada.post("membership_suspend", alice)
    assert house.member("alice").status == "suspended"
    ada.post("membership_resume", alice)
    assert house.member("alice").status == "active"


def test_the_last_owner_stays(house: Organisation, as_: As) -> None:
    olga = house.member("olga").public_id
    page = as_("olga").client.post(f"/admin/tenants/membership/{olga}/remove/", follow=True)
    assert "last owner" in text_of(page)
    assert house.member("olga").status == "active"


def test_ended_sessions_are_those_of_this_organisation(house: Organisation, rival: Organisation, as_: As) -> None:
    alice = sign_in(house.user("alice"))
    assert alice.client.get("/admin/").status_code == 200
    mallory = sign_in(rival.user("mallory"))
    assert mallory.client.get("/admin/").status_code == 200
    as_("ada").post("membership_end-sessions", house.member("alice").public_id)
    assert alice.client.get("/admin/").status_code == 302
    assert mallory.client.get("/admin/").status_code == 200


def test_who_must_change_his_password_gets_nowhere_else(house: Organisation, as_: As) -> None:
    as_("ada").post("membership_require-password", house.member("alice").public_id)
    led = as_("alice").client.get("/admin/")
    assert (led.status_code, led.headers["Location"]) == (303, "/accounts/password/change/?next=%2Fadmin%2F")


def test_no_page_shows_or_takes_a_password(house: Organisation, as_: As) -> None:
    ada, alice = as_("ada"), house.member("alice")
    page = text_of(ada.get("membership_change", alice.public_id))
    assert 'type="password"' not in page
    assert alice.user.password not in page
    ada.post("membership_change", alice.public_id, **_form(house, "alice", password="another-long-battery-staple"))
    assert User.objects.get(pk=alice.user_id).password == alice.user.password


def test_a_name_may_not_carry_a_link(house: Organisation, as_: As) -> None:
    form = _form(house, "alice", name="https://evil.example")
    assert "web or e-mail address" in errors_of(
        as_("ada").post("membership_change", house.member("alice").public_id, **form)
    )


def test_search_finds_by_name_and_address(house: Organisation, as_: As) -> None:
    page = text_of(as_("ada").post("membership_changelist", q="alice@acme"))
    assert "alice@acme.example" in page
    assert "sam@acme.example" not in page


def test_history_says_who_changed_what(house: Organisation, as_: As) -> None:
    ada, alice = as_("ada"), house.member("alice").public_id
    ada.post("membership_change", alice, **_form(house, "alice", name="Alice B."))
    page = text_of(ada.get("membership_history", alice))
    assert "Alice B." in page
    assert "Ada" in page
    assert house.actions()[-1] == "audit.read"
    with tenant_scope(house.tenant_id):
        assert "Alice B." not in AuditEvent.objects.order_by("-seq")[1].entry
