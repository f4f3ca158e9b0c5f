"""Websites with the widget in them."""

from __future__ import annotations

import secrets
import string
from collections.abc import Sequence
from datetime import timedelta

from django.db import IntegrityError, transaction
from django.db.models import Q
from django.utils import timezone

from security.audit import Action, record
from security.errors import Conflict, Invalid
from security.permissions import Grant, Permission, require
from security.scoping import require_tenant_id, tenant_scope
from tenants.access import SiteRef, digest_of
from tenants.models import Directory, Site
from tenants.origins import origin_of
from tenants.services.limits import Limit, require_room

_ALPHABET = string.ascii_letters + string.digits
_KEY_LENGTH = 24
_SEEN_AGAIN_AFTER = timedelta(seconds=10)


def new_site_key() -> str:
    """A public key: 24 characters of 62, so that nobody finds a site by trying."""
    return "pk_" + "".join(secrets.choice(_ALPHABET) for _ in range(_KEY_LENGTH))


def create_site(*, grant: Grant, name: str, websites: Sequence[str], key: str | None = None) -> Site:
    """Add a website of the tenant in scope. Conflict("site_exists") for a name or key that is taken, Invalid("website") for no address."""
    require(grant, Permission.CONFIGURATION_SITES)
    return add_site(name=name, websites=websites, key=key)


@transaction.atomic
def add_site(*, name: str, websites: Sequence[str], key: str | None = None) -> Site:
    """As `create_site`, for who has been asked for his rights already: founding a tenant, and commands."""
    require_tenant_id()
    require_room(Limit.SITES)
    origins = list(dict.fromkeys(origin_of(website) for website in websites))
    if not name.strip():
        raise Invalid("name")
    key = key or new_site_key()
    try:
        with transaction.atomic():
            site = Site.objects.create(key=key, name=name.strip(), allowed_origins=origins)
            Directory.objects.create(kind=Directory.Kind.SITE_KEY, digest=digest_of(key), object_id=site.pk)
    except IntegrityError:
        raise Conflict("site_exists") from None
    record(Action.SITE_CREATED, on=site)
    return site


def note_site_seen(site: SiteRef, origin: str) -> None:
    """A page of `origin` asked for the widget. Written down at most every ten seconds for each site, whoever asks how often."""
    now = timezone.now()
    with tenant_scope(site.tenant_id):
        Site.objects.filter(
            Q(seen_at=None) | Q(seen_at__lt=now - _SEEN_AGAIN_AFTER) | ~Q(seen_origin=origin), pk=site.site_id
        ).update(seen_at=now, seen_origin=origin[:255])
