"""While Valkey is away people sign in all the same, and are counted all the same; what cannot do without asks them to come again."""

import socket
from collections.abc import Callable, Iterator
from contextvars import Context

import pytest
from django.core.cache import caches
from django.http import HttpRequest, HttpResponse
from django.test import Client, RequestFactory
from pytest_django.fixtures import Settings
from redis.exceptions import ConnectionError as RedisConnectionError

from security.failures import server_error
from security.models import LimitRow
from security.steady_cache import LIMITS, USED_CODES, ask_again
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


@pytest.fixture(autouse=True)
def _asked_at_once() -> None:
    """No test rests because an earlier one found Valkey away."""
    ask_again()


@pytest.mark.parametrize(
    ("path", "form", "to"),
    [
        ("/accounts/login/", {"login": "olga@acme.example", "password": PASSWORD}, "/start/"),
        ("/signup/", SIGN_UP, "/signup/sent/"),
        ("/accounts/password/reset/", {"email": "olga@acme.example"}, "/accounts/password/reset/done/"),
    ],
)
def test_people_come_in_all_the_same(
    acme: Organisation, without_valkey: None, client: Client, path: str, form: dict[str, str], to: str
) -> None:
    response = client.post(path, form)
    assert (response.status_code in {302, 303}, response.headers["Location"]) == (True, to)


def test_they_are_counted_all_the_same(acme: Organisation, without_valkey: None, client: Client) -> None:
    wrong = {"login": "olga@acme.example", "password": "wrong"}
    assert [client.post("/accounts/login/", wrong).status_code for _ in range(5)] == [200, 200, 200, 200, 429]
    asked = [client.post("/accounts/password/reset/", {"email": "olga@acme.example"}).status_code for _ in range(6)]
    assert asked == [302] * 5 + [429]
    assert LimitRow.objects.exists()


def test_what_is_no_limit_is_not_kept_in_rows(without_valkey: None) -> None:
    with pytest.raises(RedisConnectionError):
        caches["default"].set("something-else", 1)
    assert not LimitRow.objects.exists()


def test_a_count_that_is_over_is_none(without_valkey: None) -> None:
    cache = caches["default"]
    key = LIMITS + "x"
    assert [cache.add(key, [1], 60), cache.add(key, [2], 60), cache.get(key)] == [True, False, [1]]
    cache.set(key, [3], -1)
    assert [cache.get(key, "none"), cache.add(key, [4], 60), cache.get(key), cache.delete(key)] == [
        "none",
        True,
        [4],
        True,
    ]


@pytest.fixture
def hanging(settings: Settings) -> Iterator[socket.socket]:
    """A Valkey that takes connections and never answers."""
    with socket.create_server(("127.0.0.1", 0), backlog=50) as server:
        server.setblocking(False)
        known = settings.CACHES["default"]
        options = {**known.get("OPTIONS", {}), "socket_timeout": 0.1, "socket_connect_timeout": 0.1}
        location = f"redis://127.0.0.1:{server.getsockname()[1]}/0"
        settings.CACHES = {"default": {**known, "LOCATION": location, "OPTIONS": options}}
        yield server


def connections(server: socket.socket) -> int:
    """How many waited to be taken since it was last asked."""
    found = 0
    while True:
        try:
            server.accept()[0].close()
        except BlockingIOError:
            return found
        found += 1


def test_one_request_waits_for_a_valkey_that_hangs_and_the_next_does_not(hanging: socket.socket) -> None:
    assert Context().run(lambda: caches["default"].get(LIMITS + "x")) is None
    assert connections(hanging) > 0
    assert Context().run(lambda: caches["default"].get(LIMITS + "y")) is None
    assert connections(hanging) == 0


def test_a_used_code_is_known_when_valkey_goes(settings: Settings) -> None:
    caches["default"].set(USED_CODES + ":1:123456", "y", 60)
    settings.CACHES = {"default": {**settings.CACHES["default"], "LOCATION": "unix:///nonexistent/valkey.sock"}}
    assert caches["default"].get(USED_CODES + ":1:123456") == "y"


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
