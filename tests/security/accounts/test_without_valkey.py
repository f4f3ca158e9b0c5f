"""While Valkey is away nobody signs in uncounted: everybody is asked to come again."""

from collections.abc import Callable

import pytest
from django.http import HttpRequest, HttpResponse
from django.test import Client, RequestFactory
from pytest_django.fixtures import Settings
from redis.exceptions import ConnectionError as RedisConnectionError

from security.failures import server_error
from tests.tenants.people import PASSWORD, Organisation

pytestmark = pytest.mark.django_db
SIGN_UP = {
    "organisation": "New",
    "full_name": "Nina",
    "email": "nina@new.example",
    "password": PASSWORD,
    "website": "new.example",
}


@pytest.fixture
def without_valkey(settings: Settings) -> None:
    settings.CACHES = {"default": {**settings.CACHES["default"], "LOCATION": "unix:///nonexistent/valkey.sock"}}


@pytest.mark.parametrize(
    ("path", "form"),
    [
        ("/accounts/login/", {"login": "olga@acme.example", "password": PASSWORD}),
        ("/accounts/login/", {"login": "olga@acme.example", "password": "wrong"}),
        ("/signup/", SIGN_UP),
        ("/accounts/password/reset/", {"email": "olga@acme.example"}),
    ],
)
def test_whoever_would_be_counted_comes_again(
    acme: Organisation, without_valkey: None, client: Client, path: str, form: dict[str, str]
) -> None:
    response = client.post(path, form)
    assert (response.status_code, response.headers["Retry-After"]) == (503, "10")


def away(_: Callable[[HttpRequest], HttpResponse]) -> Callable[[HttpRequest], HttpResponse]:
    """A middleware that needs Valkey."""

    def answer(_: HttpRequest) -> HttpResponse:
        raise RedisConnectionError

    return answer


def test_a_middleware_that_needs_it_asks_to_come_again(settings: Settings) -> None:
    settings.MIDDLEWARE = [*settings.MIDDLEWARE, f"{__name__}.away"]
    response = Client(raise_request_exception=False).get("/")
    assert (response.status_code, response.headers["Retry-After"]) == (503, "10")


@pytest.mark.parametrize(("error", "status"), [(RedisConnectionError(), 503), (RuntimeError(), 500)])
def test_what_a_middleware_raises_is_answered_alike(rf: RequestFactory, error: Exception, status: int) -> None:
    request: HttpRequest = rf.get("/")
    request.resolver_match = None

    def fail() -> None:
        raise error

    try:
        fail()
    except (RedisConnectionError, RuntimeError):
        assert server_error(request).status_code == status
