"""An operator locks a person's account: out of everything at once, in every trail that it concerns, until it is unlocked."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from uuid import UUID, uuid4

import pytest
from allauth.usersessions.models import UserSession
from django.test import Client
from django.utils import timezone

from security.errors import Conflict, Denied, Invalid, NotFound
from security.masking import mask_or_withhold
from security.models import User
from security.scoping import PLATFORM_TENANT_ID, tenant_scope
from tenants.access import active_grant, memberships_of
from tenants.models import Membership, OperatorEntry, Role, Tenant
from tenants.services.platform import accounts, stays

from ..people import PASSWORD, Organisation, trail
from .pages import Browse, sign_in, text_of

As = Callable[[str], Browse]
WHY = mask_or_withhold("The address was taken over")


def lock(oscar: User, person: User) -> int:
    return accounts.lock_account(operator=oscar, person=person.public_id, reason=WHY, now=timezone.now())


def test_a_locked_person_is_out_everywhere_and_in_again_when_unlocked(
    house: Organisation, rival: Organisation, oscar: User, as_: As
) -> None:
    alice, browser = house.user("alice"), as_("alice")
    with tenant_scope(rival.tenant_id):
        Membership.objects.create(user=alice, role=Role.objects.get(slug="agent"), name="Alice")
    assert browser.client.get("/console/").status_code == 200
    assert lock(oscar, alice) == 1
    alice.refresh_from_db()
    assert browser.client.get("/console/").status_code == 302
    assert (memberships_of(alice), active_grant(alice.pk, house.tenant_id)) == ((), None)
    assert not UserSession.objects.filter(user=alice).exists()
    fresh = Client()
    fresh.post("/accounts/login/", {"login": alice.email, "password": PASSWORD})
    assert "_auth_user_id" not in fresh.session
    for trail_of in (house.actions(), rival.actions(), trail(PLATFORM_TENANT_ID)):
        assert "account.deactivated" in trail_of
    accounts.unlock_account(operator=oscar, person=alice.public_id, reason=WHY)
    alice.refresh_from_db()
    assert browser.client.get("/console/").status_code == 302, "What was ended stays ended"
    assert active_grant(alice.pk, house.tenant_id) is not None
    for trail_of in (house.actions(), rival.actions(), trail(PLATFORM_TENANT_ID)):
        assert "account.reactivated" in trail_of


def test_only_an_operator_locks_with_a_reason_and_never_himself(house: Organisation, oscar: User) -> None:
    alice = house.user("alice")
    with pytest.raises(Denied):
        lock(house.user("olga"), alice)
    with pytest.raises(Denied):
        accounts.find_account(operator=house.user("olga"), email=alice.email)
    with pytest.raises(Conflict, match="account_own"):
        lock(oscar, oscar)
    with pytest.raises(Conflict, match="account_active"):
        accounts.unlock_account(operator=oscar, person=alice.public_id, reason=WHY)
    with pytest.raises(Invalid, match="reason"):
        accounts.lock_account(operator=oscar, person=alice.public_id, reason=mask_or_withhold("no"), now=timezone.now())
    with pytest.raises(NotFound):
        accounts.access_account(operator=oscar, person=uuid4())
    lock(oscar, alice)
    with pytest.raises(Conflict, match="account_inactive"):
        lock(oscar, alice)


def test_a_locked_operators_stay_does_not_wait_for_his_return(house: Organisation, oscar: User) -> None:
    other = User.objects.create_superuser("otto@platform.example", None, full_name="Otto")
    stays.enter(
        operator=other,
        tenant=_public_id(house),
        role="auditor",
        reason=WHY,
        stay=timedelta(hours=1),
        now=timezone.now(),
    )
    lock(oscar, other)
    accounts.unlock_account(operator=oscar, person=other.public_id, reason=WHY)
    assert active_grant(other.pk, house.tenant_id) is None
    with tenant_scope(house.tenant_id):
        assert OperatorEntry.objects.get().status == "ended"


def _public_id(house: Organisation) -> UUID:
    with tenant_scope(house.tenant_id):
        return Tenant.objects.get().public_id


def test_the_page_finds_by_the_whole_address_alone(house: Organisation, oscar: User) -> None:
    operator, alice = sign_in(oscar), house.user("alice")
    assert "alice@" not in text_of(operator.get("platform_accounts", app=""))
    assert "Nobody has" in text_of(operator.post("platform_accounts", app="", email="alice@acme"[:5] + "@acme.exampl"))
    found = text_of(operator.post("platform_accounts", app="", email="Alice@Acme.example"))
    assert str(alice.public_id) in found
    sent = operator.post("platform_account_lock", str(alice.public_id), app="", reason="short")
    assert 'class="errorlist' in text_of(sent)
    sent = operator.post("platform_account_lock", str(alice.public_id), app="", reason=str(WHY))
    assert sent.status_code == 302
    alice.refresh_from_db()
    assert not alice.is_active
    assert operator.post("platform_account_unlock", str(alice.public_id), app="", reason=str(WHY)).status_code == 302
    alice.refresh_from_db()
    assert alice.is_active
