from __future__ import annotations

import re
from collections.abc import Callable

import pytest
from django.core import mail
from django.db import ProgrammingError, connection, transaction
from django.utils import timezone
from pytest_django import DjangoCaptureOnCommitCallbacks

from security.errors import Denied, NotFound
from security.masking import mask_or_withhold
from security.models import Revocation, User
from security.scoping import PLATFORM_TENANT_ID, current_tenant_id, tenant_scope
from tenants.access import access_invitation
from tenants.models import Membership, Role, Tenant, Usage
from tenants.services.founding import sign_up
from tenants.services.people.invitations import accept_by_password
from tenants.services.platform import operators

from ..people import PASSWORD, Organisation, trail
from .pages import Browse, sign_in, text_of

TODAY = timezone.now().date()
WHY = mask_or_withhold("Unpaid since September")

As = Callable[[str], Browse]


def _public_id(organisation: Organisation) -> str:
    with tenant_scope(organisation.tenant_id):
        return str(Tenant.objects.get().public_id)


def test_every_organisation_is_listed_but_the_platforms_own(
    house: Organisation, rival: Organisation, oscar: User
) -> None:
    page = operators.list_tenants(operator=oscar, today=TODAY)
    assert {tenant.ref.slug for tenant in page.tenants} == {"acme", "rival"}
    assert page.total == 2
    assert [
        tenant.ref.slug for tenant in operators.list_tenants(operator=oscar, today=TODAY, search="RIV").tenants
    ] == ["rival"]
    assert operators.list_tenants(operator=oscar, today=TODAY, search="100%_").tenants == []
    assert trail(PLATFORM_TENANT_ID)[-1] == "admin.read"


def test_what_was_not_counted_yet_is_not_nought(house: Organisation, rival: Organisation, oscar: User) -> None:
    with tenant_scope(house.tenant_id):
        Usage.objects.create(day=TODAY, members=2, sites=1)
    page = operators.list_tenants(operator=oscar, today=TODAY)
    assert {one.ref.slug: one.members for one in page.tenants} == {"acme": 2, "rival": None}
    shown = text_of(sign_in(oscar).get("platform_tenants", app=""))
    assert shown.count("Not counted yet: it signed up within the hour.") == 1


def test_who_has_not_confirmed_yet_is_called_so(
    house: Organisation, oscar: User, django_capture_on_commit_callbacks: DjangoCaptureOnCommitCallbacks
) -> None:
    with django_capture_on_commit_callbacks(execute=True):
        founded = sign_up(
            organisation="Harbour",
            full_name="Hanna",
            email="hanna@harbour.example",
            password=PASSWORD,
            website="harbour.example",
        )
    (token,) = re.findall(r"/invitations/(\S+)/", str(mail.outbox[0].body))
    found = {
        tenant.ref.slug: tenant.ref.is_confirmed
        for tenant in operators.list_tenants(operator=oscar, today=TODAY).tenants
    }
    assert found == {"acme": True, "harbour": False}
    page = text_of(sign_in(oscar).get("platform_tenants", app=""))
    assert (page.count(">Unconfirmed</span>"), page.count(">Active</span>")) == (1, 1)
    accept_by_password(invitation=access_invitation(token), user=founded.owner)
    assert ">Unconfirmed</span>" not in text_of(sign_in(oscar).get("platform_tenants", app=""))


def test_only_an_operator_asks(house: Organisation) -> None:
    tenant = _public_id(house)
    with pytest.raises(Denied):
        operators.list_tenants(operator=house.user("olga"), today=TODAY)
    with pytest.raises(Denied):
        operators.suspend(operator=house.user("olga"), tenant=tenant, reason=WHY, now=timezone.now())


def test_the_role_reads_nothing_with_content_and_is_given_back(house: Organisation, oscar: User) -> None:
    operators.list_tenants(operator=oscar, today=TODAY)
    with connection.cursor() as cursor:
        cursor.execute("SELECT current_user")
        assert cursor.fetchone()[0] == "chat_app"
    for table in ("tenants_membership", "chat_message", "chat_visitor", "security_user", "tenants_site"):
        with (
            pytest.raises(ProgrammingError, match="permission denied"),
            transaction.atomic(),
            operators.as_platform() as cursor,
        ):
            cursor.execute(f"SELECT * FROM {table}")
    with connection.cursor() as cursor:
        cursor.execute("SELECT current_user")
        assert cursor.fetchone()[0] == "chat_app"


def test_suspending_keeps_everybody_out_until_resumed(house: Organisation, as_: As, oscar: User) -> None:
    operator, olga, tenant = sign_in(oscar), as_("olga"), _public_id(house)
    assert operator.get("platform_suspend", tenant, app="").status_code == 200
    assert "tenant.suspended" not in house.actions()
    assert operator.post("platform_suspend", tenant, app="", reason=WHY).status_code == 302
    assert house.actions()[-1] == "tenant.suspended"
    assert Revocation.objects.filter(kind="tenant", subject=tenant).exists()
    assert olga.client.get("/admin/").status_code == 403
    operator.post("platform_suspend", tenant, app="", reason=WHY)
    assert house.actions().count("tenant.suspended") == 1
    operator.post("platform_resume", tenant, app="", reason=WHY)
    assert olga.client.get("/admin/").status_code == 200
    assert current_tenant_id() is None


def test_an_operator_who_is_a_member_somewhere_acts_on_any_organisation(
    house: Organisation, rival: Organisation, oscar: User
) -> None:
    with tenant_scope(house.tenant_id):
        Membership.objects.create(user=oscar, role=Role.objects.get(slug="agent"), name="Oscar")
    operator = sign_in(oscar)
    assert "Rival" in text_of(operator.get("platform_tenants", app=""))
    assert operator.post("platform_suspend", _public_id(rival), app="", reason=WHY).status_code == 302
    assert rival.actions()[-1] == "tenant.suspended"
    assert operator.get("membership_changelist").status_code == 403


def test_an_unknown_organisation_is_not_found(house: Organisation, oscar: User) -> None:
    nowhere = "00000000-0000-4000-8000-000000000000"
    assert sign_in(oscar).get("platform_suspend", nowhere, app="").status_code == 404
    with pytest.raises(NotFound):
        operators.resume(operator=oscar, tenant=nowhere, reason=WHY)


def test_a_page_number_is_any_text(house: Organisation, oscar: User) -> None:
    for number in ("0", "-1", "x", "٣", "9" * 30, "99999999"):
        assert sign_in(oscar).get("platform_tenants", app="", query=f"?p={number}").status_code == 200
