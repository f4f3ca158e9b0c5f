"""The way to an organisation's own provider, and back."""

from __future__ import annotations

import secrets
from typing import Final
from uuid import UUID

from django.conf import settings
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.utils import timezone
from django.utils.http import url_has_allowed_host_and_scheme
from django.views.decorators.cache import never_cache
from django.views.decorators.csrf import csrf_exempt
from django.views.decorators.http import require_http_methods, require_safe

from security.accounts.allauth_internal import record_authentication
from security.accounts.limits import is_within
from security.accounts.provided import bound_tenant
from security.accounts.sign_in import sign_in_provided
from security.errors import Denied, NotFound
from security.identity.metadata import metadata_of
from security.identity.saml import MOST_BYTES
from security.models import User
from tenants.forms import ProviderEmailForm
from tenants.models import ProviderKind
from tenants.provider_words import said
from tenants.services.sign_in.arriving import ask, come_in
from tenants.services.sign_in.parking import park, take
from tenants.services.sign_in.provider import (
    ProviderRef,
    access_provider,
    provider_for,
    provider_of_session,
    service_of,
)
from tenants.views.public import SeeOther, too_many

_OFFERED_KEY: Final = "provider_offered"
"""In the session: the word by which the page that offered the way there is known again."""


@never_cache
@require_http_methods(["GET", "HEAD", "POST"])
def provider_sign_in(request: HttpRequest) -> HttpResponse:
    """Asks for an address; the domain in it alone says which provider, whoever has an account."""
    if request.method == "POST" and not is_within(request, "provider"):
        return too_many(request, "provider")
    form = ProviderEmailForm(request.POST if request.method == "POST" else None)
    context: dict[str, object] = {"form": form, "next": _next(request)}
    if request.method == "POST" and form.is_valid():
        try:
            return _offered(request, provider_for(form.cleaned_data["email"]))
        except NotFound:
            context["is_unknown"] = True
    return render(request, "account/provider.html", context)


@never_cache
@require_safe
def provider_begin(request: HttpRequest, provider: UUID) -> HttpResponse:
    """Sends the browser there from a page of ours in it; from elsewhere, which could sign it in as whomever it likes, it is asked first.

    By a word in the address, since a form would be kept from leading to another origin by our policy.
    """
    ref, meant = _access(provider), request.session.pop(_OFFERED_KEY, "")
    if not meant or not secrets.compare_digest(request.GET.get("go", "").encode(), meant.encode()):
        # What led here by our own page was counted there.
        return _offered(request, ref) if is_within(request, "provider") else too_many(request, "provider")
    return _sent(request, ref, again=None)


@never_cache
@require_safe
def provider_again(request: HttpRequest) -> HttpResponse:
    """The same for who is signed in and is to show once more who he is."""
    bound, user = bound_tenant(request.session), request.user
    if bound is None or not isinstance(user, User):
        raise Http404
    try:
        ref = provider_of_session(bound)
    except NotFound:
        raise Http404 from None
    return _sent(request, ref, again=user)


@never_cache
@require_safe
def provider_openid(request: HttpRequest, provider: UUID) -> HttpResponse:
    """Back, with a code in the address."""
    if not is_within(request, "provider_answer"):
        return too_many(request, "provider_answer")
    return _back(request, provider, ProviderKind.OPENID, {name: str(value) for name, value in request.GET.items()})


@csrf_exempt
def provider_saml(request: HttpRequest, provider: UUID) -> HttpResponse:
    """Back, by a form that the provider's page posts, so without our cookie: it is put down, and read by a page that the cookie comes to."""
    if request.method != "POST":
        raise Http404
    if not is_within(request, "provider_answer"):
        return too_many(request, "provider_answer")
    ref, answer = _access(provider), request.POST.get("SAMLResponse", "")
    if ref.kind != ProviderKind.SAML or not 0 < len(answer) <= MOST_BYTES:
        raise Http404
    return SeeOther(reverse("provider_saml_done", args=[provider, park(ref, answer)]))


@never_cache
@require_safe
def provider_saml_done(request: HttpRequest, provider: UUID, handle: str) -> HttpResponse:
    """Reads what was put down, once; counted when it was."""
    answer = take(_access(provider), handle)
    return _back(request, provider, ProviderKind.SAML, {"SAMLResponse": answer})


@require_safe
def provider_metadata(request: HttpRequest, provider: UUID) -> HttpResponse:  # noqa: ARG001 - Django's interface
    """What is entered at a SAML provider, as a document."""
    ref = _access(provider)
    return HttpResponse(metadata_of(service_of(ref.public_id)), content_type="application/samlmetadata+xml")


def _offered(request: HttpRequest, ref: ProviderRef) -> HttpResponse:
    go = request.session[_OFFERED_KEY] = secrets.token_urlsafe(32)
    return render(request, "account/provider.html", {"provider": ref, "next": _next(request), "go": go})


def _sent(request: HttpRequest, ref: ProviderRef, *, again: User | None) -> HttpResponse:
    where = ask(request.session, ref, to=_next(request), again=again, now=timezone.now())
    return HttpResponse(status=303, headers={"Location": where})


def _back(request: HttpRequest, provider: UUID, kind: ProviderKind, given: dict[str, str]) -> HttpResponse:
    ref = _access(provider)
    if ref.kind != kind:
        raise Http404
    user = request.user if isinstance(request.user, User) else None
    try:
        came = come_in(request.session, ref, given, user=user, now=timezone.now())
    except Denied as refused:
        context = {"sentence": said(refused.code), "organisation": ref.tenant_name}
        return render(request, "account/provider_refused.html", context, status=403)
    to = came.to or reverse(settings.LOGIN_REDIRECT_URL)
    if came.is_again:
        record_authentication(request, came.user, method="provider", reauthenticated=True)
        return SeeOther(to)
    return sign_in_provided(
        request,
        came.user,
        tenant_id=came.tenant_id,
        version=ref.version,
        has_shown_factor=came.has_shown_factor,
        shown_at=came.shown_at,
        to=to,
    )


def _access(provider: UUID) -> ProviderRef:
    try:
        return access_provider(provider)
    except NotFound:
        raise Http404 from None


def _next(request: HttpRequest) -> str:
    """Where to go on, if that is on our own origin."""
    wanted = request.POST.get("next") or request.GET.get("next", "")
    is_safe = url_has_allowed_host_and_scheme(wanted, allowed_hosts=None, require_https=request.is_secure())
    return wanted if wanted.isprintable() and is_safe else ""
