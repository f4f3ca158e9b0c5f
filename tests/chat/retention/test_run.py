"""A day's work: what is over is in the archive, word for word, and then gone; nothing else is touched; killed anywhere, it is done once."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from chat import sealing
from chat.models import (
    Afterwards,
    ArchiveChunk,
    ArchivedConversation,
    ChunkState,
    Conversation,
    ConversationTag,
    Message,
    RetentionRule,
    Tag,
)
from chat.retention.preview import effect
from chat.retention.run import Found, run
from security.crypto import keyring
from security.masking import mask
from security.models import AuditEvent, KeySubject, SubjectKey
from security.scoping import tenant_scope
from security.stores.folder import Folder
from tenants.models import Department
from tests.cast import Organisation

from .talks import LONG_AGO, NOW, archived, closed, contents, live


def rule(of: Organisation, **values: object) -> None:
    with tenant_scope(of.tenant_id):
        RetentionRule.objects.update_or_create(department=None, defaults=values)


def keys(of: Organisation) -> set[object]:
    with tenant_scope(of.tenant_id):
        return set(SubjectKey.objects.filter(kind="conversation").values_list("subject_id", flat=True))


def test_what_is_over_is_in_the_archive_and_gone_from_the_primary_store(
    acme: Organisation, rival: Organisation, archive: Folder
) -> None:
    old, new = closed(acme, "Where is my kettle?", "Still nothing"), closed(acme, "Hello", last=NOW)
    theirs = closed(rival, "Ours is old too")
    assert run(acme.tenant_id, NOW, store=archive) == Found(archived=1)
    assert live(acme) == {new: ["Hello"]}
    assert archived(acme, archive) == {old: ["Where is my kettle?", "Still nothing"]}
    assert live(rival) == {theirs: ["Ours is old too"]}
    (content,) = contents(acme, archive).values()
    assert (content["rating"], content["rating_comment"], content["tags"]) == (4, "Thank you", ["billing"])
    with tenant_scope(acme.tenant_id):
        event = AuditEvent.objects.filter(action="retention.archived").get()
        assert '"conversations":1' in event.entry.replace(" ", "")
        assert not Message.objects.filter(conversation__public_id=old).exists()


def test_nothing_in_the_archive_can_be_read_without_its_key(acme: Organisation, archive: Folder) -> None:
    closed(acme, "Where is my kettle?")
    run(acme.tenant_id, NOW, store=archive)
    (found,) = archive.base.rglob("*.cpa")
    assert b"kettle" not in found.read_bytes()
    assert found.stat().st_mode & 0o077 == 0


def test_it_comes_due_on_its_date_in_the_organisations_zone(acme: Organisation, archive: Folder) -> None:
    last = datetime(2024, 2, 29, 22, 30, tzinfo=UTC)  # 23:30 in Vienna
    closed(acme, "On a leap day", last=last)
    a_minute_early = datetime(2026, 2, 27, 22, 59, tzinfo=UTC)
    assert run(acme.tenant_id, a_minute_early, store=archive) == Found()
    assert run(acme.tenant_id, a_minute_early + timedelta(minutes=1), store=archive) == Found(archived=1)


def test_open_ones_stay_however_old(acme: Organisation, archive: Folder) -> None:
    old = closed(acme, "Hello")
    with tenant_scope(acme.tenant_id):
        Conversation.objects.filter(public_id=old).update(status="waiting")
    assert run(acme.tenant_id, NOW, store=archive) == Found()
    assert old in live(acme)


def test_what_is_purged_is_gone_with_its_key(acme: Organisation, archive: Folder) -> None:
    rule(acme, afterwards=Afterwards.PURGE.value, primary_months=24)
    old, new = closed(acme, "Hello"), closed(acme, "Hello again", last=NOW)
    assert run(acme.tenant_id, NOW, store=archive) == Found(purged=1)
    assert live(acme) == {new: ["Hello again"]}
    assert old not in keys(acme)
    assert not archive.base.exists()


def test_the_archive_is_purged_when_its_time_is_over(acme: Organisation, archive: Folder) -> None:
    rule(acme, primary_months=24, archive_months=36)
    old = closed(acme, "Hello")
    run(acme.tenant_id, NOW, store=archive)
    assert run(acme.tenant_id, NOW + timedelta(days=200), store=archive) == Found()
    assert run(acme.tenant_id, NOW + timedelta(days=400), store=archive) == Found(purged=1)
    assert archived(acme, archive) == {}
    assert old not in keys(acme)
    assert not list(archive.base.rglob("*.cpa"))


def test_departments_have_rules_of_their_own(acme: Organisation, archive: Folder) -> None:
    acme.add_department("Sales")
    a_month_ago = NOW - timedelta(days=40)
    sales = closed(acme, "Buy", last=a_month_ago, department="Sales")
    support = closed(acme, "Help", last=a_month_ago)
    with tenant_scope(acme.tenant_id):
        department = Conversation.objects.get(public_id=sales).department
        RetentionRule.objects.create(department=department, primary_months=1)
    assert run(acme.tenant_id, NOW, store=archive) == Found(archived=1)
    assert set(live(acme)) == {support}


def test_the_preview_says_what_the_run_then_does(acme: Organisation, archive: Folder) -> None:
    for number in range(3):
        closed(acme, f"Number {number}")
    later = closed(acme, "Later", last=NOW - timedelta(days=100))
    with tenant_scope(acme.tenant_id):
        before = effect(NOW)
    assert (before.archived, before.purged, before.held, before.oldest) == (3, 0, 0, LONG_AGO)
    assert before.next is not None
    assert before.next.isoformat() == "2028-08-14"
    assert run(acme.tenant_id, NOW, store=archive) == Found(archived=before.archived)
    assert set(live(acme)) == {later}


class Killed(BaseException):
    """The process is gone."""


class Dying:
    """The real folder, used by a process that dies just before or just after its `at`th call."""

    def __init__(self, real: Folder, at: int, *, is_before: bool) -> None:
        self.real, self.at, self.is_before, self.calls = real, at, is_before, 0

    def write(self, name: str, data: bytes) -> None:
        self._call(lambda: self.real.write(name, data))

    def named(self, name: str) -> None:
        self._call(lambda: self.real.named(name))

    def read(self, name: str, *, most: int, offset: int = 0) -> bytes:
        found: list[bytes] = []
        self._call(lambda: found.append(self.real.read(name, most=most, offset=offset)))
        return found[0]

    def delete(self, name: str) -> None:
        self._call(lambda: self.real.delete(name))

    def _call(self, work: Callable[[], None]) -> None:
        self.calls += 1
        if self.calls == self.at and self.is_before:
            raise Killed
        work()
        if self.calls == self.at:
            raise Killed


class Surprising(Folder):
    """Raises what no store should."""

    def write(self, name: str, data: bytes) -> None:
        raise KeyError(name, len(data))


def test_what_nobody_foresaw_puts_one_chunk_off_and_nothing_that_comes_after_it(
    acme: Organisation, archive: Folder
) -> None:
    acme.add_department("Sales")
    rule(acme, afterwards=Afterwards.PURGE.value)
    with tenant_scope(acme.tenant_id):
        RetentionRule.objects.create(department=Department.objects.get(name="Sales"), primary_months=1)
    stays = closed(acme, "To the archive", department="Sales")
    closed(acme, "Gone")
    assert run(acme.tenant_id, NOW, store=Surprising(archive.base)) == Found(purged=1)
    assert set(live(acme)) == {stays}
    with tenant_scope(acme.tenant_id):
        assert ArchiveChunk.objects.get().failures == 1
    assert run(acme.tenant_id, NOW + timedelta(hours=1), store=archive) == Found(archived=1)


def lease_is_over(of: Organisation) -> None:
    """As ten minutes later."""
    with tenant_scope(of.tenant_id):
        ArchiveChunk.objects.update(leased_until=None)


@pytest.mark.parametrize("is_before", [True, False])
@pytest.mark.parametrize("at", [1, 2, 3])
def test_killed_while_it_uses_the_store_it_goes_on(
    acme: Organisation, archive: Folder, at: int, is_before: bool
) -> None:
    said = {closed(acme, f"Number {number}"): [f"Number {number}"] for number in range(3)}
    with pytest.raises(Killed):
        run(acme.tenant_id, NOW, store=Dying(archive, at, is_before=is_before))
    assert live(acme) | archived(acme, archive) == said
    lease_is_over(acme)
    assert run(acme.tenant_id, NOW, store=archive) == Found(archived=3)
    assert live(acme) == {}
    assert archived(acme, archive) == said


@pytest.mark.parametrize("steps", range(1, 9))
def test_stopped_between_two_steps_it_goes_on(acme: Organisation, archive: Folder, steps: int) -> None:
    said = {closed(acme, f"Number {number}"): [f"Number {number}"] for number in range(3)}
    left = iter([True] * steps)
    first = run(acme.tenant_id, NOW, store=archive, goes_on=lambda: next(left, False))
    assert live(acme) | archived(acme, archive) == said
    second = run(acme.tenant_id, NOW, store=archive)
    assert first.archived + second.archived == 3
    assert live(acme) == {}
    assert archived(acme, archive) == said


def states(of: Organisation) -> list[str]:
    with tenant_scope(of.tenant_id):
        return list(ArchiveChunk.objects.values_list("state", flat=True))


def until(of: Organisation, archive: Folder, state: ChunkState) -> None:
    """Work until the one chunk has come so far."""
    run(of.tenant_id, NOW, store=archive, goes_on=lambda: states(of) != [state.value])


def rate(row: Conversation) -> None:
    row.rating = 1
    row.rating_comment = sealing.seal_rating_comment(row, mask("Awful"))
    row.save(update_fields=["rating", "rating_comment"])


def tag(row: Conversation) -> None:
    court = Tag.objects.create(name="court")
    ConversationTag.objects.create(conversation=row, tag=court)


def speak(row: Conversation) -> None:
    row.last_rev = 9
    row.save(update_fields=["last_rev"])


def renew_key(row: Conversation) -> None:
    """As masking again does; its messages are sealed anew, under the same numbers."""
    texts = [(message, sealing.open_message(message, conversation=row.public_id)) for message in row.messages.all()]
    comment = sealing.open_rating_comment(row)
    assert comment is not None
    keyring.renewed_key(KeySubject.CONVERSATION, row.public_id)
    for message, text in texts:
        message.body = sealing.seal_message(message, text, conversation=row.public_id)
        message.save(update_fields=["body"])
    row.rating_comment = sealing.seal_rating_comment(row, comment)
    row.save(update_fields=["rating_comment"])


@pytest.mark.parametrize("change", [rate, tag, speak, renew_key])
@pytest.mark.parametrize("state", [ChunkState.WRITTEN, ChunkState.UPLOADED, ChunkState.VERIFIED, ChunkState.COMMITTED])
def test_what_changes_after_it_was_copied_is_copied_again(
    acme: Organisation, archive: Folder, state: ChunkState, change: Callable[[Conversation], None]
) -> None:
    old = closed(acme, "Where is EMP-123456?")
    until(acme, archive, state)
    assert states(acme) == [state.value]
    with tenant_scope(acme.tenant_id):
        row = Conversation.objects.get(public_id=old)
        change(row)
        now = (row.rating, str(sealing.open_rating_comment(row)), row.last_rev)
        tags = sorted(row.tagged.values_list("tag__name", flat=True))
    run(acme.tenant_id, NOW, store=archive)
    run(acme.tenant_id, NOW + timedelta(minutes=1), store=archive)  # a copy under a key that is no more does not open
    assert live(acme) == {}
    assert archived(acme, archive) == {old: ["Where is EMP-123456?"]}
    content = contents(acme, archive)[old]
    assert (content["rating"], content["rating_comment"], content["last_rev"]) == now
    assert content["tags"] == tags


def spoil(archive: Folder) -> None:
    (path,) = archive.base.rglob("*.cpa")
    data = bytearray(path.read_bytes())
    data[-1] ^= 1
    path.write_bytes(bytes(data))


def shorten(archive: Folder) -> None:
    (path,) = archive.base.rglob("*.cpa")
    path.write_bytes(path.read_bytes()[:-5])


def lose(archive: Folder) -> None:
    (path,) = archive.base.rglob("*.cpa")
    path.unlink()


@pytest.mark.parametrize("damage", [spoil, shorten, lose])
def test_a_copy_that_is_not_right_deletes_nothing_and_is_made_again(
    acme: Organisation, archive: Folder, damage: Callable[[Folder], None]
) -> None:
    old = closed(acme, "Where is my kettle?")
    until(acme, archive, ChunkState.UPLOADED)
    damage(archive)
    assert run(acme.tenant_id, NOW, store=archive) == Found()
    assert live(acme) == {old: ["Where is my kettle?"]}
    assert run(acme.tenant_id, NOW + timedelta(seconds=59), store=archive) == Found()
    assert run(acme.tenant_id, NOW + timedelta(minutes=1), store=archive) == Found(archived=1)
    assert archived(acme, archive) == {old: ["Where is my kettle?"]}


def test_a_store_that_does_not_work_is_asked_less_and_less_often(acme: Organisation, tmp_path: Path) -> None:
    old = closed(acme, "Where is my kettle?")
    (tmp_path / "file").write_text("in the way")
    broken = Folder(tmp_path / "file")
    waits = []
    now = NOW
    for _ in range(12):
        run(acme.tenant_id, now, store=broken)
        with tenant_scope(acme.tenant_id):
            chunk = ArchiveChunk.objects.get()
        assert chunk.next_try_at is not None
        waits.append((chunk.next_try_at - now).total_seconds() / 60)
        now = chunk.next_try_at
    assert waits == [1, 2, 4, 8, 16, 32, 64, 128, 256, 360, 360, 360]
    assert set(live(acme)) == {old}


def test_what_does_not_open_stays_for_somebody_to_look_at(acme: Organisation, archive: Folder) -> None:
    good, bad = closed(acme, "Fine"), closed(acme, "Tampered with")
    with tenant_scope(acme.tenant_id):
        row = Message.objects.get(conversation__public_id=bad)
        Message.objects.filter(pk=row.pk).update(rev=7)
    assert run(acme.tenant_id, NOW, store=archive) == Found(archived=1, failed=1)
    assert set(archived(acme, archive)) == {good}
    with tenant_scope(acme.tenant_id):
        assert Conversation.objects.filter(public_id=bad).exists()
        assert not ArchivedConversation.objects.filter(public_id=bad).exists()
