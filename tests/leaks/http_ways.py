"""Every way in by HTTP: each form of each page, headers, cookies, addresses, bodies that are none."""

from __future__ import annotations

import json
from collections.abc import Iterator
from urllib.parse import quote

from tests.cast import Organisation
from tests.test_url_matrix import SHOWN_TO
from tests.url_objects import address

from .asking import Asking
from .canaries import Canaries

_NEVER = ("logout", "switch", "/sessions/", "password/change", "suspend", "remove", "end-sessions", "reauthenticate")
"""Forms that end the one who fills them."""
_LOUD = ("User-Agent", "Accept", "Accept-Language", "Referer", "X-Forwarded-For", "X-Requested-With", "X-Tenant", "Authorization",
         "If-None-Match", "X-Request-ID", "Forwarded", "X-Chat-Widget", "Range", "Content-Language")  # fmt: skip


def fill_all(asking: Asking, of: Organisation, known: dict[str, str], who: str) -> None:
    """Each page of the resolver's with each form in it."""
    for route in SHOWN_TO:
        if not any(word in route for word in _NEVER):
            asking.fill(address(route, of, known).replace("^", "").replace("$", ""), f"{who} {route}")


def look_at_all(asking: Asking, of: Organisation, known: dict[str, str]) -> None:
    """What the pages show afterwards."""
    for route in SHOWN_TO:
        if "logout" not in route:
            asking.ask("GET", address(route, of, known))


def send_headers(asking: Asking, of: Organisation) -> None:
    """In each header and cookie, on pages of every kind."""
    canaries = asking.canaries
    pages = (
        "/",
        "/signup/",
        "/accounts/login/",
        "/w.js",
        f"/widget/{of.site_key}/",
        "/nothing/",
        "/metrics",
        "/healthz",
    )
    for path in pages:
        for header in _LOUD:
            card = canaries.card(f"header {header}")
            asking.ask("GET", path, headers={header: f"https://{card.replace(' ', '')}.example/ {card}"})
            asking.ask("GET", path, headers={header: card})
        for cookie in (
            "session",
            "csrf",
            "tenant",
            "theme",
            "messages",
            "django_language",
            f"chat_visitor_{of.site_key}",
        ):
            asking.ask("GET", path, headers={"Cookie": f"{cookie}={canaries.plain('cookie')}{'a' * 16}"})
        asking.ask("GET", path, headers={"Host": f"{canaries.plain('host')}.example"})
    asking.post(
        "/accounts/login/",
        {"login": "olga@acme.example", "password": f"wrong {canaries.card('password')}"},
        {name: f"Mozilla/5.0 ({canaries.card(f'signing in {name}')})" for name in ("User-Agent", "Accept")},
    )
    for login in (f"{canaries.plain('login')}@home.example", canaries.card("login")):
        asking.post("/accounts/login/", {"login": login, "password": canaries.card("password")})
    asking.post(
        "/signup/", {"organisation": canaries.card("no token"), "csrfmiddlewaretoken": canaries.card("no token")}
    )
    asking.post(
        "/signup/", {"organisation": canaries.card("origin")}, {"Origin": f"https://{canaries.plain('origin')}.example"}
    )


def ask_addresses(asking: Asking, of: Organisation) -> None:
    """In paths and queries, as they are and percent-encoded."""
    for entry, path in _addresses(asking.canaries, of):
        for method in ("GET", "POST", "DELETE", "PROPFIND"):
            asking.ask(method, path, body=asking.canaries.card(f"body of {entry}") if method == "POST" else None)


def cause_mails(asking: Asking) -> None:
    """Of each kind that a stranger can cause, with a number where a name stands."""
    canaries = asking.canaries
    joining = {"email": "new@home.example", "password": "correct-horse-battery-staple", "website": "shop.example"}
    asking.post(
        "/signup/", {"organisation": f"Shop {canaries.card('mail')}", "full_name": canaries.card("mail"), **joining}
    )
    for email in ("olga@acme.example", "nobody@home.example"):
        asking.post("/accounts/password/reset/", {"email": email})


def _addresses(canaries: Canaries, of: Organisation) -> Iterator[tuple[str, str]]:
    routes = [
        "/", "/signup/", "/accounts/login/", "/console/", "/admin/", "/admin/tenants/membership/", "/w.js",
        f"/widget/{of.site_key}/", "/metrics", "/readyz", "/static/css/base.css", "/start/", f"/demo/{of.site_key}/",
    ]  # fmt: skip
    for route in routes:
        card = canaries.card(f"address {route}")
        for written in (
            quote(card),
            card.replace(" ", "+"),
            card.replace(" ", ""),
            quote(quote(card)),
            card.replace(" ", "-"),
        ):
            yield (
                f"address {route}",
                f"{route}?q={written}&next=/{written}&locale={written}&theme={written}&status={written}",
            )
            yield f"address {route}", f"{route}{written}"
        yield f"address {route}", f"{route}?a=" + "&b=".join(card.split())


def send_bodies(asking: Asking, of: Organisation) -> None:
    """Bodies that are none: broken JSON, forms and files; too large; in foreign types."""
    canaries = asking.canaries
    ours = {"Origin": asking.server.url, "X-Chat-Widget": "1"}
    for path in (f"/widget/{of.site_key}/session", f"/widget/{of.site_key}/forget"):
        for body in (
            json.dumps({"token": canaries.plain("token") + "a" * 27}),
            '{"token": "' + canaries.card("broken token"),
            json.dumps({canaries.card("token"): canaries.card("token")}),
            "[" * 1_000,
            canaries.card("large token") * 200,
        ):
            asking.ask("POST", path, body=body, headers=ours)
    for path in ("/signup/", "/accounts/login/", "/theme/", "/admin/chat/tag/add/"):
        card = canaries.card(f"file {path}")
        parts = f'--x\r\nContent-Disposition: form-data; name="organisation"; filename="{card}.txt"\r\nContent-Type: {card}\r\n\r\n{card}\r\n--x'
        for kind in (
            "multipart/form-data; boundary=x",
            f"multipart/form-data; boundary={card}",
            "multipart/form-data",
            card,
            "application/json",
        ):
            for body in (parts + "--\r\n", parts[:90]):
                asking.ask("POST", path, body=body.encode(), headers={"Content-Type": kind})
        asking.ask(
            "POST", path, body=(card * 5_000).encode(), headers={"Content-Type": "application/x-www-form-urlencoded"}
        )
        asking.post(path, {f"field {card} {number}": card for number in range(1_100)})
        asking.post(path, {"next": f"/{card.replace(' ', '')}", "theme": card})
