"""Every way in which the code deletes is walked; one that could take a conversation, a message or a visitor asks `held()`, or is listed with why not."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator
from functools import cache
from pathlib import Path

import pytest
from django.apps import apps
from django.db import connection, models

from chat.models import ArchivedConversation, Conversation, Message, Visitor
from security.models import SubjectKey

PROJECT = Path(__file__).resolve().parents[3]
PACKAGES = ("chat", "tenants", "security", "chatplatform")
KEPT: tuple[type[models.Model], ...] = (Conversation, Message, Visitor, ArchivedConversation, SubjectKey)
"""What a hold keeps; who destroys a key has deleted what it sealed."""
DELETING = {
    *("remove_rows", "remove_archived", "remove_from_primary"),
    *("destroy_live", "destroy_archived", "destroy_sent", "destroy_keys", "destroy_visitor_key"),
}
"""Functions that delete what they are given: whoever calls them asks."""
_ANY_DELETE = re.compile(r"(?:DELETE\s+FROM|TRUNCATE)\s+(?:public\.)?(\w+)", re.IGNORECASE)

ASKS = {
    ("chat/retention/moving.py", "_delete"),
    ("chat/retention/run.py", "_purge"),
    ("chat/retention/run.py", "_purge_archive"),
    ("chat/retention/visitors/erasing.py", "erased"),
}
"""Who deletes, and asks in the same transaction, under the lock that who places a hold takes too."""
GIVEN = {
    ("chat/retention/purge.py", "destroy_live"): "is given rows that were asked for",
    ("chat/retention/purge.py", "destroy_archived"): "is given rows that were asked for",
    ("chat/retention/purge.py", "destroy_sent"): "is given rows that were asked for",
    ("chat/retention/purge.py", "remove_archived"): "is given rows that were asked for",
    ("chat/retention/into_archive.py", "remove_from_primary"): "is given rows that were asked for",
    ("chat/retention/servers/sending.py", "remove_from_primary"): "is given rows that were asked for",
    ("chat/retention/purge.py", "destroy_visitor_key"): "is given an id that was asked for",
    ("chat/retention/purge.py", "destroy_keys"): "is given ids that were asked for",
}
COMES_BACK = {("chat/retention/restore.py", "restore_archived"): "the conversation is back in the primary store"}
OTHER = {
    ("chat/retention/visitors/erasing.py", "_forget"): "what is the visitor's own; `erased` has asked",
    ("chat/retention/servers/configured.py", "remove_server"): "how a server is reached",
    ("chat/retention/changing.py", "_put"): "a rule",
    ("chat/retention/moving.py", "_delete"): "the index of what stays in the primary store, and claims",
    ("chat/retention/moving.py", "_let_go"): "claims",
    ("chat/retention/moving.py", "_upload"): "a draft in the store, of what is to be written anew",
    ("chat/retention/exporting.py", "_make"): "parts of an export that a killed worker had begun",
    ("chat/retention/exporting.py", "sweep_exports"): "parts of an export that is over, and its key",
    (
        "chat/retention/closing.py",
        "close",
    ): "objects of an account whose closing has begun, which PostgreSQL refuses while anything is held",
    ("chat/retention/run.py", "sweep_objects"): "objects of which nothing is in the index any more",
    ("chat/services/blocking.py", "sweep_blocks"): "blocks",
    ("chat/services/blocking.py", "unblock_visitor"): "a block",
    ("chat/services/lifecycle.py", "tag_conversation"): "tags of a conversation",
    ("chat/services/canned_responses.py", "remove_own_response"): "a member's own canned response",
    ("chat/services/canned_responses.py", "remove_all_of"): "all that a member kept for himself",
    ("chat/services/tags.py", "merge_tags"): "tags of conversations that have the other too, and the tag",
    ("chat/services/presence.py", "sweep_presence"): "presence",
    ("chat/services/visitors.py", "forget_session"): "a token",
    (
        "chat/unstored/store.py",
        "remove",
    ): "what is in memory of a conversation that has ended, and was never to be kept",
    ("chat/services/visitors.py", "sweep_tokens"): "tokens",
}
"""Calls of `.delete()` in the chat that take nothing that a hold keeps."""
CASCADES = {"chat.message.conversation": "messages go with their conversation, which was asked for"}


@cache
def functions() -> list[tuple[str, str, ast.AST]]:
    """Each outermost function of the product with its file; a module's own lines are `<module>`."""
    found: list[tuple[str, str, ast.AST]] = []
    for path in sorted(path for package in PACKAGES for path in (PROJECT / package).rglob("*.py")):
        name = str(path.relative_to(PROJECT))
        if "/migrations/" not in name:
            found.extend((name, *one) for one in _in(ast.parse(path.read_text())))
    return found


def _in(tree: ast.Module) -> Iterator[tuple[str, ast.AST]]:
    for node in tree.body:
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
            yield node.name, node
        elif isinstance(node, ast.ClassDef):
            for inner in node.body:
                yield getattr(inner, "name", "<module>"), inner
        else:
            yield "<module>", node


def called(node: ast.AST) -> set[str]:
    """Names of what is called there."""
    calls = [one.func for one in ast.walk(node) if isinstance(one, ast.Call)]
    return {getattr(call, "attr", None) or getattr(call, "id", "") for call in calls}


def test_who_deletes_what_may_be_held_asks_for_holds() -> None:
    deleting = {(file, name): called(node) for file, name, node in functions() if called(node) & DELETING}
    assert set(deleting) == ASKS | {key for key in GIVEN if key in deleting}
    assert [key for key in ASKS if not {"held", "lock_deletions"} <= deleting[key]] == []


def test_each_deletion_in_the_chat_is_known() -> None:
    found = {
        (file, name)
        for file, name, node in functions()
        if file.startswith("chat/") and called(node) & {"delete", "_raw_delete"}
    }
    asked = {key for key in (*ASKS, *GIVEN) if key in found}
    assert found == set(OTHER) | set(COMES_BACK) | asked


def test_nobody_outside_the_chat_names_what_is_held_in_a_deletion() -> None:
    names = {model.__name__ for model in KEPT}
    found = {
        (file, name)
        for file, name, node in functions()
        if not file.startswith("chat/")
        and "delete" in called(node)
        and names & {one.id for one in ast.walk(node) if isinstance(one, ast.Name)}
    }
    assert found == set()


def test_statements_that_delete_stand_in_one_file() -> None:
    tables = {model._meta.db_table for model in KEPT}
    found = {
        file
        for file, _, node in functions()
        for text in ast.walk(node)
        if isinstance(text, ast.Constant) and isinstance(text.value, str)
        for table in _ANY_DELETE.findall(text.value)
        if table in tables
    }
    assert found == {"chat/retention/purge.py"}


def test_nothing_that_is_held_goes_with_something_else() -> None:
    found = {
        f"{model._meta.label_lower}.{field.name}"
        for model in apps.get_models()
        if model in KEPT
        for field in model._meta.get_fields()
        if isinstance(field, models.ForeignKey) and field.remote_field.on_delete is models.CASCADE
    }
    assert found == set(CASCADES)


@pytest.mark.django_db
def test_the_database_deletes_nothing_that_is_held_by_itself() -> None:
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT conrelid::regclass::text, conname FROM pg_constraint WHERE contype = 'f' AND confdeltype = 'c'"
            " AND conrelid::regclass::text = ANY(%s)",
            [[model._meta.db_table for model in KEPT]],
        )
        assert cursor.fetchall() == []
