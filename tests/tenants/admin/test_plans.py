"""Plans on pages: operators offer and assign them, an owner sees his own, the list narrows and sorts by one query."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from security.errors import Conflict, Denied, NotFound
from security.models import User
from security.scoping import PLATFORM_TENANT_ID, tenant_scope
from tenants.models import Plan, Subscription, Tenant, TenantStatus, Usage
from tenants.services import limits
from tenants.services.platform import operators, plans
from tenants.services.platform.operators import Order, State

from ..people import Organisation, organisation, trail
from .pages import Browse, sign_in, text_of

As = Callable[[str], Browse]
NOW = timezone.now()
TODAY = NOW.date()
NO_OWN = dict.fromkeys(limits.Limit, None)


def public_id(of: Organisation) -> str:
    with tenant_scope(of.tenant_id):
        return str(Tenant.objects.get().public_id)


def count(of: Organisation, messages: int, *, stored: int = 0, members: int = 0) -> None:
    with tenant_scope(of.tenant_id):
        Usage.objects.create(day=TODAY, messages=messages, stored_bytes=stored, members=members)


def slugs(oscar: User, **narrowed: object) -> list[str]:
    page = operators.list_tenants(operator=oscar, today=TODAY, **narrowed)
    return [row.ref.slug for row in page.tenants]


def test_a_plan_is_made_changed_and_assigned(house: Organisation, oscar: User, as_: As) -> None:
    operator, tenant = sign_in(oscar), public_id(house)
    assert operator.post("platform_plan_add", app="", name="Small", members="3", sites="1").status_code == 302
    plan = Plan.objects.get()
    assert (plan.name, plan.members, plan.departments) == ("Small", 3, None)
    assert trail(PLATFORM_TENANT_ID)[-1] == "plan.saved"
    again = operator.post("platform_plan_add", app="", name="Small")
    assert again.status_code == 200
    assert 'class="errorlist' in text_of(again)
    shown = operator.client.post(
        f"/admin/platform/tenants/{tenant}/plan/", {"plan": str(plan.public_id), "sites": "4"}, follow=True
    )
    assert "Above the plan already: Members" in text_of(shown)
    assert house.actions()[-1] == "plan.assigned"
    assert "plan.assigned" in trail(PLATFORM_TENANT_ID)
    with tenant_scope(house.tenant_id):
        assert (limits.limits().plan, limits.limits().members, limits.limits().sites) == ("Small", 3, 4)
    page = text_of(as_("olga").client.get("/admin/tenants/tenant/current/change/"))
    assert "Plan: Small." in page
    assert "Above the limit" in page


@pytest.mark.parametrize("wrong", [{"members": "0"}, {"sites": "-1"}, {"messages": "many"}, {"name": ""}])
def test_a_limit_is_a_number_from_one(oscar: User, wrong: dict[str, str]) -> None:
    sent = sign_in(oscar).post("platform_plan_add", app="", **{"name": "Small", **wrong})
    assert sent.status_code == 200
    assert 'class="errorlist' in text_of(sent)
    assert not Plan.objects.exists()


def test_one_plan_is_the_default(oscar: User) -> None:
    plans.save_plan(operator=oscar, plan=Plan(name="Small", is_default=True))
    plans.save_plan(operator=oscar, plan=Plan(name="Large", is_default=True))
    assert [plan.name for plan in Plan.objects.filter(is_default=True)] == ["Large"]
    with pytest.raises(Conflict, match="plan_exists"):
        plans.save_plan(operator=oscar, plan=Plan(name="Large"))


def test_only_an_operator_has_to_do_with_plans(house: Organisation, oscar: User) -> None:
    olga, tenant = house.user("olga"), public_id(house)
    with pytest.raises(Denied):
        plans.save_plan(operator=olga, plan=Plan(name="Mine"))
    with pytest.raises(Denied):
        plans.assign_plan(operator=olga, tenant=tenant, plan=None, own=NO_OWN, now=NOW)
    with pytest.raises(Denied):
        plans.standing(operator=olga, tenant=tenant, today=TODAY)
    with pytest.raises(NotFound):
        plans.access_plan(operator=oscar, plan=tenant)


def test_a_plan_of_one_organisation_is_not_anothers(house: Organisation, rival: Organisation, oscar: User) -> None:
    plan = plans.save_plan(operator=oscar, plan=Plan(name="Small", members=3))
    plans.assign_plan(operator=oscar, tenant=public_id(house), plan=plan, own=NO_OWN, now=NOW)
    with tenant_scope(rival.tenant_id):
        assert limits.limits().members is None
        assert not Subscription.objects.exists()


def test_the_list_narrows_and_sorts(house: Organisation, rival: Organisation, oscar: User) -> None:
    organisation("harbour", "hanna")
    count(house, 5, stored=10, members=6)
    count(rival, 7, stored=3, members=1)
    with tenant_scope(rival.tenant_id):
        Tenant.objects.update(status=TenantStatus.SUSPENDED.value)
    with tenant_scope(house.tenant_id):
        Subscription.objects.create(over_since=NOW)
    assert slugs(oscar) == ["harbour", "rival", "acme"]
    assert slugs(oscar, order=Order.NAME) == ["acme", "harbour", "rival"]
    assert slugs(oscar, order=Order.MESSAGES) == ["rival", "acme", "harbour"]
    assert slugs(oscar, order=Order.STORAGE)[0] == "acme"
    assert slugs(oscar, order=Order.MEMBERS)[0] == "acme"
    assert slugs(oscar, state=State.SUSPENDED) == ["rival"]
    assert slugs(oscar, state=State.OVER) == ["acme"]
    assert slugs(oscar, state=State.ACTIVE) == ["harbour", "acme"]
    assert slugs(oscar, state=State.UNCONFIRMED) == []
    acme = operators.list_tenants(operator=oscar, today=TODAY, search="acme").tenants[0]
    assert (acme.messages, acme.stored_bytes, acme.members) == (5, 10, 6)
    operator = sign_in(oscar)
    for query in ("?state=suspended&order=name", "?state=nonsense&order=;drop", "?state=%00"):
        assert operator.get("platform_tenants", app="", query=query).status_code == 200


def test_this_month_and_last_month_are_told_apart(house: Organisation, oscar: User) -> None:
    first = TODAY.replace(day=1)
    with tenant_scope(house.tenant_id):
        for day, messages in ((first, 1), (first - timedelta(days=1), 10), ((first - timedelta(days=40)), 100)):
            Usage.objects.create(day=day, messages=messages)
    (acme,) = operators.list_tenants(operator=oscar, today=TODAY).tenants
    two_months_ago = (first - timedelta(days=1)).replace(day=1) > first - timedelta(days=40)
    assert (acme.messages, acme.messages_last_month) == (1, 10 if two_months_ago else 110)


def test_the_list_takes_the_same_queries_for_any_number(house: Organisation, oscar: User) -> None:
    operator = sign_in(oscar)
    operator.get("platform_tenants", app="")
    with CaptureQueriesContext(connection) as few:
        operator.get("platform_tenants", app="")
    for number in range(5):
        count(organisation(f"shop{number}", f"owner{number}"), number)
    with CaptureQueriesContext(connection) as many:
        assert "shop4" in text_of(operator.get("platform_tenants", app=""))
    assert len(many) == len(few)


def test_the_plot_and_its_table_say_the_same(house: Organisation, oscar: User) -> None:
    count(house, 12_345)
    page = text_of(sign_in(oscar).get("platform_tenant", public_id(house), app=""))
    assert page.count("<rect ") == plans.DAYS
    assert page.count("12345") + page.count("12,345") >= 3
