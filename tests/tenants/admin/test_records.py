"""Departments, websites, policy, tags and canned responses: what is stored, what is refused, and what the trail says of it."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from chat.models import CannedResponse, Tag
from security.models import Revocation
from security.scoping import tenant_scope
from tenants.access import access_site
from tenants.models import Department, Invitation, Policy, Site, Tenant
from tenants.services.identity import identity_secret
from tests.services import session

from ..people import Organisation
from .pages import Browse, errors_of, text_of

As = Callable[[str], Browse]
SITE = {
    "name": "Shop",
    "allowed_origins": "shop.example\nHTTPS://Shop.Example/x\n",
    "brand_color": "#AA0000",
    "is_active": "on",
}


def _site(house: Organisation, name: str = "Acme") -> Site:
    with tenant_scope(house.tenant_id):
        return Site.objects.get(name=name)


def test_a_website_is_added_with_its_key_in_the_directory(house: Organisation, as_: As) -> None:
    assert as_("ada").post("site_add", **SITE, greeting="Hello").status_code == 302
    shop = _site(house, "Shop")
    assert (shop.allowed_origins, shop.brand_color, shop.greeting) == (["https://shop.example"], "#aa0000", "Hello")
    assert access_site(shop.key).site_id == shop.pk
    assert house.actions()[-2:] == ["site.created", "site.changed"]
    assert f"data-key=&quot;{shop.key}&quot;" in text_of(as_("ada").get("site_change", shop.public_id))


@pytest.mark.parametrize(
    ("field", "value", "said"),
    [
        ("allowed_origins", "https://ok.example\njavascript:alert(1)", "Line 2 is no web address"),
        ("allowed_origins", "", "This field is required"),
        ("allowed_origins", "\n".join(f"a{n}.example" for n in range(51)), "At most 50"),
        ("brand_color", "red;}", "valid value"),
        ("name", "Acme", "taken already"),
    ],
)
def test_what_is_wrong_with_a_website_is_said(house: Organisation, as_: As, field: str, value: str, said: str) -> None:
    assert said in errors_of(as_("ada").post("site_add", **{**SITE, field: value}))
    assert house.actions().count("site.created") == 1


def test_a_website_that_is_switched_off_ends_its_chats(house: Organisation, as_: As) -> None:
    acme = _site(house)
    form = {key: value for key, value in SITE.items() if key != "is_active"}
    assert as_("ada").post("site_change", acme.public_id, **form).status_code == 302
    assert not _site(house, "Shop").is_active
    assert Revocation.objects.filter(kind="site", subject=str(acme.public_id)).exists()
    assert as_("ada").get("site_delete", acme.public_id).status_code == 403


def test_an_identity_secret_is_shown_once(house: Organisation, as_: As) -> None:
    ada, acme = as_("ada"), _site(house)
    page = text_of(ada.post("site_renew-secret", acme.public_id))
    with tenant_scope(house.tenant_id):
        secret = identity_secret(site_id=acme.pk)
    assert secret is not None
    assert secret in page
    assert secret not in text_of(ada.get("site_change", acme.public_id))
    assert house.actions()[-1] == "site.secret_changed"


def test_departments_with_their_members(house: Organisation, as_: As) -> None:
    ada = as_("ada")
    alice, sam = (str(house.member(name).public_id) for name in ("alice", "sam"))
    ada.post("department_add", name="Sales", members=[alice])
    with tenant_scope(house.tenant_id):
        sales = Department.objects.get(name="Sales")
        assert [str(row.membership.public_id) for row in sales.in_members.all()] == [alice]
    assert f'value="{alice}"' in text_of(ada.get("department_change", sales.public_id))
    ada.post("department_change", sales.public_id, name="Sales", members=[sam])
    for member in (alice, sam):
        assert Revocation.objects.filter(kind="membership", subject=member).exists()
    ada.post("department_make-default", sales.public_id)
    assert "default department cannot" in text_of(
        ada.client.post(f"/admin/tenants/department/{sales.public_id}/delete/", {"post": "yes"}, follow=True)
    )
    assert [action for action in house.actions() if action.startswith("department.")] == [
        "department.created", "department.changed", "department.changed"
    ]  # fmt: skip


def test_a_change_that_changes_nothing_leaves_no_event(house: Organisation, as_: As) -> None:
    with tenant_scope(house.tenant_id):
        support = Department.objects.get(is_default=True)
        members = [str(row.membership.public_id) for row in support.in_members.select_related("membership")]
    ada = as_("ada")
    before = house.actions()
    ada.post("department_change", support.public_id, name=support.name, members=members)
    assert house.actions() == before


def test_a_policy_is_changed_within_its_limits(house: Organisation, as_: As) -> None:
    ada = as_("ada")
    form = {"agent_capacity": "4", "close_after_hours": "48"}
    assert "greater than or equal to 1" in errors_of(
        ada.post("policy_change", "current", **{**form, "agent_capacity": "0"})
    )
    assert ada.get("policy_changelist").status_code == 302
    assert ada.post("policy_change", "current", **form, password_min_length="20").status_code == 302
    with tenant_scope(house.tenant_id):
        policy = Policy.objects.get()
    assert policy.agent_capacity == 4
    assert policy.password_min_length == 15, "Enforced by nothing yet, so nobody's to set"
    assert house.actions()[-1] == "policy.changed"
    for key in (policy.pk, "x"):
        assert ada.get("policy_change", key).status_code == 404


def test_the_organisations_name_and_time_zone_are_its_owners(house: Organisation, as_: As) -> None:
    form = {"name": "Acme Inc", "time_zone": "Europe/Berlin"}
    assert as_("ada").post("tenant_change", "current", **form).status_code == 403
    assert as_("olga").post("tenant_change", "current", **form, status="suspended", slug="other").status_code == 302
    with tenant_scope(house.tenant_id):
        tenant = Tenant.objects.get()
    assert (tenant.name, tenant.time_zone, tenant.slug, tenant.status) == (
        "Acme Inc",
        "Europe/Berlin",
        "acme",
        "active",
    )


def test_canned_responses_are_masked_before_they_are_stored(house: Organisation, as_: As) -> None:
    sam = as_("sam")
    form = {"shortcut": "card", "title": "Card", "body": "Pay with 4242 4242 4242 4242", "department": ""}
    assert sam.post("cannedresponse_add", app="chat", **form).status_code == 302
    with tenant_scope(house.tenant_id):
        canned = CannedResponse.objects.get()
    assert canned.body == "Pay with •••• •••• •••• 4242"
    refused = sam.post("cannedresponse_add", app="chat", **{**form, "title": "4111 1111 1111 1111"})
    assert "taken already" in errors_of(refused)
    assert "4111 1111 1111 1111" not in text_of(refused)
    assert sam.post("cannedresponse_delete", canned.public_id, app="chat", post="yes").status_code == 302
    assert house.actions()[-2:] == ["canned_response.created", "canned_response.deleted"]


def test_tags_are_added_renamed_and_deleted(house: Organisation, as_: As) -> None:
    sam = as_("sam")
    sam.post("tag_add", app="chat", name="urgent")
    with tenant_scope(house.tenant_id):
        tag = Tag.objects.get().public_id
    sam.post("tag_change", tag, app="chat", name="very urgent")
    sam.post("tag_delete", tag, app="chat", post="yes")
    assert house.actions()[-3:] == ["tag.created", "tag.changed", "tag.deleted"]


@pytest.fixture
def names_in_one_case(fixed_rows: object) -> Iterator[None]:
    """A rule that only the database knows, so that a form finds right what is then refused, as when somebody else was faster."""
    server, database = session.current()
    with server.superuser(database) as owner:
        owner.execute("CREATE UNIQUE INDEX names_in_one_case ON chat_tag (tenant_id, lower(name))")
        yield
        owner.execute("DROP INDEX names_in_one_case")


def test_what_only_the_database_refuses_is_an_error_of_the_form(
    names_in_one_case: None, house: Organisation, as_: As
) -> None:
    sam = as_("sam")
    sam.post("tag_add", app="chat", name="urgent")
    refused = sam.post("tag_add", app="chat", name="Urgent")
    assert refused.status_code == 200
    assert "somebody else changed something" in errors_of(refused)
    assert house.actions().count("tag.created") == 1


def test_an_event_that_cannot_be_written_takes_the_change_with_it(house: Organisation, as_: As) -> None:
    sam = as_("sam")
    sam.client.raise_request_exception = False
    before = house.actions()
    with _unwritable_trail():
        assert sam.post("tag_add", app="chat", name="urgent").status_code == 500
    with tenant_scope(house.tenant_id):
        assert not Tag.objects.exists()
    assert house.actions() == before


def test_lists_take_the_same_queries_for_any_number(house: Organisation, as_: As) -> None:
    olga = as_("olga")
    lists = (
        ("department", "tenants"),
        ("site", "tenants"),
        ("invitation", "tenants"),
        ("tag", "chat"),
        ("cannedresponse", "chat"),
    )
    olga.client.get("/admin/")
    counts = {name: _queries(olga, name, app) for name, app in lists}
    role = house.member("alice").role
    with tenant_scope(house.tenant_id):
        for number in range(12):
            department = Department.objects.create(name=f"D{number}")
            Site.objects.create(name=f"S{number}", key=f"pk_{house.slug}{number}")
            Tag.objects.create(name=f"T{number}")
            CannedResponse.objects.create(shortcut=f"c{number}", title="T", body="B", department=department)
            Invitation.objects.create(email=f"p{number}@acme.example", role=role, expires_at="2099-01-01T00:00:00Z")
    assert {name: _queries(olga, name, app) for name, app in lists} == counts
    assert max(counts.values()) <= 24


def _queries(browse: Browse, name: str, app: str) -> int:
    with CaptureQueriesContext(connection) as queries:
        assert browse.get(f"{name}_changelist", app=app).status_code == 200
    return len(queries)


@contextmanager
def _unwritable_trail() -> Iterator[None]:
    """The one function that writes events may not be called by the application."""
    server, database = session.current()
    with server.superuser(database) as owner:
        owner.execute("REVOKE EXECUTE ON FUNCTION audit_append(jsonb) FROM chat_app")
        try:
            yield
        finally:
            owner.execute("GRANT EXECUTE ON FUNCTION audit_append(jsonb) TO chat_app")
