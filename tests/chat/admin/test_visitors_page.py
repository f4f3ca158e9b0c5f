"""The pages of a visitor's rights: found, handed over as a file, erased after the organisation's name was typed."""

from __future__ import annotations

import json

import pytest
from django.utils import timezone

from chat.models import Conversation, Erasure, Visitor
from chat.personal import Profile, seal_profile
from chat.services.visitors import email_digest
from security.crypto import keyring
from security.scoping import tenant_scope
from tests import cast
from tests.cast import Organisation
from tests.tenants.admin.pages import sign_in, text_of

from ..retention.talks import closed


@pytest.fixture
def acme(db: None) -> Organisation:
    keyring.forget_everything()
    return cast.acme()


def vera(of: Organisation) -> str:
    on = closed(of, "Where is my <b>kettle</b>?", last=timezone.now())
    with tenant_scope(of.tenant_id):
        row = Conversation.objects.get(public_id=on).visitor
        row.profile = seal_profile(row.public_id, Profile(name="<i>Vera</i>", email="vera@home.example"))
        row.email_digest = email_digest("vera@home.example")
        row.save()
        return str(row.public_id)


def test_a_visitor_is_found_exported_and_erased(acme: Organisation) -> None:
    olga, visitor = sign_in(acme.user("olga")), vera(acme)
    found = text_of(olga.post("visitors", app="", email="vera@home.example"))
    assert f"/admin/visitors/{visitor}/" in found
    assert "Nobody gave this address" in text_of(olga.post("visitors", app="", email="mallory@home.example"))
    exported = olga.post("visitor_export", visitor, app="", json="1")
    assert json.loads(exported.content)["visitor"]["profile"]["email"] == "vera@home.example"
    page = olga.post("visitor_export", visitor, app="", html="1")
    assert page["Content-Disposition"].startswith("attachment")
    assert "&lt;b&gt;kettle" in page.content.decode()
    assert "<i>Vera" not in page.content.decode()
    refused = text_of(olga.post("visitor_erase", visitor, app="", typed="Rival"))
    assert "Type the name of the organisation" in refused
    assert olga.post("visitor_erase", visitor, app="", typed="Acme").status_code == 302
    assert "The certificate" in text_of(olga.get("visitors", app=""))
    with tenant_scope(acme.tenant_id):
        assert Erasure.objects.count() == 1
        assert not Visitor.objects.filter(public_id=visitor).exists()
    assert olga.get("visitor_data", visitor, app="").status_code == 404


def test_who_may_not_sees_nothing(acme: Organisation) -> None:
    sam, visitor = sign_in(acme.user("sam")), vera(acme)
    for answer in (
        sam.get("visitors", app=""),
        sam.get("visitor_data", visitor, app=""),
        sam.post("visitor_export", visitor, app=""),
        sam.post("visitor_erase", visitor, app="", typed="Acme"),
    ):
        assert answer.status_code == 403
