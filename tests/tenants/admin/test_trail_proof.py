"""The page about the trail itself: verifying, the public key, exports."""

from __future__ import annotations

import csv
import io
import json
import re
from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any
from uuid import uuid4

import pytest
from asgiref.sync import async_to_sync
from django.utils import timezone

from security.audit.copies import Place, copied, not_copied
from security.audit.offline import verify
from security.audit.term import term_in_force
from security.models import AuditEvent, Mail
from security.scoping import tenant_scope
from tenants.models import Policy, TrailCheck
from tenants.services.audit import checks, keeping, proof
from tenants.services.audit.siem import cef_line, csv_line, ocsf_line
from tenants.services.audit.trail import Line
from tenants.services.people.members import suspend_member

from ..people import Organisation
from .pages import Browse, text_of

pytestmark = pytest.mark.django_db
As = Callable[[str], Browse]


def body(response: Any) -> str:
    async def collected() -> bytes:
        return b"".join([part async for part in response.streaming_content])

    return async_to_sync(collected)().decode()


def test_verifying_says_how_many_entries_there_are_and_is_an_event(house: Organisation, as_: As) -> None:
    audrey = as_("audrey")
    audrey.post("audit_verify", app="")
    page = text_of(audrey.get("audit_proof", app=""))
    assert "events, chain intact" in page
    assert house.actions().count("audit.verified") == 1


def test_the_page_says_where_copies_are_and_what_failed(house: Organisation, as_: As) -> None:
    audrey = as_("audrey")
    assert "Nobody outside keeps signed checkpoints yet" in text_of(audrey.get("audit_proof", app=""))
    bucket, folder = Place("1" * 16, "s3+https", "s3.example.com"), Place("2" * 16, "file")
    with tenant_scope(house.tenant_id):
        copied(bucket, seq=41, now=timezone.now())
        not_copied(bucket, failure="not_locked", now=timezone.now())
        not_copied(folder, failure="cut", now=timezone.now())
    page = text_of(audrey.get("audit_proof", app=""))
    assert "A bucket at s3.example.com" in page
    assert "up to event 41" in page
    assert "it does not keep them locked for as long as was asked" in page
    assert "nothing yet" in page
    with tenant_scope(house.tenant_id):
        copied(bucket, seq=43, now=timezone.now())
    assert "locked for as long" not in text_of(audrey.get("audit_proof", app=""))


def test_who_may_read_the_trail_may_do_with_it_what_his_rights_say(house: Organisation, as_: As) -> None:
    for name in ("alice", "rita", "sam"):
        assert as_(name).get("audit_proof", app="").status_code == 403
        assert as_(name).post("audit_verify", app="").status_code == 403
        assert as_(name).post("audit_export", "csv", app="").status_code == 403
    assert {"audit.verified", "audit.exported"}.isdisjoint(house.actions())


def test_an_export_is_an_event_before_its_first_byte_and_verifies(house: Organisation, as_: As) -> None:
    audrey = as_("audrey")
    response = audrey.post("audit_export", "jsonl", app="")
    assert house.actions().count("audit.exported") == 1
    name = r'attachment; filename="audit-\d{4}-\d\d-\d\d-jsonl\.jsonl"'
    assert re.fullmatch(name, response.headers["Content-Disposition"])
    lines = body(response).splitlines()
    report = verify(lines)
    assert report.ok
    assert '"action":"audit.exported"' in json.loads(lines[-1])["entry"]


@pytest.mark.parametrize("form", ["csv", "ocsf", "cef"])
def test_other_forms_have_one_line_for_each_event(house: Organisation, as_: As, form: str) -> None:
    lines = body(as_("audrey").post("audit_export", form, app="")).splitlines()
    if form == "csv":
        assert lines.pop(0).startswith('"number","time","actor"')
    assert len(lines) == len(house.actions()) - 1 >= 4
    assert "audit.exported" in lines[-1]
    assert house.actions()[-1] == "audit.export_ended"


def test_an_export_says_how_many_events_left_and_whether_that_was_all(house: Organisation) -> None:
    with tenant_scope(house.tenant_id):
        before = AuditEvent.objects.count()
        lines = proof.export_trail(grant=house.grant("audrey"), form="csv")
    assert len(list(lines)) == before + 2  # with the head, and the export's own event
    with tenant_scope(house.tenant_id):
        cut = proof.export_trail(grant=house.grant("audrey"), form="jsonl")
    assert [next(cut)[:10], next(cut)[:7]] == ['{"format":', '{"seq":']
    cut.close()
    with tenant_scope(house.tenant_id):
        events = AuditEvent.objects.filter(action__startswith="audit.export").order_by("seq")
        told = [(one.action, one.outcome, json.loads(one.entry)["extent"]) for one in events]
    assert told == [
        ("audit.exported", "ok", {"events": before}),
        ("audit.export_ended", "ok", {"events": before + 1}),
        ("audit.exported", "ok", {"events": before + 2}),
        ("audit.export_ended", "failed", {"events": 1}),
    ]


@pytest.mark.parametrize("form", ["jsonl", "csv"])
def test_an_export_ends_with_the_right_to_it(house: Organisation, monkeypatch: pytest.MonkeyPatch, form: str) -> None:
    monkeypatch.setattr(proof, "PAGE", 2)
    with tenant_scope(house.tenant_id):
        lines = proof.export_trail(grant=house.grant("audrey"), form=form)
    assert next(lines)
    with tenant_scope(house.tenant_id):
        suspend_member(grant=house.grant("olga"), member=house.member("audrey").public_id)
    assert list(lines) == []
    with tenant_scope(house.tenant_id):
        ended = AuditEvent.objects.get(action="audit.export_ended")
    assert (ended.outcome, json.loads(ended.entry)["extent"]) == ("denied", {"events": 0})


def test_an_unknown_form_does_not_exist(as_: As) -> None:
    assert as_("audrey").post("audit_export", "xml", app="").status_code == 404


def test_the_verifier_is_served_as_it_is(as_: As) -> None:
    served = as_("audrey").get("audit_verifier", app="")
    assert b"def is_signature" in served.content
    assert served.headers["Content-Disposition"] == 'attachment; filename="verify_audit_export.py"'


def test_a_trail_that_is_too_long_for_a_page_is_followed_by_a_worker(
    house: Organisation, as_: As, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(proof, "AT_ONCE", 1)
    audrey, now = as_("audrey"), timezone.now()
    audrey.post("audit_verify", app="")
    assert "A worker follows the trail" in text_of(audrey.get("audit_proof", app=""))
    assert "running already" in text_of(audrey.client.post("/admin/audit/verify/", follow=True))
    with tenant_scope(house.tenant_id):
        check = TrailCheck.objects.get()
    progress = audrey.get("audit_check", check.public_id, app="").json()
    assert (progress["status"], progress["done"]) == ("running", 0)
    assert checks.run_check(house.tenant_id, check.public_id, worker=uuid4(), now=now)
    assert not checks.run_check(house.tenant_id, check.public_id, worker=uuid4(), now=now)
    assert audrey.get("audit_check", check.public_id, app="").json()["status"] == "done"
    assert "events, chain intact" in text_of(audrey.get("audit_proof", app=""))
    assert house.actions().count("audit.check_begun") == house.actions().count("audit.verified") == 1


def test_a_check_whose_worker_is_gone_is_another_ones(house: Organisation) -> None:
    grant, now = house.grant("audrey"), timezone.now()
    with tenant_scope(house.tenant_id):
        check = checks.begin_check(grant=grant, now=now).public_id
        TrailCheck.objects.update(worker=uuid4())
        assert checks.abandoned_checks(now=now) == []
    assert not checks.run_check(house.tenant_id, check, worker=uuid4(), now=now)
    later = now + checks.SILENT_FOR
    with tenant_scope(house.tenant_id):
        assert checks.abandoned_checks(now=later) == [check]
    assert checks.run_check(house.tenant_id, check, worker=uuid4(), now=later)


def test_a_shorter_time_waits_is_told_and_can_be_undone(house: Organisation, as_: As) -> None:
    olga, audrey = as_("olga"), as_("audrey")
    assert "How long it is kept" not in text_of(audrey.get("audit_proof", app=""))
    for name in ("audit_keeping", "audit_keeping_undo", "audit_mailbox", "audit_mailbox_again"):
        assert audrey.post(name, app="", months="12").status_code == 403
    assert "Enter a number from 12 to 240" in text_of(olga.post("audit_keeping", app="", months="11"))
    assert olga.post("audit_keeping", app="", months="18").status_code == 302
    page = text_of(olga.get("audit_proof", app=""))
    assert "events are kept for 18 months only" in page
    assert "Till then as long as the account" in page
    olga.post("audit_keeping", app="", months="24")
    assert "waits already" in text_of(olga.get("audit_proof", app=""))
    with tenant_scope(house.tenant_id):
        told = Mail.objects.filter(template="tenants/email/audit_keeping").count()
        assert term_in_force() is None
    assert told == len({"olga", "ada", "audrey"})
    olga.post("audit_keeping_undo", app="")
    olga.post("audit_keeping_undo", app="")
    assert "It holds or was undone already" in text_of(olga.get("audit_proof", app=""))
    olga.post("audit_keeping", app="", months="")
    assert "kept so long already" in text_of(olga.get("audit_proof", app=""))
    assert [one for one in house.actions() if "keeping" in one] == ["audit.keeping_asked", "audit.keeping_undone"]


def test_a_trail_without_anything_old_is_left_whole(house: Organisation) -> None:
    assert keeping.prune_trail(house.tenant_id, now=timezone.now(), keys=[bytes(32)]) is None
    assert "audit.pruned" not in house.actions()


def test_the_page_says_whether_the_mailbox_was_confirmed(house: Organisation, as_: As) -> None:
    olga = as_("olga")
    refused = olga.post("audit_mailbox", app="", audit_checkpoint_email="nobody")
    assert "Enter a valid email address" in text_of(refused)
    assert olga.post("audit_mailbox", app="", audit_checkpoint_email="keeper@outside.example").status_code == 302
    assert "Nobody has opened the link there yet" in text_of(olga.get("audit_proof", app=""))
    again = olga.post("audit_mailbox", app="", audit_checkpoint_email="other@outside.example")
    assert "Wait ten minutes" in text_of(again)
    assert olga.post("audit_mailbox_again", app="").status_code == 302
    with tenant_scope(house.tenant_id):
        Policy.objects.update(audit_mailbox_confirmed_at=timezone.now())
    assert "Confirmed from there" in text_of(olga.get("audit_proof", app=""))


@pytest.mark.parametrize(
    ("moment", "months", "before"),
    [("2026-11-22", 12, "2025-11-22"), ("2024-02-29", 12, "2023-02-28"), ("2026-01-31", 14, "2024-11-30")],
)
def test_months_are_those_of_the_calendar(moment: str, months: int, before: str) -> None:
    found = keeping.months_before(datetime.fromisoformat(moment).replace(tzinfo=UTC), months)
    assert found.date().isoformat() == before


LINE = Line(
    seq=7,
    at=datetime(2026, 1, 31, 9, 30, tzinfo=UTC),
    action="member.role_changed",
    sentence="A member was given another role.",
    outcome="ok",
    actor="=Mallory|x",
    role="admin",
    address="198.51.100.7",
    on_type="membership",
    on_label="Bob\nBaker=",
    extent="",
    changes={"role": ["agent", "admin"]},
    request="r",
)


def test_a_spreadsheet_runs_nothing_of_an_event() -> None:
    (cells,) = csv.reader(io.StringIO(csv_line(LINE), newline=""))
    assert cells[:4] == ["7", "2026-01-31T09:30:00+00:00", "'=Mallory|x", "admin"]


def test_ocsf_says_who_what_when_and_how_it_ended() -> None:
    told = json.loads(ocsf_line(LINE))
    assert (told["class_uid"], told["activity_id"], told["type_uid"], told["status_id"]) == (6003, 3, 600303, 1)
    assert (told["time"], told["api"]["operation"]) == (1769851800000, "member.role_changed")


def test_cef_escapes_what_could_end_a_field() -> None:
    told = cef_line(LINE)
    assert told.startswith(
        "CEF:0|Chatplatform|Chatplatform|1|member.role_changed|A member was given another role.|3|rt="
    )
    assert "suser=\\=Mallory|x" in told
    assert "cs1=Membership Bob Baker\\=" in told
    assert "\n" not in told
