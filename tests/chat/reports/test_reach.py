"""Who counts what: the grant limits, filters narrow, another organisation's rows are never among them."""

from __future__ import annotations

import csv
from datetime import timedelta
from uuid import uuid4

import pytest

from chat.reports.periods import Refused
from chat.reports.reach import Tier
from chat.reports.reading import export_section, read_report
from security.errors import Denied, NotFound
from security.models import AuditEvent
from security.scoping import ScopeConflict, tenant_scope
from tenants.models import Department, DepartmentMembership, DepartmentRole, Membership, Role, Site
from tests.cast import Organisation

from .given import NOW, Told, made_up, store

pytestmark = pytest.mark.django_db
SINCE = NOW - timedelta(days=60)
ALL = {"period": "90"}


def new(of: Organisation, who: str, tier: Tier | None = None, **asked: str) -> int:
    """How many conversations this person's report says began."""
    with tenant_scope(of.tenant_id):
        report = read_report(grant=of.grant(who), kind="overview", asked={**ALL, **asked}, now=NOW, tier=tier)
        flow = next(section for section in report.sections if section.slug == "flow")
    value = flow.figures[0].value
    assert isinstance(value, int)
    return value


@pytest.fixture
def head(acme: Organisation, told: list[Told]) -> Organisation:
    """Hanna sees the numbers of her department, Sales, alone."""
    acme.join("hanna", "agent")
    with tenant_scope(acme.tenant_id):
        role = Role.objects.create(slug="head", name="Head", permissions=["reports.department", "reports.export"])
        member = Membership.objects.get(name="Hanna")
        Membership.objects.filter(pk=member.pk).update(role=role)
        DepartmentMembership.objects.filter(membership=member).delete()
        DepartmentMembership.objects.create(department=Department.objects.get(name="Sales"), membership=member)
    return acme


def test_who_sees_all_counts_all(acme: Organisation, told: list[Told]) -> None:
    assert new(acme, "rita") == len(told)


def test_another_organisations_conversations_are_never_counted(
    acme: Organisation, rival: Organisation, told: list[Told]
) -> None:
    theirs = [one for one in made_up(40, seed=3) if one.agent is None]
    store(rival, theirs)
    assert new(acme, "rita") == len(told)
    assert new(rival, "mallory") == len(theirs)


def test_a_report_of_one_organisation_does_not_run_in_the_scope_of_another(
    acme: Organisation, rival: Organisation, told: list[Told]
) -> None:
    grant = rival.grant("mallory")
    with tenant_scope(acme.tenant_id), pytest.raises(ScopeConflict):
        read_report(grant=grant, kind="overview", asked={}, now=NOW)


def test_an_agent_counts_what_was_his_last(acme: Organisation, told: list[Told]) -> None:
    assert new(acme, "alice") == len([one for one in told if one.agent == "alice"])


def test_the_head_of_a_department_counts_its_conversations(head: Organisation, told: list[Told]) -> None:
    assert new(head, "hanna") == len([one for one in told if one.department == "Sales"])


def test_who_belongs_to_no_department_counts_nothing(head: Organisation) -> None:
    with tenant_scope(head.tenant_id):
        DepartmentMembership.objects.filter(membership__name="Hanna").delete()
    assert new(head, "hanna") == 0


def test_a_narrower_tier_may_be_asked_for_and_a_wider_one_is_not_given(acme: Organisation, told: list[Told]) -> None:
    assert new(acme, "sam", Tier.OWN) == len([one for one in told if one.agent == "sam"])
    assert new(acme, "alice", Tier.ALL) == new(acme, "alice")


def test_filters_narrow(acme: Organisation, told: list[Told]) -> None:
    sales = str(acme.department("Sales"))
    with tenant_scope(acme.tenant_id):
        shop = str(Site.objects.get(name="Shop").public_id)
    assert new(acme, "rita", department=sales) == len([one for one in told if one.department == "Sales"])
    both = [one for one in told if one.department == "Sales" and one.site == "Shop"]
    assert new(acme, "rita", department=sales, site=shop) == len(both)
    assert new(acme, "alice", site=shop) == len([one for one in told if one.agent == "alice" and one.site == "Shop"])


def test_a_filter_of_anothers_is_refused_like_one_of_nobodys(head: Organisation, rival: Organisation) -> None:
    with tenant_scope(rival.tenant_id):
        theirs = Department.objects.get().public_id
        their_site = Site.objects.get().public_id
    said = set()
    for who, asked in (
        ("rita", {"department": str(theirs)}),
        ("rita", {"department": str(uuid4())}),
        ("hanna", {"department": str(head.department("Support"))}),
        ("alice", {"department": str(head.department("Support"))}),
    ):
        with pytest.raises(Refused) as refused:
            new(head, who, **asked)
        said.add(str(refused.value))
    assert len(said) == 1
    for site in (their_site, uuid4()):
        with pytest.raises(Refused, match="no such website"):
            new(head, "rita", site=str(site))


@pytest.mark.parametrize("name", ["audrey"])
def test_without_a_right_there_is_no_report(acme: Organisation, name: str) -> None:
    with tenant_scope(acme.tenant_id), pytest.raises(Denied):
        read_report(grant=acme.grant(name), kind="overview", asked={}, now=NOW)
    assert acme.client(name).get("/admin/reports/").status_code == 403


def test_numbers_leave_by_their_own_right_alone(head: Organisation) -> None:
    with tenant_scope(head.tenant_id), pytest.raises(Denied):
        export_section(grant=head.grant("alice"), section="flow", asked={}, now=NOW)
    assert head.client("alice").get("/admin/reports/csv/flow/").status_code == 403
    with tenant_scope(head.tenant_id):
        sheet = export_section(grant=head.grant("hanna"), section="flow", asked={}, now=NOW)
    assert len(list(sheet.lines)) == 29


def test_who_may_read_a_department_may_not_take_it_along(head: Organisation) -> None:
    with tenant_scope(head.tenant_id):
        Role.objects.filter(slug="head").update(permissions=["reports.department"])
        with pytest.raises(Denied):
            export_section(grant=head.grant("hanna"), section="flow", asked={}, now=NOW)


def test_ones_own_numbers_do_not_leave_by_a_right_on_a_department(acme: Organisation, told: list[Told]) -> None:
    given(acme, "alice", Sales="reports.export")
    with tenant_scope(acme.tenant_id), pytest.raises(Denied):
        export_section(grant=acme.grant("alice"), section="flow", asked={}, now=NOW)


def test_what_leaves_is_on_record_before_it_does(acme: Organisation, told: list[Told]) -> None:
    response = acme.client("rita").get("/admin/reports/csv/flow/", {"period": "7"})
    assert response.status_code == 200
    assert response.streaming
    with tenant_scope(acme.tenant_id):
        event = AuditEvent.objects.filter(action="report.exported").get()
    assert '"rows":7' in event.entry
    assert '"report":"flow"' in event.entry


def test_a_report_that_is_none_is_not_found(acme: Organisation) -> None:
    with tenant_scope(acme.tenant_id):
        for call in (
            lambda: read_report(grant=acme.grant("rita"), kind="none", asked={}, now=NOW),
            lambda: export_section(grant=acme.grant("rita"), section="none", asked={}, now=NOW),
        ):
            with pytest.raises(NotFound):
                call()


def test_a_right_on_one_department_opens_that_one_alone(acme: Organisation, told: list[Told]) -> None:
    """Bob answers in Support; he reads the numbers of Sales, and may let only those of Support leave."""
    given(acme, "bob", Sales="reports.department", Support="reports.export")
    assert new(acme, "bob") == len([one for one in told if one.department == "Sales"])
    with tenant_scope(acme.tenant_id), pytest.raises(Denied):
        export_section(grant=acme.grant("bob"), section="flow", asked=ALL, now=NOW)
    given(acme, "bob", Sales="reports.export")
    assert exported(acme, "bob") == len([one for one in told if one.department == "Sales"])


def test_to_read_everything_and_let_one_department_leave(acme: Organisation, told: list[Told]) -> None:
    with tenant_scope(acme.tenant_id):
        role = Role.objects.create(slug="reader", name="Reader", permissions=["reports.all"])
        Membership.objects.filter(name="Bob").update(role=role)
    given(acme, "bob", Sales="reports.export")
    assert new(acme, "bob") == len(told)
    assert exported(acme, "bob") == len([one for one in told if one.department == "Sales"])


def given(of: Organisation, who: str, **rights: str) -> None:
    """A role of one right each on these departments."""
    with tenant_scope(of.tenant_id):
        for department, right in rights.items():
            role = Role.objects.get_or_create(
                slug=right.replace(".", "-"), defaults={"name": right, "permissions": [right]}
            )[0]
            DepartmentRole.objects.create(
                membership=of.member(who), department=Department.objects.get(name=department), role=role
            )


def exported(of: Organisation, who: str) -> int:
    """How many conversations began, by what this person may take along."""
    with tenant_scope(of.tenant_id):
        sheet = export_section(grant=of.grant(who), section="flow", asked=ALL, now=NOW)
    return sum(int(row["new"]) for row in csv.DictReader(sheet.lines))
