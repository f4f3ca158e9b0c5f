"""After sign-in each role is where it works, and no link in a page's head ends in a refusal."""

import re

import pytest
from django.conf import settings
from django.test import Client

from security.models import User
from tenants.access import access_site
from tenants.services import note_site_seen
from tests import cast

pytestmark = pytest.mark.django_db
LANDINGS = {
    "olga": "/console/",
    "ada": "/console/",
    "sam": "/console/",
    "alice": "/console/",
    "audrey": "/admin/security/auditevent/",
    "rita": "/admin/reports/",
}
HEAD = re.compile(r"<header.*?</header>", re.DOTALL)


def links(client: Client, path: str) -> list[str]:
    head = HEAD.search(client.get(path).content.decode())
    assert head
    return [
        link
        for link in re.findall(r'href="([^"]+)"', head[0])
        if link not in {"/", "/admin/", "/accounts/password/change/"}
    ]  # home, asked for by itself, everybody's


@pytest.mark.parametrize(("name", "path"), LANDINGS.items())
def test_each_role_begins_where_it_works(name: str, path: str) -> None:
    acme = cast.acme()
    note_site_seen(access_site(acme.site_key), "https://acme.example")
    assert acme.client(name).get("/start/").headers["Location"] == path


def test_the_owner_of_a_site_that_nobody_saw_gets_started() -> None:
    acme = cast.acme()
    assert acme.client("olga").get("/start/").headers["Location"] == "/get-started/"
    assert acme.client("ada").get("/start/").headers["Location"] == "/console/"


def test_who_belongs_nowhere_is_told_so(client: Client) -> None:
    client.force_login(User.objects.create_user("lone@acme.example", None), settings.AUTHENTICATION_BACKENDS[-1])
    assert "You belong to no organisation" in client.get("/start/").content.decode()
    assert client.get("/accounts/email/").status_code == 200


def test_an_operator_begins_with_the_organisations(client: Client) -> None:
    oscar = User.objects.create_superuser("oscar@platform.example", None)
    client.force_login(oscar, settings.AUTHENTICATION_BACKENDS[-1])
    assert client.get("/start/").headers["Location"] == "/admin/platform/tenants/"
    assert links(client, "/") == ["/admin/platform/tenants/"]


@pytest.mark.parametrize("name", LANDINGS)
def test_no_link_of_the_head_is_refused(name: str) -> None:
    acme = cast.acme()
    client = acme.client(name)
    found = links(client, "/")
    assert bool(found) is (name not in {"rita", "audrey"})
    assert [client.get(link).status_code for link in found] == [200] * len(found)
    may_administer = client.get("/admin/").status_code == 200
    assert ("/admin/" in HEAD.search(client.get("/").content.decode())[0]) is may_administer  # type: ignore[index]
    if may_administer:
        assert links(client, "/admin/") == found


def test_strangers_sign_in_first(client: Client) -> None:
    assert client.get("/start/").headers["Location"] == "/accounts/login/?next=/start/"
