"""The whole demo, idempotent: twice is the same as once."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime

from django.conf import settings

from chat.demo import people, talk
from chat.demo.canned import seed_canned_responses
from chat.services.usage import count_usage
from security.scoping import tenant_scope


def seed(*, now: datetime, slug: str | None = None) -> Iterator[tuple[str, int]]:
    """Make what is missing; yields each organisation's slug and how many conversations were new."""
    people.switch_accounts(is_active=True)
    people.keep_password(settings.DEMO_PASSWORD)
    people.seed_operator(password=settings.DEMO_PASSWORD)
    for organisation in people.ORGANISATIONS:
        if slug in {None, organisation.slug}:
            tenant_id = people.seed_people(organisation, password=settings.DEMO_PASSWORD, site_url=settings.SITE_URL)
            with tenant_scope(tenant_id):
                is_told = organisation is people.ACME
                if is_told:
                    seed_canned_responses()
                new = talk.seed_conversations(now=now) if is_told else 0
                count_usage(now=now)  # operators see it at once
                yield organisation.slug, new
