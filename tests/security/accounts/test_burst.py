"""Forty attempts at once, in threads and on the real server: five are made."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime

import httpx
import pytest
from django.conf import settings
from django.db import connections

from security.accounts import attempts
from security.accounts.attempts import Reserved, Who
from tests.services.web import WebServer
from tests.tenants.people import organisation

NOW = datetime(2026, 11, 22, 12, tzinfo=UTC)


def test_forty_at_once_are_five(committed_db: None) -> None:
    def one(_: int) -> bool:
        try:
            return isinstance(attempts.reserve(Who("olga", "198.51.100.7"), now=NOW), Reserved)
        finally:
            connections.close_all()

    with ThreadPoolExecutor(8) as pool:
        assert sum(pool.map(one, range(40))) == 5


@pytest.mark.real_hashes
def test_forty_requests_at_once_on_the_real_server_are_five(server: WebServer) -> None:
    acme = organisation("acme", "olga")
    with httpx.Client(base_url=server.url) as browser:
        browser.get("/accounts/login/")
        token = browser.cookies[settings.CSRF_COOKIE_NAME]
    form = {"login": "olga@acme.example", "password": "what-nobody-would-have-chosen", "csrfmiddlewaretoken": token}
    cookies, headers = {settings.CSRF_COOKIE_NAME: token}, {"Origin": server.url}

    def one(_: int) -> int:
        return httpx.post(
            f"{server.url}/accounts/login/", data=form, cookies=cookies, headers=headers, timeout=60
        ).status_code

    with ThreadPoolExecutor(40) as pool:
        statuses = list(pool.map(one, range(40)))
    assert (
        sum(status in {429, 503} for status in statuses) >= 35
    )  # 503: the count's lock took too long on a busy machine
    assert 1 <= acme.actions().count("session.sign_in_failed") <= 5
