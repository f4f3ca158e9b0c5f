"""Demo mode answers this machine and nobody else."""

import pytest
from django.http import HttpRequest, HttpResponse
from django.test import RequestFactory
from pytest_django.fixtures import Settings

from chatplatform.demo import FORWARDED, DemoGuardMiddleware


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


def test_without_demo_everybody_is_answered(rf: RequestFactory, settings: Settings) -> None:
    settings.DEMO = False
    assert _status(rf.get("/", REMOTE_ADDR="10.0.0.5", headers={"X-Forwarded-For": "1.2.3.4"})) == 200
