"""A provider that is the only way in breaks, and no owner has a second factor: an operator lets owners in, for a day, before everybody's eyes."""

from __future__ import annotations

from datetime import timedelta
from uuid import UUID

import pytest
from allauth.mfa.models import Authenticator
from allauth.mfa.totp.internal.auth import TOTP, generate_totp_secret
from django.core import mail
from django.utils import timezone
from pytest_django import DjangoCaptureOnCommitCallbacks

from security.errors import Conflict, Denied, Invalid, NotFound
from security.masking import mask_or_withhold
from security.models import User
from security.scoping import PLATFORM_TENANT_ID, tenant_scope
from tenants.access import active_grant
from tenants.models import Policy, Tenant
from tenants.provider_only import provided_alone
from tenants.services.platform.owners_in import let_owners_in

from ...security.identity.openid_provider import OpenIdProvider
from ..admin.pages import errors_of, sign_in, text_of
from ..people import Organisation, trail
from .providers import by_password, connect, is_in_console, openid

pytestmark = pytest.mark.django_db
WHY = mask_or_withhold("Their provider's certificate is over, olga called")


@pytest.fixture
def shut(proven: Organisation, provider: OpenIdProvider) -> Organisation:
    """Acme's provider is the only way in, and Olga has lost the factor by which she could set that."""
    TOTP.activate(proven.user("olga"), generate_totp_secret())
    connect(proven, "olga", openid(provider, is_only=True))
    Authenticator.objects.all().delete()
    assert provided_alone("olga@acme.example") is not None
    return proven


def public_id(of: Organisation) -> UUID:
    with tenant_scope(of.tenant_id):
        return Tenant.objects.get().public_id


def test_owners_come_by_password_for_a_day_and_nobody_else(
    shut: Organisation, oscar: User, django_capture_on_commit_callbacks: DjangoCaptureOnCommitCallbacks
) -> None:
    operator = sign_in(oscar)
    assert "Owners sign in by password for a day" in text_of(
        operator.get("platform_owners_in", public_id(shut), app="")
    )
    with django_capture_on_commit_callbacks(execute=True):
        assert operator.post("platform_owners_in", public_id(shut), app="", reason=str(WHY)).status_code == 302
    assert is_in_console(by_password("olga@acme.example"))
    assert not is_in_console(by_password("ada@acme.example")), "an administrator is no owner"
    assert provided_alone("alice@acme.example") is not None
    [told] = mail.outbox
    assert told.to == ["olga@acme.example"]
    assert str(WHY) in str(told.body)
    for tenant_id in (shut.tenant_id, PLATFORM_TENANT_ID):
        assert trail(tenant_id).count("provider.owners_let_in") == 1


@pytest.mark.parametrize(("ago", "is_open"), [(timedelta(hours=23, minutes=59), True), (timedelta(days=1), False)])
def test_it_ends_by_itself_for_open_sessions_too(
    shut: Organisation, oscar: User, ago: timedelta, is_open: bool
) -> None:
    let_owners_in(operator=oscar, tenant=public_id(shut), reason=WHY, now=timezone.now())
    olga = by_password("olga@acme.example")
    with tenant_scope(shut.tenant_id):
        Policy.objects.update(owners_by_password_until=timezone.now() - ago + timedelta(days=1))
    assert is_in_console(olga) is is_open
    assert (active_grant(shut.user("olga").pk, shut.tenant_id) is not None) is is_open


def test_it_ends_with_the_next_change_of_the_provider(
    shut: Organisation, oscar: User, provider: OpenIdProvider
) -> None:
    let_owners_in(operator=oscar, tenant=public_id(shut), reason=WHY, now=timezone.now())
    shut.join("otto", "owner")
    assert provided_alone("otto@acme.example") is None
    TOTP.activate(shut.user("olga"), generate_totp_secret())
    connect(shut, "olga", openid(provider, is_only=True))
    assert provided_alone("otto@acme.example") is not None


def test_it_is_an_operators_act_with_a_reason_for_who_needs_it(
    shut: Organisation, rival: Organisation, oscar: User
) -> None:
    now = timezone.now()
    with pytest.raises(Denied):
        let_owners_in(operator=shut.user("olga"), tenant=public_id(shut), reason=WHY, now=now)
    with pytest.raises(Invalid, match="reason"):
        let_owners_in(operator=oscar, tenant=public_id(shut), reason=mask_or_withhold("because"), now=now)
    with pytest.raises(NotFound):
        let_owners_in(operator=oscar, tenant=UUID(int=7), reason=WHY, now=now)
    with pytest.raises(Conflict, match="provider_not_only"):
        let_owners_in(operator=oscar, tenant=public_id(rival), reason=WHY, now=now)
    refused = sign_in(oscar).post("platform_owners_in", public_id(rival), app="", reason=str(WHY))
    assert "passwords count anyway" in errors_of(refused)
    assert "provider.owners_let_in" not in trail(PLATFORM_TENANT_ID) + shut.actions() + rival.actions()


def test_it_is_not_done_where_nobody_could_be_told(shut: Organisation, oscar: User) -> None:
    User.objects.filter(email="olga@acme.example").update(is_active=False)
    with pytest.raises(Conflict, match="entry_untold"):
        let_owners_in(operator=oscar, tenant=public_id(shut), reason=WHY, now=timezone.now())
    with tenant_scope(shut.tenant_id):
        assert Policy.objects.get().owners_by_password_until is None
