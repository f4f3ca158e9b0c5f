"""The owners' page of leaving: an export begun, taken and taken away; the account's end announced and undone."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterable
from typing import cast

import pytest
from django.http import StreamingHttpResponse
from django.utils import timezone
from pytest_django import Settings

from chat.models import Closing, OrganisationExport
from chat.retention.exporting import carry_out
from security.scoping import tenant_scope
from security.stores.folder import Folder
from tests.cast import Organisation
from tests.tenants.admin.pages import sign_in, text_of

from ..retention.conftest import acme, archive, rival
from ..retention.talks import NOW, closed

__all__ = ["acme", "archive", "rival"]


@pytest.fixture(autouse=True)
def _here(settings: Settings, archive: Folder) -> None:
    settings.ARCHIVE_URL = archive.base.as_uri()


async def all_of(response: StreamingHttpResponse) -> bytes:
    return b"".join([bytes(piece) async for piece in cast("AsyncIterable[bytes]", response.streaming_content)])


def test_everything_is_taken_along(acme: Organisation, archive: Folder) -> None:
    closed(acme, "Where is my kettle?", last=NOW)
    olga = sign_in(acme.user("olga"))
    assert olga.post("account_export", app="").status_code == 302
    assert "Under way" in text_of(olga.get("account", app=""))
    with tenant_scope(acme.tenant_id):
        (export,) = OrganisationExport.objects.values_list("public_id", flat=True)
    carry_out(acme.tenant_id, export, store=archive, clock=timezone.now)
    assert f"/admin/account/exports/{export}/" in text_of(olga.get("account", app=""))
    answer = olga.get("account_export_download", export, app="")
    assert "no-store" in answer["Cache-Control"]
    assert asyncio.run(all_of(cast("StreamingHttpResponse", answer))).startswith(b"PK")
    olga.post("account_export_cancel", export, app="")
    assert "Stopped" in text_of(olga.get("account", app=""))
    assert olga.get("account_export_download", export, app="").status_code == 302


def test_the_end_is_announced_told_and_undone(acme: Organisation) -> None:
    olga = sign_in(acme.user("olga"))
    page = text_of(olga.post("account_close", app="", days="3", typed="Acme"))
    assert "Please correct what is marked" in page
    assert "typed" in text_of(olga.post("account_close", app="", days="30", typed="Acne")).lower()
    assert olga.post("account_close", app="", days="30", typed="Acme").status_code == 302
    page = text_of(olga.get("account", app=""))
    assert "will be closed on" in page
    assert "Keep the account" in page
    assert olga.post("account_close_undo", app="").status_code == 302
    assert "Announce the closing" in text_of(olga.get("account", app=""))
    with tenant_scope(acme.tenant_id):
        assert Closing.objects.get().undone_at is not None


def test_nobody_else_finds_the_page(acme: Organisation) -> None:
    assert sign_in(acme.user("ada")).get("account", app="").status_code in (302, 403, 404)
