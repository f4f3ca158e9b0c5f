"""The signing key of the audit trail is the worker's alone."""

import sys
from pathlib import Path

import pytest
from django.core.management import CommandError, call_command
from pytest_django import Settings

from chatplatform.children import Child
from chatplatform.supervisor import _SIGNING_KEY


def test_the_web_server_does_not_start_with_it(settings: Settings) -> None:
    settings.DEBUG, settings.IS_GIVEN_SIGNING_KEY, settings.TLS_CERT = False, True, ""
    with pytest.raises(CommandError, match="the worker's alone"):
        call_command("serve")


def test_a_child_is_not_given_what_is_not_for_it(tmp_path: Path) -> None:
    log = tmp_path / "log"
    child = Child("web", [sys.executable, "-c", "import os; print(sorted(os.environ))"], log, without=_SIGNING_KEY)
    child.start({"AUDIT_SIGNING_KEY": "x", "AUDIT_SIGNING_KEY_FILE": "y", "SECRET_KEY": "z"})
    assert child.process is not None
    assert child.process.wait(timeout=30) == 0
    assert "AUDIT" not in log.read_text()
    assert "SECRET_KEY" in log.read_text()
