"""What load balancers and monitoring are told."""

from collections.abc import Iterator

import pytest
from django.test import Client
from pytest_django.fixtures import Settings

from chatplatform import health
from tests.services import session

_LOAD_BALANCER = "10.9.8.7:8000"  # a host that ALLOWED_HOSTS does not name


@pytest.fixture(autouse=True)
def unknown_migrations(monkeypatch: pytest.MonkeyPatch) -> None:
    """No test leans on what an earlier one has found out."""
    monkeypatch.setattr(health, "_migrated", False)


def test_alive_asks_nobody_and_answers_any_host(client: Client) -> None:
    answer = client.get("/healthz", headers={"host": _LOAD_BALANCER})  # no database mark: a query would fail the test
    assert (answer.status_code, answer.content, answer["Cache-Control"]) == (200, b"ok\n", "no-store")
    assert answer["Content-Length"] == "3"


@pytest.mark.django_db
def test_ready_names_each_part(client: Client) -> None:
    answer = client.get("/readyz", headers={"host": _LOAD_BALANCER})
    assert answer.status_code == 200
    assert answer.json() == {"ready": True, "database": "up", "migrations": "up", "redis": "up"}


def test_without_a_database_it_is_not_ready(client: Client, without_database: None) -> None:
    answer = client.get("/readyz")
    assert answer.status_code == 503
    assert answer.json() == {"ready": False, "database": "down", "migrations": "down", "redis": "up"}


@pytest.fixture
def one_migration_missing() -> Iterator[None]:
    """The application has no right to do this."""
    server, database = session.current()
    renamed = "UPDATE django_migrations SET name = %s WHERE app = 'chat' AND name = %s"
    with server.superuser(database) as superuser:
        superuser.execute(renamed, ["missing", "0001_initial"])
    yield
    with server.superuser(database) as superuser:
        superuser.execute(renamed, ["0001_initial", "missing"])


@pytest.mark.django_db
@pytest.mark.usefixtures("one_migration_missing")
def test_with_migrations_to_run_it_is_not_ready(client: Client) -> None:
    answer = client.get("/readyz")
    assert answer.status_code == 503
    assert answer.json()["migrations"] == "pending"


@pytest.mark.django_db
def test_without_valkey_it_is_ready_all_the_same(client: Client, settings: Settings) -> None:
    settings.REDIS_URLS = ["unix:///nonexistent/valkey.sock"]
    answer = client.get("/readyz")
    assert (answer.status_code, answer.json()["redis"]) == (200, "down")


@pytest.mark.django_db
def test_metrics_are_for_the_loopback(client: Client) -> None:
    answer = client.get("/metrics", headers={"host": "127.0.0.1:8000"})
    assert answer.status_code == 200
    assert client.get("/metrics", headers={"host": "evil.example"}).status_code == 404
    assert b"process_cpu_seconds_total" in answer.content
    assert client.get("/metrics", REMOTE_ADDR="10.1.2.3").status_code == 404


@pytest.mark.parametrize("name", ["x-forwarded-for", "forwarded", "via", "x-real-ip", "x-forwarded-host"])
def test_metrics_do_not_take_a_proxy_on_this_machine_for_the_loopback(client: Client, name: str) -> None:
    assert client.get("/metrics", headers={name: "127.0.0.1"}).status_code == 404


@pytest.mark.django_db
def test_metrics_with_a_token_want_it_from_everybody(client: Client, settings: Settings) -> None:
    settings.METRICS_TOKEN = "correct horse"
    assert client.get("/metrics").status_code == 404
    assert client.get("/metrics", headers={"authorization": "Bearer wrong"}).status_code == 404
    assert client.get("/metrics", headers={"authorization": "Bearer correct horse"}).status_code == 200


@pytest.mark.parametrize("path", ["/healthz", "/readyz", "/metrics"])
def test_only_reading_is_allowed(client: Client, path: str) -> None:
    answer = client.post(path)
    assert (answer.status_code, answer["Allow"]) == (405, "GET, HEAD")
