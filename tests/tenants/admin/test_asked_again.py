"""What cannot be taken back is done by who has just shown who he is."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from urllib.parse import urlencode
from uuid import uuid4

import pytest
from django.conf import settings
from django.core.exceptions import PermissionDenied
from django.test import Client, RequestFactory
from django.urls import get_resolver
from django.utils import timezone

from security.accounts.fresh import SIGNED_IN_KEY
from tenants.admin.asked_again import NOT_ASKED, TO_OPEN, TO_SEND
from tenants.admin.site import AdminPage, site

from ..people import PASSWORD, Organisation
from .pages import Browse, text_of

pytestmark = pytest.mark.django_db
As = Callable[[str], Browse]


def signed_in_ago(client: Client, **span: int) -> None:
    session = client.session
    session[SIGNED_IN_KEY] = (timezone.now() - timedelta(**span)).timestamp()
    session.save()


@pytest.mark.parametrize(("seconds", "asked"), [(290, False), (301, True)])
def test_a_page_of_security_asks_after_five_minutes(house: Organisation, as_: As, seconds: int, asked: bool) -> None:
    assert settings.ACCOUNT_REAUTHENTICATION_TIMEOUT == 300
    ada = as_("ada")
    signed_in_ago(ada.client, seconds=seconds)
    answer = ada.get("security_sessions", app="")
    assert answer.status_code == (303 if asked else 200)
    if asked:
        assert answer.headers["Location"] == "/accounts/reauthenticate/?next=%2Fadmin%2Fsecurity%2Fsessions%2F"


def test_what_was_sent_counts_only_after_the_password(house: Organisation, as_: As) -> None:
    ada, alice = as_("ada"), house.member("alice")
    signed_in_ago(ada.client, minutes=6)
    assert ada.get("membership_change", alice.public_id).status_code == 200, "looking at a member asks for nothing"
    answer = ada.post("membership_remove", alice.public_id)
    assert answer.status_code == 303
    assert "Nothing was changed yet" in text_of(ada.client.get(answer.headers["Location"]))
    assert house.member("alice").expires_at is None
    ada.client.post("/accounts/reauthenticate/", {"password": "wrong"})
    assert ada.post("membership_remove", alice.public_id).status_code == 303, "a wrong password is none"
    path = f"/admin/tenants/membership/{alice.public_id}/remove/"
    back = ada.client.post("/accounts/reauthenticate/", {"password": PASSWORD, "next": path})
    assert back.headers["Location"] == path
    assert ada.post("membership_remove", alice.public_id).status_code == 302
    assert house.actions()[-1] == "member.removed"


def test_programs_are_told_by_a_code(house: Organisation, as_: As) -> None:
    ada = as_("ada")
    signed_in_ago(ada.client, minutes=6)
    answer = ada.client.get("/admin/audit/export/jsonl/", headers={"accept": "application/json"})
    assert (answer.status_code, answer.json()) == (403, {"code": "reauthentication_required"})


def test_a_session_that_never_said_when_it_signed_in_is_asked(house: Organisation, as_: As) -> None:
    ada = as_("ada")
    session = ada.client.session
    del session[SIGNED_IN_KEY]
    session.save()
    assert ada.get("security_networks", app="").status_code == 303


@pytest.mark.parametrize(
    ("path", "back"),
    [
        ("visitors/{id}/export/", "visitors/{id}/"),
        ("visitors/{id}/erase/", "visitors/{id}/"),
        ("retention/server/remove/", "retention/server/"),
        ("retention/cooling-off/", "retention/"),
        ("masking/activate/", "masking/"),
        ("masking/remask/", "masking/"),
        ("audit/keeping/", "audit/"),
        ("archive/{id}/restore/", "archive/{id}/"),
    ],
)
def test_what_is_sent_from_another_page_leads_back_to_that_page(
    house: Organisation, as_: As, path: str, back: str
) -> None:
    olga, address = as_("olga"), "/admin/" + path.format(id=uuid4())
    signed_in_ago(olga.client, minutes=6)
    answer = olga.client.post(address)
    assert answer.headers["Location"] == f"/accounts/reauthenticate/?{urlencode({'next': address})}"
    signed_in_ago(olga.client, minutes=0)
    there = olga.client.get(address).headers["Location"]
    assert there == back.format(id=address.split("/")[3]).join(["/admin/", ""])


@pytest.mark.parametrize(
    "path", ["reports/csv/flow/", "retention/server/", "retention/rule/", "masking/", "masking/rules/add/"]
)
def test_a_page_whose_form_would_be_lost_asks_before_it_is_shown(house: Organisation, as_: As, path: str) -> None:
    olga = as_("olga")
    assert olga.client.get(f"/admin/{path}").status_code == 200
    signed_in_ago(olga.client, minutes=6)
    assert olga.client.get(f"/admin/{path}").status_code == 303


def takes_forms(page: AdminPage) -> bool:
    """Whether the view lets a POST in. A request of nobody goes no further than to the question who it is."""
    try:
        answer = page.view(RequestFactory().post("/"))
    except (AttributeError, PermissionDenied, TypeError):
        return True
    return answer.status_code != 405


def of_forms(names: set[str]) -> set[str]:
    """The pages among `names` that take a form: lists are searched by one, and what no right is named for is refused."""
    closed = {page.name for page in site.pages if not takes_forms(page)}
    for model, admin in site._registry.items():
        verbs = {"add", "change", "delete"} - set(admin.rights)  # type: ignore[attr-defined]
        begin = f"{model._meta.app_label}_{model._meta.model_name}"
        closed |= {f"{begin}_{verb}" for verb in verbs | {"changelist", "history"}}
    return names - closed - {"index", "jsi18n", "app_list"}


def test_each_page_that_takes_a_form_asks_or_says_why_not() -> None:
    names = {name for name in get_resolver().namespace_dict["admin"][1].reverse_dict if isinstance(name, str)}
    not_asked = [name for group in NOT_ASKED.values() for name in group]
    assert len(not_asked) == len(set(not_asked))
    assert of_forms(names) - TO_OPEN - TO_SEND == set(not_asked)
    assert not TO_OPEN & TO_SEND


def test_every_name_in_the_table_is_a_page() -> None:
    names = {name for name in get_resolver().namespace_dict["admin"][1].reverse_dict if isinstance(name, str)}
    assert names >= TO_OPEN | TO_SEND
    assert {name for name in names if name.startswith("security_") and "auditevent" not in name} - {
        "security_locks"
    } <= TO_OPEN | TO_SEND, "a new page of security takes its place in the table"
