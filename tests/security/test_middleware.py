"""Each request has an id, an address and an actor; each response its headers; the access log names routes only."""

import logging
from types import SimpleNamespace
from uuid import UUID

import pytest
from django.contrib.auth.models import AnonymousUser
from django.http import HttpRequest, HttpResponse, HttpResponseBase
from django.test import RequestFactory
from django.urls import ResolverMatch
from pytest_django import Settings

from security.context import ActorKind, Context, current
from security.middleware import (
    ActorMiddleware,
    RequestContextMiddleware,
    SecurityHeadersMiddleware,
    session_digest,
)
from security.models import User


def seen_by_view(request: HttpRequest, *chain: type) -> tuple[Context, HttpResponseBase]:
    seen: list[Context] = []

    def view(inner: HttpRequest) -> HttpResponseBase:
        seen.append(current())
        return HttpResponse()

    handler = view
    for middleware in reversed(chain):
        handler = middleware(handler)
    response = handler(request)
    return seen[0], response


def test_a_request_has_its_own_id_and_a_believed_address(settings: Settings) -> None:
    settings.TRUSTED_PROXIES = ["10.0.0.0/8"]
    request = RequestFactory().get(
        "/", REMOTE_ADDR="10.0.0.1", HTTP_X_FORWARDED_FOR="6.6.6.6, 198.51.100.7", HTTP_X_REQUEST_ID="mine\nforged"
    )
    one, response = seen_by_view(request, RequestContextMiddleware)
    two, _ = seen_by_view(request, RequestContextMiddleware)
    assert one.address == "198.51.100.7"
    assert response.headers["X-Request-ID"] == one.request_id
    assert one.request_id != two.request_id
    assert "forged" not in one.request_id
    assert current().address is None


def test_garbage_addresses_do_not_fail_a_request(settings: Settings) -> None:
    settings.TRUSTED_PROXIES = ["10.0.0.0/8"]
    request = RequestFactory().get("/", REMOTE_ADDR="10.0.0.1", HTTP_X_FORWARDED_FOR="<script>, ;;")
    context, response = seen_by_view(request, RequestContextMiddleware)
    assert (context.address, response.status_code) == ("10.0.0.1", 200)


def test_the_access_log_names_the_route_and_nothing_of_the_address(caplog: pytest.LogCaptureFixture) -> None:
    request = RequestFactory().get("/widget/pk_secret/?q=4242424242424242")
    request.resolver_match = ResolverMatch(
        lambda: None, (), {"key": "pk_secret"}, url_name="widget", namespaces=["chat"]
    )
    with caplog.at_level(logging.INFO, "security.access"):
        seen_by_view(request, RequestContextMiddleware)
        seen_by_view(RequestFactory().get("/none/such"), RequestContextMiddleware)
    first, second = (record.getMessage() for record in caplog.records)
    assert first.startswith("GET chat:widget 200 ")
    assert second.startswith("GET none 200 ")
    assert "pk_secret" not in caplog.text
    assert "4242" not in caplog.text
    assert "such" not in caplog.text


@pytest.mark.parametrize(("is_operator", "kind"), [(False, ActorKind.PERSON), (True, ActorKind.OPERATOR)])
def test_a_signed_in_person_is_the_actor(is_operator: bool, kind: ActorKind) -> None:
    request = RequestFactory().get("/")
    public_id = UUID(int=9)
    request.user = User(pk=5, public_id=public_id, full_name="Alice Archer", is_operator=is_operator)
    request.session = SimpleNamespace(session_key="the-key")  # type: ignore[assignment]
    context, _ = seen_by_view(request, ActorMiddleware)
    actor = context.actor
    assert (actor.kind, actor.id, actor.name, actor.user_id) == (kind, str(public_id), "Alice Archer", 5)
    assert context.session == session_digest("the-key")
    assert "the-key" not in str(context)


def test_nobody_signed_in_is_anonymous() -> None:
    request = RequestFactory().get("/")
    request.user = AnonymousUser()
    context, _ = seen_by_view(request, ActorMiddleware)
    assert context.actor.kind is ActorKind.ANONYMOUS
    assert session_digest(None) is None


def test_every_response_has_the_headers_and_a_view_may_set_its_own() -> None:
    def view(request: HttpRequest) -> HttpResponseBase:
        return HttpResponse(headers={"Cross-Origin-Resource-Policy": "cross-origin"})

    headers = SecurityHeadersMiddleware(view)(RequestFactory().get("/")).headers
    assert headers["X-Content-Type-Options"] == "nosniff"
    assert headers["Cross-Origin-Opener-Policy"] == "same-origin"
    assert headers["Cross-Origin-Resource-Policy"] == "cross-origin"
    assert headers["Referrer-Policy"] == "strict-origin-when-cross-origin"
    assert "camera=()" in headers["Permissions-Policy"]
