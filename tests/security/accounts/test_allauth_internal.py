"""What is called of allauth's inside is what was looked at, and is called by one module."""

from __future__ import annotations

import ast
import inspect
from collections.abc import Iterator
from importlib.metadata import version

import pytest

from security.accounts import allauth_internal
from tests.sources import modules, tree


def importers() -> Iterator[str]:
    """Our modules that import from allauth's inside."""
    for module in modules():
        for node in ast.walk(tree(module)):
            named = [node.module or ""] if isinstance(node, ast.ImportFrom) else []
            named += [one.name for one in node.names] if isinstance(node, ast.Import) else []
            if any(name.startswith("allauth.") and ".internal" in name for name in named):
                yield module


def test_one_module_reaches_inside() -> None:
    assert set(importers()) == {"security/accounts/allauth_internal.py"}


def test_the_version_is_the_one_that_was_looked_at() -> None:
    """Another one: read what changed in `account/internal`, then name it there."""
    assert version("django-allauth") == allauth_internal.LOOKED_AT


@pytest.mark.parametrize(
    ("name", "takes"),
    [
        ("get_authentication_records", ["request", "user"]),
        ("perform_login", ["request", "login"]),
        ("record_authentication", ["request", "user", "method", "extra_data"]),
        ("clear_login", ["request"]),
    ],
)
def test_each_takes_what_it_took(name: str, takes: list[str]) -> None:
    assert list(inspect.signature(getattr(allauth_internal, name)).parameters) == takes
