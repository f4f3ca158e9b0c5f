"""A customer's website as a visitor sees it, with the widget in it. Only where DEMO is on."""

from __future__ import annotations

from django.conf import settings
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import render
from django.views.decorators.http import require_GET

from chat.demo_shop import BY_SLUG, PRODUCTS
from chat.views.widget import own_origin, site_with
from security.csp import allow_frames_of_self


@require_GET
def shop(request: HttpRequest, key: str) -> HttpResponse:
    """The shelf."""
    return _page(request, key, "demo/shop.html", products=PRODUCTS)


@require_GET
def product(request: HttpRequest, key: str, page: str) -> HttpResponse:
    """One thing, or what the shop says about delivery."""
    if page == "delivery":
        return _page(request, key, "demo/delivery.html")
    if page not in BY_SLUG:
        raise Http404
    others = [other for other in PRODUCTS if other.slug != page]
    return _page(request, key, "demo/product.html", product=BY_SLUG[page], products=others)


def _page(request: HttpRequest, key: str, template: str, **context: object) -> HttpResponse:
    if not settings.DEMO:
        raise Http404
    site = site_with(key)
    response = render(
        request, template, {**context, "key": site.key, "shop": site.tenant_name, "host": own_origin(request)}
    )
    allow_frames_of_self(response)
    return response
