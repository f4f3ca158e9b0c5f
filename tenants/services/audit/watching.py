"""Whether a rule is met by what is new in the trail of the tenant in scope. Reads only what its actions' index leads to."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import timedelta
from types import MappingProxyType
from typing import Any, Final
from uuid import UUID

from django.db import connection
from django.db.models import Count, Max, QuerySet

from security.audit import Action, Outcome
from security.audit.search import seq_at
from security.context import ActorKind
from security.models import AuditAddress, AuditEvent
from security.scoping import require_tenant_id
from tenants.models import AlertKind, AlertRule

MOST_NAMED: Final = 10
_ACTIONS: Final[Mapping[AlertKind, tuple[Action, ...]]] = MappingProxyType({
    AlertKind.EXPORTS: (
        Action.AUDIT_EXPORTED, Action.REPORT_EXPORTED, Action.VISITOR_EXPORTED, Action.TENANT_EXPORTED, Action.TENANT_EXPORT_TAKEN,
    ),
    AlertKind.READS: (Action.CONVERSATION_READ, Action.CONVERSATION_WATCHED, Action.ARCHIVE_READ),
    # A sign-in is told where it leads; from there one goes on into the others.
    AlertKind.NEW_PLACE: (Action.SESSION_SIGNED_IN, Action.SESSION_TENANT_SWITCHED),
    AlertKind.FAILED_SIGN_INS: (
        Action.SESSION_SIGN_IN_FAILED, Action.SESSION_LOCKED_OUT, Action.ACCOUNT_SECOND_FACTOR_FAILED, Action.SESSION_PROVIDER_REFUSED,
    ),
    AlertKind.WITHHELD: (Action.MASKING_WITHHELD,),
    AlertKind.BROKEN: (Action.AUDIT_CHECKPOINT_REFUSED, Action.AUDIT_CHECKPOINT_FORGED, Action.AUDIT_VERIFIED),
    AlertKind.CERTIFICATE: (Action.PROVIDER_CERTIFICATE_ENDING,),
})  # fmt: skip
_PEOPLE: Final = (ActorKind.PERSON.value, ActorKind.OPERATOR.value)

_OF_ONE: Final = """
SELECT actor_id, max(number) AS most, max(seq) FROM (
    SELECT actor_id, seq, count(*) OVER (PARTITION BY actor_id ORDER BY at RANGE BETWEEN %(span)s PRECEDING AND CURRENT ROW) AS number
    FROM security_auditevent
    WHERE tenant_id = %(tenant)s AND action = ANY(%(actions)s) AND seq BETWEEN %(since)s AND %(head)s
      AND actor_id IS NOT NULL AND actor_kind = ANY(%(kinds)s) AND outcome = %(outcome)s
) counted
WHERE seq > %(looked_to)s AND number >= %(threshold)s
GROUP BY actor_id ORDER BY most DESC, actor_id LIMIT %(most)s
"""
_OF_ALL: Final = """
SELECT NULL::uuid, max(number), max(seq) FROM (
    SELECT seq, count(*) OVER (ORDER BY at RANGE BETWEEN %(span)s PRECEDING AND CURRENT ROW) AS number
    FROM security_auditevent
    WHERE tenant_id = %(tenant)s AND action = ANY(%(actions)s) AND seq BETWEEN %(since)s AND %(head)s
) counted
WHERE seq > %(looked_to)s AND number >= %(threshold)s
HAVING count(*) > 0
"""


@dataclass(frozen=True, slots=True)
class Met:
    """How many events met the rule, about whom where that is somebody's doing, and the number of the last."""

    count: int
    seq: int
    who: tuple[UUID, ...] = ()


def met(rule: AlertRule, *, head: int) -> Met | None:
    """What raises the rule's alert; None where nothing new does."""
    return _LOOKS[AlertKind(rule.kind)](rule, head)


def _by_one_person(rule: AlertRule, head: int) -> Met | None:
    """So many by one person within the minutes up to one that is new."""
    found = _counted(rule, head, _OF_ONE, kinds=list(_PEOPLE), outcome=Outcome.OK.value)
    if not found:
        return None
    return Met(found[0][1], max(last for _, _, last in found), tuple(who for who, _, _ in found if who))


def _by_anybody(rule: AlertRule, head: int) -> Met | None:
    """So many within the minutes up to one that is new."""
    found = _counted(rule, head, _OF_ALL)
    return Met(found[0][1], found[0][2]) if found else None


def _any_new(rule: AlertRule, head: int) -> Met | None:
    found = _new(rule, head).aggregate(number=Count("pk"), last=Max("seq"))
    return Met(found["number"], found["last"]) if found["number"] else None


def _not_whole(rule: AlertRule, head: int) -> Met | None:
    """A checkpoint was refused, or a check found an entry that is not as it was written."""
    rows = _new(rule, head).exclude(action=Action.AUDIT_VERIFIED.value, entry__contains='"valid":true')
    found = rows.aggregate(number=Count("pk"), last=Max("seq"))
    return Met(found["number"], found["last"]) if found["number"] else None


def _from_new_place(rule: AlertRule, head: int) -> Met | None:
    """Ways in from a network from which the person never came before; the first of all is none."""
    fresh = _new(rule, head).exclude(actor_id=None).order_by("seq").values_list("seq", "actor_id")
    found = [(seq, who) for seq, who in fresh if who is not None and _is_new_place(seq, who)]
    if not found:
        return None
    people = dict.fromkeys(who for _, who in found)
    return Met(len(found), found[-1][0], tuple(people)[:MOST_NAMED])


def _is_new_place(seq: int, who: UUID) -> bool:
    network = AuditAddress.objects.filter(subject_id=who, seq=seq).values_list("network", flat=True).first()
    ways_in = [action.value for action in _ACTIONS[AlertKind.NEW_PLACE]]
    before = AuditEvent.objects.filter(action__in=ways_in, actor_id=who, seq__lt=seq)
    if network is None or not before.exists():
        return False
    known = AuditAddress.objects.filter(subject_id=who, network=network, seq__lt=seq)
    return not before.filter(seq__in=known.values("seq")).exists()


def _new(rule: AlertRule, head: int) -> QuerySet[AuditEvent, AuditEvent]:
    names = [action.value for action in _ACTIONS[AlertKind(rule.kind)]]
    return AuditEvent.objects.filter(action__in=names, seq__gt=rule.looked_to, seq__lte=head)


def _counted(rule: AlertRule, head: int, query: str, **among: Any) -> list[tuple[UUID | None, int, int]]:
    """Who, how many at most within the minutes, and the number of the last that met the rule; the busiest first.

    The minutes before each new event are counted, not those before now: what came while nobody looked, in the quiet hour say, was as close
    together as it was.
    """
    first = AuditEvent.objects.filter(seq__gt=rule.looked_to, seq__lte=head).order_by("seq").first()
    if first is None:
        return []
    span = timedelta(minutes=rule.minutes)
    values: dict[str, Any] = {
        "tenant": require_tenant_id(),
        "actions": [action.value for action in _ACTIONS[AlertKind(rule.kind)]],
        "since": seq_at(first.at - span, head),
        "head": head,
        "span": span,
        "looked_to": rule.looked_to,
        "threshold": rule.threshold,
        "most": MOST_NAMED,
    }
    with connection.cursor() as cursor:
        cursor.execute(query, {**values, **among})
        return list(cursor.fetchall())


Look = Callable[[AlertRule, int], Met | None]
_LOOKS: Final[Mapping[AlertKind, Look]] = MappingProxyType({
    AlertKind.EXPORTS: _by_one_person,
    AlertKind.READS: _by_one_person,
    AlertKind.NEW_PLACE: _from_new_place,
    AlertKind.FAILED_SIGN_INS: _by_anybody,
    AlertKind.WITHHELD: _any_new,
    AlertKind.BROKEN: _not_whole,
    AlertKind.CERTIFICATE: _any_new,
})  # fmt: skip
COUNTED: Final = frozenset(kind for kind, look in _LOOKS.items() if look in {_by_one_person, _by_anybody})
"""Kinds with a threshold; of the others one event is enough."""
