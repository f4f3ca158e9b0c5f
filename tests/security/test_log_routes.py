"""Django's own lines about a request never quote its path."""

import logging

from django.test import RequestFactory

from security.logs import RouteFilter


def _line(path: str) -> str:
    request = RequestFactory().get(path)
    request.resolver_match = None
    record = logging.LogRecord("django.request", logging.WARNING, __file__, 1, "Not Found: %s", (request.path,), None)
    record.request = request
    assert RouteFilter().filter(record)
    return record.getMessage()


def test_a_path_is_replaced_by_its_route() -> None:
    assert _line("/widget/pk_secret/") == "Not Found: route none"


def test_a_path_that_django_escapes_is_replaced_too() -> None:
    request = RequestFactory().get("/gr%C3%BC%C3%9Fe/4242")
    request.resolver_match = None
    escaped = request.path.encode("unicode_escape").decode("ascii")
    record = logging.LogRecord("django.request", logging.WARNING, __file__, 1, "Not Found: %s", (escaped,), None)
    record.request = request
    RouteFilter().filter(record)
    assert "4242" not in record.getMessage()


def test_other_lines_stay_as_they_are() -> None:
    record = logging.LogRecord("celery", logging.INFO, __file__, 1, "Task %s done", ("x",), None)
    RouteFilter().filter(record)
    assert record.getMessage() == "Task x done"


def _refused(name: str, msg: str, *args: object) -> str:
    request = RequestFactory().get("/secret/")
    request.resolver_match = None
    record = logging.LogRecord(name, logging.WARNING, __file__, 1, msg, args, None)
    record.request, record.status_code = request, 400
    assert RouteFilter().filter(record)
    return record.getMessage()


def test_what_was_found_suspicious_is_not_quoted() -> None:
    said = _refused("django.security.DisallowedHost", "Invalid HTTP_HOST header: 'my words'.")
    assert said == "Refused as DisallowedHost: route none"
    said = _refused("django.security.csrf", "Forbidden (%s): %s", "my words does not match any origin", "/secret/")
    assert said == "Refused as csrf: route none"


def test_neither_is_what_made_a_request_bad() -> None:
    assert _refused("django.request", "%s: %s", "my words", "/secret/") == "Bad Request: route none"
