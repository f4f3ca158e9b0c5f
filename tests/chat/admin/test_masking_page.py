"""The Masking page as an administrator uses it; what it refuses, and what it never says."""

from __future__ import annotations

import json
import re
from typing import Any
from uuid import UUID, uuid4

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from chat.models import JobKind
from chat.services import masking_jobs
from security.crypto import keyring
from security.crypto.sealed import SealedData
from security.scoping import tenant_scope
from tenants.middleware import FIELD
from tenants.models import MaskingCount, MaskingDraft, MaskingVersion
from tenants.policies import current_masking
from tenants.services.masking.counts import UNDONE
from tenants.services.masking.reading import read_rulebook
from tests import cast
from tests.cast import Organisation

from ..masking_cast import STAFF, add_rule, talk
from .masking_posts import PAGE, post, revision_of, shown, trying

RULE = {
    "name": "Staff number",
    "kind": "format",
    "value": "EMP-######",
    "label": "staff",
    "keep_last": "0",
    "is_active": "on",
}


@pytest.fixture
def acme(db: None) -> Organisation:
    keyring.forget_everything()
    return cast.acme()


def masked(of: Organisation, text: str) -> str:
    with tenant_scope(of.tenant_id):
        return str(current_masking().masked(text))


def test_a_rule_is_drafted_tried_and_activated(acme: Organisation) -> None:
    talk(acme, "I am EMP-123456", "Hello")
    ada = acme.client("ada")
    assert "Every organisation begins" not in shown(ada.get(PAGE))
    page = shown(post(acme, ada, "rules/add/", **RULE))
    assert "The rule is in the draft" in page
    assert "“Staff number” was added" in page
    assert "were not tried on your messages yet" in page
    page = shown(post(acme, ada, "trial/"))
    assert "Would have hit 1 of your last 2 messages." in page
    assert "AAA-999999" in page
    assert "123456" not in page
    with tenant_scope(acme.tenant_id):
        revision = MaskingDraft.objects.get().revision
    page = shown(post(acme, ada, "activate/", revision=revision))
    assert "Version 2 masks now, on open chats within a second." in page
    assert "The draft is the same." in page
    assert masked(acme, "EMP-123456") == "[staff]"


def test_a_trial_of_older_rules_is_not_shown(acme: Organisation) -> None:
    talk(acme, "I am EMP-123456")
    ada = acme.client("ada")
    post(acme, ada, "rules/add/", **RULE)
    assert "Would have hit" in shown(post(acme, ada, "trial/"))
    page = shown(post(acme, ada, "rules/add/", **{**RULE, "name": "Another"}))
    assert "Would have hit" not in page
    assert "were not tried" in page


@pytest.mark.parametrize(
    ("typed", "said"),
    [
        ({"kind": "regex", "value": r"(a)\1"}, "look-around and back-references are not supported"),
        ({"kind": "regex", "value": "a*"}, "matches an empty text"),
        ({"label": "x]"}, "brackets"),
        ({"keep_last": "-1"}, "greater than or equal to 0"),
        ({"name": ""}, "This field is required"),
    ],
)
def test_what_is_refused_is_said_in_a_sentence(acme: Organisation, typed: dict[str, str], said: str) -> None:
    ada = acme.client("ada")
    page = shown(post(acme, ada, "rules/add/", **{**RULE, **typed}))
    assert said in page
    assert "Please correct what is marked" in page
    with tenant_scope(acme.tenant_id):
        draft = MaskingDraft.objects.first()
        assert draft is None or draft.content is None


def test_a_label_may_be_typed_in_the_brackets_that_it_is_shown_in(acme: Organisation) -> None:
    assert "is in the draft" in shown(
        post(acme, acme.client("ada"), "rules/add/", **{**RULE, "label": "[staff number]"})
    )
    assert [rule.label for rule in rules(acme)] == ["staff number"]


def test_the_page_says_what_the_allow_list_costs_visitors(acme: Organisation) -> None:
    assert "no visitor is told before sending what the packs will hide" in shown(acme.client("ada").get(PAGE))


@pytest.mark.parametrize(
    ("path", "typed", "field"),
    [
        ("rules/add/", {"kind": "regex", "value": "a*"}, "value"),
        ("rules/add/", {"label": "a•b"}, "label"),
        ("rules/add/", {"name": "STAFF number"}, "name"),
        ("settings/", {"allowed": "..."}, "allowed"),
    ],
)
def test_what_is_refused_is_marked_at_its_field(
    acme: Organisation, path: str, typed: dict[str, str], field: str
) -> None:
    add_rule(acme, is_activated=False)
    page = shown(post(acme, acme.client("ada"), path, **{**RULE, "name": "Another", **typed}))
    marked = [tag for tag in re.findall(r"<(?:input|textarea|select)[^>]*>", page) if 'aria-invalid="true"' in tag]
    assert [f'name="{field}"' in tag for tag in marked] == [True]


def test_hostile_expressions_are_answered_at_once(acme: Organisation) -> None:
    ada = acme.client("ada")
    assert "is in the draft" in shown(post(acme, ada, "rules/add/", **{**RULE, "kind": "regex", "value": "(a+)+$"}))
    tried = trying(acme, ada, text="a" * 7_999 + "b")
    assert tried["microseconds"] < 1_000_000


def test_rules_are_changed_moved_and_removed(acme: Organisation) -> None:
    ada = acme.client("ada")
    add_rule(acme, is_activated=False)
    post(
        acme,
        ada,
        "rules/add/",
        **{**RULE, "name": "Projects", "kind": "phrase", "value": "blue heron\r\n\r\nblue heron\r\nowl "},
    )
    with tenant_scope(acme.tenant_id):
        first, second = rules(acme)
    assert second.value == ("blue heron", "owl")
    form = shown(ada.get(f"{PAGE}rules/{second.public_id}/"))
    assert "blue heron owl" in form
    post(acme, ada, f"rules/{second.public_id}/move/", direction="up")
    assert [rule.name for rule in rules(acme)] == ["Projects", "Staff number"]
    post(acme, ada, f"rules/{second.public_id}/move/", direction="down")
    post(acme, ada, f"rules/{first.public_id}/", **{**RULE, "label": "id"})
    assert rules(acme)[0].label == "id"
    post(acme, ada, f"rules/{second.public_id}/remove/")
    assert [rule.name for rule in rules(acme)] == ["Staff number"]


def rules(of: Organisation) -> Any:
    grant = of.grant("ada")
    with tenant_scope(of.tenant_id):
        draft = read_rulebook(grant=grant).draft
    assert draft is not None
    return draft.rules


def test_settings_are_drafted(acme: Organisation) -> None:
    ada = acme.client("ada")
    chosen = {"packs": ["iban", "email"], "allowed": "x1\r\n\r\n"}
    page = shown(post(acme, ada, "settings/", masks_agents="on", typing_preview="on", **chosen))
    assert "hidden: IBAN" in page
    assert "the allow-list was changed" in page
    assert "ISO 13616" in page
    assert "off: Keep the last four digits of a card" in page
    assert "on: Show agents what a visitor is typing" in page
    assert masked(acme, "4242424242424242") == "•••• •••• •••• 4242"
    page = shown(post(acme, ada, "settings/", allowed="..."))
    assert "Line 1 of the allow-list has no letter and no digit." in page


@pytest.mark.parametrize("entry", ["4242 4242 4242 4242", "078-05-1121", "card 4242424242424242"])
def test_no_card_or_social_security_number_is_taken_into_the_allow_list(acme: Organisation, entry: str) -> None:
    page = shown(post(acme, acme.client("ada"), "settings/", allowed=f"+1 202 555 0143\r\n{entry}"))
    assert "Line 2 of the allow-list is a card or social security number: these are always hidden." in page


def test_somebody_elses_change_is_not_activated_unseen(acme: Organisation) -> None:
    ada = acme.client("ada")
    add_rule(acme, is_activated=False)
    with tenant_scope(acme.tenant_id):
        seen = MaskingDraft.objects.get().revision
    post(acme, acme.client("olga"), "settings/", masks_agents="on")
    for revision in (seen, "x", ""):
        assert "Look again before you activate" in shown(post(acme, ada, "activate/", revision=revision))
    assert masked(acme, "EMP-123456") == "EMP-123456"


def test_settings_of_an_old_page_undo_nothing_of_a_colleagues(acme: Organisation) -> None:
    ada, olga = acme.client("ada"), acme.client("olga")
    seen = revision_of(acme)
    assert f'name="revision" value="{seen}"' in shown(ada.get(PAGE))
    assert "The draft was changed" in shown(post(acme, olga, "settings/", packs=["iban"], masks_agents="on"))
    for revision in (seen, "", "x"):
        page = shown(post(acme, ada, "settings/", revision=revision, allowed="Mine alone"))
        assert "The draft was changed" not in page
        assert "hidden: IBAN" in page
        assert "Mine alone" in page, "What was typed is not lost"
    page = shown(post(acme, ada, "settings/", revision=seen))
    assert "Nothing was saved: somebody changed the draft since you opened this page." in page
    assert "hidden: IBAN" not in shown(post(acme, ada, "settings/", allowed="Mine alone"))


def test_an_older_version_is_taken_back(acme: Organisation) -> None:
    ada = acme.client("ada")
    add_rule(acme)
    page = shown(post(acme, ada, "versions/first/restore/"))
    assert "“Staff number” was removed" in page
    with tenant_scope(acme.tenant_id):
        version = MaskingVersion.objects.get().public_id
    path = f"versions/{version}/restore/"
    seen = revision_of(acme)
    for answer in ("", "yes", str(seen - 1)):
        page = shown(post(acme, ada, path, confirmed=answer))
        assert "What it changes is lost for good.</p> <ul><li>“Staff number” was removed" in page
    assert revision_of(acme) == seen, "Nothing is lost unasked"
    page = shown(post(acme, ada, path, confirmed=seen))
    assert "The draft is what masks now. There is nothing to activate." in page
    assert "They mask once you activate them" not in page
    assert "The draft is the same." in page


def test_rules_that_cannot_be_read_raise_the_alarm(acme: Organisation) -> None:
    add_rule(acme)
    with tenant_scope(acme.tenant_id):
        MaskingVersion.objects.create(number=3, content=SealedData(b"not ours"))
    ada = acme.client("ada")
    page = shown(ada.get(PAGE))
    assert "Every message is withheld." in page
    assert "masks now" not in page
    assert "Cannot be read." in page
    with tenant_scope(acme.tenant_id):
        revision = MaskingDraft.objects.get().revision
    assert "Version 4 masks now" in shown(post(acme, ada, "activate/", revision=revision))
    assert masked(acme, "EMP-123456") == "[staff]"


def test_a_draft_that_cannot_be_read_does_not_read_as_one_without_rules(acme: Organisation) -> None:
    with tenant_scope(acme.tenant_id):
        MaskingVersion.objects.create(number=3, content=SealedData(b"not ours"))
    page = shown(acme.client("ada").get(PAGE))
    assert "No rule of your own yet" not in page
    assert "What rules the draft has cannot be read." in page


def run_all(of: Organisation, kind: JobKind) -> None:
    """As a worker does."""
    with tenant_scope(of.tenant_id):
        job = masking_jobs.latest(kind)
        assert job is not None
        while masking_jobs.advance(job=job.public_id, worker=UUID(int=1), now=timezone.now()):
            pass


def test_what_is_stored_is_masked_again_by_a_worker(acme: Organisation) -> None:
    ada = acme.client("ada")
    talk(acme, "I am EMP-123456")
    add_rule(acme)
    assert "Mask stored messages again" not in shown(ada.get(PAGE)), "Not before it was seen what it would do"
    post(acme, ada, "remask/", kind="remask_trial")
    run_all(acme, JobKind.REMASK_TRIAL)
    page = shown(ada.get(PAGE))
    assert "Would change 1 texts in 1 conversations" in page
    assert "Mask stored messages again" in page
    assert "cannot be had back." in shown(post(acme, ada, "remask/", kind="remask"))
    with tenant_scope(acme.tenant_id):
        assert masking_jobs.latest(JobKind.REMASK) is None, "Not before it was asked"
    assert "It was begun." in shown(post(acme, ada, "remask/", kind="remask", confirmed="yes"))
    with tenant_scope(acme.tenant_id):
        job = masking_jobs.latest(JobKind.REMASK)
    assert job is not None
    told = json.loads(ada.get(f"{PAGE}jobs/{job.public_id}/").content)
    assert told == {"status": "running", "done": 0, "total": 2}
    assert "It is running already." in shown(post(acme, ada, "remask/", kind="remask", confirmed="yes"))
    assert "paused" in shown(post(acme, ada, f"jobs/{job.public_id}/pause/"))
    post(acme, ada, f"jobs/{job.public_id}/resume/")
    page = shown(post(acme, ada, f"jobs/{job.public_id}/cancel/"))
    assert "It was cancelled then." in page


def test_what_was_hidden_is_plotted_and_told_in_numbers(acme: Organisation) -> None:
    ada = acme.client("ada")
    assert "Nothing was hidden yet." in shown(ada.get(PAGE))
    today = timezone.now().date()
    with tenant_scope(acme.tenant_id):
        MaskingCount.objects.create(day=today, rule="luhn", kind="card", hits=12)
        MaskingCount.objects.create(day=today, rule="[staff]", kind="custom", hits=3)
        MaskingCount.objects.create(day=today, rule="phone", kind=UNDONE, hits=4)
    page = shown(ada.get(PAGE))
    assert "Phone numbers: 4 messages" in page
    assert "15 places" in page
    assert page.count("<rect ") == 30
    assert "12" in page


def test_the_page_takes_the_same_queries_however_much_there_is(acme: Organisation) -> None:
    ada = acme.client("ada")
    add_rule(acme)

    def queries() -> int:
        keyring.forget_everything()
        with CaptureQueriesContext(connection) as found:
            assert ada.get(PAGE).status_code == 200
        return len(found)

    few = queries()
    for number in range(12):
        add_rule(acme, type(STAFF)(public_id=uuid4(), name=f"Rule {number}", kind=STAFF.kind, value=(f"A{number}-##",)))
    many = queries()
    assert many <= few, (few, many)
    assert few <= 40


@pytest.mark.parametrize("name", ["sam", "alice", "rita", "audrey"])
def test_who_may_not_configure_masking_sees_nothing_and_does_nothing(acme: Organisation, name: str) -> None:
    add_rule(acme, is_activated=False)
    client = acme.client(name)
    for path in ("", "rules/add/", "try/", "trial/", "activate/", "settings/", "remask/", "versions/first/restore/"):
        assert client.get(PAGE + path).status_code == 403, path
        assert client.post(PAGE + path, {FIELD: str(acme.public_id)}).status_code == 403, path
    assert client.get(f"{PAGE}rules/{STAFF.public_id}/").status_code == 403
    assert "/admin/masking/" not in shown(client.get("/admin/", follow=True))


def test_a_page_of_another_organisation_changes_nothing(acme: Organisation) -> None:
    assert acme.client("ada").post(f"{PAGE}rules/add/", {FIELD: str(UUID(int=3)), **RULE}).status_code == 409
