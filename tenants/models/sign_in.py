"""Whose mail domains are whose, and the identity provider that signs in people with an address in them."""

from __future__ import annotations

from typing import ClassVar

from django.db import models
from django.utils import timezone

from tenants.models.base import PublicModel


class EmailDomain(PublicModel):
    """A mail domain that the tenant says is its own. It counts once its name servers show `word`; then `Directory` holds it, for one tenant."""

    domain = models.CharField(max_length=253, editable=False)
    word = models.CharField(max_length=80, editable=False)
    created_at = models.DateTimeField(default=timezone.now, editable=False)
    verified_at = models.DateTimeField(null=True, editable=False)
    # Since when, of a verified one, the word is not seen any more.
    missing_since = models.DateTimeField(null=True, editable=False)
    checked_at = models.DateTimeField(null=True, editable=False)

    class Meta(PublicModel.Meta):
        verbose_name = "mail domain"
        constraints: ClassVar = [
            models.UniqueConstraint(fields=["tenant_id", "domain"], name="tenants_emaildomain_domain_key")
        ]

    def __str__(self) -> str:
        return self.domain
