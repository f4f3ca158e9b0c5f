from __future__ import annotations

from typing import ClassVar

from django.contrib.postgres.fields import ArrayField
from django.db import models
from django.utils import timezone

from tenants.models.base import PublicModel


class Site(PublicModel):
    """A website of the tenant's with the widget in it. `key` is public: it stands in the snippet."""

    key = models.CharField(max_length=40, unique=True, editable=False)
    name = models.CharField(max_length=120)
    allowed_origins = ArrayField(models.CharField(max_length=255), default=list)
    greeting = models.CharField(max_length=500, blank=True)
    consent = models.CharField(max_length=500, blank=True)
    brand_color = models.CharField(max_length=7, default="#1f5fd6")
    is_active = models.BooleanField(default=True)
    identity_secret = models.BinaryField(null=True, editable=False)
    seen_at = models.DateTimeField(null=True, editable=False)
    seen_origin = models.CharField(max_length=255, blank=True, editable=False)
    created_at = models.DateTimeField(default=timezone.now, editable=False)

    class Meta(PublicModel.Meta):
        verbose_name = "website"
        constraints: ClassVar = [models.UniqueConstraint(fields=["tenant_id", "name"], name="tenants_site_name_key")]

    def __str__(self) -> str:
        return self.name
