"""A password that must be changed opens nothing but its change."""

import pytest
from django.test import Client

from security.models import User
from tests.tenants.people import PASSWORD, Organisation

pytestmark = pytest.mark.django_db
NEW = "quite-another-correct-battery"
CHANGE = "/accounts/password/change/"


@pytest.fixture
def alice(acme: Organisation, client: Client) -> Client:
    client.post("/accounts/login/", {"login": "alice@acme.example", "password": PASSWORD})
    User.objects.filter(email="alice@acme.example").update(must_change_password=True)
    return client


@pytest.mark.parametrize(
    ("path", "back"),
    [("/", "%2F"), ("/console/?x=1&y=2", "%2Fconsole%2F%3Fx%3D1%26y%3D2"), ("/admin/", "%2Fadmin%2F"),
     ("/accounts/email/", "%2Faccounts%2Femail%2F")],
)  # fmt: skip
def test_each_page_leads_to_the_change(alice: Client, path: str, back: str) -> None:
    response = alice.get(path)
    assert (response.status_code, response.headers["Location"]) == (303, f"{CHANGE}?next={back}")


def test_nothing_is_done_before(alice: Client) -> None:
    response = alice.post("/theme/", {"theme": "dark"})
    assert (response.status_code, response.headers["Location"]) == (303, CHANGE)
    assert "theme" not in response.cookies
    refused = alice.get("/get-started/status/", headers={"Accept": "application/json"})
    assert (refused.status_code, refused.json()) == (403, {"code": "password_change_required"})


def test_the_change_leads_back(alice: Client) -> None:
    assert alice.get(f"{CHANGE}?next=/console/").status_code == 200
    form = {"oldpassword": PASSWORD, "password1": NEW, "password2": NEW}
    response = alice.post(f"{CHANGE}?next=/console/", form)
    assert (response.status_code, response.headers["Location"]) == (302, "/console/")
    assert alice.get("/console/").status_code == 200


def test_who_would_rather_go_may_go(alice: Client) -> None:
    assert alice.get("/accounts/logout/").status_code == 200
    assert alice.post("/accounts/logout/").status_code == 302
    assert alice.get("/").status_code == 200


def test_a_website_that_has_the_widget_is_not_led_anywhere(alice: Client, acme: Organisation) -> None:
    assert alice.get("/w.js").status_code == 200
    assert alice.get(f"/widget/{acme.site_key}/").status_code == 200
