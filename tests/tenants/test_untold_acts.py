"""No privileged act happens untold: with an audit table that cannot be written each of them fails, and nothing of it is left."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

import psycopg
import pytest
from django.db import DatabaseError
from django.utils import timezone

from chat.models import LegalHold
from chat.retention.holds import place_hold
from security.masking import mask
from security.models import AuditTerm
from security.scoping import tenant_scope
from tenants.models import AlertKind, AlertRule, Membership, Policy, Role
from tenants.services import change_role
from tenants.services.audit.alerts import Wanted, change_rules
from tenants.services.audit.keeping import change_kept
from tenants.services.audit.proof import export_trail
from tenants.services.people.members import suspend_member
from tenants.services.rights.roles import create_role
from tenants.services.settings import change_policy
from tests import cast
from tests.cast import Organisation
from tests.services import session


@pytest.fixture
def acme(committed_db: None) -> Organisation:
    return cast.acme()


@pytest.fixture
def broken_trail(acme: Organisation) -> Iterator[None]:
    """The table of events is not there."""
    with psycopg.connect(session.urls().owner, autocommit=True) as owner:
        owner.execute("ALTER TABLE security_auditevent RENAME TO security_auditevent_gone")
        yield
        owner.execute("ALTER TABLE security_auditevent_gone RENAME TO security_auditevent")


def _changes_policy(of: Organisation) -> None:
    policy = Policy.objects.get()
    policy.retention_cooling_days = 12
    change_policy(grant=of.grant("olga"), policy=policy, fields=["retention_cooling_days"])


ACTS: dict[str, Callable[[Organisation], Any]] = {
    "export of the trail": lambda of: list(export_trail(grant=of.grant("olga"), form="csv")),
    "another role": lambda of: change_role(grant=of.grant("olga"), member=of.member("bob").public_id, role="admin"),
    "a role": lambda of: create_role(grant=of.grant("olga"), name="Night", description="", permissions=[]),
    "suspension": lambda of: suspend_member(grant=of.grant("olga"), member=of.member("bob").public_id),
    "legal hold": lambda of: place_hold(grant=of.grant("olga"), reason=mask("A case"), now=timezone.now()),
    "setting": _changes_policy,
    "term of the trail": lambda of: change_kept(grant=of.grant("olga"), months=12),
    "rule of alerts": lambda of: change_rules(
        grant=of.grant("olga"), wanted=[Wanted(AlertKind.READS, is_on=True, threshold=5, minutes=60)]
    ),
}


def _state(of: Organisation) -> tuple[object, ...]:
    with tenant_scope(of.tenant_id):
        return (
            sorted(Membership.objects.values_list("name", "role__slug", "status")),
            sorted(Role.objects.values_list("slug", flat=True)),
            Policy.objects.get().retention_cooling_days,
            AuditTerm.objects.count(),
            LegalHold.objects.count() + AlertRule.objects.count(),
        )


def test_no_privileged_act_happens_when_its_event_cannot_be_written(acme: Organisation, broken_trail: None) -> None:
    before = _state(acme)
    for name, act in ACTS.items():
        with pytest.raises(DatabaseError), tenant_scope(acme.tenant_id):
            act(acme)
        assert _state(acme) == before, name


def test_the_same_acts_happen_when_it_can(acme: Organisation) -> None:
    for name, act in ACTS.items():
        before = _state(acme)
        with tenant_scope(acme.tenant_id):
            act(acme)
        assert _state(acme) != before or name == "export of the trail", name
