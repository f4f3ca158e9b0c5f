"""An owner's export of everything: made by a worker, sealed where it lies, taken with an event, gone after its time."""

from __future__ import annotations

import io
import zipfile
from datetime import datetime, timedelta
from functools import partial
from uuid import UUID

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from chat.models import ExportState, OrganisationExport
from chat.retention.exporting import (
    KEPT_FOR,
    LEASE,
    TRIES,
    begin_export,
    cancel_export,
    carry_out,
    open_export,
    read_exports,
    sweep_exports,
)
from security.crypto.envelope import Undecryptable
from security.errors import Conflict, Denied, NotFound
from security.models import AuditEvent
from security.scoping import tenant_scope
from security.stores.folder import Folder
from tests.cast import Organisation

from .talks import NOW, closed


def begun(of: Organisation, at: datetime | None = None) -> UUID:
    olga = of.grant("olga")
    with tenant_scope(of.tenant_id):
        return begin_export(grant=olga, now=at or timezone.now()).public_id


def taken(
    of: Organisation, export: UUID, archive: Folder, at: datetime | None = None, who: str = "olga"
) -> dict[str, bytes]:
    grant = of.grant(who)
    with tenant_scope(of.tenant_id):
        pieces = open_export(grant=grant, export=export, store=archive, now=at or timezone.now())
    with zipfile.ZipFile(io.BytesIO(b"".join(pieces))) as found:
        assert found.testzip() is None
        return {name: found.read(name) for name in found.namelist()}


def state(of: Organisation) -> tuple[str, int, int]:
    with tenant_scope(of.tenant_id):
        row = OrganisationExport.objects.get()
        return row.state, row.done, row.total


def files(archive: Folder) -> int:
    return len(list(archive.base.rglob("*.cpx")))


def test_all_of_it_is_made_sealed_taken_and_gone_after_a_week(
    acme: Organisation, rival: Organisation, archive: Folder
) -> None:
    kept = closed(acme, "Where is my kettle?", last=NOW)
    closed(rival, "Theirs", last=NOW)
    export = begun(acme)
    assert carry_out(acme.tenant_id, export, store=archive, clock=timezone.now)
    assert state(acme)[0] == ExportState.DONE.value
    assert state(acme)[1] == state(acme)[2] > 0
    assert not any(b"kettle" in path.read_bytes() for path in archive.base.rglob("*.cpx"))
    found = taken(acme, export, archive)
    assert str(kept).encode() in found["transcripts-00001.jsonl"]
    assert b"kettle" in found["transcripts-00001.jsonl"]
    assert {"manifest.json", "trail-00001.jsonl", "visitors-00001.jsonl"} <= found.keys()
    assert b"Theirs" not in b"".join(found.values())
    with tenant_scope(acme.tenant_id):
        said = list(AuditEvent.objects.filter(action__startswith="tenant.export").values_list("action", flat=True))
    assert sorted(said) == ["tenant.export_taken", "tenant.exported"]
    later = timezone.now() + KEPT_FOR + timedelta(minutes=1)
    with pytest.raises(Conflict, match="export_gone"):
        taken(acme, export, archive, at=later)
    assert sweep_exports(acme.tenant_id, store=archive, now=timezone.now()) == 0
    assert sweep_exports(acme.tenant_id, store=archive, now=later) == 1
    assert files(archive) == 0


@pytest.mark.parametrize("who", ["ada", "sam", "audrey"])
def test_only_owners_ask_for_it_see_it_and_take_it(acme: Organisation, archive: Folder, who: str) -> None:
    export, grant = begun(acme), acme.grant(who)
    acts = (
        lambda: begin_export(grant=grant, now=NOW),
        lambda: read_exports(grant=grant),
        lambda: open_export(grant=grant, export=export, store=archive, now=NOW),
        lambda: cancel_export(grant=grant, export=export, now=NOW),
    )
    for act in acts:
        with pytest.raises(Denied), tenant_scope(acme.tenant_id):
            act()


def test_anothers_is_not_there(acme: Organisation, rival: Organisation, archive: Folder) -> None:
    export, mallory = begun(acme), rival.grant("mallory")
    with tenant_scope(rival.tenant_id):
        assert read_exports(grant=mallory) == []
    with pytest.raises(NotFound):
        taken(rival, export, archive, who="mallory")
    with pytest.raises(NotFound), tenant_scope(rival.tenant_id):
        cancel_export(grant=mallory, export=export, now=NOW)
    assert not carry_out(rival.tenant_id, export, store=archive, clock=timezone.now)


def test_one_at_a_time_and_stopped_between_two_parts(acme: Organisation, archive: Folder) -> None:
    closed(acme, "Where is my kettle?", last=NOW)
    export, olga = begun(acme), acme.grant("olga")
    with pytest.raises(Conflict, match="export_runs"):
        begun(acme)

    class Cancelled(Folder):
        def named(self, name: str) -> None:
            super().named(name)
            with tenant_scope(acme.tenant_id):
                cancel_export(grant=olga, export=export, now=timezone.now())

    assert not carry_out(acme.tenant_id, export, store=Cancelled(archive.base), clock=timezone.now)
    assert (state(acme)[0], files(archive)) == (ExportState.CANCELLED.value, 1)
    with tenant_scope(acme.tenant_id):
        OrganisationExport.objects.update(leased_until=None)
    assert sweep_exports(acme.tenant_id, store=archive, now=timezone.now() + LEASE) == 1
    assert files(archive) == 0


def test_what_a_killed_worker_had_begun_is_made_anew(acme: Organisation, archive: Folder) -> None:
    closed(acme, "Where is my kettle?", last=NOW)
    export = begun(acme)

    class Killed(Folder):
        def named(self, name: str) -> None:
            super().named(name)
            raise SystemExit

    with pytest.raises(SystemExit):
        carry_out(acme.tenant_id, export, store=Killed(archive.base), clock=timezone.now)
    assert not carry_out(acme.tenant_id, export, store=archive, clock=timezone.now), "it may still be at work"
    assert carry_out(acme.tenant_id, export, store=archive, clock=lambda: timezone.now() + 2 * LEASE)
    found = taken(acme, export, archive)
    assert len(found) == files(archive)


def test_what_fails_time_and_again_has_failed_and_a_new_one_can_be_asked_for(
    acme: Organisation, archive: Folder
) -> None:
    closed(acme, "Where is my kettle?", last=NOW)

    class Full(Folder):
        def write(self, name: str, data: bytes) -> None:
            raise OSError(name, len(data))

    export = begun(acme)
    for _ in range(TRIES):
        assert state(acme)[0] == ExportState.RUNNING.value
        with pytest.raises(OSError, match="cpx"):
            carry_out(acme.tenant_id, export, store=Full(archive.base), clock=timezone.now)
    assert state(acme)[0] == ExportState.FAILED.value
    assert not carry_out(acme.tenant_id, export, store=archive, clock=timezone.now)
    assert carry_out(acme.tenant_id, begun(acme), store=archive, clock=timezone.now)


def test_what_kills_its_worker_each_time_has_failed(acme: Organisation, archive: Folder) -> None:
    class Killed(Folder):
        def write(self, name: str, data: bytes) -> None:
            super().write(name, data)
            raise SystemExit

    export = begun(acme)
    began = timezone.now()
    times = [began + 2 * number * LEASE for number in range(TRIES)]
    for at in times:
        with pytest.raises(SystemExit):
            carry_out(acme.tenant_id, export, store=Killed(archive.base), clock=partial(max, began, at))
    later = began + 2 * TRIES * LEASE
    assert not carry_out(acme.tenant_id, export, store=archive, clock=lambda: later)
    assert state(acme)[0] == ExportState.FAILED.value


def test_its_worker_counts_and_nobody_who_asks_waits_for_that(acme: Organisation) -> None:
    closed(acme, "Where is my kettle?", last=NOW)
    with CaptureQueriesContext(connection) as asked:
        begun(acme)
    assert not [one["sql"] for one in asked if "COUNT(" in one["sql"].upper()]
    assert state(acme)[2] == 0


def test_a_part_in_anothers_place_does_not_open(acme: Organisation, archive: Folder) -> None:
    closed(acme, "Where is my kettle?", last=NOW)
    export = begun(acme)
    carry_out(acme.tenant_id, export, store=archive, clock=timezone.now)
    first, second = sorted(archive.base.rglob("*.cpx"))[:2]
    first.write_bytes(second.read_bytes())
    with pytest.raises(Undecryptable):
        taken(acme, export, archive)
