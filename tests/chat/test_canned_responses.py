"""Prepared replies in the console: whoever answers has those for everybody, and those of the departments in which he answers."""

from __future__ import annotations

import json
from dataclasses import replace
from typing import Any
from uuid import UUID

import pytest

from chat.models import CannedResponse
from chat.services.canned_responses import keep_own_response, prepared_replies
from security.audit import Action
from security.errors import Denied
from security.masking import mask
from security.models import AuditEvent
from security.permissions import Permission
from security.scoping import tenant_scope
from tenants.models import Department
from tenants.services import remove_member
from tests import cast
from tests.cast import Organisation

pytestmark = pytest.mark.django_db
URL = "/console/canned-responses/"
PAGE = {"Accept": "application/json"}


def prepare(of: Organisation, shortcut: str, department: UUID | None = None) -> None:
    with tenant_scope(of.tenant_id):
        where = None if department is None else Department.objects.get(public_id=department)
        CannedResponse.objects.create(shortcut=shortcut, title=shortcut.title(), body="Text", department=where)


@pytest.fixture
def acme() -> Organisation:
    """Alice answers in Support; Sales is not hers."""
    acme = cast.acme()
    prepare(acme, "hello")
    prepare(acme, "delivery", acme.department("Support"))
    prepare(acme, "discount", acme.add_department("Sales"))
    return acme


def shown(of: Organisation, name: str) -> list[str]:
    answer = of.client(name).get(URL, headers=PAGE)
    assert answer.status_code == 200
    assert answer.json()["tenant"] == of.slug
    return [response["shortcut"] for response in answer.json()["responses"]]


def test_an_agent_has_those_for_everybody_and_of_his_departments(acme: Organisation) -> None:
    assert shown(acme, "alice") == ["delivery", "hello"]


def test_who_answers_everywhere_has_all(acme: Organisation) -> None:
    assert shown(acme, "olga") == ["delivery", "discount", "hello"]


def test_each_says_what_it_is_for(acme: Organisation) -> None:
    first = acme.client("alice").get(URL, headers=PAGE).json()["responses"][0]
    assert first.pop("id")
    assert first == {"shortcut": "delivery", "title": "Delivery", "text": "Text", "department": "Support", "own": False}


OWN = {"shortcut": "mine", "title": "Mine", "text": "As Alice says"}


def post(of: Organisation, name: str, where: str = "own/", **fields: str) -> Any:
    """As the console of this organisation's does."""
    return of.client(name).post(f"{URL}{where}", OWN | fields, headers=PAGE | {"X-Tenant": str(of.public_id)})


def test_a_reply_of_ones_own_is_had_by_nobody_else(acme: Organisation) -> None:
    answer = post(acme, "alice").json()
    assert [(one["shortcut"], one["own"]) for one in answer["responses"]] == [
        ("delivery", False), ("hello", False), ("mine", True)
    ]  # fmt: skip
    assert shown(acme, "olga") == ["delivery", "discount", "hello"]
    page = acme.client("olga").get("/admin/chat/cannedresponse/").content.decode()
    assert "hello" in page
    assert "mine" not in page
    with tenant_scope(acme.tenant_id):
        event = AuditEvent.objects.get(action=Action.CANNED_RESPONSE_CREATED.value)
        assert event.actor_id == acme.member("alice").public_id or event.actor_id == acme.user("alice").public_id


def test_two_members_may_use_one_shortcut_and_one_member_may_not(acme: Organisation) -> None:
    assert post(acme, "alice", shortcut="hello").status_code == 200
    assert post(acme, "olga", shortcut="hello").status_code == 200
    again = post(acme, "alice", shortcut="hello")
    assert again.json() == {"errors": {"shortcut": ["You have one with this shortcut already. Choose another."]}}


@pytest.mark.parametrize("shortcut", ["", "two words", "4242-4242-4242-4242", "x" * 41])
def test_a_shortcut_that_cannot_be_is_answered_with_a_sentence(acme: Organisation, shortcut: str) -> None:
    answer = post(acme, "alice", shortcut=shortcut)
    assert list(answer.json()["errors"]) == ["shortcut"]
    assert "4242" not in answer.content.decode()


def test_a_card_in_a_reply_of_ones_own_is_hidden(acme: Organisation) -> None:
    post(acme, "alice", text="Pay with 4242 4242 4242 4242")
    with tenant_scope(acme.tenant_id):
        assert CannedResponse.objects.get(shortcut="mine").body == "Pay with •••• •••• •••• 4242"


def test_one_is_removed_by_its_owner_alone(acme: Organisation) -> None:
    post(acme, "alice")
    with tenant_scope(acme.tenant_id):
        mine = CannedResponse.objects.get(shortcut="mine").public_id
        shared = CannedResponse.objects.get(shortcut="hello").public_id
    for who, which in (("olga", mine), ("alice", shared)):
        assert post(acme, who, f"own/{which}/remove/").status_code == 404
    assert post(cast.rival(), "max", f"own/{mine}/remove/").status_code == 404
    assert post(acme, "alice", f"own/{mine}/remove/").status_code == 200
    assert shown(acme, "alice") == ["delivery", "hello"]


def test_ones_own_go_with_the_member_and_the_event_says_how_many(acme: Organisation) -> None:
    for name in ("alice", "olga"):
        post(acme, name)
    late = acme.grant("alice")
    with tenant_scope(acme.tenant_id):
        remove_member(grant=acme.grant("olga"), member=acme.member("alice").public_id)
        left = CannedResponse.objects.exclude(owner=None).values_list("owner", flat=True)
        assert list(left) == [acme.member("olga").pk]
        assert set(CannedResponse.objects.filter(owner=None).values_list("shortcut", flat=True)) == {
            *("hello", "delivery", "discount")
        }
        with pytest.raises(Denied):
            keep_own_response(grant=late, shortcut="late", title=mask("Late"), text=mask("Late"))
    with tenant_scope(acme.tenant_id):
        event = AuditEvent.objects.get(action=Action.MEMBER_REMOVED.value)
        assert json.loads(event.entry)["detail"]["canned_responses"] == 1


def test_who_answers_nobody_keeps_none(acme: Organisation) -> None:
    assert post(acme, "rita").status_code == 403


def test_another_organisation_has_its_own(acme: Organisation) -> None:
    rival = cast.rival()
    prepare(rival, "ours")
    assert shown(rival, "max") == ["ours"]


@pytest.mark.parametrize("name", ["rita", "audrey"])
def test_who_answers_nobody_is_refused(acme: Organisation, name: str) -> None:
    assert acme.client(name).get(URL, headers=PAGE).status_code == 403


def test_without_the_right_to_answer_there_is_none(acme: Organisation) -> None:
    with tenant_scope(acme.tenant_id):
        silent = replace(acme.grant("alice"), permissions=frozenset({Permission.CHAT_SEE_ALL}))
        assert list(prepared_replies(grant=silent).responses) == []


def test_a_right_in_one_department_reaches_its_replies_alone(acme: Organisation) -> None:
    with tenant_scope(acme.tenant_id):
        sales = Department.objects.get(name="Sales").pk
        seller = replace(
            acme.grant("alice"), permissions=frozenset(), further=frozenset({(sales, Permission.CHAT_REPLY)})
        )
        assert [reply.shortcut for reply in prepared_replies(grant=seller).responses] == ["discount", "hello"]
