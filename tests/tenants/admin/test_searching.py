"""What is searched for in a list stands in no address: it is sent by POST, masked, and in no link of the page."""

from __future__ import annotations

import re
from collections.abc import Callable
from urllib.parse import unquote

from chat.models import Tag
from security.models import User
from security.scoping import tenant_scope

from ..people import Organisation
from .pages import Browse, sign_in, text_of

As = Callable[[str], Browse]
CARD = "4242 4242 4242 4242"


def _links(page: str) -> str:
    return unquote(unquote(" ".join(re.findall(r'(?:href|action)="([^"]*)"', page))))


def test_a_search_finds_and_shows_itself_in_its_box_alone(house: Organisation, as_: As) -> None:
    page = text_of(as_("ada").post("membership_changelist", q="alice@acme"))
    assert "alice@acme.example" in page
    assert "sam@acme.example" not in page
    assert 'value="alice@acme"' in page
    assert "alice@acme" not in _links(page)


def test_an_address_holds_no_search(house: Organisation, as_: As) -> None:
    page = text_of(as_("ada").get("membership_changelist", query="?q=alice@acme&x=alice%20words&status=active"))
    assert "sam@acme.example" in page
    assert "alice@acme" not in _links(page)
    assert "alice%20words" not in page


def test_a_number_that_is_searched_for_comes_back_masked(house: Organisation, as_: As) -> None:
    for name, app in (("membership", "tenants"), ("tag", "chat"), ("invitation", "tenants"), ("site", "tenants")):
        page = text_of(as_("ada").post(f"{name}_changelist", app=app, q=CARD))
        assert "4242 4242" not in page
        assert 'value="•••• •••• •••• 4242"' in page


def test_what_was_found_is_leafed_through_by_buttons(house: Organisation, as_: As) -> None:
    with tenant_scope(house.tenant_id):
        for number in range(60):
            Tag.objects.create(name=f"word {number:02}")
    ada = as_("ada")
    first = text_of(ada.post("tag_changelist", app="chat", q="word"))
    assert "word 49" in first
    assert "word 50" not in first
    assert '<button type="submit" name="p" value="2">' in first
    second = text_of(ada.post("tag_changelist", app="chat", q="word", p="2"))
    assert "word 50" in second
    assert "word 49" not in second
    plain = text_of(ada.get("tag_changelist", app="chat", query="?p=2"))
    assert "word 50" in plain
    assert 'name="p"' not in plain


def test_operators_search_in_the_same_way(house: Organisation, rival: Organisation, oscar: User) -> None:
    page = text_of(sign_in(oscar).post("platform_tenants", app="", q="RIV"))
    assert "<td>rival</td>" in page
    assert "<td>acme</td>" not in page
    assert "RIV" not in _links(page)
    assert "4242 4242" not in text_of(sign_in(oscar).post("platform_tenants", app="", q=CARD))
