"""From the session to the scope, asked anew at each request; and the pages at both ends of it."""

from datetime import timedelta
from uuid import UUID

import pytest
from django.test import Client
from django.utils import timezone

from security.scoping import PLATFORM_TENANT_ID, tenant_scope
from tenants.access import access_site
from tenants.models import Membership, MembershipStatus, Role
from tenants.services import note_site_seen

from .people import PASSWORD, Organisation, person, trail

pytestmark = pytest.mark.django_db


@pytest.fixture
def olga(acme: Organisation, client: Client) -> Client:
    client.force_login(acme.user("olga"))
    return client


def also_in(rival: Organisation, acme: Organisation) -> None:
    """Olga becomes an agent of Rival's, after Acme's owner."""
    with tenant_scope(rival.tenant_id):
        role = Role.objects.get(slug="admin")
        later = timezone.now() + timedelta(seconds=1)
        Membership.objects.create(user=acme.user("olga"), role=role, name="Olga", created_at=later)


def tenant_named(client: Client, slug: str) -> UUID:
    found: dict[str, UUID] = {ref.tenant_slug: ref.tenant_public_id for ref in client.get("/").wsgi_request.memberships}  # type: ignore[attr-defined]
    return found[slug]


def test_who_is_not_signed_in_is_led_there(client: Client) -> None:
    assert client.get("/get-started/").headers["Location"] == "/accounts/login/?next=/get-started/"
    assert client.get("/get-started/status/", headers={"Accept": "application/json"}).status_code == 401


def test_the_page_names_ones_own_site(olga: Client, acme: Organisation, rival: Organisation) -> None:
    page = olga.get("/get-started/").content.decode()
    assert acme.site_key in page
    assert rival.site_key not in page


def test_a_role_without_the_right_is_refused(acme: Organisation, client: Client) -> None:
    client.force_login(acme.user("alice"))
    assert client.get("/get-started/").status_code == 403


def test_when_a_member_was_seen_last_is_written_once_in_five_minutes(
    olga: Client, acme: Organisation, rival: Organisation
) -> None:
    also_in(rival, acme)
    seen = []
    for ago in (None, timedelta(minutes=4), timedelta(minutes=6)):
        if ago is not None:
            with tenant_scope(acme.tenant_id):
                Membership.objects.filter(name="Olga").update(last_seen_at=timezone.now() - ago)
        before = acme.member("olga").last_seen_at
        assert olga.get("/get-started/").status_code == 200
        seen.append(acme.member("olga").last_seen_at != before)
    assert seen == [True, False, True]
    with tenant_scope(rival.tenant_id):
        assert Membership.objects.get(name="Olga").last_seen_at is None


def test_a_suspended_member_is_refused_at_the_next_request(olga: Client, acme: Organisation) -> None:
    assert olga.get("/get-started/").status_code == 200
    with tenant_scope(acme.tenant_id):
        Membership.objects.filter(name="Olga").update(status=MembershipStatus.SUSPENDED.value)
    assert olga.get("/get-started/").status_code == 403


def test_a_session_that_names_a_foreign_tenant_falls_back(
    olga: Client, acme: Organisation, rival: Organisation
) -> None:
    session = olga.session
    session["tenant_id"] = rival.tenant_id
    session.save()
    assert acme.site_key in olga.get("/get-started/").content.decode()


def test_switching_changes_the_scope_and_is_remembered(olga: Client, acme: Organisation, rival: Organisation) -> None:
    also_in(rival, acme)
    assert acme.site_key in olga.get("/get-started/").content.decode()
    tenants = {ref.tenant_slug: ref.tenant_public_id for ref in olga.get("/").wsgi_request.memberships}  # type: ignore[attr-defined]
    response = olga.post(f"/tenants/{tenants['rival']}/switch/")
    assert (response.status_code, response.headers["Location"]) == (303, "/start/")
    assert rival.site_key in olga.get("/get-started/").content.decode()
    assert rival.actions()[-1] == "session.tenant_switched"
    olga.post(f"/tenants/{tenants['acme']}/switch/")
    olga.logout()
    olga.cookies["tenant"] = str(tenants["rival"])
    olga.post("/accounts/login/", {"login": "olga@acme.example", "password": PASSWORD})
    assert rival.site_key in olga.get("/get-started/").content.decode(), "the oldest would be Acme"


def test_nobody_switches_to_a_foreign_tenant(olga: Client, rival: Organisation) -> None:
    foreign = Client()
    foreign.force_login(rival.user("mallory"))
    [ref] = foreign.get("/").wsgi_request.memberships  # type: ignore[attr-defined]
    assert olga.post(f"/tenants/{ref.tenant_public_id}/switch/").status_code == 404


@pytest.mark.parametrize("path", ["/", "/console/", "/get-started/", "/admin/", "/accounts/email/"])
def test_a_page_of_somebody_signed_in_is_kept_nowhere(olga: Client, path: str) -> None:
    assert "no-store" in olga.get(path).headers["Cache-Control"]


def test_pages_for_anybody_have_no_scope(olga: Client) -> None:
    assert olga.get("/").wsgi_request.grant is None  # type: ignore[attr-defined]


def test_the_status_turns_when_a_page_asks_for_the_widget(olga: Client, acme: Organisation) -> None:
    assert olga.get("/get-started/status/").json() == {"seen": False, "origin": None, "seen_at": None}
    note_site_seen(access_site(acme.site_key), "https://acme.example")
    status = olga.get("/get-started/status/").json()
    assert (status["seen"], status["origin"]) == (True, "https://acme.example")


def test_a_form_of_one_organisation_writes_into_no_other(olga: Client, acme: Organisation, rival: Organisation) -> None:
    also_in(rival, acme)
    olga.get("/get-started/")
    acme_id, rival_id = (str(tenant_named(olga, slug)) for slug in ("acme", "rival"))
    page = olga.get("/admin/tenants/department/add/").content.decode()
    assert f'name="_tenant" value="{acme_id}"' in page
    olga.post(f"/tenants/{rival_id}/switch/")  # in another tab
    for said in ({"_tenant": acme_id}, {}, {"_tenant": "x"}):
        refused = olga.post("/admin/tenants/department/add/", {"name": "Sales", **said})
        assert (refused.status_code, "Rival" in refused.content.decode()) == (409, True)
    for organisation in (acme, rival):
        assert "department.created" not in organisation.actions()
    assert (
        olga.post("/admin/tenants/department/add/", {"name": "Sales"}, headers={"x-tenant": rival_id}).status_code
        == 302
    )
    assert rival.actions()[-1] == "department.created"


def test_what_was_meant_for_a_lost_organisation_is_not_done_in_another(
    olga: Client, acme: Organisation, rival: Organisation
) -> None:
    also_in(rival, acme)
    olga.get("/get-started/")
    rival_id = str(tenant_named(olga, "rival"))
    with tenant_scope(acme.tenant_id):
        Membership.objects.filter(name="Olga").update(status=MembershipStatus.SUSPENDED.value)
    assert olga.post("/admin/tenants/department/add/", {"name": "Sales", "_tenant": rival_id}).status_code == 403
    assert olga.session["tenant_id"] == acme.tenant_id
    assert "department.created" not in rival.actions()
    assert rival.site_key in olga.get("/get-started/").content.decode(), "reading goes on where he still belongs"


def test_a_new_sign_in_goes_to_the_oldest_membership(olga: Client, acme: Organisation, rival: Organisation) -> None:
    also_in(rival, acme)
    olga.logout()
    olga.force_login(acme.user("olga"))
    assert olga.get("/").wsgi_request.active.tenant_slug == "acme"  # type: ignore[attr-defined]


@pytest.mark.parametrize(
    ("who", "path"),
    [("alice", "/get-started/"), ("ada", "/admin/tenants/tenant/current/delete/"), ("ada", "/admin/platform/tenants/")],
)
def test_each_refusal_leaves_one_event(acme: Organisation, client: Client, who: str, path: str) -> None:
    client.force_login(acme.user(who))
    assert client.get(path).status_code == 403
    assert acme.actions().count("access.denied") == 1


def test_who_belongs_nowhere_is_refused_in_the_platforms_trail(db: None, client: Client) -> None:
    client.force_login(person("nina@nowhere.example", "Nina"))
    assert client.get("/console/").status_code == 403
    assert trail(PLATFORM_TENANT_ID).count("access.denied") == 1


@pytest.mark.parametrize("evil", ["/a\r\nSet-Cookie: a=b", "/a\nb", "/a\tb", "/a\x00b", "/\x7f"])
def test_leading_on_takes_no_control_characters(client: Client, evil: str) -> None:
    assert client.post("/theme/", {"theme": "dark", "next": evil}).headers["Location"] == "/"


def test_leading_on_keeps_letters_of_all_languages(client: Client) -> None:
    response = client.post("/theme/", {"theme": "dark", "next": "/demo/käse/"})
    assert response.headers["Location"] == "/demo/k%C3%A4se/"


def test_leading_on_stays_on_our_own_origin(client: Client) -> None:
    for evil in ("https://evil.example/", "//evil.example/", "javascript:alert(1)", "/\\evil.example"):
        assert client.post("/theme/", {"theme": "dark", "next": evil}).headers["Location"] == "/"
    assert client.post("/theme/", {"theme": "dark", "next": "/signup/"}).headers["Location"] == "/signup/"


def test_a_chosen_theme_is_there_before_the_first_paint(client: Client) -> None:
    assert "data-theme" not in client.get("/").content.decode()
    client.post("/theme/", {"theme": "dark"})
    assert 'data-theme="dark"' in client.get("/").content.decode()
    client.post("/theme/", {"theme": "system"})
    assert "data-theme" not in client.get("/").content.decode()
