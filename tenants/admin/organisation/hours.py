"""Opening times: when visitors are told that somebody answers."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date
from itertools import groupby
from typing import Any, ClassVar, Final

from django import forms
from django.contrib import admin
from django.core.exceptions import ValidationError
from django.db.models import QuerySet
from django.http import HttpRequest
from django.utils import timezone
from django.utils.dates import WEEKDAYS, WEEKDAYS_ABBR
from django.utils.formats import date_format
from django.utils.functional import Promise
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from security.errors import Invalid
from security.permissions import Grant
from tenants.admin.base import TenantAdmin
from tenants.admin.forms import TenantModelForm
from tenants.admin.refusals import sentence_for
from tenants.admin.site import site
from tenants.hours import MOST_DATES, WEEK, parse_spans, written
from tenants.models import BusinessHours
from tenants.services import hours as services

_DAYS: Final = tuple(f"day_{number}" for number in range(WEEK))
_LONGEST: Final = 120
_LONGEST_DATES: Final = MOST_DATES * 12


class SpansField(forms.CharField):
    """The opening times of one day; empty for a closed one."""

    def __init__(self, **kwargs: Any) -> None:
        super().__init__(max_length=_LONGEST, required=False, **kwargs)

    def clean(self, value: Any) -> str:
        """In one spelling."""
        try:
            return written(parse_spans(super().clean(value)))
        except Invalid as refusal:
            raise ValidationError(sentence_for(refusal), code="hours") from None


class DatesField(forms.CharField):
    """Dates, one a line."""

    widget = forms.Textarea

    def __init__(self, **kwargs: Any) -> None:
        super().__init__(max_length=_LONGEST_DATES, required=False, **kwargs)

    def prepare_value(self, value: Any) -> Any:
        return "\n".join(found.isoformat() for found in value) if isinstance(value, list) else value

    def clean(self, value: Any) -> Any:
        """The dates, in order, each once."""
        found = []
        for number, line in enumerate(super().clean(value).split(), start=1):
            try:
                found.append(date.fromisoformat(line))
            except ValueError:
                raise ValidationError(
                    _("Date %(number)s is not a date: write dates like 2026-12-25, one a line."),
                    code="date",
                    params={"number": number},
                ) from None
        return sorted(set(found))

    def has_changed(self, initial: Sequence[date] | None, data: Any) -> bool:
        return (data or "").split() != [found.isoformat() for found in initial or ()]


class HoursForm(TenantModelForm):
    """A line for each day."""

    day_0 = SpansField()
    day_1 = SpansField()
    day_2 = SpansField()
    day_3 = SpansField()
    day_4 = SpansField()
    day_5 = SpansField()
    day_6 = SpansField()
    closed_dates = DatesField(
        label=_("Closed on"),
        widget=forms.Textarea(attrs={"rows": 4}),
        help_text=_("Holidays, one a line, such as 2026-12-25. Closed from midnight to midnight."),
    )

    class Meta(TenantModelForm.Meta):
        model = BusinessHours
        fields = ("department", "closed_dates")
        labels: ClassVar = {"department": _("For")}
        help_texts: ClassVar = {"department": _("A department with hours of its own goes by those alone.")}

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        week = self.instance.week if self.instance.pk is not None else []
        for number, name in enumerate(_DAYS):
            if name in self.fields:
                self.fields[name].label = str(WEEKDAYS[number])
                self.initial.setdefault(name, week[number] if week else "")
        if _DAYS[0] in self.fields:
            self.fields[_DAYS[0]].help_text = _(
                "Such as 9:00–12:30, 13:30–17:00. Empty: closed. 22:00–6:00 goes over midnight, 0:00–24:00 is all day."
            )

    @property
    def week(self) -> list[str]:
        """Seven lines."""
        return [self.cleaned_data[name] for name in _DAYS]


@admin.register(BusinessHours, site=site)
class BusinessHoursAdmin(TenantAdmin):
    """One record for each department that has hours of its own, and one for all others."""

    add_title = _("Add business hours")
    about = _(
        "When your teams answer. Outside these hours the chat says when you are back, keeps messages in the queue and asks for an e-mail address."
    )
    nothing = _(
        "No business hours yet: the chat counts as open whenever somebody is there. Add hours for everybody first."
    )
    rights: ClassVar = dict.fromkeys(("view", "add", "change", "delete"), services.RIGHT)
    form = HoursForm
    list_display = ("whose", "now", "summary")
    list_select_related = ("department",)
    ordering = ("department__name", "pk")

    def menu_name(self) -> str | Promise:
        return _("Business hours")

    def title_of(self, obj: Any) -> str | Promise:
        return self.whose(obj)

    def get_queryset(self, request: HttpRequest) -> QuerySet[Any]:
        return super().get_queryset(request).select_related("department")

    def get_fieldsets(self, request: HttpRequest, obj: Any = None) -> Any:
        """Whose they are is said once, when they are added."""
        first = ("department", "zone") if obj is None else ("zone",)
        return (
            (None, {"fields": first}),
            (_("Open"), {"fields": _DAYS}),
            (_("Holidays"), {"fields": ("closed_dates",)}),
        )

    def get_readonly_fields(self, request: HttpRequest, obj: Any = None) -> tuple[str, ...]:
        return ("zone",)

    def get_form(self, request: HttpRequest, obj: Any = None, change: bool = False, **kwargs: Any) -> Any:
        kwargs["fields"] = ("closed_dates",) if obj is not None else ("department", "closed_dates")
        return super().get_form(request, obj, change=change, **kwargs)

    def formfield_for_foreignkey(self, db_field: Any, request: HttpRequest | None, **kwargs: Any) -> Any:
        kwargs["empty_label"] = _("All departments without hours of their own")
        return super().formfield_for_foreignkey(db_field, request, **kwargs)

    def enrich(self, request: HttpRequest, rows: list[Any]) -> None:
        zone, now = services.organisation_zone(), timezone.now()
        for row in rows:
            hours = services.hours_of(row, zone)
            row.is_open, row.back_at = hours.is_open(now), hours.next_opening(now)
            row.zone = zone

    def create(self, grant: Grant, record: Any, form: Any) -> Any:
        data = form.cleaned_data
        return services.create_hours(
            grant=grant, department=data["department"], week=form.week, closed_dates=data["closed_dates"]
        )

    def change(self, grant: Grant, record: Any, form: Any) -> None:
        services.change_hours(grant=grant, hours=record, week=form.week, closed_dates=form.cleaned_data["closed_dates"])

    def delete(self, grant: Grant, record: Any) -> None:
        services.delete_hours(grant=grant, hours=record)

    @admin.display(description=_("For"))
    def whose(self, hours: Any) -> str:
        return hours.department.name if hours.department else gettext("All other departments")

    @admin.display(description=_("Now"))
    def now(self, hours: Any) -> str:
        if hours.is_open:
            return gettext("Open")
        if hours.back_at is None:
            return gettext("Closed")
        return gettext("Closed until %(when)s") % {
            "when": date_format(hours.back_at.astimezone(hours.zone), "D j M, H:i")
        }

    @admin.display(description=_("Open"))
    def summary(self, hours: Any) -> str:
        """Days in a row with the same times stand together."""
        parts = []
        for times, days in groupby(range(WEEK), key=lambda day: hours.week[day]):
            first, *others = days
            names = [str(WEEKDAYS_ABBR[day]) for day in (first, *others[-1:])]
            if times:
                parts.append(f"{'–'.join(names)} {times}")
        return " · ".join(parts)

    @admin.display(description=_("Time zone"))
    def zone(self, hours: Any) -> str:
        return gettext("%(zone)s, as set for the organisation") % {"zone": services.organisation_zone().key}
