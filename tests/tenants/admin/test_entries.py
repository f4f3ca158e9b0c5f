"""Break-glass as people meet it: the operators' form, the line on every page, the organisation's list."""

from __future__ import annotations

import json
from collections.abc import Callable

import pytest

from security.models import AuditEvent, User
from security.scoping import tenant_scope
from tenants.access import active_grant
from tenants.models import OperatorEntry, Policy, Site, Tenant

from ..people import Organisation
from .pages import Browse, sign_in, text_of

As = Callable[[str], Browse]
WHY = "Masking fails, ticket 4711"
LINE = "Oscar (platform) is in here until"


@pytest.fixture
def tenant(house: Organisation) -> str:
    with tenant_scope(house.tenant_id):
        return str(Tenant.objects.get().public_id)


def entry_of(house: Organisation) -> OperatorEntry:
    with tenant_scope(house.tenant_id):
        return OperatorEntry.objects.order_by("-pk")[0]


def come(operator: Browse, tenant: str, role: str = "admin") -> None:
    sent = operator.post("platform_enter", tenant, app="", role=role, reason=WHY, minutes="60")
    assert sent.status_code == 302, text_of(sent)


def test_everybody_is_shown_who_is_in_and_the_operator_leaves(
    house: Organisation, oscar: User, as_: As, tenant: str
) -> None:
    operator = sign_in(oscar)
    assert LINE not in text_of(as_("olga").get("site_changelist"))
    come(operator, tenant)
    shown = text_of(operator.get("auditevent_changelist", app="security"))
    assert LINE in shown
    assert WHY in shown
    assert LINE in text_of(as_("olga").get("site_changelist"))
    assert LINE in text_of(as_("alice").client.get("/console/"))
    (line,) = as_("alice").client.get("/console/visits/").json()["lines"]
    assert line.startswith(LINE)
    assert line.endswith(WHY)
    leave = ("platform_leave", tenant, str(entry_of(house).public_id))
    assert operator.get(*leave, app="").status_code == 200
    assert operator.post(*leave, app="").status_code == 302
    assert operator.get("auditevent_changelist", app="security").status_code == 403
    assert LINE not in text_of(as_("olga").get("site_changelist"))
    assert as_("alice").client.get("/console/visits/").json()["lines"] == []


def test_what_is_refused_to_who_is_in_names_his_stay(house: Organisation, oscar: User, tenant: str) -> None:
    operator = sign_in(oscar)
    come(operator, tenant, "auditor")
    assert operator.get("policy_change", "current").status_code == 403
    with tenant_scope(house.tenant_id):
        last = AuditEvent.objects.order_by("-seq")[0]
    said = json.loads(last.entry)["actor"]
    assert last.action == "access.denied"
    assert (said["entry"], said["role"]) == (str(entry_of(house).public_id), "auditor")


def test_a_short_reason_comes_back_with_what_to_do(house: Organisation, oscar: User, tenant: str) -> None:
    operator = sign_in(oscar)
    for wrong in ({"reason": "short"}, {"role": "owner"}, {"minutes": "241"}, {"reason": "a       b"}):
        sent = operator.post(
            "platform_enter", tenant, app="", **{"role": "auditor", "reason": WHY, "minutes": "60", **wrong}
        )
        assert sent.status_code == 200
        assert 'class="errorlist' in text_of(sent)
    assert active_grant(oscar.pk, house.tenant_id) is None


def test_the_owner_lets_in_and_sends_out_and_the_administrator_only_sends_out(
    house: Organisation, oscar: User, as_: As, tenant: str
) -> None:
    with tenant_scope(house.tenant_id):
        Policy.objects.update(entry_needs_consent=True)
    operator = sign_in(oscar)
    come(operator, tenant)
    entry = str(entry_of(house).public_id)
    assert operator.get("auditevent_changelist", app="security").status_code == 403
    assert as_("ada").post("operatorentry_allow", entry).status_code == 403
    assert "Let in" not in text_of(as_("ada").get("operatorentry_change", entry))
    assert "Let in" in text_of(as_("olga").get("operatorentry_change", entry))
    assert as_("olga").post("operatorentry_allow", entry).status_code == 302
    assert operator.get("auditevent_changelist", app="security").status_code == 200
    assert as_("ada").post("operatorentry_end", entry).status_code == 302
    assert operator.get("auditevent_changelist", app="security").status_code == 403
    assert house.actions()[-1] in {"operator.left", "access.denied"}
    assert WHY in text_of(operator.get("platform_tenant", tenant, app=""))


def test_another_organisations_entry_does_not_exist(
    house: Organisation, rival: Organisation, oscar: User, tenant: str
) -> None:
    come(sign_in(oscar), tenant)
    entry = str(entry_of(house).public_id)
    mallory = sign_in(rival.user("mallory"))
    for page in ("operatorentry_change", "operatorentry_end", "operatorentry_allow", "operatorentry_history"):
        assert mallory.get(page, entry).status_code == 404
    assert WHY not in text_of(mallory.get("operatorentry_changelist"))
    with tenant_scope(rival.tenant_id):
        theirs = str(Tenant.objects.get().public_id)
    assert sign_in(oscar).post("platform_leave", theirs, entry, app="").status_code == 404


def test_who_is_in_is_no_member_to_be_changed(house: Organisation, oscar: User, as_: As, tenant: str) -> None:
    come(sign_in(oscar), tenant)
    assert "Operator, in for a time" in text_of(as_("olga").get("membership_changelist"))
    member = str(house_member(house, oscar))
    page = text_of(as_("olga").get("membership_change", member))
    assert "Remove" not in page
    assert 'name="role"' not in page
    assert as_("olga").post("membership_remove", member).status_code == 403


def house_member(house: Organisation, oscar: User) -> object:
    grant = active_grant(oscar.pk, house.tenant_id)
    assert grant is not None
    return grant.membership_public_id


def test_an_operator_who_is_in_is_offered_no_members_and_no_secret(
    house: Organisation, oscar: User, tenant: str
) -> None:
    operator = sign_in(oscar)
    come(operator, tenant)
    for page in ("membership_changelist", "invitation_add", "department_changelist", "operatorentry_changelist"):
        assert operator.get(page).status_code == 403, page
    with tenant_scope(house.tenant_id):
        site = str(Site.objects.get().public_id)
    assert "New identity secret" not in text_of(operator.get("site_change", site))
    assert operator.post("site_renew-secret", site).status_code == 403
