"""Pages about errors, for developers too, name the error and quote nothing."""

import pytest
from django.core.exceptions import BadRequest
from django.http import HttpRequest
from django.test import Client, RequestFactory
from django.urls import path
from django.views.debug import technical_500_response
from pytest_django import Settings

from chatplatform import urls

WORDS = "the private words of somebody"
pytestmark = pytest.mark.django_db


def fails(request: HttpRequest, kind: str) -> None:
    mine = request.POST.get("mine", "")
    raise {"error": ValueError, "bad": BadRequest}[kind](mine)


urlpatterns = [path("fails/<str:kind>/", fails), *urls.urlpatterns]
handler500 = "security.failures.server_error"


@pytest.fixture
def debugging(settings: Settings) -> Client:
    settings.DEBUG, settings.ROOT_URLCONF = True, __name__
    return Client(raise_request_exception=False)


@pytest.mark.parametrize(("kind", "status"), [("error", 500), ("bad", 400)])
@pytest.mark.parametrize("accepts", ["text/html", "text/plain"])
def test_an_error_is_named(debugging: Client, kind: str, status: int, accepts: str) -> None:
    answer = debugging.post(f"/fails/{kind}/?{WORDS}", {"mine": WORDS}, headers={"Accept": accepts, "X-Mine": WORDS})
    assert answer.status_code == status
    said = answer.content.decode()
    assert WORDS not in said
    assert "test_reporting.py" in said
    assert ("ValueError" if kind == "error" else "BadRequest") in said


def test_an_unknown_path_is_not_repeated(settings: Settings, client: Client) -> None:
    settings.DEBUG = True
    answer = client.get("/nowhere/private-words/")
    assert answer.status_code == 404
    assert b"private-words" not in answer.content


def test_an_unknown_host_is_not_repeated(settings: Settings, client: Client) -> None:
    settings.DEBUG, settings.ALLOWED_HOSTS = True, ["testserver"]
    answer = client.get("/signup/", headers={"Host": "private-words.example"})
    assert answer.status_code == 400
    assert b"private-words" not in answer.content


@pytest.mark.parametrize("is_debug", [True, False])
def test_a_form_without_its_token_is_refused_without_a_word_of_where_it_came_from(
    settings: Settings, is_debug: bool
) -> None:
    settings.DEBUG = is_debug
    strict = Client(enforce_csrf_checks=True)
    answer = strict.post("/signup/", {"organisation": WORDS}, headers={"Origin": "https://private-words.example"})
    assert answer.status_code == 403
    assert b"private" not in answer.content


def test_no_variable_is_shown() -> None:
    request = RequestFactory().get("/")
    with pytest.raises(ValueError, match="words") as caught:
        _fail(WORDS)
    answer = technical_500_response(request, caught.type, caught.value, caught.tb)
    assert WORDS.encode() not in answer.content
    assert b"ValueError" in answer.content


def _fail(hidden: str) -> None:
    raise ValueError(hidden)
