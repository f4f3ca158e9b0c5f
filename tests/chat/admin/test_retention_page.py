"""The Retention page: what happens today, rules changed with their effect seen before, undone, and legal holds."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
from django.utils import timezone

from chat.models import LegalHold, RetentionChange, RetentionRule
from security.crypto import keyring
from security.scoping import tenant_scope
from tenants.models import Policy
from tests import cast
from tests.cast import Organisation
from tests.tenants.admin.pages import Browse, sign_in, text_of

from ..retention.talks import closed

LONGER: dict[str, Any] = {"seen": "24-archive-", "primary_months": "60", "afterwards": "archive", "archive_months": ""}
SHORTER = {**LONGER, "primary_months": "1"}


@pytest.fixture
def acme(db: None) -> Organisation:
    keyring.forget_everything()
    return cast.acme()


def as_(of: Organisation, name: str) -> Browse:
    return sign_in(of.user(name))


def months(of: Organisation) -> list[int]:
    with tenant_scope(of.tenant_id):
        return list(RetentionRule.objects.values_list("primary_months", flat=True))


def test_the_page_says_what_todays_run_does(acme: Organisation) -> None:
    for _ in range(3):
        closed(acme, "Hello", last=timezone.now() - timedelta(days=800))
    page = text_of(as_(acme, "olga").get("retention", app=""))
    assert "Archive 3, delete 0, keep 0 on legal hold" in page
    assert "Kept for 24 months after the last message, then in the archive for as long as the account." in page
    assert "There was no run yet" in page


def test_a_shorter_time_shows_its_effect_asks_for_the_name_waits_and_is_undone(acme: Organisation) -> None:
    closed(acme, "Hello", last=timezone.now() - timedelta(days=40))
    olga = as_(acme, "olga")
    looked = text_of(olga.post("retention_rule", app="", look="1", **SHORTER))
    assert "<td>0</td><td>1</td>" in looked
    assert "To confirm, type: Acme" in looked
    refused = text_of(olga.post("retention_rule", app="", save="1", typed="Rival", **SHORTER))
    assert "Type the name of the organisation" in refused
    assert olga.post("retention_rule", app="", save="1", typed="Acme", **SHORTER).status_code == 302
    page = text_of(olga.get("retention", app=""))
    assert "Kept for 1 month after the last message" in page
    assert "Asked for by Olga" in page
    with tenant_scope(acme.tenant_id):
        change = RetentionChange.objects.get()
    assert olga.post("retention_undo", change.public_id, app="").status_code == 302
    assert "Kept for 1 month" not in text_of(olga.get("retention", app=""))
    olga.post("retention_undo", change.public_id, app="")
    assert "in force or undone already" in text_of(olga.get("retention", app=""))
    assert months(acme) == []


def test_a_rule_that_sends_says_at_the_first_look_that_there_is_no_server(acme: Organisation) -> None:
    page = text_of(as_(acme, "olga").post("retention_rule", app="", look="1", **{**LONGER, "afterwards": "sent"}))
    assert "Set up your own server first" in page
    assert "/admin/retention/server/" in page
    assert "What this would change" not in page.replace("See what this would change", "")


def test_a_longer_time_holds_at_once_for_a_department_too(acme: Organisation) -> None:
    olga, sales = as_(acme, "olga"), acme.add_department("Sales")
    assert olga.post("retention_rule", app="", save="1", **LONGER).status_code == 302
    own = {**LONGER, "seen": "60-archive-", "primary_months": "72", "own": "own"}
    assert olga.post("retention_department_rule", sales, app="", save="1", **own).status_code == 302
    assert sorted(months(acme)) == [60, 72]


@pytest.mark.parametrize(
    ("values", "sentence"),
    [
        ({"primary_months": "0"}, "Enter 1 or more"),
        ({"primary_months": "0", "afterwards": "sent"}, "Set up your own server first"),
        ({"primary_months": "3", "afterwards": "sent_at_close"}, "Enter 0"),
        ({"primary_months": "1000"}, "less than or equal to 120"),
        ({"archive_months": "12"}, "Enter more months than in the primary store"),
        ({"afterwards": "purge", "archive_months": "90"}, "what is deleted or sent away is in no archive"),
        ({"seen": "60-archive-"}, "Somebody changed the rule"),
        ({"primary_months": "24"}, "This is the rule already"),
    ],
)
def test_what_is_wrong_is_said(acme: Organisation, values: dict[str, str], sentence: str) -> None:
    answer = as_(acme, "olga").post("retention_rule", app="", save="1", **{**LONGER, **values})
    assert sentence in text_of(answer)
    assert months(acme) == []


def test_the_cooling_off_is_the_organisations_to_set_but_not_to_leave_out(acme: Organisation) -> None:
    olga = as_(acme, "olga")
    assert olga.post("retention_cooling", app="", retention_cooling_days="30").status_code == 302
    assert "Please correct" in text_of(olga.post("retention_cooling", app="", retention_cooling_days="0"))
    with tenant_scope(acme.tenant_id):
        assert Policy.objects.get().retention_cooling_days == 30


def test_a_hold_is_placed_from_a_conversations_page_and_released(acme: Organisation) -> None:
    on = closed(acme, "Hello")
    olga = as_(acme, "olga")
    assert f"/admin/retention/holds/add/?conversation={on}" in text_of(olga.get("conversation_change", on, app="chat"))
    assert str(on) in text_of(olga.get("retention_hold", app="", query=f"?conversation={on}"))
    why = "The court asks, 4242 4242 4242 4242"
    placed = olga.post("retention_hold", app="", subject_kind="conversation", record=str(on), reason=why)
    assert placed.status_code == 302
    page = text_of(olga.get("retention", app=""))
    assert str(on) in page
    assert "•••• 4242" in page
    with tenant_scope(acme.tenant_id):
        hold = LegalHold.objects.get()
    assert "Release this hold?" in text_of(olga.get("retention_release", hold.public_id, app=""))
    assert olga.post("retention_release", hold.public_id, app="").status_code == 302
    assert "Nothing is held" in text_of(olga.get("retention", app=""))


def test_a_hold_on_nothing_is_refused(acme: Organisation) -> None:
    olga = as_(acme, "olga")
    wrong = {"subject_kind": "visitor", "record": "", "reason": "The court asks"}
    assert "Enter an id" in text_of(olga.post("retention_hold", app="", **wrong))
    missing = {**wrong, "record": "00000000-0000-4000-8000-000000000000"}
    assert "There is no such" in text_of(olga.post("retention_hold", app="", **missing))


def test_who_may_not_sees_nothing_and_changes_nothing(acme: Organisation) -> None:
    sam, on = as_(acme, "sam"), closed(acme, "Hello")
    for answer in (
        sam.get("retention", app=""),
        sam.post("retention_rule", app="", save="1", **LONGER),
        sam.post("retention_cooling", app="", retention_cooling_days="1"),
        sam.post("retention_hold", app="", subject_kind="everything", record="", reason="The court asks"),
    ):
        assert answer.status_code == 403
    assert "Legal hold" not in text_of(sam.get("conversation_change", on, app="chat"))
    assert months(acme) == []
