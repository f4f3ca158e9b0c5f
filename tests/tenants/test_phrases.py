"""Every act is told in a sentence of its own, with what its writers really say of it."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from dataclasses import dataclass

import pytest

from security.audit import Action, Outcome, record
from security.models import AuditEvent
from security.scoping import tenant_scope
from tenants.models import Site
from tenants.services.audit.phrases import _DONE, _OTHERWISE
from tenants.services.audit.trail import lines_from
from tests.sources import modules, tree

from .people import Organisation

WRITERS = {"record": "ok", "record_change": "ok", "record_denied": "denied", "record_failed": "failed"}
OBJECTS = {"on", "on_label", "before", "after"}
NOT_SAID = {"outcome", "extent", "changes", "tenant_id", *OBJECTS}


@dataclass(frozen=True, slots=True)
class Writing:
    """One call in the code that leaves an event."""

    module: str
    line: int
    action: Action
    outcome: str
    names: frozenset[str]


def writings() -> Iterator[Writing]:
    """The calls that name their action; a few choose it before (`tests/test_audit_complete.py` walks through those)."""
    for module in modules():
        if module.startswith("chatplatform/bench/"):
            continue
        for call in (node for node in ast.walk(tree(module)) if isinstance(node, ast.Call)):
            name = ast.unparse(call.func).rpartition(".")[2]
            names = {keyword.arg: keyword.value for keyword in call.keywords if keyword.arg}
            for action in _actions(call.args[0]) if name in WRITERS and call.args else []:
                for outcome in _outcomes(names.get("outcome")) or [WRITERS[name]]:
                    yield Writing(module, call.lineno, action, outcome, frozenset(names))


def _actions(said: ast.expr) -> list[Action]:
    """One, or both of a choice."""
    both = [said.body, said.orelse] if isinstance(said, ast.IfExp) else [said]
    names = [ast.unparse(one) for one in both]
    return [Action[name.removeprefix("Action.")] for name in names if name.startswith("Action.")]


def _outcomes(given: ast.expr | None) -> list[str]:
    """A literal, or all that could be."""
    if given is None:
        return []
    found = [node.value for node in ast.walk(given) if isinstance(node, ast.Constant) and isinstance(node.value, str)]
    named = [node.attr.lower() for node in ast.walk(given) if isinstance(node, ast.Attribute) and node.attr.isupper()]
    return [*found, *named] or [outcome.value for outcome in Outcome]


def test_every_action_has_a_sentence_of_its_own() -> None:
    assert len(list(writings())) > 120
    assert not {action.value for action in Action} - _DONE.keys() - _OTHERWISE.keys()


def test_what_was_refused_or_failed_is_not_told_as_done() -> None:
    without = {f"{one.action.value} {one.outcome}" for one in writings() if one.outcome != "ok"}
    assert not {name for name in without if name.partition(" ")[0] not in _OTHERWISE}


def test_a_sentence_that_names_a_thing_is_of_an_event_that_has_one() -> None:
    for one in writings():
        phrase = str((_DONE if one.outcome == "ok" else _OTHERWISE).get(one.action, ""))
        assert "%(what)s" not in phrase or one.names & OBJECTS, one


@pytest.mark.django_db
def test_each_writers_fields_are_shown_by_their_names(acme: Organisation) -> None:
    written = list(writings())
    with tenant_scope(acme.tenant_id):
        before = AuditEvent.objects.latest("seq").seq
        shop = Site.objects.get()
        for one in written:
            said: dict[str, str] = {name: f"said {number}" for number, name in enumerate(sorted(one.names - NOT_SAID))}
            on = shop if one.names & OBJECTS else None
            record(one.action, on=on, outcome=one.outcome, **said)
    with tenant_scope(acme.tenant_id):
        lines = lines_from(AuditEvent.objects.filter(seq__gt=before).order_by("seq").prefetch_related("details"))
        assert len(lines) == len(written)
        for one, line in zip(written, lines, strict=True):
            assert line.told, one
            phrase = str((_DONE if one.outcome == "ok" else _OTHERWISE).get(one.action, ""))
            assert "%(what)s" not in phrase or shop.name in line.told, one
            assert "%(" not in line.told, one
            assert line.detail.keys() >= one.names - NOT_SAID, one
