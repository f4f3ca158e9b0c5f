"""Real PostgreSQL and Valkey behind TLS, and a mail server: who cannot show the right certificate for the right name gets nothing."""

import contextlib
import smtplib
import ssl
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import parse_qs, urlsplit

import psycopg
import pytest
import redis
from celery import Celery
from django.core.mail import get_connection
from kombu.exceptions import OperationalError

from chat.live.hub.link import LOST, Link
from chatplatform import database, verified
from tests.chatplatform.certificates import Authority
from tests.chatplatform.tls_relay import mail_preface, postgres_preface, relay
from tests.services import session

WRONG = ["another authority", "another name"]


@dataclass(frozen=True)
class Servers:
    """Ports of one set of servers, and the authority that its clients believe."""

    postgres: int
    valkey: int
    smtps: int
    starttls: int
    authority: Path

    @property
    def database_url(self) -> str:
        name = urlsplit(session.urls().app).path
        return f"postgresql://chat_app@localhost:{self.postgres}{name}?sslmode=verify-full&sslrootcert={self.authority}"

    @property
    def redis_url(self) -> str:
        return f"rediss://localhost:{self.valkey}/0?ssl_ca_certs={self.authority}"


@pytest.fixture(scope="module")
def everybody(tmp_path_factory: pytest.TempPathFactory) -> Iterator[dict[str, Servers]]:
    """Three sets: the right one, one that somebody else vouches for, and one of another name."""
    ours, other = Authority("ours"), Authority("somebody else's")
    believed = ours.write(tmp_path_factory.mktemp("tls") / "authority.pem")
    chains = {
        "right": ours.vouch("localhost"),
        WRONG[0]: other.vouch("localhost"),
        WRONG[1]: ours.vouch("elsewhere.example"),
    }
    with contextlib.ExitStack() as stack:
        yield {
            name: _servers(stack, tmp_path_factory.mktemp("chain"), chain, believed) for name, chain in chains.items()
        }


def _servers(stack: contextlib.ExitStack, folder: Path, chain: tuple[bytes, bytes], believed: Path) -> Servers:
    urls = session.urls()
    postgres = Path(parse_qs(urlsplit(urls.app).query)["host"][0]) / ".s.PGSQL.5432"
    valkey = Path(urlsplit(urls.redis).path)
    ports = [
        stack.enter_context(relay(chain, folder, upstream, preface))
        for upstream, preface in ((postgres, postgres_preface), (valkey, None), (None, None), (None, mail_preface))
    ]
    return Servers(*ports, authority=believed)


@pytest.fixture
def right(everybody: dict[str, Servers]) -> Servers:
    return everybody["right"]


@pytest.fixture(params=WRONG)
def wrong(everybody: dict[str, Servers], request: pytest.FixtureRequest) -> Servers:
    return everybody[request.param]


def _ask_database(servers: Servers) -> tuple[object, ...] | None:
    verified.database(servers.database_url, setting="DATABASE_URL")
    with psycopg.connect(servers.database_url, connect_timeout=10) as connection:
        assert connection.pgconn.ssl_in_use
        return connection.execute("SELECT 1").fetchone()


def test_postgresql_is_spoken_to_over_tls(right: Servers) -> None:
    assert _ask_database(right) == (1,)


def test_a_postgresql_that_cannot_show_who_it_is_gets_nothing(wrong: Servers) -> None:
    with pytest.raises(psycopg.OperationalError, match="certificate"):
        _ask_database(wrong)


def test_valkey_is_spoken_to_over_tls(right: Servers) -> None:
    verified.redis(right.redis_url)
    with redis.Redis.from_url(right.redis_url, socket_timeout=10) as client:
        assert client.ping()


def test_a_valkey_that_cannot_show_who_it_is_gets_nothing(wrong: Servers) -> None:
    with (
        redis.Redis.from_url(wrong.redis_url, socket_timeout=10) as client,
        pytest.raises(redis.ConnectionError, match="certificate verify failed"),
    ):
        client.ping()


async def test_the_hub_speaks_to_it_likewise(right: Servers) -> None:
    connection = await Link(right.redis_url).open()
    await connection.disconnect()


async def test_the_hub_believes_nobody_else(wrong: Servers) -> None:
    with pytest.raises(LOST):
        await Link(wrong.redis_url).open()


@pytest.fixture(params=["its own authority", "the system's"])
def is_bare(request: pytest.FixtureRequest, everybody: dict[str, Servers], monkeypatch: pytest.MonkeyPatch) -> bool:
    """Whether the URL is `rediss://host` and no more, where Celery by itself would check nobody."""
    monkeypatch.setenv("SSL_CERT_FILE", str(everybody["right"].authority))
    return bool(request.param == "the system's")


@contextlib.contextmanager
def _queue(servers: Servers, *, is_bare: bool) -> Iterator[Celery]:
    """Celery on that Valkey, as chatplatform.celery sets it up."""
    app = Celery("verified", set_as_current=False)
    url = servers.redis_url.partition("?")[0] if is_bare else servers.redis_url
    app.conf.update(broker_url=database.broker(url), broker_use_ssl=verified.broker_tls(url))
    yield app
    app.close()


def test_the_task_queue_speaks_to_it_likewise(right: Servers, is_bare: bool) -> None:
    with _queue(right, is_bare=is_bare) as app, app.connection_for_write() as connection:
        connection.ensure_connection(max_retries=1, interval_start=0, interval_step=0)
        assert connection.connected


def test_the_task_queue_believes_nobody_else(wrong: Servers, is_bare: bool) -> None:
    with (
        _queue(wrong, is_bare=is_bare) as app,
        app.connection_for_write() as connection,
        pytest.raises(OperationalError, match="certificate verify failed"),
    ):
        connection.ensure_connection(max_retries=1, interval_start=0, interval_step=0)


@contextlib.contextmanager
def _mail(servers: Servers, way: str, monkeypatch: pytest.MonkeyPatch) -> Iterator[smtplib.SMTP]:
    monkeypatch.setenv("SSL_CERT_FILE", str(servers.authority))
    how = {"smtps": {"use_ssl": True, "use_tls": False}, "starttls": {"use_ssl": False, "use_tls": True}}[way]
    backend = get_connection(
        "django.core.mail.backends.smtp.EmailBackend", host="localhost", port=getattr(servers, way), timeout=10, **how
    )
    assert backend.open()
    yield backend.connection  # type: ignore[attr-defined]
    backend.close()


@pytest.mark.parametrize("way", ["smtps", "starttls"])
def test_mails_go_over_tls(right: Servers, way: str, monkeypatch: pytest.MonkeyPatch) -> None:
    with _mail(right, way, monkeypatch) as connection:
        assert isinstance(connection.sock, ssl.SSLSocket)
        assert connection.noop()[0] == 250


@pytest.mark.parametrize("way", ["smtps", "starttls"])
def test_a_mail_server_that_cannot_show_who_it_is_gets_none(
    wrong: Servers, way: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    with pytest.raises(ssl.SSLCertVerificationError), _mail(wrong, way, monkeypatch):
        pass
