"""What an error page tells: a way on, when to come again, and the name under which the logs know the request."""

from __future__ import annotations

import pytest
from allauth.core.ratelimit import respond_429
from django.conf import settings
from django.template.loader import render_to_string
from django.test import Client, RequestFactory

from security.context import acting

from .people import PASSWORD, Organisation

NAMED = ("400", "403", "403_csrf", "409", "429", "500", "503")


@pytest.mark.parametrize("name", [*NAMED, "404"])
def test_an_error_leads_on_and_names_its_request(name: str) -> None:
    with acting(request_id="request-of-a-test"):
        page = render_to_string(f"{name}.html")
    assert '<a class="button" href="/">To the start page</a>' in page
    assert ("<code>request-of-a-test</code>" in page) is (name in NAMED), (
        "missing and foreign look the same to the last byte"
    )


def test_the_name_is_the_one_of_the_answers_head(acme: Organisation) -> None:
    strict = Client(enforce_csrf_checks=True)
    refused = strict.post("/accounts/login/", {"login": "olga@acme.example", "password": "x"})
    assert refused.status_code == 403
    assert f"<code>{refused.headers['X-Request-ID']}</code>" in refused.content.decode()


def test_whoever_asks_too_often_is_told_when_to_come_again() -> None:
    answer = respond_429(RequestFactory().get("/accounts/password/reset/"))
    assert (answer.status_code, answer.headers["Retry-After"]) == (429, "3600")
    assert "in 60 minutes" in answer.content.decode()


def test_a_new_password_may_be_mistyped_often_and_then_the_true_time_is_said(acme: Organisation) -> None:
    olga = Client()
    olga.force_login(acme.user("olga"), settings.AUTHENTICATION_BACKENDS[-1])
    mistyped = {"oldpassword": PASSWORD, "password1": "quiet-lantern-orbit-marble", "password2": "quiet-lantern"}
    answers = [olga.post("/accounts/password/change/", mistyped) for _ in range(31)]
    assert [answer.status_code for answer in answers] == [200] * 30 + [429]
    assert 540 < int(answers[-1].headers["Retry-After"]) <= 600
    assert "Please try again in 10 minutes." in answers[-1].content.decode()
