"""Rules that watch the trail: an alert is raised where one is met, told by mail to whoever may read the trail, and is an event itself.

Danger: a watcher that is silent, or that cries so often that nobody looks. Rule: each event is looked at once; a rule raises one alert in an
hour, and what it would have told meanwhile is told after it. Proof: tests/tenants/test_alerts.py.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from types import MappingProxyType
from typing import Final
from uuid import UUID

from django.conf import settings
from django.db import transaction

from security.accounts.mail import send
from security.audit import Action, record, record_change, snapshot
from security.errors import Invalid, NotFound
from security.models import AuditHead
from security.permissions import Grant, Permission, has, require
from tenants.models import Alert, AlertKind, AlertRule, Tenant
from tenants.services.audit.readers import readers
from tenants.services.audit.watching import COUNTED, Met, met

RIGHT: Final = Permission.CONFIGURATION_SECURITY
QUIET_FOR: Final = timedelta(hours=1)
SHOWN: Final = 50
THRESHOLDS: Final = range(1, 100_001)
MINUTES: Final = range(5, 1_441)
DEFAULTS: Final[Mapping[AlertKind, tuple[int, int]]] = MappingProxyType({
    AlertKind.EXPORTS: (5, 60),
    AlertKind.READS: (200, 60),
    AlertKind.NEW_PLACE: (1, 60),
    AlertKind.FAILED_SIGN_INS: (10, 30),
    AlertKind.WITHHELD: (1, 60),
    AlertKind.BROKEN: (1, 60),
    AlertKind.CERTIFICATE: (1, 60),
})  # fmt: skip
"""How many within how many minutes, where nobody has decided otherwise."""


@dataclass(frozen=True, slots=True)
class Wanted:
    """A rule as it shall be."""

    kind: AlertKind
    is_on: bool
    threshold: int
    minutes: int


def read_rules(*, grant: Grant) -> list[AlertRule]:
    """One of each kind, those that nobody has touched with their defaults."""
    require(grant, Permission.AUDIT_READ)
    stored = {row.kind: row for row in AlertRule.objects.all()}
    return [stored.get(kind.value) or _default(kind) for kind in AlertKind]


@transaction.atomic
def change_rules(*, grant: Grant, wanted: list[Wanted]) -> None:
    """Store the rules. What is switched on looks at what happens from now on; where one sees less, whoever may read the trail is told."""
    require(grant, RIGHT)
    head, sees_less = _head(), False
    stored = {row.kind: row for row in AlertRule.objects.select_for_update()}
    for one in wanted:
        if one.threshold not in THRESHOLDS or one.minutes not in MINUTES:
            raise Invalid("alert_rule")
        row = stored.get(one.kind.value) or _default(one.kind)
        before = snapshot(row)
        row.looked_to = head if one.is_on and not row.is_on else row.looked_to
        row.is_on = one.is_on
        if one.kind in COUNTED:
            row.threshold, row.minutes = one.threshold, one.minutes
        changed = (row.is_on, row.threshold, row.minutes) != (before.is_on, before.threshold, before.minutes)
        if changed:
            row.save()
            record_change(Action.ALERT_RULE_CHANGED, before=before, after=row, rule=one.kind.value)
        sees_less = sees_less or _sees_less(before, row)
    if sees_less:
        _tell_of_rules()


def raise_alerts(*, now: datetime) -> list[Alert]:
    """Look through what is new in the trail of the tenant in scope, by each rule that is on; the alerts that were raised."""
    head, raised = _head(), []
    for rule in AlertRule.objects.select_for_update(skip_locked=True).filter(is_on=True).order_by("kind"):
        if Alert.objects.filter(kind=rule.kind, raised_at__gt=now - QUIET_FOR).exists():
            continue  # what is new is looked at when the hour is over
        found = met(rule, head=head)
        if found is not None:
            raised.append(_raise(rule, found, now))
        AlertRule.objects.filter(pk=rule.pk).update(looked_to=head)
    return raised


def read_alerts(*, grant: Grant) -> list[Alert]:
    """The latest, newest first."""
    require(grant, Permission.AUDIT_READ)
    return list(Alert.objects.select_related("seen_by").order_by("-raised_at", "-pk")[:SHOWN])


def unseen_alerts(grant: Grant | None) -> int:
    """How many wait for somebody to look, for who may; nothing for anybody else."""
    if grant is None or not has(grant, Permission.AUDIT_READ):
        return 0
    return Alert.objects.filter(seen_at=None).count()


@transaction.atomic
def see_alert(*, grant: Grant, alert: UUID, now: datetime) -> None:
    """Say that one has looked; it is told of no more. NotFound for none of the tenant's; once is enough."""
    require(grant, Permission.AUDIT_READ)
    row = Alert.objects.select_for_update(of=("self",)).filter(public_id=alert).first()
    if row is None:
        raise NotFound
    if row.seen_at is None:
        row.seen_at, row.seen_by_id = now, grant.membership_id
        row.save(update_fields=["seen_at", "seen_by"])
        record(Action.ALERT_SEEN, on=row, rule=row.kind)


def _sees_less(before: AlertRule, after: AlertRule) -> bool:
    """Whether something that raised an alert before raises none now."""
    is_wider = after.is_on and after.threshold <= before.threshold and after.minutes >= before.minutes
    return before.is_on and not is_wider


def _tell_of_rules() -> None:
    """As of a shorter term: who would blind the trail's watch is seen by those who rely on it."""
    context = {"organisation": Tenant.objects.get().name, "url": f"{settings.SITE_URL}/admin/alerts/"}
    for address in readers():
        send("tenants/email/watching_less", address, context)


def _default(kind: AlertKind) -> AlertRule:
    threshold, minutes = DEFAULTS[kind]
    return AlertRule(kind=kind.value, threshold=threshold, minutes=minutes)


def _head() -> int:
    return AuditHead.objects.values_list("seq", flat=True).first() or 0


def _raise(rule: AlertRule, found: Met, now: datetime) -> Alert:
    alert = Alert(
        kind=rule.kind, raised_at=now, count=found.count, minutes=rule.minutes, who=list(found.who), seq=found.seq
    )
    alert.save(force_insert=True)
    record(Action.ALERT_RAISED, on=alert, rule=rule.kind, count=found.count, last=found.seq)
    context = {
        "organisation": Tenant.objects.get().name,
        "kind": rule.kind,
        "count": found.count,
        "minutes": rule.minutes,
        "url": f"{settings.SITE_URL}/admin/alerts/",
    }
    for address in readers():
        send("tenants/email/alert", address, context)
    return alert
