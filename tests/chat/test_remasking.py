"""What is stored is masked again: whole conversations under new keys, told to who has them open, the same however often it was interrupted."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, NoReturn
from uuid import UUID, uuid4

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.utils import timezone
from pytest_django import DjangoCaptureOnCommitCallbacks

from chat import events, sealing
from chat.live.hub import Audience, Event, RoomName, rooms
from chat.live.protocol.shapes import Author, AuthorKind
from chat.models import Conversation, JobKind, JobStatus, MaskingJob, Message, Tag, Visitor
from chat.personal import open_page, open_profile
from chat.services import masking_jobs, remasked_conversation
from chat.services.messages import SystemCode
from chat.services.messages import say as say_so
from chat.services.remasked_conversation import Unmaskable, _check
from security.crypto import keyring
from security.crypto.envelope import Undecryptable
from security.crypto.sealed import SealedData
from security.masking import mask
from security.masking.splitting.verdicts import held
from security.models import AuditEvent, SubjectKey
from security.scoping import tenant_scope
from tenants.models import MaskingVersion
from tests import cast
from tests.cast import Organisation

from .masking_cast import STAFF, add_rule, say, talk, texts

NOW = timezone.now()


@pytest.fixture
def acme(db: None) -> Organisation:
    keyring.forget_everything()
    return cast.acme()


@pytest.fixture
def rival(db: None) -> Organisation:
    return cast.rival()


def run(of: Organisation, kind: JobKind = JobKind.REMASK, *, budget: float = 60.0, steps: int = 1000) -> MaskingJob:
    """Begin, or go on, and work until it is over; each step in a scope of its own, as a worker does."""
    worker = uuid4()
    with tenant_scope(of.tenant_id):
        job = masking_jobs.begin_or_take_over(kind=kind, now=NOW).public_id
    for _ in range(steps):
        with tenant_scope(of.tenant_id):
            if not masking_jobs.advance(job=job, worker=worker, now=NOW, budget=budget):
                break
    with tenant_scope(of.tenant_id):
        return masking_jobs.job_of(job)


def bodies(of: Organisation, conversation: UUID) -> list[bytes]:
    with tenant_scope(of.tenant_id):
        rows = Message.objects.filter(conversation__public_id=conversation).order_by("seq")
        return [bytes(row.body or b"") for row in rows]


def trail(of: Organisation) -> list[tuple[str, str]]:
    with tenant_scope(of.tenant_id):
        return [(event.action, event.entry.replace(" ", "")) for event in AuditEvent.objects.order_by("seq")]


def test_what_is_stored_is_masked_by_the_active_rules(acme: Organisation, rival: Organisation) -> None:
    mine = talk(acme, "I am EMP-123456", "Hello", note="Ask EMP-654321")
    talk(acme, "Nothing to hide")
    theirs = talk(rival, "I am EMP-123456")
    add_rule(acme)
    job = run(acme)
    assert texts(acme, mine) == ["I am [staff]", "Hello", "Ask [staff]"]
    assert texts(rival, theirs) == ["I am EMP-123456"]
    assert (job.status, job.found["messages"], job.found["conversations"]) == (JobStatus.DONE.value, 2, 1)
    (_, entry) = next(one for one in trail(acme) if one[0] == "masking.remasked")
    assert '"extent":{"conversations":2,"messages":4}' in entry, "What was read, changed or not"
    assert '"changed":2' in entry
    assert [one for one, _ in trail(acme)].count("conversation.remasked") == 1
    assert "EMP" not in str(job.found)


def test_a_changed_message_moves_its_rev_and_says_why(acme: Organisation) -> None:
    mine = talk(acme, "I am EMP-123456", "Hello", "EMP-222222 4242 4242 4242 4242")
    add_rule(acme)
    run(acme)
    with tenant_scope(acme.tenant_id):
        rows = list(Message.objects.filter(conversation__public_id=mine).order_by("seq"))
        conversation = Conversation.objects.get(public_id=mine)
    assert [(row.seq, row.rev, row.revised_reason) for row in rows] == [
        (1, 4, "remasked"),
        (2, 2, ""),
        (3, 5, "remasked"),
    ]
    assert rows[0].masked == [{"kind": "custom", "count": 1}]
    assert {entry["kind"] for entry in rows[2].masked} >= {"custom"}
    assert (conversation.last_seq, conversation.last_rev) == (3, 5)
    assert all(row.revised_at is not None for row in (rows[0], rows[2]))
    assert rows[1].revised_at is None


def test_all_of_a_touched_conversation_lies_under_a_new_key(acme: Organisation) -> None:
    touched, other = talk(acme, "I am EMP-123456", "Hello"), talk(acme, "Nothing here")
    with tenant_scope(acme.tenant_id):
        row = Conversation.objects.get(public_id=touched)
        row.offer_note = sealing.seal_offer_note(row, mask("Take EMP-111111"))
        row.rating, row.rating_comment = 5, sealing.seal_rating_comment(row, mask("Thanks"))
        row.save(update_fields=["offer_note", "rating", "rating_comment"])
        old = {key.subject_id: bytes(key.wrapped) for key in SubjectKey.objects.filter(kind="conversation")}
        old_key = keyring.stored_key("conversation", touched)
    before, untouched = bodies(acme, touched), bodies(acme, other)
    add_rule(acme)
    run(acme)
    with tenant_scope(acme.tenant_id):
        new = {key.subject_id: bytes(key.wrapped) for key in SubjectKey.objects.filter(kind="conversation")}
        row = Conversation.objects.get(public_id=touched)
        assert sealing.open_offer_note(row) == "Take [staff]"
        assert sealing.open_rating_comment(row) == "Thanks"
        for message in Message.objects.filter(conversation=row):
            with pytest.raises(Undecryptable):
                sealing.open_with(old_key, message, conversation=touched)
    assert new[touched] != old[touched]
    assert new[other] == old[other]
    assert not set(before) & set(bodies(acme, touched))
    assert bodies(acme, other) == untouched


def test_an_old_ciphertext_that_is_put_back_does_not_open(acme: Organisation) -> None:
    mine = talk(acme, "I am EMP-123456", "Hello")
    (_, before) = bodies(acme, mine)
    add_rule(acme)
    run(acme)
    with tenant_scope(acme.tenant_id):
        unchanged = Message.objects.get(conversation__public_id=mine, seq=2)
        unchanged.body = type(unchanged.body)(before)  # its rev is the same: only the key is another
        with pytest.raises(Undecryptable):
            sealing.open_message(unchanged, conversation=mine)


def test_a_number_that_was_stored_in_pieces_is_joined(acme: Organisation) -> None:
    """As it was stored before pieces were joined."""
    mine = talk(acme, "4242 4242", "and then", "4242 4242", "See you at 10")
    assert run(acme).found["messages"] >= 2
    said = texts(acme, mine)
    assert sum(char.isdigit() for char in "".join(said[:3])) <= 4
    assert said[3] == "See you at 10"


@pytest.mark.parametrize("said_after", [20, 31, 34, 70])
def test_what_could_have_become_a_number_reads_as_before_however_much_followed(
    acme: Organisation, said_after: int
) -> None:
    mine = talk(acme, "4242 4242", *["ok"] * said_after, "EMP-123456", *["ok"] * said_after, "4242 4242")
    add_rule(acme)
    assert run(acme).found["messages"] == 1
    said = ["ok"] * said_after
    assert texts(acme, mine) == ["4242 4242", *said, "[staff]", *said, "4242 4242"]


def test_what_is_still_held_is_never_stored_in_place_of_what_was_said() -> None:
    with pytest.raises(Unmaskable):
        _check(held())


def test_a_trial_changes_nothing_and_tells_counts_and_shapes(acme: Organisation) -> None:
    mine = talk(acme, "I am EMP-123456", "Hello")
    before = bodies(acme, mine)
    with tenant_scope(acme.tenant_id):
        Tag.objects.create(name="EMP-123456")
    add_rule(acme)
    job = run(acme, JobKind.REMASK_TRIAL)
    assert bodies(acme, mine) == before
    assert (job.found["messages"], job.found["conversations"], job.found["visitors"], job.found["tags"]) == (1, 1, 1, 1)
    assert "AAA-999999" in str(job.found["rules"])
    assert "123456" not in str(job.found)
    assert "conversation.remasked" not in [action for action, _ in trail(acme)]
    assert "masking.remasked" not in [action for action, _ in trail(acme)]
    (_, entry) = next(one for one in trail(acme) if one[0] == "masking.remask_tried")
    assert '"extent":{"conversations":1,"messages":2}' in entry
    assert run(acme).found["messages"] == 1


def test_what_visitors_said_of_themselves_is_masked_too(acme: Organisation) -> None:
    talk(acme, "Hello")
    add_rule(acme)
    assert run(acme).found["visitors"] == 1
    with tenant_scope(acme.tenant_id):
        visitor = Visitor.objects.get()
        profile, page = open_profile(visitor.public_id, visitor.profile), open_page(visitor.public_id, visitor.page)
    assert (profile.name, profile.fields) == ("Vera [staff]", {"id": "[staff]"})
    assert page.title == "Shoes"
    assert "777777" not in page.url
    assert run(acme).found["visitors"] == 0


def test_killed_after_any_step_and_run_again_it_ends_the_same(acme: Organisation) -> None:
    mine = [talk(acme, f"I am EMP-11111{number}", "Hello") for number in range(4)]
    add_rule(acme)
    for _ in range(12):  # a worker that dies after each step, and another that takes over
        job = run(acme, budget=0.0, steps=1)
    assert job.status in {JobStatus.DONE.value, JobStatus.RUNNING.value}
    assert [texts(acme, one) for one in mine] == [["I am [staff]", "Hello"]] * 4
    with tenant_scope(acme.tenant_id):
        assert set(Conversation.objects.values_list("last_rev", flat=True)) == {3}
    assert [action for action, _ in trail(acme)].count("conversation.remasked") == 4


def die_after_a_step(of: Organisation, job: UUID) -> NoReturn:
    with tenant_scope(of.tenant_id):
        masking_jobs.advance(job=job, worker=uuid4(), now=NOW, budget=60.0)
        raise KeyboardInterrupt


def test_a_step_whose_worker_dies_leaves_nothing_half_done(acme: Organisation) -> None:
    mine = talk(acme, "I am EMP-123456", "Hello")
    add_rule(acme)
    before = bodies(acme, mine)
    with tenant_scope(acme.tenant_id):
        job = masking_jobs.begin_job(kind=JobKind.REMASK, now=NOW).public_id
    with pytest.raises(KeyboardInterrupt):
        die_after_a_step(acme, job)
    assert bodies(acme, mine) == before
    assert texts(acme, mine) == ["I am EMP-123456", "Hello"]
    run(acme)
    assert texts(acme, mine) == ["I am [staff]", "Hello"]


def test_rules_activated_meanwhile_are_the_ones_that_count(acme: Organisation) -> None:
    first, second = talk(acme, "I am EMP-123456 blue"), talk(acme, "I am EMP-123456 blue")
    add_rule(acme)
    run(acme, budget=0.0, steps=1)
    assert texts(acme, first) == ["I am [staff] blue"]
    blue = type(STAFF)(public_id=uuid4(), name="Blue", kind=STAFF.kind.PHRASE, value=("blue",))
    add_rule(acme, blue)
    job = run(acme)
    assert texts(acme, first) == texts(acme, second) == ["I am [staff] [Blue]"]
    assert job.rules == 3


def test_rules_that_cannot_be_read_change_nothing(acme: Organisation) -> None:
    mine = talk(acme, "I am EMP-123456")
    with tenant_scope(acme.tenant_id):
        MaskingVersion.objects.create(number=2, content=SealedData(b"not ours"))
    assert run(acme).status == JobStatus.FAILED.value
    assert texts(acme, mine) == ["I am EMP-123456"]


def test_a_system_message_is_sealed_under_the_new_key_by_who_remembers_the_old(acme: Organisation) -> None:
    """As a web process does in whose memory the old key is: what it wrote with that could be read by nobody."""
    mine = talk(acme, "I am EMP-123456")
    with tenant_scope(acme.tenant_id):
        old = keyring.stored_key("conversation", mine)
    add_rule(acme)
    run(acme)
    assert old is not None
    keyring._subjects.put((acme.tenant_id, "conversation", mine), old, keyring._subjects.now())
    with tenant_scope(acme.tenant_id):
        row = Conversation.objects.select_for_update().get(public_id=mine)
        say_so(row, SystemCode.CLOSED, "Conversation closed", now=NOW)
    keyring.forget_everything()
    assert texts(acme, mine) == ["I am [staff]", "Conversation closed"]


def test_who_remembers_the_old_key_reads_under_the_new(acme: Organisation) -> None:
    mine = talk(acme, "I am EMP-123456")
    with tenant_scope(acme.tenant_id):
        old = keyring.stored_key("conversation", mine)
    add_rule(acme)
    run(acme)
    assert old is not None
    keyring._subjects.put((acme.tenant_id, "conversation", mine), old, keyring._subjects.now())
    assert texts(acme, mine) == ["I am [staff]"]


@pytest.fixture
def judged(monkeypatch: pytest.MonkeyPatch) -> list[Callable[[], None]]:
    """What happens after a conversation was judged the first time; emptied as it is judged."""
    to_do: list[Callable[[], None]] = [lambda: None]
    mask_again = remasked_conversation._mask_again

    def then(*args: Any) -> None:
        mask_again(*args)
        to_do.pop()()

    monkeypatch.setattr(remasked_conversation, "_mask_again", then)
    return to_do


def test_what_has_not_changed_is_not_judged_again_under_the_lock(
    acme: Organisation, judged: list[Callable[[], None]]
) -> None:
    mine = talk(acme, "I am EMP-123456", "Hello")
    add_rule(acme)
    run(acme)
    assert texts(acme, mine) == ["I am [staff]", "Hello"], "a second time would have found nothing to do and failed"


def test_what_is_said_while_it_is_judged_is_masked_too(acme: Organisation, judged: list[Callable[[], None]]) -> None:
    mine = talk(acme, "I am EMP-123456")
    add_rule(acme)

    def go_on() -> None:
        row = Conversation.objects.get(public_id=mine)
        say(row, Author(AuthorKind.VISITOR, row.visitor.public_id, "Vera"), "or EMP-222222")

    judged[:] = [lambda: None, go_on]
    run(acme)
    assert texts(acme, mine) == ["I am [staff]", "or [staff]"]


@pytest.mark.parametrize("is_key_new", [True, False])
def test_what_is_erased_while_it_is_judged_does_not_come_back(
    acme: Organisation, judged: list[Callable[[], None]], *, is_key_new: bool
) -> None:
    mine = talk(acme, "I am EMP-123456", "Hello")
    add_rule(acme)

    def erase() -> None:
        Message.objects.filter(conversation__public_id=mine, seq=2).update(body=None)
        if is_key_new:
            SubjectKey.objects.filter(subject_id=mine).delete()

    judged[:] = [lambda: None, erase]
    run(acme)
    with tenant_scope(acme.tenant_id):
        assert Message.objects.get(conversation__public_id=mine, seq=2).body is None
    assert texts(acme, mine) == (["", ""] if is_key_new else ["I am [staff]", ""])


def test_clients_that_have_it_open_are_told(
    acme: Organisation, django_capture_on_commit_callbacks: DjangoCaptureOnCommitCallbacks
) -> None:
    mine = talk(acme, "I am EMP-123456", "Hello", note="EMP-222222")
    add_rule(acme)
    told: list[tuple[RoomName, Event]] = []
    undo = events.attach(lambda _, room, event: told.append((room, event)))
    try:
        with django_capture_on_commit_callbacks(execute=True):
            run(acme)
    finally:
        undo()
    in_room = [event for room, event in told if room == rooms.conversation(mine)]
    assert [(event.rev, event.audience) for event in in_room] == [(4, Audience.ALL), (5, Audience.AGENTS)]
    assert b"[staff]" in in_room[0].everyone
    assert b'"reason":"remasked"' in in_room[0].everyone
    assert any(room == rooms.agents(acme.tenant_id) for room, _ in told), "The queue shows what was said last"


def test_many_conversations_take_as_many_queries_as_few(acme: Organisation) -> None:
    blue = type(STAFF)(public_id=uuid4(), name="Blue", kind=STAFF.kind.PHRASE, value=("blue",))
    taken = []
    for number in (1, 2, 12):  # the first reads the rules
        said = [talk(acme, "It is blue", "Hello", note="blue") for _ in range(number)]
        if number == 1:
            add_rule(acme, blue)
        with CaptureQueriesContext(connection) as queries:
            assert run(acme).found["messages"] == 2 * number
        # Keys of the organisation and of who acts are remembered once a step is committed, which a test's never is.
        others = ("security_tenantkey", "'person'")
        taken.append(sum(not any(one in query["sql"] for one in others) for query in queries.captured_queries))
        assert {tuple(texts(acme, one)) for one in said} == {("It is [Blue]", "Hello", "[Blue]")}
    assert taken[1] == taken[2]


def test_one_that_cannot_be_masked_keeps_no_other_from_it(acme: Organisation) -> None:
    first, broken, last = (talk(acme, "I am EMP-123456") for _ in range(3))
    add_rule(acme)
    with tenant_scope(acme.tenant_id):
        SubjectKey.objects.filter(subject_id=broken).update(wrapped=b"tampered with")
    keyring.forget_everything()
    job = run(acme)
    assert (job.found["conversations"], job.found["failed"], job.done) == (2, 1, 6)
    assert texts(acme, first) == texts(acme, last) == ["I am [staff]"]


def test_masking_again_twice_changes_nothing_more(acme: Organisation) -> None:
    mine = talk(acme, "I am EMP-123456")
    add_rule(acme)
    run(acme)
    after = bodies(acme, mine)
    assert run(acme).found["messages"] == 0
    assert bodies(acme, mine) == after
