"""Filters of lists: their values are words and public ids, and they ask the database at most once."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import timedelta
from typing import Any, ClassVar

from django.contrib import admin
from django.core.exceptions import ValidationError
from django.db.models import Model, QuerySet
from django.http import HttpRequest
from django.utils import timezone
from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from security.scoping import TenantQuerySet


class Filter(admin.SimpleListFilter):
    """Base of ours: says which parameter of the address it reads."""

    parameters: ClassVar[Sequence[str]] = ()

    def __init_subclass__(cls) -> None:
        cls.parameters = (cls.parameter_name,) if cls.parameter_name else ()


class WordFilter(Filter):
    """A field with few values."""

    field: ClassVar[str]
    words: ClassVar[Sequence[tuple[str, str | Promise]]]

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, Any]]:
        return list(self.words)

    def queryset(self, request: HttpRequest, queryset: QuerySet[Any]) -> QuerySet[Any]:
        value = self.value()
        return queryset if value is None else queryset.filter(**{self.field: value})


class RecordFilter(Filter):
    """A foreign key to one of the organisation's records."""

    field: ClassVar[str]
    model: ClassVar[type[Model]]

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, Any]]:
        rows: Any = TenantQuerySet(self.model).order_by("name").values_list("public_id", "name")
        return [(str(public_id), name) for public_id, name in rows]

    def queryset(self, request: HttpRequest, queryset: QuerySet[Any]) -> QuerySet[Any]:
        value = self.value()
        if value is None:
            return queryset
        try:
            return queryset.filter(**{f"{self.field}__public_id": value})
        except ValidationError:
            return queryset.none()


class SinceFilter(Filter):
    """A moment, counted back from now."""

    field: ClassVar[str]
    spans: ClassVar[dict[str, tuple[str | Promise, timedelta]]] = {
        "1": (_("Last 24 hours"), timedelta(days=1)),
        "7": (_("Last 7 days"), timedelta(days=7)),
        "30": (_("Last 30 days"), timedelta(days=30)),
    }

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, Any]]:
        return [(days, label) for days, (label, _span) in self.spans.items()]

    def queryset(self, request: HttpRequest, queryset: QuerySet[Any]) -> QuerySet[Any]:
        span = self.spans.get(self.value() or "")
        return queryset if span is None else queryset.filter(**{f"{self.field}__gte": timezone.now() - span[1]})
