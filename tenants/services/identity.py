"""The secret with which a tenant's own server vouches for visitors of a site; sealed, shown once."""

from __future__ import annotations

import secrets
from typing import Final
from uuid import UUID

from django.db import transaction

from security.audit import Action, record
from security.crypto import keyring
from security.crypto.envelope import AAD_VERSION, record_aad, seal
from security.crypto.replacing import UnderTenantKey
from security.crypto.sealed import open_by_any
from security.errors import NotFound
from security.permissions import Grant, Permission, require, require_member
from security.scoping import require_tenant_id
from tenants.models import Site

_PURPOSE: Final = "site identity"


def identity_secret(*, site_id: int) -> str | None:
    """The present secret, or None where none was made: then nobody can be vouched for."""
    site = Site.objects.get(pk=site_id)
    if site.identity_secret is None:
        return None
    return open_by_any(bytes(site.identity_secret), keyring.derived_keys(_PURPOSE), _place(site)).decode()


@transaction.atomic
def renew_identity_secret(*, grant: Grant, site: UUID) -> str:
    """Make a new secret of 256 random bits; tokens signed with the old one are refused from now on."""
    require(grant, Permission.CONFIGURATION_SITES)
    require_member(grant)  # who knows the secret speaks for visitors as long as it is valid
    found = Site.objects.select_for_update().filter(public_id=site).first()
    if found is None:
        raise NotFound
    secret = secrets.token_urlsafe(32)
    found.identity_secret = seal(keyring.derived_key(_PURPOSE), secret.encode(), _place(found))
    found.save(update_fields=["identity_secret"])
    record(Action.SITE_SECRET_CHANGED, on=found)
    return secret


def under_tenant_key() -> UnderTenantKey:
    """What is sealed anew when an organisation's key is replaced."""
    return UnderTenantKey(Site, "identity_secret", _PURPOSE, _place)


def _place(site: Site) -> bytes:
    return record_aad(AAD_VERSION, require_tenant_id(), "site", site.public_id, "identity_secret")
