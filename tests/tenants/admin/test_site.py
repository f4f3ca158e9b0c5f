"""What the site refuses to hold, and what no page of it shows."""

from __future__ import annotations

import re
from collections.abc import Callable

import pytest
from django.contrib import admin
from django.contrib.admin.models import LogEntry
from django.core.exceptions import ImproperlyConfigured
from django.test import Client

from security.scoping import tenant_scope
from tenants.admin.base import TenantAdmin
from tenants.admin.site import ChatAdminSite
from tenants.middleware import FIELD
from tenants.models import Department, Directory, Role
from tests.services import session

from ..people import Organisation
from .pages import Browse, text_of

As = Callable[[str], Browse]


def test_only_a_tenant_admin_is_registered() -> None:
    with pytest.raises(ImproperlyConfigured, match="TenantAdmin"):
        ChatAdminSite().register(Role, admin.ModelAdmin)
    with pytest.raises(ImproperlyConfigured, match="TenantAdmin"):
        ChatAdminSite().register(Role)


@pytest.mark.parametrize(
    "feature",
    [
        {"raw_id_fields": ("role",)},
        {"autocomplete_fields": ("role",)},
        {"list_editable": ("name",)},
        {"inlines": (object,)},
    ],
)
def test_what_shows_primary_keys_is_refused(feature: dict[str, object]) -> None:
    with pytest.raises(ImproperlyConfigured, match=next(iter(feature))):
        ChatAdminSite().register(Role, type("Unsafe", (TenantAdmin,), feature))


def test_paths_by_primary_key_and_djangos_own_sign_in_do_not_exist(as_: As) -> None:
    olga = as_("olga").client
    for path in ("autocomplete/", "r/1/1/", "password_change/", "login/", "logout/", "auth/group/", "admin/logentry/"):
        assert olga.get(f"/admin/{path}").status_code == 404, path


def test_the_home_page_says_what_each_door_is_for(as_: As) -> None:
    doors = re.findall(
        r'<dt><a href="([^"]+)">[^<]+</a></dt>\s*<dd>([^<]*)</dd>', text_of(as_("olga").get("index", app=""))
    )
    assert len(doors) > 10
    assert not [address for address, about in doors if not about.strip().endswith(".")]


def test_the_home_page_shows_no_door_that_stays_shut(as_: As) -> None:
    for name in ("olga", "sam", "rita", "audrey"):
        browser = as_(name)
        home = text_of(browser.get("index", app=""))
        for address in re.findall(r'<dt><a href="([^"]+)">', home):
            assert browser.client.get(address, follow=True).status_code == 200, (name, address)


def test_pop_ups_are_refused(house: Organisation, as_: As) -> None:
    olga = as_("olga")
    for query in ("?_popup=1", "?_to_field=id", "?_to_field=public_id"):
        assert olga.get("department_changelist", query=query).status_code == 404
        assert olga.get("department_add", query=query).status_code == 404
    assert olga.post("department_add", name="Sales", _popup="1").status_code == 404
    assert "department.created" not in house.actions()


def test_no_page_shows_a_primary_key(house: Organisation, as_: As) -> None:
    """Keys are put far from any other number, then looked for in every page of the records that have them."""
    server, database = session.current()
    with server.superuser(database) as owner:
        for table in ("tenants_department", "tenants_departmentmembership"):
            owner.execute("SELECT setval(pg_get_serial_sequence(%s, 'id'), 918273000)", [table])
    olga = as_("olga")
    member = str(house.member("alice").public_id)
    assert olga.post("department_add", name="Sales", members=[member], _continue="1").status_code == 302
    with tenant_scope(house.tenant_id):
        sales = Department.objects.get(name="Sales")
    assert sales.pk > 918273000
    added = olga.client.post("/admin/chat/cannedresponse/add/", {
        "shortcut": "hi", "title": "Hi", "body": "Hello", "department": str(sales.public_id), "_continue": "1"
    })  # fmt: skip
    paths = [
        "/admin/tenants/department/", f"/admin/tenants/department/{sales.public_id}/change/",
        f"/admin/tenants/department/{sales.public_id}/history/", f"/admin/tenants/department/{sales.public_id}/delete/",
        f"/admin/tenants/department/{sales.public_id}/make-default/", f"/admin/tenants/membership/{member}/change/",
        "/admin/chat/cannedresponse/", added.headers["Location"], "/admin/chat/conversation/",
    ]  # fmt: skip
    for path in paths:
        page = olga.client.get(path)
        assert page.status_code == 200, path
        assert "918273" not in text_of(page), path
    assert f'value="{sales.public_id}" selected' in text_of(olga.client.get(added.headers["Location"]))


def test_lookups_that_are_no_filter_are_refused(as_: As) -> None:
    olga = as_("olga")
    for query in ("?user__password__startswith=a", "?id__exact=1", "?tenant_id=1", "?role__permissions__contains=x"):
        assert olga.get("membership_changelist", query=query).status_code == 400, query
    assert olga.get("membership_changelist", query="?role=not-an-id").status_code == 200


def test_djangos_own_log_stays_empty(house: Organisation, as_: As) -> None:
    olga = as_("olga")
    olga.post("department_add", name="Sales")
    with tenant_scope(house.tenant_id):
        sales = Department.objects.get(name="Sales").public_id
    olga.post("department_change", sales, name="Sales team")
    olga.post("department_delete", sales, post="yes")
    assert house.actions()[-3:] == ["department.created", "department.changed", "department.deleted"]
    assert not LogEntry.objects.exists()


def test_pages_are_never_cached_and_forms_need_their_token(house: Organisation, as_: As) -> None:
    assert "no-store" in as_("olga").client.get("/admin/").headers["Cache-Control"]
    strict = Client(enforce_csrf_checks=True)
    strict.force_login(house.user("olga"), backend="allauth.account.auth_backends.AuthenticationBackend")
    shown_in = {FIELD: str(strict.get("/").wsgi_request.active.tenant_public_id)}  # type: ignore[attr-defined]
    assert strict.post("/admin/tenants/department/add/", {"name": "Sales", **shown_in}).status_code == 403
    assert "department.created" not in house.actions()


def test_the_policy_has_no_inline_script_or_style(as_: As) -> None:
    page = as_("olga").get("site_add")
    policy = page.headers["Content-Security-Policy"]
    assert "unsafe" not in policy
    assert not re.search(r"<style|<script(?![^>]*\bsrc=)|\sstyle=|\son[a-z]+=", text_of(page))


def test_an_invitations_secret_is_nowhere(house: Organisation, as_: As) -> None:
    olga = as_("olga")
    olga.post("invitation_add", email="bob@acme.example", role=str(house.member("alice").role.public_id))
    with tenant_scope(house.tenant_id):
        digest = bytes(Directory.objects.get(kind="invitation").digest).hex()
    assert digest not in text_of(olga.get("invitation_changelist"))
