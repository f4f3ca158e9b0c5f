"""Acme's admin, crawled with a canary in every text of Rival's: no page, choice, filter or search shows it, and no form takes Rival's ids.

Models, fields and forms are walked from the registries: a new model without a row here fails, and so does a text that no canary could be put in.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterator
from html import unescape
from typing import Any, Final
from uuid import UUID

import pytest
from django.contrib.postgres.fields import ArrayField
from django.db import connection
from django.db.models import CharField, DateField, Field, TextField, UUIDField
from django.forms import ModelChoiceField, ModelMultipleChoiceField
from django.test import Client, RequestFactory
from django.utils import timezone

from chat.models import ConversationTag, IdentityToken, Message, OwnServer, Presence, VisitorToken
from security.audit import Action, record
from security.crypto.fields import EncryptedTextField
from security.crypto.sealed import SealedData
from security.scoping import tenant_scope
from security.scoping.catalogue import isolated_models
from tenants.admin.site import site
from tenants.middleware import HEADER
from tests import cast
from tests.cast import Organisation
from tests.url_objects import objects

pytestmark = pytest.mark.django_db

CANARY: Final = "kanarienvogel"
OWNED: Final = isolated_models()
WITHOUT_ROWS: Final = {
    "chat.ConversationTag": "has no text",
    "chat.IdentityToken": "has no text",
    "chat.Message": "its text is sealed",
    "chat.Presence": "has no text",
    "chat.VisitorToken": "has no text",
    "security.Mail": "its text is sealed",
    "tenants.MaskingCount": "numbers of rules by their kinds",
}
"""Models whose rows are not made here. What is sealed opens under another tenant's key alone: tests/chat/test_sealing.py."""
APPENDED: Final = {
    "security.AuditAddress",
    "security.AuditCheckpoint",
    "security.AuditDetail",
    "security.AuditEvent",
    "security.AuditHead",
    "security.AuditTerm",
    "security.AuditTombstone",
}
"""Nobody changes these: an event with the canary is written to them."""
KEPT: Final = {"allowed_networks", "public_id", "key", "slug", "brand_color", "week"}
"""Texts that are no words of anybody's: networks, names that code goes by, chance, a colour, times."""
SKIPPED: Final = (CharField, TextField, ArrayField)


@pytest.fixture
def rival() -> Organisation:
    """Rival with a row of each kind, every one full of the canary."""
    rival = cast.rival()
    objects(rival)
    with tenant_scope(rival.tenant_id):
        OwnServer.objects.create(
            kind="s3", address="s3.rival.example", secret=SealedData(b"x"), tested_at=timezone.now()
        )
        for table, column, value in _places():
            with connection.cursor() as cursor:
                cursor.execute(f"UPDATE {table} SET {column} = {value}", [CANARY])
        record(Action.TAG_CREATED, on=None, note=CANARY)
    return rival


def _places() -> Iterator[tuple[str, str, str]]:
    """Table, column and what is put there: unique where the table wants it to be, no longer than the column."""
    for model in OWNED:
        if model._meta.label not in APPENDED | WITHOUT_ROWS.keys():
            for field in texts_of(model):
                yield model._meta.db_table, str(field.column), _value(field)


def _value(field: Any) -> str:
    if isinstance(field, ArrayField):
        return "ARRAY[%s::text]"
    longest = field.max_length or 1_000
    return f"left(%s || '-' || id, {longest})"


UNLISTED: Final = {"chat.Conversation"}
"""Its texts are on the page of the record."""


def texts_of(model: Any) -> list[Any]:
    """Fields that hold words of somebody's, in clear."""
    return [
        field
        for field in model._meta.local_concrete_fields
        if isinstance(field, SKIPPED) and not _is_fixed(field) and field.name not in KEPT
    ]


def _is_fixed(field: Field[Any, Any]) -> bool:
    is_no_text = isinstance(field, ArrayField) and isinstance(field.base_field, DateField | UUIDField)
    return bool(field.choices) or isinstance(field, EncryptedTextField) or is_no_text or field.name in _CODES


_CODES: Final = {"code", "failed_code", "kind", "packs", "permissions", "revised_reason", "role", "stage", "template"}
"""Names from the code's own lists."""


@pytest.fixture
def acme() -> Organisation:
    acme = cast.acme()
    objects(acme)
    return acme


def test_every_text_of_every_model_holds_the_canary(rival: Organisation) -> None:
    for model in OWNED:
        if model._meta.label in APPENDED:
            continue
        fields = texts_of(model)
        with tenant_scope(rival.tenant_id):
            rows = list(model._default_manager.values_list(*[field.name for field in fields])) if fields else []
        if model._meta.label not in WITHOUT_ROWS:
            assert rows or not fields, f"{model._meta.label} has texts and no row: make one in tests/url_objects.py"
        assert all(CANARY[:7] in str(value) for row in rows for value in row), model._meta.label


def _request(of: Organisation, name: str) -> Any:
    request: Any = RequestFactory().get("/admin/")
    request.user, request.grant = of.user(name), of.grant(name)
    return request


OF_A_KIND: Final = 3
"""Pages whose addresses differ in ids and numbers alone: more of them would show nothing that these do not."""


def crawl(client: Client) -> dict[str, str]:
    """Every page that links and forms lead to from the menu, by its path."""
    found: dict[str, str] = {}
    waiting, kinds = ["/admin/"], Counter[str]()
    while waiting:
        path = waiting.pop()
        kind = re.sub(r"[0-9a-f]{8}-[0-9a-f-]{27}|\d+", "*", path)
        if path in found or kinds[kind] == OF_A_KIND:
            continue
        kinds[kind] += 1
        page = client.get(path, follow=True)
        if page.streaming:  # a file; what reports send is asked for in tests/chat/reports/test_reach.py
            continue
        found[path] = unescape(page.content.decode())
        links = re.findall(r'(?:href|action)="([^"#]*)"', found[path])
        local = (path.split("?")[0] + link if link.startswith("?") else link for link in links)
        # Sorting by several columns at once would make as many pages as there are orders.
        waiting += [link for link in local if link.startswith("/admin/") and "o=" not in link and link.count("=") < 2]
    return found


def test_rivals_own_pages_are_full_of_it(rival: Organisation) -> None:
    """Else the next test would find nothing in empty pages."""
    mallory = rival.client("mallory")
    for model in (model for model in site._registry if model._meta.label not in APPENDED):
        if texts_of(model) and site._registry[model].has_view_permission(_request(rival, "mallory")):
            page = mallory.get(f"/admin/{model._meta.app_label}/{model._meta.model_name}/", follow=True)
            assert page.status_code == 200
            assert CANARY[:7] in page.content.decode() or model._meta.label in UNLISTED, model


@pytest.mark.parametrize("name", ["olga", "audrey"])
def test_no_page_shows_a_word_of_theirs(acme: Organisation, rival: Organisation, name: str) -> None:
    client = acme.client(name)
    pages = crawl(client)
    assert len(pages) > (60 if name == "olga" else 3)
    if name == "olga":
        assert {f"/admin/{model._meta.app_label}/{model._meta.model_name}/" for model in site._registry} <= pages.keys()
        assert all(any(path.endswith(f"/{view}/") for path in pages) for view in ("change", "history", "delete"))
    for path, text in pages.items():
        assert CANARY[:7] not in text, path
    for path in [path for path in pages if re.fullmatch(r"/admin/\w+/\w+/", path)]:
        found = client.post(path, {"q": CANARY}, headers={HEADER: str(acme.public_id)})
        assert CANARY not in re.sub(r'value="[^"]*"', "", found.content.decode()), path


@pytest.mark.parametrize("model", site._registry, ids=lambda model: model._meta.label)
def test_their_ids_in_any_choice_are_errors_of_the_form(acme: Organisation, rival: Organisation, model: Any) -> None:
    model_admin: Any = site._registry[model]
    request = _request(acme, "olga")
    with tenant_scope(acme.tenant_id):
        form = model_admin.get_form(request)
        choices = {name: field for name, field in form.base_fields.items() if isinstance(field, ModelChoiceField)}
    for name, field in choices.items():
        assert field.queryset is not None
        with tenant_scope(rival.tenant_id):
            foreign = str(field.queryset.model._default_manager.values_list("public_id", flat=True)[0])
        with tenant_scope(acme.tenant_id):
            for wrong in (foreign, str(UUID(int=7))):
                value = [wrong] if isinstance(field, ModelMultipleChoiceField) else wrong
                sent = form({name: value}, instance=model.objects.first())
                assert "Select a valid choice" in str(sent.errors[name]), (name, wrong)
                assert CANARY not in str(sent), name


def test_rows_that_are_not_made_here_have_no_texts() -> None:
    assert WITHOUT_ROWS.keys() <= {model._meta.label for model in OWNED}
    for model in (ConversationTag, IdentityToken, Message, Presence, VisitorToken):
        assert texts_of(model) == [], model
