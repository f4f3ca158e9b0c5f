"""Each address with an object in it × each role × each method: another tenant's object, and one of a department out of sight, is a missing one.

The addresses are those of tests/test_url_matrix.py, which walks them from the resolver. Status and body have to be the same, whoever asks.

    EXHAUSTIVE=1 .venv/bin/python -m pytest -n 0 tests/isolation/test_url_objects.py

asks at every address by every method as everybody. Without it owner and agent ask at each by GET and POST, strangers by GET, and the other roles by
GET at every fifth, each at others.
"""

from __future__ import annotations

import os
import re
from dataclasses import dataclass
from typing import Any, Final
from uuid import UUID

import pytest
from django.http import HttpResponse
from django.test import Client

from chat.cookies import visitor_cookie
from chat.models import Conversation
from chat.services.visitors import new_session
from security.scoping import tenant_scope
from tenants.middleware import HEADER
from tenants.models import Department
from tests import cast
from tests.cast import Organisation
from tests.test_url_matrix import EVERYBODY, SHOWN_TO, browser
from tests.url_objects import address, objects

pytestmark = pytest.mark.django_db

EXHAUSTIVE: Final = bool(os.environ.get("EXHAUSTIVE"))
METHODS: Final = ("get", "post", "put", "patch", "delete")
OF_AN_OBJECT: Final = [route for route in SHOWN_TO if "<object_id>" in route or "<uuid:" in route]
OF_A_CONVERSATION: Final = [route for route in OF_AN_OBJECT if "conversation" in route]
VISITOR: Final = "V"
OPERATORS: Final = "admin/platform/"
"""Operators' pages are about every organisation: who is one finds them all, and nobody else any."""


def routes(letter: str) -> list[str]:
    """Where everybody asks here."""
    others = "ASNUP"
    return OF_AN_OBJECT if EXHAUSTIVE or letter not in others else OF_AN_OBJECT[others.index(letter) :: len(others)]


def methods(letter: str) -> tuple[str, ...]:
    """By which everybody asks here."""
    return METHODS if EXHAUSTIVE else METHODS[: 2 if letter in "OG" else 1]


@dataclass(frozen=True, slots=True)
class Asked:
    """Whose object an address names."""

    of: Organisation
    known: dict[str, str]

    @property
    def ids(self) -> tuple[str, ...]:
        return (*self.known.values(), str(self.of.public_id))


@pytest.fixture
def acme() -> Organisation:
    return cast.acme()


def asker(acme: Organisation, letter: str) -> Client:
    """One of everybody's; a visitor is a stranger with a widget's cookie."""
    if letter != VISITOR:
        return browser(acme, letter)
    client = browser(acme, "X")
    client.cookies[visitor_cookie(acme.site_key)] = new_session().token or ""
    return client


def answers(client: Client, method: str, route: str, acme: Organisation, *asked: Asked) -> list[HttpResponse]:
    """As from a page of Acme's: without its header an unsafe method is refused before any object is looked for."""
    ask: Any = getattr(client, method)
    return [
        ask(f"/{address(route, one.of, one.known).lstrip('/')}", headers={HEADER: str(acme.public_id)}) for one in asked
    ]


def missing(like: dict[str, str]) -> Asked:
    """Nobody's, of the same form."""
    nothing = {name: str(UUID(int=7)) if "-" in value else "99999" for name, value in like.items()}
    return Asked(Organisation("missing", 0, UUID(int=7), "pk_missing"), nothing)


@pytest.mark.parametrize("letter", [*EVERYBODY, VISITOR])
def test_anothers_object_is_answered_as_a_missing_one(acme: Organisation, letter: str) -> None:
    rival = cast.rival()
    theirs = objects(rival)
    theirs["auditevent"] = "99998"  # a number of the trail, which each organisation has of its own
    foreign, absent = Asked(rival, theirs), missing(theirs)
    client = asker(acme, letter)
    for route in routes(letter):
        if letter == "P" and route.startswith(OPERATORS):
            continue
        for method in methods(letter):
            one, other = answers(client, method, route, acme, foreign, absent)
            assert one.status_code == other.status_code, (route, method)
            assert plain(one, foreign) == plain(other, absent), (route, method)
            assert "rival" not in one.content.decode().lower(), (route, method)


@pytest.mark.parametrize("letter", EVERYBODY)
def test_an_object_of_a_department_out_of_sight_is_answered_as_a_missing_one(acme: Organisation, letter: str) -> None:
    """Who sees every conversation finds it; for the others it is not there."""
    known = objects(acme)
    sales = acme.add_department("Sales")
    with tenant_scope(acme.tenant_id):
        department = Department.objects.get(public_id=sales)
        Conversation.objects.filter(public_id=known["conversation"]).update(department=department)
    elsewhere, absent = Asked(acme, known), missing(known)
    client = asker(acme, letter)
    for route in OF_A_CONVERSATION:
        for method in methods(letter):
            one, other = answers(client, method, route, acme, elsewhere, absent)
            if letter in "OAS" and one.status_code == 200:
                continue
            assert one.status_code == other.status_code or letter in "OAS", (route, method)
            assert plain(one, elsewhere) == plain(other, absent) or letter in "OAS", (route, method)


def plain(response: HttpResponse, asked: Asked) -> str:
    """What it says, without what was asked for and without chance."""
    said = response.content.decode() + response.headers.get("Location", "")
    for word in asked.ids:
        said = re.sub(rf"\b{re.escape(word)}\b", "*", said) if len(word) > 3 else said.replace(f"/{word}/", "/*/")
    return re.sub(r'(nonce|value|content|data-ends-in)="[^"]*"', "", re.sub(r"[\w-]{16}(?=</code>)", "*", said))
