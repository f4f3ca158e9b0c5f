from __future__ import annotations

import uuid

from django.db import models

from security.scoping import TenantOwned


class TenantModel(TenantOwned):
    """A tenant's row with a foreign key to its tenant."""

    tenant_table = "tenants_tenant"

    class Meta(TenantOwned.Meta):
        abstract = True


class PublicModel(TenantModel):
    """A tenant's row that is known outside by a random UUID; the primary key never leaves the server."""

    public_id = models.UUIDField(default=uuid.uuid4, editable=False)

    class Meta(TenantModel.Meta):
        abstract = True
