"""Numbers about persons: to whom they are shown, that it is on record, and that no name becomes markup."""

from __future__ import annotations

import csv
import re

import pytest

from chat.reports.reach import Tier
from chat.reports.reading import export_section, read_report
from security.errors import NotFound
from security.models import AuditEvent
from security.scoping import tenant_scope
from tenants.models import Department, Membership, Role, Site
from tenants.services.masking.counts import add_counts
from tests.cast import Organisation

from .given import NOW, Told

pytestmark = pytest.mark.django_db
DAYS = {"period": "custom", "from": "2026-02-01", "to": "2026-04-10"}
HOSTILE = [
    "<script>alert(1)</script>",
    '"><img src=x onerror=alert(1)>',
    "</title></svg><svg onload=alert(1)>",
    "{{ 7|add:7 }}{% debug %}",
    '=HYPERLINK("http://evil.example")',
    "' onfocus='alert(1)",
]


def names(of: Organisation, who: str, tier: Tier | None = None) -> list[str]:
    with tenant_scope(of.tenant_id):
        report = read_report(grant=of.grant(who), kind="agents", asked={"period": "90"}, now=NOW, tier=tier)
    table = report.sections[0].table
    assert table is not None
    return sorted(str(row[0]) for row in table.rows)


def events(of: Organisation, action: str) -> list[str]:
    with tenant_scope(of.tenant_id):
        return [event.entry for event in AuditEvent.objects.filter(action=action).order_by("seq")]


def test_an_agent_is_shown_no_colleague(acme: Organisation, told: list[Told]) -> None:
    assert names(acme, "rita") == ["Alice", "Bob", "Sam"]
    assert names(acme, "alice") == ["Alice"]
    assert names(acme, "sam", Tier.OWN) == ["Sam"]
    page = acme.client("alice").get("/admin/reports/agents/", DAYS).content.decode()
    assert "Bob" not in page


def test_a_head_of_department_is_shown_what_was_done_there(acme: Organisation, told: list[Told]) -> None:
    with tenant_scope(acme.tenant_id):
        role = Role.objects.create(slug="head", name="Head", permissions=["reports.department"])
        bob = Membership.objects.get(name="Bob")
        Membership.objects.filter(pk=bob.pk).update(role=role)
        assert list(bob.in_departments.values_list("department__name", flat=True)) == ["Support"]
        report = read_report(grant=acme.grant("bob"), kind="agents", asked={"period": "90"}, now=NOW)
        table = report.sections[0].table
    assert table is not None
    said = [at for one in told if one.department == "Support" for _, at in one.said if at < NOW]
    assert sum(cell for cell in table.column("messages") if isinstance(cell, int)) == len(said) > 10


def test_that_a_colleagues_numbers_were_read_is_on_record(acme: Organisation, told: list[Told]) -> None:
    acme.client("rita").get("/admin/reports/agents/", DAYS)
    (entry,) = events(acme, "report.read")
    assert '"report":"agents"' in entry
    assert '"people":3' in entry


def test_ones_own_numbers_and_sums_leave_no_event(acme: Organisation, told: list[Told]) -> None:
    acme.client("alice").get("/admin/reports/agents/", DAYS)
    for kind in ("overview", "times", "satisfaction", "waiting"):
        acme.client("rita").get(f"/admin/reports/{kind}/")
    assert events(acme, "report.read") == []


def test_what_masking_hid_is_for_who_sees_everything(acme: Organisation) -> None:
    for name in ("alice",):
        assert acme.client(name).get("/admin/reports/masking/").status_code == 404
        assert acme.client(name).get("/admin/reports/waiting/").status_code == 404
    with tenant_scope(acme.tenant_id):
        role = Role.objects.create(slug="head", name="Head", permissions=["reports.department", "reports.export"])
        Membership.objects.filter(name="Bob").update(role=role)
        with pytest.raises(NotFound):
            export_section(grant=acme.grant("bob"), section="hidden", asked={}, now=NOW)


@pytest.mark.parametrize("hostile", HOSTILE)
def test_no_name_becomes_markup_or_a_formula(acme: Organisation, told: list[Told], hostile: str) -> None:
    with tenant_scope(acme.tenant_id):
        Membership.objects.filter(name="Alice").update(name=hostile)
        Department.objects.filter(name="Sales").update(name=hostile)
        Site.objects.filter(name="Shop").update(name=hostile)
        add_counts(hits={(NOW.date(), hostile[:80], "custom"): 3}, withheld=0)
    client = acme.client("rita")
    for kind in ("overview", "times", "waiting", "satisfaction", "agents", "masking"):
        page = client.get(f"/admin/reports/{kind}/", DAYS).content.decode()
        assert (hostile in page) is ("{" in hostile), "only what is no markup stays as it is"
        assert "<img src=x" not in page
    with tenant_scope(acme.tenant_id):
        sheet = export_section(grant=acme.grant("rita"), section="agents", asked=DAYS, now=NOW)
    cells = {row["agent"] for row in csv.DictReader(sheet.lines)}
    assert (f"'{hostile}" if hostile.startswith("=") else hostile) in cells


@pytest.mark.parametrize("name", ["alice", "sam", "olga"])
def test_everybodys_own_page_is_about_nobody_else(acme: Organisation, told: list[Told], name: str) -> None:
    page = acme.client(name).get("/console/reports/", DAYS)
    text = page.content.decode()
    assert page.status_code == 200
    assert not {"Alice", "Bob", "Sam"} - {name.title()} & set(re.findall(r"<th scope=\"row\">(\w+)</th>", text))
    new = len([one for one in told if one.agent == name])
    assert f'<dd class="figure__value">{new}</dd>' in text.partition('id="report-flow"')[2]
    assert events(acme, "report.read") == []


def test_the_own_page_asks_for_its_right_and_says_what_is_wrong(acme: Organisation) -> None:
    assert acme.client("audrey").get("/console/reports/").status_code == 403
    answer = acme.client("alice").get("/console/reports/", {"period": "years"})
    assert (answer.status_code, "no such period" in answer.content.decode()) == (400, True)


def test_the_console_leads_to_ones_own_numbers(acme: Organisation) -> None:
    assert 'href="/console/reports/"' in acme.client("alice").get("/console/").content.decode()
