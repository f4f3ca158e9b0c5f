"""Filters of lists: their values are words and public ids, and they ask the database at most once."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import date, datetime, time, timedelta
from typing import Any, ClassVar, Final

from django.contrib import admin
from django.core.exceptions import ValidationError
from django.db.models import Model, QuerySet
from django.http import HttpRequest
from django.utils import timezone
from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from security.scoping import TenantQuerySet
from tenants.services.hours import organisation_zone

FIRST_YEAR: Final = 2000
LAST_YEAR: Final = 2100


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


class DaysFilter(admin.ListFilter):
    """From one day to another, both included, as the organisation's calendar has them. A range of an indexed time: a later page costs the same."""

    template = "admin/days_filter.html"
    parameters: ClassVar[Sequence[str]] = ("from", "until")
    field: ClassVar[str]

    def __init__(self, request: HttpRequest, params: dict[str, Any], model: type[Model], model_admin: Any) -> None:
        super().__init__(request, params, model, model_admin)
        for name in self.parameters:
            if name in params:
                self.used_parameters[name] = params.pop(name)[-1]

    def has_output(self) -> bool:
        return True

    def expected_parameters(self) -> list[str | None]:
        return list(self.parameters)

    def choices(self, changelist: Any) -> Iterator[dict[str, Any]]:
        """What the form shows: the days, and what else narrows the list."""
        others = [(key, value) for key, values in changelist.filter_params.items() for value in values]
        yield {
            **{name: self.used_parameters.get(name, "") for name in self.parameters},
            "others": [(key, value) for key, value in others if key not in self.parameters],
            "is_wrong": self._is_wrong(),
            "all": changelist.get_query_string(remove=list(self.parameters)),
        }

    def queryset(self, request: HttpRequest, queryset: QuerySet[Any]) -> QuerySet[Any]:
        if not self.used_parameters:
            return queryset
        if self._is_wrong():
            return queryset.none()
        zone, since, until = organisation_zone(), self._day("from"), self._day("until")
        if since is not None:
            queryset = queryset.filter(**{f"{self.field}__gte": datetime.combine(since, time(), zone)})
        if until is not None:
            queryset = queryset.filter(
                **{f"{self.field}__lt": datetime.combine(until + timedelta(days=1), time(), zone)}
            )
        return queryset

    def _is_wrong(self) -> bool:
        since, until = self._day("from"), self._day("until")
        is_unreadable = any(self.used_parameters.get(name) and self._day(name) is None for name in self.parameters)
        return is_unreadable or (since is not None and until is not None and since > until)

    def _day(self, name: str) -> date | None:
        try:
            found = date.fromisoformat(str(self.used_parameters.get(name, "")))
        except ValueError:
            return None
        return found if FIRST_YEAR <= found.year <= LAST_YEAR else None
