"""Conversations that are there before a browser opens: what visitors have written already."""

from __future__ import annotations

import secrets
from datetime import datetime, timedelta
from uuid import UUID, uuid4

from django.utils import timezone

from chat.live.writer.orders import masked_in
from chat.personal import Page, Profile
from chat.services import beginning
from chat.services.visitors import VisitorSession
from security.masking import mask
from security.scoping import tenant_scope
from tenants.models import Department, Site
from tests.tenants.people import Organisation


def begin(
    acme: Organisation,
    name: str,
    text: str,
    *,
    minutes_ago: int = 0,
    email: str = "",
    page: Page | None = None,
) -> UUID:
    """A visitor's first message, waiting for an answer."""
    now: datetime = timezone.now() - timedelta(minutes=minutes_ago)
    visitor = VisitorSession(
        public_id=uuid4(),
        token=None,
        token_digest=secrets.token_bytes(32),
        pk=None,
        profile=Profile(name=name, email=email),
    )
    masked = mask(text)
    with tenant_scope(acme.tenant_id):
        opening = beginning.Opening(
            site_pk=Site.objects.get(key=acme.site_key).pk,
            session=visitor,
            client_id=uuid4(),
            text=masked,
            masked=masked_in(masked),
            department=Department.objects.get(is_default=True).public_id,
            page=page or Page(url="https://shop.acme.example/kettle/", title="Harbour kettle"),
            locale="en",
            address="203.0.113.7",
        )
        return beginning.begin_conversation(opening=opening, now=now).conversation
