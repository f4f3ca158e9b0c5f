"""Who reaches which page: every page that is registered, by every role, so that a new page cannot be forgotten."""

from __future__ import annotations

from collections.abc import Callable, Iterator

import pytest
from django.test import Client
from django.urls import URLPattern, URLResolver

from security.models import User
from tenants.admin.sections import Section
from tenants.admin.site import site

from ..people import Organisation
from .pages import Browse, sign_in

As = Callable[[str], Browse]

SETTINGS = {"olga", "ada"}
LISTS = {
    "chat.block": {*SETTINGS, "sam"},
    "chat.cannedresponse": {*SETTINGS, "sam"},
    "chat.conversation": {*SETTINGS, "sam", "alice"},
    "chat.tag": {*SETTINGS, "sam"},
    "security.auditevent": {*SETTINGS, "audrey"},
    "tenants.businesshours": {*SETTINGS, "sam"},
    "tenants.department": SETTINGS,
    "tenants.invitation": SETTINGS,
    "tenants.membership": SETTINGS,
    "tenants.operatorentry": SETTINGS,
    "tenants.policy": SETTINGS,
    "tenants.role": SETTINGS,
    "tenants.site": SETTINGS,
    "tenants.tenant": {"olga"},
}
ADDED = {
    "chat.cannedresponse",
    "chat.tag",
    "tenants.businesshours",
    "tenants.department",
    "tenants.invitation",
    "tenants.role",
    "tenants.site",
}
PEOPLE = ("olga", "ada", "sam", "alice", "rita", "audrey")
OPERATORS = [page for page in site.pages if page.section is Section.PLATFORM]
NOWHERE = "00000000-0000-4000-8000-000000000000"


def _patterns(patterns: list[URLPattern | URLResolver], above: str = "") -> Iterator[str]:
    for pattern in patterns:
        route = above + str(pattern.pattern)
        if isinstance(pattern, URLResolver):
            yield from _patterns(pattern.url_patterns, route)
        else:
            yield route


def _labels() -> set[str]:
    return {model._meta.label_lower for model in site._registry}


def test_every_list_is_in_the_table() -> None:
    assert _labels() == set(LISTS)
    assert {page.name for page in OPERATORS} == {
        "platform_tenants",
        "platform_tenant",
        "platform_suspend",
        "platform_resume",
        "platform_owners_in",
        "platform_enter",
        "platform_leave",
        "platform_accounts",
        "platform_account_lock",
        "platform_account_unlock",
        "platform_plans",
        "platform_plan",
        "platform_plan_add",
        "platform_assign",
    }
    assert {page.name.partition("_")[0] for page in site.pages if page not in OPERATORS} == {
        "account",
        "archive",
        "archived",
        "audit",
        "masking",
        "permission",
        "permissions",
        "reports",
        "retention",
        "security",
        "visitor",
        "visitors",
    }


@pytest.mark.parametrize("name", PEOPLE)
def test_each_role_opens_its_lists_and_no_other(name: str, as_: As) -> None:
    client = as_(name).client
    opened, added = set(), set()
    for label in LISTS:
        base = "/admin/" + label.replace(".", "/") + "/"
        answer = client.get(base)
        assert answer.status_code in {200, 302, 403}, base
        if answer.status_code != 403:
            opened.add(label)
        if client.get(base + "add/").status_code == 200:
            added.add(label)
    assert opened == {label for label, names in LISTS.items() if name in names}
    assert added == opened & ADDED


def test_the_menu_names_what_opens(as_: As) -> None:
    for name in PEOPLE:
        page = as_(name).client.get("/admin/")
        menu = {label for label in LISTS if f'href="/admin/{label.replace(".", "/")}/"' in page.content.decode()}
        assert menu == {label for label, names in LISTS.items() if name in names}, name


def test_every_path_sends_a_stranger_to_sign_in(house: Organisation, stranger: Client) -> None:
    for route in _patterns(site.get_urls()):
        path = "/admin/" + _filled(route)
        for method in (stranger.get, stranger.post, stranger.put, stranger.patch, stranger.delete):
            answer = method(path)
            assert answer.status_code == 302, path
            assert answer.headers["Location"].startswith("/accounts/login/?next=/admin/"), path


def test_an_operator_without_a_membership_opens_operators_pages_only(house: Organisation, oscar: User) -> None:
    client = sign_in(oscar).client
    assert client.get("/admin/").status_code == 200
    assert client.get("/admin/platform/tenants/").status_code == 200
    for label in LISTS:
        base = "/admin/" + label.replace(".", "/") + "/"
        for path in (base, f"{base}add/", f"{base}{NOWHERE}/change/", f"{base}current/change/", f"{base}1/change/"):
            assert client.get(path).status_code in {403, 404}, path
            assert client.post(path).status_code in {403, 404}, path


def test_members_do_not_open_operators_pages(as_: As) -> None:
    for name in PEOPLE:
        client = as_(name).client
        for page in OPERATORS:
            assert client.get(f"/admin/{page.path.replace('<uuid:tenant>', NOWHERE)}").status_code == 403


def test_a_right_that_is_taken_away_closes_the_page(house: Organisation, as_: As) -> None:
    sam = as_("sam")
    assert sam.get("tag_changelist", app="chat").status_code == 200
    as_("olga").post("membership_suspend", house.member("sam").public_id)
    assert sam.get("tag_changelist", app="chat").status_code == 403


def _filled(route: str) -> str:
    for part, value in (
        ("<public_id:object_id>", NOWHERE), ("<slug:object_id>", "current"), ("<uuid:tenant>", NOWHERE), ("(?P<url>.*)$", "anything"),
    ):  # fmt: skip
        route = route.replace(part, value)
    return "tenants/" if route.startswith("^") else route
