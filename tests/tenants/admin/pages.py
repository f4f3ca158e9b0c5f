"""Browsing the admin as a person would: sign in, open a page, send its form."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Any

from django.test import Client
from django.urls import reverse

from security.models import User
from tenants.middleware import FIELD

BACKEND = "allauth.account.auth_backends.AuthenticationBackend"


class FormClient(Client):
    """Sends forms as a page would that was opened just now: with the organisation it was shown in."""

    def post(self, path: str, data: Any = None, *args: Any, **kwargs: Any) -> Any:  # type: ignore[override]  # the stubs list each argument
        active = getattr(super().get("/").wsgi_request, "active", None)
        shown_in = {} if active is None else {FIELD: str(active.tenant_public_id)}
        return super().post(path, {**shown_in, **(data or {})}, *args, **kwargs)


@dataclass(frozen=True, slots=True)
class Browse:
    """One signed-in browser. Pages are named as the admin names them: `site_changelist`, `membership_change`."""

    client: Client

    def get(self, name: str, /, *args: Any, app: str = "tenants", query: str = "") -> Any:
        return self.client.get(url(name, *args, app=app) + query)

    def post(self, name: str, /, *args: Any, app: str = "tenants", **data: Any) -> Any:
        return self.client.post(url(name, *args, app=app), data)


def url(name: str, /, *args: Any, app: str = "tenants") -> str:
    """The address of a model's page; without an app, of a page of the site's own."""
    return reverse(f"admin:{app}_{name}" if app else f"admin:{name}", args=args)


def sign_in(user: User) -> Browse:
    """A browser in which this person is signed in."""
    client = FormClient()
    client.force_login(user, backend=BACKEND)
    return Browse(client)


def text_of(response: Any) -> str:
    """What the browser is given."""
    return str(response.content.decode())


def errors_of(response: Any) -> str:
    """What the form complains about."""
    return " ".join(re.findall(r'<ul class="errorlist.*?</ul>', text_of(response), re.DOTALL))
