"""Signed in without the page, for tests of what comes after."""

from __future__ import annotations

from django.conf import settings
from django.test import Client
from playwright.sync_api import Page

from security.models import User


def sign_in(page: Page, email: str, base_url: str) -> None:
    """A session of this person's in the page's context, as the sign-in page leaves one."""
    client = Client()
    client.force_login(User.objects.get(email=email), "allauth.account.auth_backends.AuthenticationBackend")
    name = settings.SESSION_COOKIE_NAME
    page.context.add_cookies([{"name": name, "value": client.cookies[name].value, "url": base_url}])
