"""What cannot be taken back is done by who has just shown who he is."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta

import pytest
from django.conf import settings
from django.test import Client
from django.urls import get_resolver
from django.utils import timezone

from security.accounts.fresh import SIGNED_IN_KEY
from tenants.admin.asked_again import TO_OPEN, TO_SEND

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


def test_every_name_in_the_table_is_a_page() -> None:
    names = {name for name in get_resolver().namespace_dict["admin"][1].reverse_dict if isinstance(name, str)}
    assert names >= TO_OPEN | TO_SEND
    assert {name for name in names if name.startswith("security_") and "auditevent" not in name} - {
        "security_locks"
    } <= TO_OPEN | TO_SEND, "a new page of security takes its place in the table"
