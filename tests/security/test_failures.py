"""What a service refuses becomes an answer, and nothing of a failed request stays."""

import pytest
from django.db import DatabaseError, InternalError, OperationalError, connection, transaction
from django.http import HttpRequest
from django.test import RequestFactory
from redis.exceptions import ConnectionError as RedisConnectionError

from security.errors import Conflict, Denied, Invalid, NotFound
from security.failures import FailureMiddleware, is_failed, is_refused
from security.scoping import PLATFORM_TENANT_ID, abandon_scope, tenant_scope
from tenants.models import Tenant
from tests.services import session


@pytest.fixture
def middleware() -> FailureMiddleware:
    return FailureMiddleware(lambda _: pytest.fail("no view is called"))


@pytest.fixture
def request_() -> HttpRequest:
    request = RequestFactory().get("/console/")
    request.resolver_match = None
    return request


@pytest.mark.parametrize(
    ("error", "status"), [(NotFound(), 404), (Denied(), 403), (Conflict("slug_taken"), 409), (Invalid("name"), 400)]
)
def test_each_refusal_has_its_status(
    middleware: FailureMiddleware, request_: HttpRequest, error: Exception, status: int
) -> None:
    response = middleware.process_exception(request_, error)
    assert response is not None
    assert response.status_code == status
    assert is_failed(request_)
    assert is_refused(request_) is isinstance(error, Denied)


def test_a_row_that_a_policy_refuses_is_missing_and_raises_an_alarm(
    middleware: FailureMiddleware, request_: HttpRequest, caplog: pytest.LogCaptureFixture
) -> None:
    error = DatabaseError()
    error.__cause__ = _WithState("42501")
    response = middleware.process_exception(request_, error)
    assert response is not None
    assert response.status_code == 404
    assert [record.levelname for record in caplog.records if record.name == "security.failures"] == ["CRITICAL"]


def test_without_the_counters_nobody_is_let_in_uncounted(middleware: FailureMiddleware, request_: HttpRequest) -> None:
    response = middleware.process_exception(request_, RedisConnectionError())
    assert response is not None
    assert (response.status_code, response["Retry-After"]) == (503, "10")


@pytest.mark.django_db
@pytest.mark.parametrize("setting", ["statement_timeout", "lock_timeout"])
def test_who_waited_too_long_for_the_database_comes_again(
    middleware: FailureMiddleware, request_: HttpRequest, setting: str
) -> None:
    server, database = session.current()
    with server.superuser(database) as other, other.transaction():
        other.execute("LOCK TABLE django_session IN ACCESS EXCLUSIVE MODE")
        with pytest.raises(OperationalError) as waited, transaction.atomic(), connection.cursor() as cursor:
            cursor.execute(f"SET LOCAL {setting} = '10ms'; SELECT count(*) FROM django_session")
    response = middleware.process_exception(request_, waited.value)
    assert response is not None
    assert (response.status_code, response["Retry-After"]) == (503, "10")


def test_other_errors_are_djangos_to_answer(middleware: FailureMiddleware, request_: HttpRequest) -> None:
    assert middleware.process_exception(request_, InternalError()) is None
    assert is_failed(request_)


@pytest.mark.usefixtures("committed_db")
def test_an_abandoned_scope_leaves_nothing() -> None:
    with tenant_scope(PLATFORM_TENANT_ID):
        Tenant.objects.update(name="Changed")
        abandon_scope()
    with tenant_scope(PLATFORM_TENANT_ID):
        assert Tenant.objects.get().name == "Platform"


class _WithState(Exception):
    def __init__(self, sqlstate: str) -> None:
        super().__init__(sqlstate)
        self.sqlstate = sqlstate
