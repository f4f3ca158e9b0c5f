"""Lists ask the database as often for thirty rows as for three: every registered list, and how often each does."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from typing import Any, Final

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from chat.models import Block, CannedResponse, Conversation, Status, Tag, Visitor
from security.audit import Action, record
from security.crypto import keyring
from security.models import KeySubject, User
from security.scoping import tenant_scope
from tenants.admin.organisation.profile import SingleAdmin
from tenants.admin.site import site
from tenants.models import BusinessHours, Department, Invitation, Membership, Role, Site
from tests import cast
from tests.cast import Organisation

pytestmark = pytest.mark.django_db

FEW, MANY = 3, 30
WEEK: Final = ["9:00–17:00"] * 7


def _department(name: str) -> Any:
    return Department.objects.create(name=name)


def _visitor() -> Visitor:
    return Visitor.objects.create(site=Site.objects.order_by("pk")[0])


def _conversation(name: str) -> Any:
    member = Membership.objects.order_by("pk")[0]
    visitor = _visitor()
    row = Conversation.objects.create(
        site=visitor.site,
        visitor=visitor,
        status=Status.OPEN.value,
        assigned_to=member,
        department=_department(f"of {name}"),
    )
    keyring.data_key(KeySubject.CONVERSATION, row.public_id)
    return row


def _member(name: str) -> Any:
    user = User.objects.create(email=f"{name}@many.example", full_name=name)
    return Membership.objects.create(user=user, name=name, role=Role.objects.get(slug="agent"))


def _invitation(name: str) -> Any:
    ends = timezone.now() + timedelta(days=1)
    return Invitation.objects.create(
        email=f"{name}@new.example",
        role=Role.objects.get(slug="agent"),
        invited_by=_member(f"by-{name}"),
        expires_at=ends,
    )


ROWS: Final[dict[str, Callable[[str], Any]]] = {
    "chat.block": lambda name: Block.objects.create(visitor=_visitor(), blocked_by=_member(f"blocker-{name}")),
    "chat.cannedresponse": lambda name: CannedResponse.objects.create(
        shortcut=name, title=name, body=name, department=_department(f"canned {name}")
    ),
    "chat.conversation": _conversation,
    "chat.tag": lambda name: Tag.objects.create(name=name),
    "security.auditevent": lambda name: record(Action.TAG_CREATED, on=None, note=name),
    "tenants.businesshours": lambda name: BusinessHours.objects.create(
        week=WEEK, department=_department(f"hours {name}")
    ),
    "tenants.department": _department,
    "tenants.invitation": _invitation,
    "tenants.membership": _member,
    "tenants.site": lambda name: Site.objects.create(key=f"pk_{name}", name=name, allowed_origins=[]),
}
"""How one more row of a list is made, with rows of its own where it refers to any."""
LEFT_OUT: Final = {
    "tenants.operatorentry": "operators' own, one at a time",
    "tenants.role": "not measured yet",
}
COUNTS: Final = {
    "chat.block": 29,
    "chat.cannedresponse": 22,
    "chat.conversation": 38,
    "chat.tag": 21,
    "security.auditevent": 35,
    "tenants.businesshours": 22,
    "tenants.department": 21,
    "tenants.invitation": 21,
    "tenants.membership": 23,  # the roles that the members of a page have on departments
    "tenants.site": 21,
}
"""How many that is, of which about twenty are every page's: session, person, grant, the scopes and the trail. More is a reason to look."""


def _labels() -> set[str]:
    """Every list; what there is one of has none."""
    registered: dict[Any, Any] = site._registry
    return {model._meta.label_lower for model, found in registered.items() if not isinstance(found, SingleAdmin)}


def _fill(of: Organisation, label: str, numbers: range) -> None:
    with tenant_scope(of.tenant_id):
        for number in numbers:
            ROWS[label](f"row{number}")


def _queries(client: Client, label: str) -> int:
    with CaptureQueriesContext(
        connection,
    ) as asked:
        assert client.get("/admin/" + label.replace(".", "/") + "/").status_code == 200
    return len(asked)


def test_every_list_is_measured() -> None:
    assert _labels() == ROWS.keys() | LEFT_OUT.keys()
    assert COUNTS.keys() == ROWS.keys()


@pytest.mark.parametrize("label", ROWS)
def test_a_list_takes_the_same_queries_for_three_rows_and_thirty(label: str) -> None:
    of = cast.acme()
    client = of.client("olga")
    _fill(of, label, range(FEW))
    _queries(client, label)  # what is read once a process is read
    few = _queries(client, label)
    _fill(of, label, range(FEW, MANY))
    many = _queries(client, label)
    assert few == many
    assert few <= COUNTS[label]
