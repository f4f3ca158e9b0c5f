"""Every response carries a strict policy; views may only name frames."""

import pytest
from django.http import HttpRequest, HttpResponse, HttpResponseBase
from django.template import Context, Template
from django.test import RequestFactory

from security.csp import (
    DEFAULT_POLICY,
    HEADER,
    ContentSecurityPolicyMiddleware,
    allow_frames_of_self,
    allow_framing_by,
    csp,
)


def policy_of(path: str = "/", view: object = None) -> dict[str, list[str]]:
    def plain(request: HttpRequest) -> HttpResponseBase:
        return HttpResponse()

    response = ContentSecurityPolicyMiddleware(view or plain)(RequestFactory().get(path))
    return {name: values for name, *values in (part.split() for part in response.headers[HEADER].split("; "))}


def test_the_policy_is_closed_by_default() -> None:
    policy = policy_of()
    assert policy["default-src"] == ["'none'"]
    assert policy["script-src"] == ["'self'"]
    assert policy["frame-ancestors"] == ["'none'"]
    assert policy["base-uri"] == ["'none'"]
    assert policy["require-trusted-types-for"] == ["'script'"]
    assert set(policy) == set(DEFAULT_POLICY)
    assert "unsafe" not in str(policy)


def test_the_admin_alone_has_no_trusted_types() -> None:
    assert "require-trusted-types-for" not in policy_of("/admin/chat/")
    assert "require-trusted-types-for" in policy_of("/administration/")


def test_a_nonce_is_fresh_for_each_response_and_there_only_if_used() -> None:
    shown = []

    def view(request: HttpRequest) -> HttpResponseBase:
        shown.append(Template("{{ csp_nonce }}").render(Context(csp(request))))
        return HttpResponse(shown[-1])

    first, second = policy_of(view=view), policy_of(view=view)
    assert first["script-src"] == ["'self'", f"'nonce-{shown[0]}'"]
    assert second["script-src"] == ["'self'", f"'nonce-{shown[1]}'"]
    assert len({shown[0], shown[1]}) == 2
    assert len(shown[0]) >= 22


def test_a_view_names_who_may_frame_it_and_what_it_frames() -> None:
    def view(request: HttpRequest) -> HttpResponseBase:
        response = HttpResponse()
        allow_framing_by(response, ["https://shop.example", "http://127.0.0.1:8000", "https://*.acme.example"])
        allow_frames_of_self(response)
        return response

    policy = policy_of(view=view)
    assert policy["frame-ancestors"] == ["https://shop.example", "http://127.0.0.1:8000", "https://*.acme.example"]
    assert policy["frame-src"] == ["'self'"]
    assert policy["default-src"] == ["'none'"]


def test_an_empty_list_frames_nowhere() -> None:
    def view(request: HttpRequest) -> HttpResponseBase:
        response = HttpResponse()
        allow_framing_by(response, [])
        return response

    assert policy_of(view=view)["frame-ancestors"] == ["'none'"]


@pytest.mark.parametrize(
    "source", ["*", "https:", "https://a.example; script-src *", "https://a.example b", "javascript:x", "https://a/b", "",
               "https://a.example\n", "https://my_shop.example", "data:", "HTTPS://a.example", "https://*"],
)  # fmt: skip
def test_what_is_no_origin_is_left_out(source: str) -> None:
    def view(request: HttpRequest) -> HttpResponseBase:
        response = HttpResponse()
        allow_framing_by(response, ["https://shop.example", source])
        return response

    policy = policy_of(view=view)
    assert policy["frame-ancestors"] == ["https://shop.example"]
    assert policy["script-src"] == ["'self'"]
