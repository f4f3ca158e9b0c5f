from __future__ import annotations

from typing import ClassVar

from django.contrib.postgres.fields import ArrayField
from django.db import models

from security.scoping import TenantForeignKey
from tenants.models.base import PublicModel
from tenants.models.people import Department


class BusinessHours(PublicModel):
    """Opening times as `tenants.hours` reads them: of one department, or of every one that has none of its own."""

    department = TenantForeignKey(Department, on_delete=models.CASCADE, null=True, blank=True, related_name="+")
    week = ArrayField(models.CharField(max_length=120, blank=True), size=7)
    closed_dates = ArrayField(models.DateField(), default=list, blank=True)

    class Meta(PublicModel.Meta):
        verbose_name = verbose_name_plural = "business hours"
        constraints: ClassVar = [
            models.UniqueConstraint(
                fields=["tenant_id", "department"], name="tenants_businesshours_department_key", nulls_distinct=False
            )
        ]

    def __str__(self) -> str:
        return self.department.name if self.department else "–"
