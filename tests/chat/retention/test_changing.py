"""Other rules: longer at once; shorter after a time in which it can be undone, by whom it takes up or who undoes it, once."""

from __future__ import annotations

import json
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from datetime import datetime, timedelta
from threading import Barrier
from uuid import UUID, uuid4

import pytest
from django.db import connection
from hypothesis import given
from hypothesis import strategies as st

from chat.models import Afterwards, OwnServer, RetentionChange, RetentionRule, ServerKind
from chat.retention import days
from chat.retention.changing import change_rule, take_up, undo_change
from chat.retention.preview import effect, forecast
from chat.retention.restore import bring_back
from chat.retention.rules import terms
from chat.retention.servers.configured import Given, Trial, remove_server, save_server
from chat.retention.terms import DEFAULT, Term
from chat.retention.work import Found
from chat.services.tags import merge_tags
from security.errors import Conflict, Denied, DomainError, Invalid, NotFound
from security.models import AuditEvent
from security.scoping import tenant_scope
from security.stores.folder import Folder
from tenants.models import Department, Policy
from tests.cast import Organisation

from .talks import NOW, closed, live

SHORT, LONG = Term(1, Afterwards.ARCHIVE), Term(60, Afterwards.ARCHIVE)
TERMS = st.builds(
    Term, st.integers(1, 120), st.sampled_from(list(Afterwards)), st.one_of(st.none(), st.integers(1, 600))
).filter(lambda term: term.is_sound)


def change(
    of: Organisation,
    term: Term | None,
    *,
    department: UUID | None = None,
    seen: Term = DEFAULT,
    typed: str = "Acme",
    by: str = "olga",
    now: datetime = NOW,
) -> RetentionChange | None:
    grant = of.grant(by)
    with tenant_scope(of.tenant_id):
        return change_rule(grant=grant, department=department, term=term, seen=str(seen), typed=typed, now=now)


def in_force(of: Organisation) -> Term:
    with tenant_scope(of.tenant_id):
        return terms()[None]


def events(of: Organisation) -> list[tuple[str, dict[str, object]]]:
    with tenant_scope(of.tenant_id):
        rows = AuditEvent.objects.filter(action__startswith="retention.change").order_by("seq")
        return [(row.action, json.loads(row.entry)) for row in rows]


def test_longer_holds_at_once(acme: Organisation) -> None:
    assert change(acme, LONG, typed="") is None
    assert in_force(acme) == LONG
    ((action, _),) = events(acme)
    assert action == "retention.changed"


def test_shorter_waits_for_its_day_and_is_taken_up_by_that_days_run(acme: Organisation, archive: Folder) -> None:
    old = closed(acme, "Hello", last=NOW - timedelta(days=40))
    asked = change(acme, SHORT)
    assert asked is not None
    assert asked.due_at.isoformat() == "2026-11-30T00:00:00+01:00"
    assert in_force(acme) == DEFAULT
    a_moment_early = asked.due_at - timedelta(seconds=1)
    assert work(acme, archive, a_moment_early) == Found()
    assert old in live(acme)
    assert work(acme, archive, asked.due_at) == Found(archived=1)
    assert in_force(acme) == SHORT
    assert [action for action, _ in events(acme)] == ["retention.change_asked", "retention.changed"]
    with tenant_scope(acme.tenant_id):
        assert take_up(now=asked.due_at) == 0


def work(of: Organisation, archive: Folder, now: datetime) -> Found | None:
    return days.run_day(of.tenant_id, now, worker=uuid4(), store=archive, clock=lambda: now)


def test_undone_it_never_holds_and_is_undone_once(acme: Organisation, archive: Folder) -> None:
    asked, olga = change(acme, SHORT), acme.grant("olga")
    assert asked is not None
    with tenant_scope(acme.tenant_id):
        undo_change(grant=olga, change=asked.public_id, now=NOW)
        with pytest.raises(Conflict):
            undo_change(grant=olga, change=asked.public_id, now=NOW)
        assert take_up(now=asked.due_at) == 0
    assert in_force(acme) == DEFAULT
    assert events(acme)[-1][0] == "retention.change_undone"


def test_what_was_taken_up_cannot_be_undone(acme: Organisation) -> None:
    asked, olga = change(acme, SHORT), acme.grant("olga")
    assert asked is not None
    with tenant_scope(acme.tenant_id):
        assert take_up(now=asked.due_at) == 1
        with pytest.raises(Conflict):
            undo_change(grant=olga, change=asked.public_id, now=asked.due_at)
    assert in_force(acme) == SHORT


@pytest.mark.parametrize("attempt", range(5))
def test_undone_and_taken_up_in_the_same_moment_one_of_them_wins(acme: Organisation, attempt: int) -> None:
    asked, olga = change(acme, SHORT), acme.grant("olga")
    assert asked is not None
    both = Barrier(2)

    def undo() -> bool:
        both.wait()
        try:
            with tenant_scope(acme.tenant_id):
                undo_change(grant=olga, change=asked.public_id, now=asked.due_at)
        except Conflict:
            return False
        finally:
            connection.close()
        return True

    def take() -> bool:
        both.wait()
        try:
            with tenant_scope(acme.tenant_id):
                return take_up(now=asked.due_at) == 1
        finally:
            connection.close()

    with ThreadPoolExecutor(2) as pool:
        undone, taken = pool.submit(undo), pool.submit(take)
        assert {undone.result(), taken.result()} == {True, False}
    assert in_force(acme) == (SHORT if taken.result() else DEFAULT)


def test_of_two_people_who_change_it_at_once_one_is_told_to_look_again(acme: Organisation) -> None:
    grants, both = [acme.grant("olga"), acme.grant("ada")], Barrier(2)

    def ask(number: int) -> str:
        both.wait()
        try:
            with tenant_scope(acme.tenant_id):
                change_rule(grant=grants[number], department=None, term=SHORT, seen=str(DEFAULT), typed="Acme", now=NOW)
        except Conflict as refused:
            return refused.code
        finally:
            connection.close()
        return "asked"

    with ThreadPoolExecutor(2) as pool:
        assert sorted(pool.map(ask, range(2))) == ["asked", "retention_waits"]


def test_while_one_waits_nothing_else_is_changed(acme: Organisation) -> None:
    change(acme, SHORT)
    with pytest.raises(Conflict, match="retention_waits"):
        change(acme, LONG)
    assert in_force(acme) == DEFAULT


@pytest.mark.parametrize(
    ("term", "seen", "typed", "code"),
    [
        (SHORT, DEFAULT, "", "typed_name"),
        (SHORT, DEFAULT, "Rival", "typed_name"),
        (SHORT, LONG, "Acme", "retention_moved"),
        (DEFAULT, DEFAULT, "Acme", "retention_same"),
        (Term(0, Afterwards.ARCHIVE), DEFAULT, "Acme", "retention_term"),
        (Term(121, Afterwards.ARCHIVE), DEFAULT, "Acme", "retention_term"),
        (Term(24, Afterwards.ARCHIVE, 24), DEFAULT, "Acme", "retention_term"),
        (Term(24, Afterwards.PURGE, 36), DEFAULT, "Acme", "retention_term"),
    ],
)
def test_what_is_refused_changes_nothing(acme: Organisation, term: Term, seen: Term, typed: str, code: str) -> None:
    with pytest.raises(DomainError, match=code):
        change(acme, term, seen=seen, typed=typed)
    assert in_force(acme) == DEFAULT
    assert events(acme) == []


def test_a_departments_own_rule_comes_and_goes(acme: Organisation) -> None:
    sales = acme.add_department("Sales")
    assert change(acme, LONG, department=sales) is None
    gone = change(acme, None, department=sales, seen=LONG)
    assert gone is not None, "the organisation's rule keeps less"
    with tenant_scope(acme.tenant_id):
        pk = Department.objects.get(public_id=sales).pk
        assert terms() == {None: DEFAULT, pk: LONG}
        take_up(now=gone.due_at)
        assert terms() == {None: DEFAULT}
        assert not RetentionRule.objects.exists()


def test_the_tenants_own_cooling_off_counts(acme: Organisation) -> None:
    with tenant_scope(acme.tenant_id):
        Policy.objects.update(retention_cooling_days=30)
    asked = change(acme, SHORT)
    assert asked is not None
    assert asked.due_at.isoformat() == "2026-12-23T00:00:00+01:00"


def test_preview_and_forecast_know_what_waits(acme: Organisation) -> None:
    closed(acme, "Hello", last=NOW - timedelta(days=40))
    asked = change(acme, SHORT)
    assert asked is not None
    with tenant_scope(acme.tenant_id):
        assert effect(NOW).archived == 0
        assert effect(asked.due_at).archived == 1
        assert dict(forecast(NOW, days=14)) == {
            (NOW + timedelta(days=ahead)).date(): 1 if ahead == 8 else 0 for ahead in range(14)
        }


def test_only_who_may_and_only_ones_own(acme: Organisation, rival: Organisation) -> None:
    theirs = rival.department("Support")
    with pytest.raises(Denied):
        change(acme, LONG, by="sam")
    with pytest.raises(NotFound):
        change(acme, LONG, department=theirs)
    asked, sam, mallory = change(acme, SHORT), acme.grant("sam"), rival.grant("mallory")
    assert asked is not None
    with tenant_scope(acme.tenant_id), pytest.raises(Denied):
        undo_change(grant=sam, change=asked.public_id, now=NOW)
    with tenant_scope(rival.tenant_id), pytest.raises(NotFound):
        undo_change(grant=mallory, change=asked.public_id, now=NOW)
    with pytest.raises(Invalid):
        change(acme, SHORT, department=acme.add_department("Sales"), typed="Rival")


def test_an_operator_who_is_in_for_a_time_decides_nothing_that_outlasts_his_stay(
    acme: Organisation, archive: Folder
) -> None:
    asked, olga = change(acme, SHORT), acme.grant("olga")
    assert asked is not None
    inside, nothing = replace(olga, entry=uuid4()), uuid4()
    server = Trial(Given(ServerKind.S3, "https://s3.example", bucket="b", account="a", secret="s"))
    with tenant_scope(acme.tenant_id):
        for act in (
            lambda: undo_change(grant=inside, change=asked.public_id, now=NOW),
            lambda: bring_back(grant=inside, conversation=nothing, now=NOW, store=archive),
            lambda: save_server(grant=inside, trial=server, now=NOW),
            lambda: remove_server(grant=inside),
            lambda: merge_tags(grant=inside, tag=nothing, into=uuid4()),
        ):
            with pytest.raises(Denied):
                act()
        assert not OwnServer.objects.exists()
        undo_change(grant=olga, change=asked.public_id, now=NOW)


@given(one=TERMS, other=TERMS)
def test_a_term_that_does_not_keep_less_deletes_nothing_sooner(one: Term, other: Term) -> None:
    if not one.keeps_less_than(other):
        assert one.primary_months >= other.primary_months
        assert one.gone_after >= other.gone_after
    assert not one.keeps_less_than(one)
