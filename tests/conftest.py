"""Fixtures that every test may use; databases and servers come from tests/services."""

from collections.abc import Iterator
from pathlib import Path

import hypothesis
import psycopg
import pytest
from django.core.cache import cache
from django.db import connections
from playwright.sync_api import Browser, Page
from pytest_django import Settings
from pytest_django.plugin import DjangoDbBlocker

from chatplatform.celery import app
from chatplatform.ports import free_port
from security.crypto import keyring
from security.scoping import PLATFORM_TENANT_ID, tenant_scope
from tests.security.identity import openid_provider
from tests.security.identity.openid_provider import OpenIdProvider
from tests.services import databases, session
from tests.services.browser import Pages, chromium
from tests.services.web import WebServer

# Two processes share the processors with servers and browsers: how long one example takes says nothing here.
# And what it finds must not depend on the day: new examples are for `bench masking --fuzz`.
hypothesis.settings.register_profile("shared", deadline=None, derandomize=True)
hypothesis.settings.load_profile("shared")


# Storms, servers, browsers: what takes longest. Begun last, one of them would run on alone. Leaks are looked for in all that
# the database has written ahead, which grows with each test.
_FIRST = (
    "tests/leaks/",
    "tests/chatplatform/bench/chaos/test_chaos.py",
    "tests/chatplatform/",
    "tests/chat/retention/test_kills.py",
    "tests/e2e/",
    "tests/security/masking/test_browser.py",
    "tests/tenants/test_pages_browser.py",
    "tests/test_url_matrix.py",
    "tests/isolation/test_url_objects.py",
    "tests/isolation/test_admin_crawl.py",
)


@pytest.hookimpl(trylast=True)
def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Put the longest first, in whichever order chance has given them; refuse the marker that would empty tables as the application, which has no right to."""
    for item in items:
        for marker in item.iter_markers("django_db"):
            if marker.kwargs.get("transaction") or marker.kwargs.get("reset_sequences"):
                raise pytest.UsageError(f"{item.nodeid}: use the fixture committed_db instead of transaction=True.")
    items.sort(
        key=lambda item: next((n for n, place in enumerate(_FIRST) if item.nodeid.startswith(place)), len(_FIRST))
    )


@pytest.fixture(autouse=True)
def quick_passwords(request: pytest.FixtureRequest, settings: Settings) -> None:
    """Argon2 is slow on purpose, and each story needs people; what is about hashing asks for `real_hashes`."""
    if request.node.get_closest_marker("real_hashes") is None:
        settings.PASSWORD_HASHERS = ["django.contrib.auth.hashers.MD5PasswordHasher", *settings.PASSWORD_HASHERS]


@pytest.fixture(autouse=True, scope="session")
def tasks_at_once() -> None:
    """No worker runs beside the tests: what is queued is done by who queues it. Tests of real workers ask for `queued_tasks`."""
    app.conf.task_always_eager = True


@pytest.fixture
def queued_tasks() -> Iterator[None]:
    """Tasks go to the broker."""
    app.conf.task_always_eager = False
    yield
    app.conf.task_always_eager = True


@pytest.fixture(scope="session")
def django_db_setup() -> None:
    """Nothing to set up: this process's database was made before Django was."""


@pytest.fixture(scope="session")
def superuser() -> Iterator[psycopg.Connection]:
    """Kept open: a new one for each test that is cleared up after costs as much as the clearing."""
    server, database = session.current()
    with server.superuser(database) as connection:
        yield connection


@pytest.fixture(scope="session")
def fixed_rows(superuser: psycopg.Connection, django_db_blocker: DjangoDbBlocker) -> databases.Fixed:
    """The rows that migrations made, and the platform's key: servers that outlive a test remember it, and its tenant is always the same."""
    with django_db_blocker.unblock(), tenant_scope(PLATFORM_TENANT_ID):
        keyring.forget_everything()
        keyring.tenant_key()
    connections.close_all()
    return databases.fixed(superuser)


@pytest.fixture
def committed_db(
    superuser: psycopg.Connection, fixed_rows: databases.Fixed, django_db_blocker: DjangoDbBlocker
) -> Iterator[None]:
    """The database with real commits, for threads, sockets and other processes; emptied afterwards."""
    with django_db_blocker.unblock():
        yield
        connections.close_all()
        cache.clear()
        databases.empty(superuser, fixed_rows)


@pytest.fixture
def no_keys_in_memory(committed_db: None) -> Iterator[None]:
    """Keys of rows that are gone must not be found in the next test."""
    keyring.forget_everything()
    yield
    keyring.forget_everything()


@pytest.fixture(scope="session")
def openid_house() -> Iterator[OpenIdProvider]:
    """A real OpenID provider, started once; a test adds whom it needs, by a subject of its own."""
    with openid_provider.running() as found:
        yield found


@pytest.fixture(scope="session")
def running_server(tmp_path_factory: pytest.TempPathFactory, fixed_rows: databases.Fixed) -> Iterator[WebServer]:
    """The process behind `server`, started once; providers and name servers may be on this machine."""
    nearby = {"OUTGOING_NETWORKS": "127.0.0.0/8", "DNS_SERVERS": f"127.0.0.1:{free_port()}"}
    server = WebServer(session.urls(), Path(tmp_path_factory.mktemp("server")), nearby)
    server.start()
    yield server
    server.stop()


@pytest.fixture
def server(running_server: WebServer, committed_db: None) -> WebServer:
    """The real web server on this process's database, with DEMO=1; started again if a test has ended it."""
    if running_server.child is None or not running_server.child.is_alive:
        running_server.start()
    return running_server


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    """Chromium for the tests of one module: Playwright's event loop must not outlive them, or no other can run."""
    with chromium() as browser, pytest.MonkeyPatch.context() as patch:
        # That loop looks to Django as if the test were a coroutine, which it is not.
        patch.setenv("DJANGO_ALLOW_ASYNC_UNSAFE", "1")
        yield browser


@pytest.fixture
def pages(browser: Browser, server: WebServer) -> Iterator[Pages]:
    """Opens pages of several people; afterwards the test fails for any console error, exception or CSP violation."""
    pages = Pages(browser, server.url)
    with pages.stack:
        yield pages
    assert pages.problems == []


@pytest.fixture
def page(pages: Pages) -> Page:
    """One person's page, whose relative addresses are the server's."""
    return pages.open()
