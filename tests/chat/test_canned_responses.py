"""Prepared replies in the console: whoever answers has those for everybody, and those of the departments in which he answers."""

from __future__ import annotations

from dataclasses import replace
from uuid import UUID

import pytest

from chat.models import CannedResponse
from chat.services.canned_responses import prepared_replies
from security.permissions import Permission
from security.scoping import tenant_scope
from tenants.models import Department
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
    assert first == {"shortcut": "delivery", "title": "Delivery", "text": "Text", "department": "Support"}


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
