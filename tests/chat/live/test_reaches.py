"""Who is there is asked for once a second, and told anew at once where this process knows better."""

from __future__ import annotations

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from chat.live.reaches import KEPT_FOR, Reaches
from security.scoping import tenant_scope
from tests import cast
from tests.cast import Organisation

from .sockets import Door


@pytest.fixture
def acme(db: None) -> Organisation:
    return cast.acme()


@pytest.fixture
def rival(db: None) -> Organisation:
    return cast.rival()


class Clock:
    now = 100.0

    def __call__(self) -> float:
        return self.now


def asked(reaches: Reaches, of: Organisation) -> tuple[int, list[str]]:
    """How many queries it took, and the departments that were told."""
    with tenant_scope(of.tenant_id), CaptureQueriesContext(connection) as queries:
        found = reaches.present(now=timezone.now())
    return len(queries), [view.name for view in found.departments]


def test_many_who_come_within_a_second_ask_the_database_once(acme: Organisation) -> None:
    clock = Clock()
    reaches = Reaches(clock)
    first, told = asked(reaches, acme)

    again, told_again = asked(reaches, acme)
    clock.now += KEPT_FOR
    later, _ = asked(reaches, acme)

    assert (first > 0, again, later) == (True, 0, first)
    assert told == told_again


def test_an_organisation_is_never_told_of_another(acme: Organisation, rival: Organisation) -> None:
    rival.add_department("Elsewhere")
    reaches = Reaches(Clock())

    _, of_acme = asked(reaches, acme)
    _, of_rival = asked(reaches, rival)

    assert "Elsewhere" in of_rival
    assert "Elsewhere" not in of_acme


def test_what_is_forgotten_is_asked_for_anew(acme: Organisation) -> None:
    reaches = Reaches(Clock())
    asked(reaches, acme)

    reaches.forget(acme.tenant_id)

    assert asked(reaches, acme)[0] > 0


async def test_who_comes_after_an_agent_is_told_that_somebody_is_there(door: Door, acme_live: Organisation) -> None:
    before = await door.visitor(acme_live.site_key)
    await door.agent(acme_live, "alice")
    after = await door.visitor(acme_live.site_key)

    assert (before.welcome["site"]["online"], after.welcome["site"]["online"]) == (False, True)
