"""Whose mail domains are whose, and the identity provider that signs in people with an address in them."""

from __future__ import annotations

from typing import ClassVar

from django.contrib.postgres.fields import ArrayField
from django.db import models
from django.utils import timezone

from security.identity.domains import NAME
from security.scoping import TenantForeignKey
from tenants.models.base import PublicModel, TenantModel
from tenants.models.people import Membership, Role


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

    @property
    def record_name(self) -> str:
        """Where the word is to be published."""
        return f"{NAME}.{self.domain}"


class ProviderKind(models.TextChoices):
    """What is spoken with a provider."""

    OPENID = "openid", "OpenID Connect"
    SAML = "saml", "SAML 2.0"


class IdentityProvider(PublicModel):
    """The tenant's own provider. Of OpenID Connect `issuer` is its name and `keys_url` where its keys are; of SAML the entity id, and `certificates`."""

    kind = models.CharField(max_length=8, choices=ProviderKind.choices)
    is_on = models.BooleanField(default=True)
    issuer = models.CharField(max_length=1_000)
    sign_in_url = models.CharField(max_length=2_000)
    token_url = models.CharField(max_length=2_000, blank=True)
    keys_url = models.CharField(max_length=2_000, blank=True)
    client_id = models.CharField(max_length=255, blank=True)
    secret = models.BinaryField(null=True, editable=False)
    certificates = ArrayField(models.TextField(), default=list, blank=True)
    # What the provider calls a sign-in with a second factor; empty where our own is asked for.
    second_factor_words = ArrayField(models.CharField(max_length=200), default=list, blank=True)
    # As what who is no member yet joins when the provider vouches for him, and who said so; None where nobody joins.
    joining_role = TenantForeignKey(Role, on_delete=models.PROTECT, null=True, blank=True, related_name="+")
    set_by = TenantForeignKey(Membership, on_delete=models.PROTECT, related_name="+")
    changed_at = models.DateTimeField(default=timezone.now, editable=False)
    # How many days before its certificates end the owners were told last; None where they were not.
    warned_stage = models.SmallIntegerField(null=True, editable=False)

    class Meta(PublicModel.Meta):
        verbose_name = "identity provider"
        constraints: ClassVar = [models.UniqueConstraint(fields=["tenant_id"], name="tenants_identityprovider_one_key")]

    def __str__(self) -> str:
        return self.issuer


class ProviderLink(TenantModel):
    """Which member a provider means by a subject: once known, the address is not asked any more."""

    provider = TenantForeignKey(IdentityProvider, on_delete=models.CASCADE, related_name="links")
    subject = models.BinaryField(max_length=32)
    membership = TenantForeignKey(Membership, on_delete=models.CASCADE, related_name="provider_links")
    linked_at = models.DateTimeField(default=timezone.now, editable=False)

    class Meta(TenantModel.Meta):
        constraints: ClassVar = [
            models.UniqueConstraint(
                fields=["tenant_id", "provider", "subject"], name="tenants_providerlink_subject_key"
            ),
            models.UniqueConstraint(
                fields=["tenant_id", "provider", "membership"], name="tenants_providerlink_membership_key"
            ),
        ]
