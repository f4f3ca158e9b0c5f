"""Who visits. Everything personal is sealed under the visitor's own key, so destroying that key forgets the person."""

from __future__ import annotations

from typing import ClassVar

from django.db import models
from django.utils import timezone

from security.crypto.fields import EncryptedTextField
from security.scoping import TenantForeignKey
from tenants.models import PublicModel, Site, TenantModel


class Visitor(PublicModel):
    """A browser, or a person whom the tenant's own server vouched for (`is_verified`).

    `profile` seals {name, email, phone, fields}, `page` seals {url, title, referrer}, `address` the client address; look-ups by equality use
    keyed digests.
    """

    site = TenantForeignKey(Site, on_delete=models.PROTECT, related_name="+")
    profile = EncryptedTextField(null=True, editable=False)
    page = EncryptedTextField(null=True, editable=False)
    address = EncryptedTextField(null=True, editable=False)
    address_digest = models.BinaryField(null=True, editable=False, max_length=32)
    email_digest = models.BinaryField(null=True, editable=False, max_length=32)
    external_id_digest = models.BinaryField(null=True, editable=False, max_length=32)
    is_verified = models.BooleanField(default=False, editable=False)
    locale = models.CharField(max_length=35, blank=True, editable=False)
    created_at = models.DateTimeField(default=timezone.now, editable=False)
    seen_at = models.DateTimeField(default=timezone.now, editable=False)

    class Meta(PublicModel.Meta):
        constraints: ClassVar = [
            models.UniqueConstraint(
                fields=["tenant_id", "site", "external_id_digest"],
                condition=models.Q(external_id_digest__isnull=False),
                name="chat_visitor_external_id_key",
            )
        ]
        indexes: ClassVar = [
            models.Index(fields=["tenant_id", "email_digest"], name="chat_visitor_email_idx"),
            models.Index(fields=["tenant_id", "address_digest"], name="chat_visitor_address_idx"),
        ]

    def __str__(self) -> str:
        return f"Visitor {self.public_id.hex[:6]}"


class VisitorToken(TenantModel):
    """A browser's proof of being a visitor: SHA-256 of 256 random bits, good for 180 days from last use."""

    visitor = TenantForeignKey(Visitor, on_delete=models.CASCADE, related_name="tokens")
    digest = models.BinaryField(max_length=32)
    created_at = models.DateTimeField(default=timezone.now, editable=False)
    expires_at = models.DateTimeField()

    class Meta(TenantModel.Meta):
        constraints: ClassVar = [
            models.UniqueConstraint(fields=["tenant_id", "digest"], name="chat_visitortoken_digest_key")
        ]
        indexes: ClassVar = [models.Index(fields=["tenant_id", "expires_at"], name="chat_visitortoken_expires_idx")]


class IdentityToken(TenantModel):
    """A `jti` that was used: an identity token is good once. Swept when its `exp` has passed."""

    digest = models.BinaryField(max_length=32)
    expires_at = models.DateTimeField()

    class Meta(TenantModel.Meta):
        constraints: ClassVar = [
            models.UniqueConstraint(fields=["tenant_id", "digest"], name="chat_identitytoken_digest_key")
        ]
        indexes: ClassVar = [models.Index(fields=["tenant_id", "expires_at"], name="chat_identitytoken_expires_idx")]
