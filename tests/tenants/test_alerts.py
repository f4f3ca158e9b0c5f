"""Rules that watch the trail: each raises its alert where it is met, not before, not for others, not again within the hour."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Any
from uuid import uuid4

import pytest
from django.core import mail
from django.utils import timezone

from security.accounts import outbox
from security.audit import Action, record
from security.context import Actor, ActorKind, acting
from security.errors import Denied, Invalid, NotFound
from security.models import AuditEvent, AuditHead, Mail
from security.scoping import tenant_scope
from tenants.models import Alert, AlertKind, AlertRule
from tenants.services.audit.alerts import QUIET_FOR, Wanted, change_rules, raise_alerts, see_alert, unseen_alerts
from tenants.services.audit.watching import met
from tests import cast
from tests.cast import Organisation
from tests.tenants.admin.pages import sign_in, text_of

pytestmark = pytest.mark.django_db


@pytest.fixture
def acme() -> Organisation:
    return cast.acme()


def switch_on(of: Organisation, kind: AlertKind, threshold: int = 3, minutes: int = 60, by: str = "olga") -> None:
    with tenant_scope(of.tenant_id):
        change_rules(grant=of.grant(by), wanted=[Wanted(kind, True, threshold, minutes)])


def does(
    of: Organisation, name: str, action: Action, *, address: str = "203.0.113.7", times: int = 1, **detail: Any
) -> None:
    user = of.user(name)
    actor = Actor(ActorKind.PERSON, id=str(user.public_id), name=name.title(), role="agent")
    with acting(actor=actor, address=address), tenant_scope(of.tenant_id):
        for _ in range(times):
            record(action, **detail)


def raised(of: Organisation, now: datetime | None = None) -> list[Alert]:
    with tenant_scope(of.tenant_id):
        return raise_alerts(now=now or timezone.now())


def sam_and_olga_export(of: Organisation) -> None:
    does(of, "sam", Action.REPORT_EXPORTED, times=2)
    does(of, "olga", Action.AUDIT_EXPORTED)


def sam_and_alice_read(of: Organisation) -> None:
    does(of, "sam", Action.CONVERSATION_READ, times=2)
    does(of, "alice", Action.CONVERSATION_READ)


def alice_signs_in_at_home(of: Organisation) -> None:
    for address in ("203.0.113.7", "203.0.113.99"):
        does(of, "alice", Action.SESSION_SIGNED_IN, address=address)


Acts = Callable[[Organisation], None]
MET: dict[AlertKind, tuple[Acts, Acts]] = {
    AlertKind.EXPORTS: (sam_and_olga_export, lambda of: does(of, "sam", Action.AUDIT_EXPORTED)),
    AlertKind.READS: (sam_and_alice_read, lambda of: does(of, "sam", Action.CONVERSATION_WATCHED)),
    AlertKind.NEW_PLACE: (
        alice_signs_in_at_home,
        lambda of: does(of, "alice", Action.SESSION_SIGNED_IN, address="198.51.100.1"),
    ),
    AlertKind.FAILED_SIGN_INS: (
        lambda of: does(of, "bob", Action.SESSION_SIGN_IN_FAILED, outcome="denied", times=2),
        lambda of: does(of, "alice", Action.ACCOUNT_SECOND_FACTOR_FAILED, outcome="failed"),
    ),
    AlertKind.WITHHELD: (
        lambda of: does(of, "sam", Action.CONVERSATION_READ),
        lambda of: does(of, "sam", Action.MASKING_WITHHELD),
    ),
    AlertKind.BROKEN: (
        lambda of: does(of, "audrey", Action.AUDIT_VERIFIED, valid=True),
        lambda of: does(of, "audrey", Action.AUDIT_VERIFIED, valid=False),
    ),
    AlertKind.CERTIFICATE: (
        lambda of: does(of, "olga", Action.PROVIDER_CHANGED),
        lambda of: does(of, "olga", Action.PROVIDER_CERTIFICATE_ENDING, outcome="failed"),
    ),
}
"""For each kind what does not meet the rule yet, and what more does."""


@pytest.mark.parametrize("kind", AlertKind)
def test_an_alert_is_raised_where_its_rule_is_met_and_not_before(acme: Organisation, kind: AlertKind) -> None:
    nearly, more = MET[kind]
    switch_on(acme, kind)
    nearly(acme)
    assert raised(acme) == []
    more(acme)
    (alert,) = raised(acme)
    assert alert.kind == kind.value
    with tenant_scope(acme.tenant_id):
        event = AuditEvent.objects.get(action="alert.raised")
        assert event.object_id == alert.public_id
        assert Mail.objects.filter(template__contains="alert").count() == 3  # Olga, Ada and Audrey may read the trail


@pytest.mark.parametrize(("kind", "action"), [
    (AlertKind.EXPORTS, Action.TENANT_EXPORTED),
    (AlertKind.EXPORTS, Action.TENANT_EXPORT_TAKEN),
    (AlertKind.FAILED_SIGN_INS, Action.SESSION_PROVIDER_REFUSED),
])  # fmt: skip
def test_the_whole_account_taken_along_and_a_refusal_of_the_provider_count(
    acme: Organisation, kind: AlertKind, action: Action
) -> None:
    switch_on(acme, kind, threshold=1)
    does(acme, "olga", action)
    assert [alert.kind for alert in raised(acme)] == [kind.value]


@pytest.mark.parametrize(
    ("wanted", "told"),
    [
        (Wanted(AlertKind.EXPORTS, False, 3, 60), 3),
        (Wanted(AlertKind.EXPORTS, True, 4, 60), 3),
        (Wanted(AlertKind.EXPORTS, True, 3, 30), 3),
        (Wanted(AlertKind.EXPORTS, True, 3, 60), 0),
        (Wanted(AlertKind.EXPORTS, True, 2, 90), 0),
    ],
)
def test_who_may_read_the_trail_hears_when_a_rule_sees_less(acme: Organisation, wanted: Wanted, told: int) -> None:
    switch_on(acme, AlertKind.EXPORTS, threshold=3)
    with tenant_scope(acme.tenant_id):
        change_rules(grant=acme.grant("olga"), wanted=[wanted])
        assert Mail.objects.filter(template="tenants/email/watching_less").count() == told


def test_what_was_told_is_not_told_again_and_waits_an_hour(acme: Organisation) -> None:
    switch_on(acme, AlertKind.WITHHELD)
    does(acme, "sam", Action.MASKING_WITHHELD)
    now = timezone.now()
    assert len(raised(acme, now)) == 1
    does(acme, "sam", Action.MASKING_WITHHELD)
    assert raised(acme, now + timedelta(minutes=59)) == []
    (second,) = raised(acme, now + QUIET_FOR)
    assert second.count == 1
    assert raised(acme, now + 3 * QUIET_FOR) == []


def test_what_was_counted_is_not_counted_anew_while_nothing_is_added(acme: Organisation) -> None:
    switch_on(acme, AlertKind.EXPORTS, threshold=2, minutes=180)
    does(acme, "sam", Action.REPORT_EXPORTED, times=2)
    now = timezone.now()
    assert len(raised(acme, now)) == 1
    assert raised(acme, now + QUIET_FOR) == []
    does(acme, "sam", Action.REPORT_EXPORTED)
    assert [alert.count for alert in raised(acme, now + 2 * QUIET_FOR)] == [3]


@pytest.mark.parametrize(("kind", "action"), [
    (AlertKind.FAILED_SIGN_INS, Action.SESSION_SIGN_IN_FAILED), (AlertKind.EXPORTS, Action.REPORT_EXPORTED),
])  # fmt: skip
def test_what_came_in_the_quiet_hour_is_told_after_it(acme: Organisation, kind: AlertKind, action: Action) -> None:
    switch_on(acme, kind, threshold=3, minutes=30)
    does(acme, "sam", action, times=3)
    now = timezone.now()
    assert len(raised(acme, now)) == 1
    does(acme, "sam", action, times=20)
    told = [raised(acme, now + timedelta(minutes=minute)) for minute in range(1, 150, 10)]
    assert [alert.count for alerts in told for alert in alerts] == [23]


def test_a_rule_that_is_off_and_what_was_before_it_raise_nothing(acme: Organisation) -> None:
    does(acme, "sam", Action.MASKING_WITHHELD)
    assert raised(acme) == []
    switch_on(acme, AlertKind.WITHHELD)
    assert raised(acme) == []


@pytest.mark.parametrize("kind", [AlertKind.EXPORTS, AlertKind.FAILED_SIGN_INS])
def test_what_is_further_apart_than_the_minutes_does_not_count(acme: Organisation, kind: AlertKind) -> None:
    for _ in range(2):
        MET[kind][1](acme)
    with tenant_scope(acme.tenant_id):
        head = AuditHead.objects.get().seq
        assert met(AlertRule(kind=kind.value, threshold=2, minutes=0), head=head) is None, "a moment lies between them"
        found = met(AlertRule(kind=kind.value, threshold=2, minutes=5), head=head)
        assert found is not None
        assert found.count == 2


def test_anothers_trail_raises_nothing_here(acme: Organisation) -> None:
    rival = cast.rival()
    switch_on(acme, AlertKind.WITHHELD)
    does(rival, "mallory", Action.MASKING_WITHHELD)
    assert raised(acme) == raised(rival) == []


def test_only_who_may_change_security_settings_changes_a_rule(acme: Organisation) -> None:
    with pytest.raises(Denied):
        switch_on(acme, AlertKind.READS, by="audrey")
    with pytest.raises(Invalid):
        switch_on(acme, AlertKind.READS, minutes=1)
    switch_on(acme, AlertKind.READS, threshold=7)
    switch_on(acme, AlertKind.READS, threshold=7)
    with tenant_scope(acme.tenant_id):
        assert AuditEvent.objects.filter(action="alert.rule_changed").count() == 1


def test_an_alert_waits_until_somebody_has_looked(acme: Organisation) -> None:
    switch_on(acme, AlertKind.WITHHELD)
    does(acme, "sam", Action.MASKING_WITHHELD)
    (alert,) = raised(acme)
    audrey, alice = sign_in(acme.user("audrey")), sign_in(acme.user("alice"))
    assert "raised 1 alert" in text_of(audrey.get("index", app=""))
    page = text_of(audrey.get("audit_alerts", app=""))
    assert "I have looked at it" in page
    assert "Who may change security settings changes these rules." in page
    assert alice.get("audit_alerts", app="").status_code == 403
    with tenant_scope(acme.tenant_id):
        assert unseen_alerts(acme.grant("alice")) == unseen_alerts(None) == 0
        with pytest.raises(NotFound):
            see_alert(grant=acme.grant("audrey"), alert=uuid4(), now=timezone.now())
        with pytest.raises(Denied):
            see_alert(grant=acme.grant("alice"), alert=alert.public_id, now=timezone.now())
    for _ in range(2):
        audrey.post("audit_alert_seen", alert.public_id, app="")
    assert "raised 1 alert" not in text_of(audrey.get("index", app=""))
    assert "Looked at by Audrey" in text_of(audrey.get("audit_alerts", app=""))
    with tenant_scope(acme.tenant_id):
        assert AuditEvent.objects.filter(action="alert.seen").count() == 1


def test_the_page_switches_rules_on_and_says_what_a_number_may_be(acme: Organisation) -> None:
    olga = sign_in(acme.user("olga"))
    values = {"exports-is_on": "on", "exports-threshold": "0", "exports-minutes": "60"}
    values |= {
        "reads-threshold": "200",
        "reads-minutes": "60",
        "failed_sign_ins-threshold": "10",
        "failed_sign_ins-minutes": "30",
    }
    assert "greater than or equal to 1" in text_of(olga.client.post("/admin/alerts/rules/", values))
    values["exports-threshold"] = "2"
    assert olga.client.post("/admin/alerts/rules/", values).status_code == 302
    for _ in range(2):
        does(acme, "sam", Action.REPORT_EXPORTED)
    (alert,) = raised(acme)
    assert (alert.count, alert.who) == (2, [acme.user("sam").public_id])


def test_the_mail_names_nobody(acme: Organisation) -> None:
    switch_on(acme, AlertKind.EXPORTS, threshold=1)
    does(acme, "sam", Action.REPORT_EXPORTED)
    assert raised(acme)
    with tenant_scope(acme.tenant_id):
        pk = Mail.objects.filter(template__contains="alert").order_by("pk")[0].pk
    outbox.deliver(outbox.Queued(acme.tenant_id, pk), now=timezone.now())
    (letter,) = mail.outbox[-1:]
    assert "Somebody exported 1 times within 60 minutes." in letter.body
    assert "Sam" not in letter.body
    assert "/admin/alerts/" in letter.body
