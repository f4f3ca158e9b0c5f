"""Demo mode answers this machine and nobody else."""

import json
from typing import Self

import pytest
from django.http import HttpRequest, HttpResponse
from django.test import Client, RequestFactory
from django.utils import timezone
from pytest_django.fixtures import Settings

from chat.demo import people, talk
from chatplatform import prepare
from chatplatform.demo import FORWARDED, DemoGuardMiddleware, LocalSocketsOnly
from security.accounts.people import create_person
from security.context import Actor, ActorKind, acting
from security.models import AuditEvent, User
from security.scoping import tenant_scope
from tenants.models import DepartmentRole, Membership


def _status(request: HttpRequest) -> int:
    return DemoGuardMiddleware(lambda _: HttpResponse("the page"))(request).status_code


def test_this_machine_is_answered(rf: RequestFactory, settings: Settings) -> None:
    settings.DEMO = True
    assert _status(rf.get("/")) == 200
    assert _status(rf.get("/", REMOTE_ADDR="::1")) == 200


@pytest.mark.parametrize("address", ["10.0.0.5", "192.168.1.2", "2001:db8::1", "", "localhost.example.com"])
def test_other_machines_are_not(rf: RequestFactory, settings: Settings, address: str) -> None:
    settings.DEMO = True
    assert _status(rf.get("/", REMOTE_ADDR=address)) == 403


@pytest.mark.parametrize("name", FORWARDED)
def test_a_tunnel_on_this_machine_gives_itself_away(rf: RequestFactory, settings: Settings, name: str) -> None:
    settings.DEMO = True
    assert _status(rf.get("/", headers={name: "127.0.0.1"})) == 403


def test_a_foreign_name_that_leads_here_is_not_this_machine(rf: RequestFactory, settings: Settings) -> None:
    settings.DEMO = True
    assert _status(rf.get("/", headers={"host": "evil.example"})) == 403


class Asked:
    """What a socket's guard does with one that asks: passes it on, or closes it before it is accepted."""

    def __init__(self) -> None:
        self.passed = False
        self.sent: list[str] = []

    async def __call__(self, *_: object) -> None:
        self.passed = True

    async def by(self, client: str, headers: dict[str, str]) -> Self:
        pairs = [(name.lower().encode(), value.encode()) for name, value in headers.items()]

        async def receive() -> dict[str, str]:
            return {"type": "websocket.connect"}

        async def send(message: dict[str, str]) -> None:
            self.sent.append(message["type"])

        await LocalSocketsOnly(self)({"type": "websocket", "client": (client, 1), "headers": pairs}, receive, send)
        return self


async def test_sockets_of_this_machine_are_opened() -> None:
    for host in ("127.0.0.1:8000", "localhost", "[::1]:8000"):
        assert (await Asked().by("127.0.0.1", {"host": host})).passed


@pytest.mark.parametrize(
    ("client", "headers"),
    [
        ("127.0.0.1", {"host": "evil.example"}),
        ("127.0.0.1", {}),
        ("10.0.0.5", {"host": "127.0.0.1:8000"}),
        *(("127.0.0.1", {"host": "127.0.0.1:8000", name: "127.0.0.1"}) for name in FORWARDED),
    ],
)
async def test_sockets_from_elsewhere_are_refused_before_the_upgrade(client: str, headers: dict[str, str]) -> None:
    asked = await Asked().by(client, headers)
    assert (asked.passed, asked.sent) == (False, ["websocket.close"])


def test_without_demo_everybody_is_answered(rf: RequestFactory, settings: Settings) -> None:
    settings.DEMO = False
    assert _status(rf.get("/", REMOTE_ADDR="10.0.0.5", headers={"X-Forwarded-For": "1.2.3.4"})) == 200


def test_without_demo_its_people_are_kept_out_and_their_sessions_end(
    committed_db: None, client: Client, settings: Settings
) -> None:
    people.seed_operator(password="demo-only-correct-horse-battery")
    oscar = User.objects.get(email="oscar@platform.example")
    client.force_login(oscar, backend="allauth.account.auth_backends.AuthenticationBackend")
    assert client.get("/accounts/password/change/").status_code == 200
    settings.DEMO = False
    prepare.main()
    oscar.refresh_from_db()
    assert not oscar.is_active
    assert client.get("/accounts/password/change/").status_code == 302
    assert people.switch_accounts(is_active=True) == 1  # as the next start with DEMO=1 does


def test_without_demo_nobody_else_is_kept_out(committed_db: None, settings: Settings) -> None:
    vic = create_person(email="vic@elsewhere.example", full_name="Vic", password=None)
    settings.DEMO = False
    prepare.main()
    vic.refresh_from_db()
    assert vic.is_active


def test_the_demo_shows_roles_of_its_own_and_a_period_before(committed_db: None) -> None:
    with acting(actor=Actor(ActorKind.COMMAND, name="seed_demo")):
        for _ in range(2):
            tenant_id = people.seed_people(people.ACME, password="x", site_url="http://127.0.0.1:8000")
        with tenant_scope(tenant_id):
            talk.seed_conversations(now=timezone.now(), most=1)
    with tenant_scope(tenant_id):
        kinds = AuditEvent.objects.values_list("actor_kind", "action")
        assert {action for kind, action in kinds if kind == "command"} == {"tenant.created"}
        assert {kind for kind, _ in kinds} >= {"person", "visitor"}, "The trail is told by who would have done it"
        assert [row.role.name for row in Membership.objects.filter(role__is_builtin=False)] == ["Night desk"]
        further = DepartmentRole.objects.select_related("membership", "role", "department")
        assert [(row.membership.name, row.role.slug, row.department.name) for row in further] == [
            ("Bob", "supervisor", "Sales")
        ]
    days = [story["days"] for story in json.loads(talk.CONVERSATIONS.read_text(encoding="utf-8"))]
    assert sum(28 <= day < 56 for day in days) >= 5, "Reports compare 28 days with the 28 before"
