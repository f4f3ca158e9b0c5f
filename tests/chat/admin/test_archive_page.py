"""The archive's pages: found by what is known, read with an event each, brought back."""

from __future__ import annotations

from datetime import timedelta
from uuid import UUID

import pytest
from pytest_django import Settings

from chat.models import ArchivedConversation, Conversation
from chat.retention.run import run
from chat.retention.searching import PAGE, Sought, search_archive
from security.errors import Denied
from security.models import AuditEvent
from security.scoping import tenant_scope
from security.stores.folder import Folder
from tests.cast import Organisation
from tests.tenants.admin.pages import sign_in, text_of

from ..retention.conftest import acme, archive, rival
from ..retention.talks import LONG_AGO, NOW, closed

__all__ = ["acme", "archive", "rival"]


@pytest.fixture
def old(acme: Organisation, archive: Folder, settings: Settings) -> UUID:
    settings.ARCHIVE_URL = archive.base.as_uri()
    found = closed(acme, "Where is my <b>kettle</b>?")
    run(acme.tenant_id, NOW, store=archive)
    return found


def test_a_conversation_is_found_read_and_brought_back(acme: Organisation, old: UUID) -> None:
    olga = sign_in(acme.user("olga"))
    page = text_of(olga.get("archive", app=""))
    assert f"/admin/archive/{old}/" in page
    assert f"/admin/archive/{old}/" in text_of(olga.get("archive", app="", query="?rating=4&tag=billing"))
    assert "is like this" in text_of(olga.get("archive", app="", query="?rating=5"))
    with tenant_scope(acme.tenant_id):
        ArchivedConversation.objects.update(outcome="resolved")
    assert f"/admin/archive/{old}/" in text_of(olga.get("archive", app="", query="?outcome=resolved"))
    assert "is like this" in text_of(olga.get("archive", app="", query="?outcome=spam"))
    assert "&lt;b&gt;kettle" in olga.get("archived", old, app="").content.decode()
    assert olga.post("archived_restore", old, app="").status_code == 302
    with tenant_scope(acme.tenant_id):
        assert Conversation.objects.filter(public_id=old).exists()
        actions = set(AuditEvent.objects.values_list("action", flat=True))
        assert {"archive.read", "archive.restored", "conversation.searched"} <= actions
    assert olga.get("archived", old, app="").status_code == 404


def test_what_is_damaged_is_said_and_stays(acme: Organisation, archive: Folder, old: UUID) -> None:
    for path in archive.base.rglob("*.cpa"):
        path.write_bytes(b"spoiled")
    olga = sign_in(acme.user("olga"))
    assert "Tell the operator" in text_of(olga.get("archived", old, app=""))
    olga.post("archived_restore", old, app="")
    with tenant_scope(acme.tenant_id):
        assert ArchivedConversation.objects.filter(public_id=old).exists()


def test_days_are_the_organisations_and_pages_follow_each_other(acme: Organisation, old: UUID) -> None:
    olga = acme.grant("olga")
    with tenant_scope(acme.tenant_id):
        like = ArchivedConversation.objects.get()
        for number in range(PAGE):
            like.pk, like.public_id = None, UUID(int=number + 1)
            like.last_message_at = LONG_AGO - timedelta(days=2, minutes=number)
            like.save(force_insert=True)
        first = search_archive(grant=olga, sought=Sought())
        assert first.rows[0].public_id == old
        second = search_archive(grant=olga, sought=Sought(before=first.before))
        assert len({row.public_id for row in (*first.rows, *second.rows)}) == PAGE + 1
        assert second.before is None
        day = LONG_AGO.date()
        assert [row.public_id for row in search_archive(grant=olga, sought=Sought(since=day, until=day)).rows] == [old]


def test_who_does_not_see_all_sees_nothing_and_who_reads_does_not_restore(
    acme: Organisation, rival: Organisation, old: UUID
) -> None:
    assert sign_in(acme.user("alice")).get("archive", app="").status_code == 403
    assert sign_in(acme.user("sam")).post("archived_restore", old, app="").status_code == 403
    assert sign_in(rival.user("mallory")).get("archived", old, app="").status_code == 404
    with tenant_scope(acme.tenant_id), pytest.raises(Denied):
        search_archive(grant=acme.grant("alice"), sought=Sought())
