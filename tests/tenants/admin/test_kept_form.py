"""What was typed is not lost because five minutes had passed, and is sent by nobody but the one who typed it."""

from __future__ import annotations

import re
from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
from django.contrib.sessions.models import Session
from django.utils import timezone

from security.scoping import tenant_scope
from tenants.admin import kept_form
from tenants.models import Invitation, Role

from ..people import PASSWORD, Organisation
from .pages import Browse, text_of
from .test_asked_again import signed_in_ago

pytestmark = pytest.mark.django_db
As = Callable[[str], Browse]
PATH = "/admin/tenants/invitation/add/"
NINA = "nina@new.example"


def _typed_too_late(house: Organisation, browse: Browse, **more: Any) -> Any:
    with tenant_scope(house.tenant_id):
        role = str(Role.objects.get(slug="agent").public_id)
    signed_in_ago(browse.client, minutes=6)
    return browse.post("invitation_add", email=NINA, role=role, **more)


def _hidden(page: Any) -> dict[str, str]:
    found = re.findall(r'<input type="hidden" name="([^"]+)" value="([^"]*)">', text_of(page))
    return {name: value for name, value in found if name != "csrfmiddlewaretoken"}


def _invited(house: Organisation) -> bool:
    with tenant_scope(house.tenant_id):
        return Invitation.objects.filter(email=NINA).exists()


def test_a_form_that_came_too_late_is_shown_again_after_the_password_and_sent_by_its_button(
    house: Organisation, as_: As
) -> None:
    ada = as_("ada")
    to_password = _typed_too_late(house, ada)
    assert "What you typed is kept." in text_of(ada.client.get(to_password.headers["Location"]))
    ada.client.post("/accounts/reauthenticate/", {"password": PASSWORD, "next": PATH})
    page = ada.client.get(PATH)
    assert "Send what you typed?" in text_of(page)
    assert not _invited(house), "nothing is sent by itself"
    assert ada.client.post(PATH, _hidden(page)).status_code == 302
    assert _invited(house)


def test_it_is_shown_once(house: Organisation, as_: As) -> None:
    ada = as_("ada")
    _typed_too_late(house, ada)
    signed_in_ago(ada.client, minutes=0)
    assert NINA in text_of(ada.client.get(PATH))
    assert NINA not in text_of(ada.client.get(PATH))


def test_it_is_shown_only_after_the_password_and_at_its_own_address(house: Organisation, as_: As) -> None:
    ada = as_("ada")
    _typed_too_late(house, ada)
    assert NINA not in text_of(ada.client.get(PATH)), "the password was not given yet"
    signed_in_ago(ada.client, minutes=0)
    assert NINA not in text_of(ada.client.get(PATH + "?other=1"))
    assert NINA in text_of(ada.client.get(PATH))


def test_after_ten_minutes_it_is_gone(house: Organisation, as_: As) -> None:
    ada = as_("ada")
    _typed_too_late(house, ada)
    signed_in_ago(ada.client, minutes=0)
    session = ada.client.session
    sealed, at = session[kept_form.SESSION_KEY]
    session[kept_form.SESSION_KEY] = [sealed, at - timedelta(minutes=10).total_seconds()]
    session.save()
    assert "Send what you typed?" not in text_of(ada.client.get(PATH))
    assert kept_form.SESSION_KEY not in ada.client.session


def test_another_person_does_not_open_it(house: Organisation, as_: As) -> None:
    ada, olga = as_("ada"), as_("olga")
    _typed_too_late(house, ada)
    session = olga.client.session
    session[kept_form.SESSION_KEY] = ada.client.session[kept_form.SESSION_KEY]
    session.save()
    assert "Send what you typed?" not in text_of(olga.client.get(PATH))


def test_the_table_of_sessions_does_not_hold_it_in_clear(house: Organisation, as_: As) -> None:
    ada = as_("ada")
    _typed_too_late(house, ada)
    kept = Session.objects.get(session_key=ada.client.session.session_key).get_decoded()
    assert kept[kept_form.SESSION_KEY][1] <= timezone.now().timestamp()
    assert "nina" not in str(kept)


@pytest.mark.parametrize(
    "more",
    [
        {"new_password": "x"},
        {"secret_key": "x"},
        {"note": "x" * 20_000},
        {"note": "4242 4242 4242 4242"},
        {"note": "536-90-4399"},
    ],
)
def test_secrets_what_would_be_masked_and_what_is_long_are_not_kept(
    house: Organisation, as_: As, more: dict[str, str]
) -> None:
    ada = as_("ada")
    to_password = _typed_too_late(house, ada, **more)
    assert "Then please do it again." in text_of(ada.client.get(to_password.headers["Location"]))
    assert kept_form.SESSION_KEY not in ada.client.session


def test_nothing_is_kept_of_who_may_not_send_it(house: Organisation, as_: As) -> None:
    alice = as_("alice")
    _typed_too_late(house, alice)
    assert kept_form.SESSION_KEY not in alice.client.session


def test_what_is_too_old_is_dropped_whatever_page_is_asked_for(house: Organisation, as_: As) -> None:
    ada = as_("ada")
    _typed_too_late(house, ada)
    session = ada.client.session
    sealed, at = session[kept_form.SESSION_KEY]
    session[kept_form.SESSION_KEY] = [sealed, at - timedelta(minutes=10).total_seconds()]
    session.save()
    ada.client.get("/console/")
    assert kept_form.SESSION_KEY not in ada.client.session
