"""Business hours in the admin: set, changed, refused with a sentence, removed; by whom, and what the trail says."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, date, datetime

import pytest

from security.errors import Conflict, Denied, Invalid, NotFound
from security.scoping import tenant_scope
from tenants.models import BusinessHours, Department, Tenant
from tenants.services import hours

from ..people import Organisation
from .pages import Browse, errors_of, text_of

As = Callable[[str], Browse]
WEEK = {**{f"day_{day}": "9-12:30 13:30-17" for day in range(5)}, "day_5": "", "day_6": ""}
OFFICE = ["9:00–17:00"] * 5 + ["", ""]


def test_hours_are_set_for_everybody_and_for_one_department(house: Organisation, as_: As) -> None:
    sam = as_("sam")
    form = {**WEEK, "department": "", "closed_dates": "2026-12-25\n2026-12-24\n2026-12-25"}
    assert sam.post("businesshours_add", **form).status_code == 302
    with tenant_scope(house.tenant_id):
        stored = BusinessHours.objects.get()
        support = Department.objects.get()
    assert stored.week == ["9:00–12:30, 13:30–17:00"] * 5 + ["", ""]
    assert stored.closed_dates == [date(2026, 12, 24), date(2026, 12, 25)]
    assert "exist" not in errors_of(sam.get("businesshours_add"))
    assert "already" in errors_of(sam.post("businesshours_add", **form))
    own = {**WEEK, "department": str(support.public_id), "day_5": "10-14", "closed_dates": ""}
    assert sam.post("businesshours_add", **own).status_code == 302
    listed = text_of(sam.get("businesshours_changelist"))
    assert "All other departments" in listed
    assert "Mon–Fri 9:00–12:30, 13:30–17:00 · Sat 10:00–14:00" in listed
    assert house.actions().count("hours.created") == 2


def test_hours_are_changed_and_removed(house: Organisation, as_: As) -> None:
    with tenant_scope(house.tenant_id):
        stored = hours.create_hours(grant=house.grant("olga"), department=None, week=OFFICE, closed_dates=[])
    ada = as_("ada")
    page = text_of(ada.get("businesshours_change", stored.public_id))
    assert "9:00–17:00" in page
    assert "UTC" in page, "By which clock is said"
    assert 'name="department"' not in page
    changed = ada.post("businesshours_change", stored.public_id, **{**WEEK, "day_6": "11-12"}, closed_dates="")
    assert changed.status_code == 302
    with tenant_scope(house.tenant_id):
        assert BusinessHours.objects.get().week[6] == "11:00–12:00"
    assert ada.post("businesshours_delete", stored.public_id, post="yes").status_code == 302
    assert [name for name in house.actions() if name.startswith("hours.")] == [
        "hours.created",
        "hours.changed",
        "hours.deleted",
    ]


@pytest.mark.parametrize(
    ("field", "value", "said"),
    [
        ("day_0", "nine to five", "Write opening times like"),
        ("day_0", "9-12, 11-13", "overlap"),
        ("day_1", "20-10", "overlap"),
        ("closed_dates", "2026-12-25\n25.12.", "Date 2 is not a date"),
        ("department", "7c0ba1f0-6f6d-4d83-9c6c-3a3f0c1f6b55", "Select a valid choice"),
    ],
)
def test_what_cannot_be_is_said(house: Organisation, as_: As, field: str, value: str, said: str) -> None:
    form = {**WEEK, "department": "", "closed_dates": "", field: value}
    assert said in errors_of(as_("ada").post("businesshours_add", **form))
    with tenant_scope(house.tenant_id):
        assert not BusinessHours.objects.exists()


def test_a_week_that_never_opens_is_refused(house: Organisation, as_: As) -> None:
    form = {**dict.fromkeys(WEEK, ""), "department": "", "closed_dates": ""}
    assert "never open" in errors_of(as_("ada").post("businesshours_add", **form))


def test_the_right_is_asked_for_by_the_service(house: Organisation, rival: Organisation) -> None:
    alice = house.grant("alice")
    with tenant_scope(house.tenant_id):
        stored = hours.create_hours(grant=house.grant("sam"), department=None, week=OFFICE, closed_dates=[])
        with pytest.raises(Denied):
            hours.create_hours(grant=alice, department=Department.objects.get(), week=OFFICE, closed_dates=[])
        with pytest.raises(Denied):
            hours.change_hours(grant=alice, hours=stored, week=OFFICE, closed_dates=[])
        with pytest.raises(Denied):
            hours.delete_hours(grant=alice, hours=stored)
        with pytest.raises(Conflict):
            hours.create_hours(grant=house.grant("sam"), department=None, week=OFFICE, closed_dates=[])
        with pytest.raises(Invalid):
            hours.change_hours(grant=house.grant("sam"), hours=stored, week=OFFICE, closed_dates=[date.min] * 101)
    with tenant_scope(rival.tenant_id), pytest.raises(NotFound):
        hours.change_hours(grant=rival.grant("mallory"), hours=stored, week=OFFICE, closed_dates=[])
    with tenant_scope(rival.tenant_id):
        assert hours.openings(datetime(2026, 11, 22, tzinfo=UTC)).of(None).is_open, "Nothing of Acme's counts here"


def test_a_department_goes_by_its_own_hours_and_else_by_the_organisations(house: Organisation) -> None:
    sunday = datetime(2026, 11, 22, 10, 30, tzinfo=UTC)
    with tenant_scope(house.tenant_id):
        assert hours.openings(sunday).of(None).is_open, "Without hours it is always open"
        Tenant.objects.update(time_zone="Europe/Vienna")
        support, sales = Department.objects.get(), Department.objects.create(name="Sales")
        sam = house.grant("sam")
        hours.create_hours(grant=sam, department=None, week=OFFICE, closed_dates=[])
        hours.create_hours(grant=sam, department=sales, week=["0-24"] * 7, closed_dates=[])
        found = hours.openings(sunday)
        assert found.of(sales.pk).is_open
        assert not found.of(support.pk).is_open
        assert found.of(support.pk).back_at == datetime(2026, 11, 23, 8, 0, tzinfo=UTC), "Nine o'clock in Vienna"


def test_a_time_zone_that_is_none_is_refused(house: Organisation, as_: As) -> None:
    refused = as_("olga").post("tenant_change", "current", name="Acme", time_zone="Europe/Atlantis")
    assert "Select a valid choice" in errors_of(refused)


def test_a_zone_that_is_known_no_more_is_read_as_utc(house: Organisation) -> None:
    with tenant_scope(house.tenant_id):
        Tenant.objects.update(time_zone="Mars/Olympus")
        assert hours.organisation_zone().key == "UTC"
