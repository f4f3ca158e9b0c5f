import json
from io import StringIO

import pytest
from django.contrib.auth.hashers import identify_hasher
from django.core import mail
from django.core.management import CommandError, call_command
from pytest_django import DjangoCaptureOnCommitCallbacks

from security.accounts.people import has_confirmed, person_with
from security.errors import Conflict, Invalid, NotFound
from security.models import User
from security.permissions import Permission
from security.scoping import tenant_scope
from tenants.access import access_site, active_grant, memberships_of
from tenants.models import Department, Membership, Policy, Role
from tenants.roles import ROLE_PERMISSIONS
from tenants.services import create_site, create_tenant, note_site_seen, resume_tenant, sign_up, suspend_tenant

from .people import PASSWORD, Organisation, person, trail

pytestmark = pytest.mark.django_db
FORM = {
    "organisation": "Acme Shop", "full_name": "Olga Owner", "email": "Olga@Acme.example", "password": PASSWORD, "website": "acme.example",
}  # fmt: skip


def test_a_new_organisation_is_furnished(acme: Organisation) -> None:
    olga = acme.grant("olga")
    assert olga.permissions == frozenset(Permission)
    with tenant_scope(acme.tenant_id):
        assert {role.slug for role in Role.objects.all()} == set(ROLE_PERMISSIONS)
        assert list(Department.objects.values_list("name", "pk")) == [("Support", next(iter(olga.department_ids)))]
        assert Policy.objects.get().session_idle_minutes == 15
    assert acme.actions()[:2] == ["tenant.created", "site.created"]


def test_two_organisations_see_nothing_of_each_other(acme: Organisation, rival: Organisation) -> None:
    assert active_grant(acme.user("olga").pk, rival.tenant_id) is None
    with tenant_scope(rival.tenant_id):
        assert [membership.name for membership in Membership.objects.all()] == ["Mallory"]


def test_a_slug_is_given_once(acme: Organisation) -> None:
    with pytest.raises(Conflict) as refused:
        create_tenant(slug="acme", name="Again", owner=acme.user("olga"))
    assert refused.value.code == "slug_taken"


@pytest.mark.parametrize("slug", ["", "Acme", "a b", "acme/"])
def test_what_is_no_slug_is_refused(slug: str) -> None:
    with pytest.raises(Invalid):
        create_tenant(slug=slug, name="Acme", owner=User(pk=1))


def test_organisations_of_one_name_get_slugs_of_their_own(db: None) -> None:
    slugs = [sign_up(**{**FORM, "email": f"olga{number}@acme.example"}).slug for number in range(3)]
    assert slugs[0] == "acme-shop"
    assert len(set(slugs)) == 3


def test_a_name_without_latin_letters_is_no_hindrance(db: None) -> None:
    assert sign_up(**{**FORM, "organisation": "株式会社"}).slug.startswith("team")


@pytest.mark.real_hashes
def test_a_new_person_waits_for_his_mail() -> None:
    founded = sign_up(**FORM)
    olga = User.objects.get(email="olga@acme.example")
    assert identify_hasher(olga.password).algorithm == "argon2"
    assert not has_confirmed(olga)
    assert memberships_of(olga) == ()
    assert active_grant(olga.pk, founded.tenant_id) is None
    assert trail(founded.tenant_id) == ["tenant.created", "site.created", "account.signed_up"]


def test_in_the_demo_a_new_person_is_in_at_once_but_a_known_one_is_not() -> None:
    olga = sign_up(**FORM, is_confirmed=True).owner
    again = sign_up(**{**FORM, "organisation": "Second"}, is_confirmed=True)
    assert not again.is_new_person
    assert [ref.tenant_name for ref in memberships_of(olga)] == ["Acme Shop"]


def test_a_known_person_keeps_name_and_password() -> None:
    person("olga@acme.example", "Olga Original")
    sign_up(**{**FORM, "full_name": "Mallory", "password": "something-else-entirely"})
    olga = User.objects.get(email="olga@acme.example")
    assert olga.full_name == "Olga Original"
    assert olga.check_password(PASSWORD)


def test_a_site_is_found_by_its_key_alone(acme: Organisation, rival: Organisation) -> None:
    site = access_site(acme.site_key)
    assert (site.tenant_id, site.allowed_origins) == (acme.tenant_id, ("https://acme.example",))
    assert len(acme.site_key) == len("pk_") + 24
    for wrong in ("", "pk_", acme.site_key[:-1], acme.site_key + "x", acme.site_key.upper(), "x" * 100_000, "pk_\n"):
        with pytest.raises(NotFound):
            access_site(wrong)


def test_a_second_site_of_one_name_is_refused(acme: Organisation) -> None:
    with tenant_scope(acme.tenant_id):
        create_site(grant=acme.grant("ada"), name="Shop", websites=["shop.example", "https://shop.example"])
        with pytest.raises(Conflict):
            create_site(grant=acme.grant("ada"), name="Shop", websites=["other.example"])


def test_a_seen_site_says_where_and_is_not_written_at_each_request(acme: Organisation) -> None:
    note_site_seen(access_site(acme.site_key), "https://acme.example")
    first = access_site(acme.site_key)
    note_site_seen(first, "https://acme.example")
    assert first.seen_origin == "https://acme.example"
    assert access_site(acme.site_key).seen_at == first.seen_at


def test_a_suspended_organisation_lets_nobody_in(acme: Organisation) -> None:
    with tenant_scope(acme.tenant_id):
        suspend_tenant()
    assert not access_site(acme.site_key).is_active
    assert memberships_of(acme.user("olga")) == ()
    assert active_grant(acme.user("olga").pk, acme.tenant_id) is None
    with tenant_scope(acme.tenant_id):
        resume_tenant()
    assert acme.grant("olga").role == "owner"


def test_the_command_founds_and_invites(django_capture_on_commit_callbacks: DjangoCaptureOnCommitCallbacks) -> None:
    out = StringIO()
    with django_capture_on_commit_callbacks(execute=True):
        call_command("create_tenant", slug="acme", name="Acme", owner_email="olga@acme.example", json=True, stdout=out)
    assert json.loads(out.getvalue()) == {"slug": "acme", "owner": "olga@acme.example", "dry_run": False}
    assert [message.to for message in mail.outbox] == [["olga@acme.example"]]
    with pytest.raises(CommandError, match="slug already"):
        call_command("create_tenant", slug="acme", name="Acme", owner_email="olga@acme.example")


@pytest.mark.parametrize("altered", [{"owner_email": "4242424242424242@acme.example"}, {"slug": "4242424242424242"}])
def test_the_command_keeps_no_number_as_an_address_or_a_slug(altered: dict[str, str]) -> None:
    given = {"slug": "acme", "name": "Acme", "owner_email": "olga@acme.example", **altered}
    with pytest.raises(CommandError, match="must not be kept"):
        call_command("create_tenant", **given, dry_run=True, stdout=StringIO())


def test_a_dry_run_of_the_command_changes_nothing() -> None:
    call_command(
        "create_tenant", slug="acme", name="Acme", owner_email="olga@acme.example", dry_run=True, stdout=StringIO()
    )
    assert person_with("olga@acme.example") is None
