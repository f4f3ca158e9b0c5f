"""What lists and forms say of themselves: what they are for, that they are empty, what a value means."""

from __future__ import annotations

import re
from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any

import pytest

from security.audit import Action, record
from security.scoping import tenant_scope
from tenants.admin.site import site
from tenants.models import Site, Tenant

from ..people import Organisation
from .pages import Browse, text_of

As = Callable[[str], Browse]


def test_every_page_says_in_a_sentence_what_it_is_for(house: Organisation, as_: As) -> None:
    olga = as_("olga")
    registered: dict[Any, Any] = site._registry
    for model_admin in registered.values():
        sentence = str(model_admin.about)
        assert sentence.endswith("."), model_admin
        meta = model_admin.opts
        page = olga.client.get(f"/admin/{meta.app_label}/{meta.model_name}/", follow=True)
        assert f'<p class="subtitle">{sentence}</p>' in text_of(page).replace("&#x27;", "'"), model_admin
        title = page.content.decode().partition("<title>")[2].partition("</title>")[0]
        assert sentence not in title.replace("&#x27;", "'"), "the window is called what the page is called"


@pytest.mark.parametrize(
    ("name", "app", "said"),
    [
        ("invitation", "tenants", "Nobody was invited yet."),
        ("tag", "chat", "No tags yet."),
        ("cannedresponse", "chat", "No canned responses yet."),
        ("conversation", "chat", "No conversations yet."),
    ],
)
def test_an_empty_list_says_so_and_what_comes_there(as_: As, name: str, app: str, said: str) -> None:
    page = text_of(as_("olga").get(f"{name}_changelist", app=app))
    assert said in page
    assert "Show all" not in page


def test_a_search_without_a_find_leads_back_to_all(as_: As) -> None:
    page = text_of(as_("olga").post("membership_changelist", q="nobody"))
    assert 'Nothing matches. <a href="?">Show all</a>' in page
    assert "Show all" not in text_of(as_("olga").get("membership_changelist"))


def test_a_canned_response_without_a_department_is_everybodys(as_: As) -> None:
    assert '<option value="" selected>Everybody</option>' in text_of(as_("olga").get("cannedresponse_add", app="chat"))


def test_a_website_says_in_words_whether_it_has_a_secret(house: Organisation, as_: As) -> None:
    with tenant_scope(house.tenant_id):
        shop = Site.objects.get().public_id
    olga = as_("olga")
    assert "None: visitors are whoever they say they are." in text_of(olga.get("site_change", shop))
    olga.client.post(f"/admin/tenants/site/{shop}/renew-secret/")
    assert "Visitors with a token that it signed are verified." in text_of(olga.get("site_change", shop))


def test_a_new_website_begins_with_the_products_colour(as_: As) -> None:
    (field,) = re.findall(r'<input[^>]*name="brand_color"[^>]*>', text_of(as_("olga").get("site_add")))
    assert 'value="#1f5fd6"' in field


def test_a_website_says_when_and_where_it_was_asked_for_last(house: Organisation, as_: As) -> None:
    with tenant_scope(house.tenant_id):
        shop = Site.objects.get()
        shop.seen_at, shop.seen_origin = datetime(2026, 1, 31, 12, 0, 0, 123, tzinfo=UTC), "https://shop.example"
        shop.save(update_fields=["seen_at", "seen_origin"])
        Tenant.objects.update(time_zone="Europe/Vienna")
    for page in (as_("olga").get("site_changelist"), as_("olga").get("site_change", shop.public_id)):
        assert ">2026-01-31 13:00 CET<" in text_of(page)
        assert ">https://shop.example<" in text_of(page)


def test_the_trail_names_a_thing_once_and_outcomes_in_words(house: Organisation, as_: As) -> None:
    with tenant_scope(house.tenant_id):
        shop = Site.objects.get()
        record(Action.SITE_CHANGED, on=shop, on_label="Site of the shop")
        record(Action.SITE_CHANGED, on=shop, on_label="Harbour")
    audrey = as_("audrey")
    page = text_of(audrey.get("auditevent_changelist", app="security"))
    assert ">Site of the shop<" in page
    assert ">Site Harbour<" in page
    event = text_of(audrey.get("auditevent_change", 1, app="security"))
    assert "<dt>Outcome</dt><dd>Done</dd>" in event
