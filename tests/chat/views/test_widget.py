"""Loader, frame and the visitor's cookie, as a browser asks for them."""

import gzip
import re
import uuid

import pytest
from django.http import HttpResponse
from django.test import Client, override_settings
from django.utils import timezone
from pytest_django.fixtures import Settings

from chat.cookies import visitor_cookie
from chat.personal import Page
from chat.services import visitors
from security.scoping import tenant_scope
from tenants.access import SiteRef, access_site
from tenants.models import Site
from tenants.sightings import loader_seen
from tests.chat.conversations import House

from .conftest import SHOP

OURS = "http://testserver"
KILOBYTE = 1024


def directive(response: HttpResponse, name: str) -> list[str]:
    found = [part.split() for part in response.headers["Content-Security-Policy"].split(";")]
    return next(words[1:] for words in found if words[0] == name)


def known_visitor(site: SiteRef) -> str:
    """The token of a visitor whose first message is stored."""
    session = visitors.new_session()
    now = timezone.now()
    with tenant_scope(site.tenant_id):
        page = Page(url="", title="", referrer="")
        visitors.store_visitor(session, site_id=site.site_id, locale="en", page=page, address=None, now=now)
    assert session.token is not None
    return session.token


def post(client: Client, site: SiteRef, act: str, body: object, **headers: str) -> HttpResponse:
    """As our frame posts it; a header given as "" is left out."""
    sent = {"origin": OURS, "x-chat-widget": "1", **headers}
    answer: HttpResponse = client.post(  # type: ignore[assignment]  # the stubs' client answers with a class of their own
        f"/widget/{site.key}/{act}",
        body,
        content_type="application/json",
        headers={name: value for name, value in sent.items() if value},
    )
    return answer


@pytest.mark.usefixtures("committed_db")
class TestLoader:
    def test_is_the_same_for_every_page_and_fits_in_three_kilobytes(self, client: Client) -> None:
        packed = client.get("/w.js", headers={"accept-encoding": "gzip"})
        assert len(packed.content) <= 3 * KILOBYTE
        assert gzip.decompress(packed.content) == client.get("/w.js").content
        assert packed.headers["Cross-Origin-Resource-Policy"] == "cross-origin"
        assert packed.headers["Cache-Control"] == "max-age=300, stale-while-revalidate=86400"
        assert not packed.cookies

    def test_who_has_it_gets_304(self, client: Client) -> None:
        etag = client.get("/w.js").headers["ETag"]
        assert client.get("/w.js", headers={"if-none-match": etag}).status_code == 304

    def test_a_websites_page_is_noted_by_its_origin(self, client: Client) -> None:
        assert loader_seen([SHOP]) is None
        client.get("/w.js", headers={"referer": SHOP + "/"})
        seen = loader_seen(["https://other.example", SHOP])
        assert seen is not None
        assert seen[1] == SHOP

    def test_the_demo_shop_turns_its_own_site(self, client: Client, site: SiteRef, settings: Settings) -> None:
        settings.DEMO = True
        client.get("/w.js", headers={"referer": f"{OURS}/demo/{site.key}/kettle/"})
        assert access_site(site.key).seen_at is not None

    def test_a_websites_page_gets_it_while_valkey_is_away(
        self, client: Client, settings: Settings, caplog: pytest.LogCaptureFixture
    ) -> None:
        caches = {"default": {**settings.CACHES["default"], "LOCATION": "unix:///nonexistent/valkey.sock"}}
        with override_settings(CACHES=caches):
            response = client.get("/w.js", headers={"referer": SHOP + "/"})
            assert loader_seen([SHOP]) is None
        assert response.status_code == 200
        assert len(response.content) > KILOBYTE
        assert SHOP not in caplog.text

    @pytest.mark.parametrize("referrer", ["http://[", "about:blank", f"{OURS}/demo/pk_nobody/"])
    def test_a_strange_referrer_does_no_harm(self, client: Client, referrer: str) -> None:
        assert client.get("/w.js", headers={"referer": referrer}).status_code == 200


@pytest.mark.usefixtures("committed_db")
class TestFrame:
    def test_only_the_sites_own_origins_may_frame_it(self, client: Client, site: SiteRef) -> None:
        response = client.get(f"/widget/{site.key}/", headers={"referer": SHOP + "/"})
        assert response.status_code == 200
        assert directive(response, "frame-ancestors") == ["'self'", SHOP]
        assert "X-Frame-Options" not in response.headers
        assert directive(response, "require-trusted-types-for") == ["'script'"]
        assert not response.cookies

    def test_a_page_of_another_website_is_refused_and_not_noted(self, client: Client, site: SiteRef) -> None:
        response = client.get(f"/widget/{site.key}/", headers={"referer": "https://rival.example/"})
        assert response.status_code == 403
        assert access_site(site.key).seen_at is None

    def test_a_listed_page_is_noted(self, client: Client, site: SiteRef) -> None:
        client.get(f"/widget/{site.key}/", headers={"referer": SHOP + "/cart"})
        assert access_site(site.key).seen_origin == SHOP

    def test_opened_by_itself_it_answers(self, client: Client, site: SiteRef) -> None:
        assert client.get(f"/widget/{site.key}/").status_code == 200

    @pytest.mark.parametrize("key", ["pk_nobody", "x", "pk_" + "a" * 60])
    def test_an_unknown_key_is_not_found(self, client: Client, key: str) -> None:
        assert client.get(f"/widget/{key}/").status_code == 404

    def test_a_site_that_is_switched_off_is_not_found(self, client: Client, site: SiteRef) -> None:
        with tenant_scope(site.tenant_id):
            Site.objects.filter(pk=site.site_id).update(is_active=False)
        assert client.get(f"/widget/{site.key}/").status_code == 404

    @pytest.mark.parametrize(
        ("asked", "language", "direction"),
        [("ar-EG", "ar", "rtl"), ("pt-BR", "en", "ltr"), ('"><script>', "en", "ltr")],
    )
    def test_language_and_direction_stand_before_the_first_paint(
        self, client: Client, site: SiteRef, asked: str, language: str, direction: str
    ) -> None:
        page = client.get(f"/widget/{site.key}/", {"locale": asked, "theme": "dark"}).content.decode()
        assert f'<html lang="{language}" dir="{direction}" data-theme="dark">' in page

    def test_has_no_inline_script_or_style(self, client: Client, site: SiteRef) -> None:
        page = client.get(f"/widget/{site.key}/").content.decode()
        assert not re.search(r"<style|\sstyle=|\son[a-z]+=", page)
        assert all("src=" in tag or 'type="importmap"' in tag for tag in re.findall(r"<script[^>]*>", page))


class TestRemember:
    def test_a_stored_visitors_token_becomes_a_cookie_of_this_site(self, client: Client, site: SiteRef) -> None:
        token = known_visitor(site)
        response = post(client, site, "session", {"token": token})
        cookie = response.cookies[visitor_cookie(site.key)]
        assert response.status_code == 204
        assert (cookie.value, cookie["httponly"], cookie["samesite"]) == (token, True, "Lax")
        assert not cookie["secure"]

    def test_over_https_it_is_kept_apart_for_each_website(self, client: Client, site: SiteRef) -> None:
        response = client.post(
            f"/widget/{site.key}/session",
            {"token": known_visitor(site)},
            content_type="application/json",
            headers={"origin": "https://testserver", "x-chat-widget": "1"},
            secure=True,
        )
        cookie = response.cookies[visitor_cookie(site.key)].OutputString()
        assert all(word in cookie for word in ("HttpOnly", "Secure", "SameSite=None", "Partitioned"))

    def test_a_token_nobody_has_or_another_tenants_sets_nothing(
        self, client: Client, site: SiteRef, rivals_site: SiteRef
    ) -> None:
        for token in (visitors.new_session().token, known_visitor(rivals_site), None):
            response = post(client, site, "session", {"token": token})
            assert response.status_code == 400
            assert not response.cookies

    @pytest.mark.parametrize(
        "headers", [{"origin": "https://shop.acme.example"}, {"origin": ""}, {"x-chat-widget": ""}, {"origin": "null"}]
    )
    def test_only_our_own_frame_may_ask(self, client: Client, site: SiteRef, headers: dict[str, str]) -> None:
        response = post(client, site, "session", {"token": known_visitor(site)}, **headers)
        assert response.status_code == 403
        assert not response.cookies

    @pytest.mark.parametrize("body", ["", "[]", '"x"', "{", '{"token": 1}', '{"token": "' + "a" * 2000 + '"}', "\xff"])
    def test_what_is_no_token_is_refused(self, client: Client, site: SiteRef, body: str) -> None:
        assert post(client, site, "session", body).status_code == 400

    def test_reading_is_no_way_in(self, client: Client, site: SiteRef) -> None:
        assert client.get(f"/widget/{site.key}/session").status_code == 405


class TestForget:
    def test_ends_the_token_and_takes_the_cookie_away(self, client: Client, site: SiteRef) -> None:
        token = known_visitor(site)
        client.cookies[visitor_cookie(site.key)] = token
        response = post(client, site, "forget", {"token": None})
        assert response.status_code == 204
        assert response.cookies[visitor_cookie(site.key)]["max-age"] == 0
        with tenant_scope(site.tenant_id):
            assert visitors.access_session(site_id=site.site_id, token=token, now=timezone.now()).pk is None

    def test_leaves_another_tenants_visitor_alone(self, client: Client, site: SiteRef, rivals_site: SiteRef) -> None:
        token = known_visitor(rivals_site)
        post(client, site, "forget", {"token": token})
        with tenant_scope(rivals_site.tenant_id):
            assert visitors.access_session(site_id=rivals_site.site_id, token=token, now=timezone.now()).pk is not None


def test_the_theme_is_two_variables(client: Client, acme: House, site: SiteRef) -> None:
    with tenant_scope(acme.tenant_id):
        Site.objects.filter(pk=site.site_id).update(brand_color="#ffcc00")
    sheet = client.get(f"/widget/{site.key}/theme.css")
    assert sheet.headers["Content-Type"].startswith("text/css")
    assert sheet.content.decode() == ":root{--brand:#ffcc00;--on-brand:#000000}\n"


def test_a_visitor_id_is_no_token(client: Client, site: SiteRef) -> None:
    assert post(client, site, "session", {"token": str(uuid.uuid4())}).status_code == 400
