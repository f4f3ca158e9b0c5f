"""One organisation's admin never shows, takes or changes anything of another's."""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Any
from uuid import UUID, uuid4

import pytest

from chat.models import CannedResponse, Conversation, Tag, Visitor
from security.audit import Action, record
from security.models import AuditEvent
from security.scoping import tenant_scope
from tenants.admin.site import site
from tenants.models import Department, Invitation, Membership, Role, Site, Tenant

from ..people import Organisation
from .pages import Browse, errors_of, text_of

As = Callable[[str], Browse]
CANARY = "kanarienvogel"
MODELS = (Department, Membership, Invitation, Site, Tag, CannedResponse, Conversation)


@pytest.fixture
def filled(rival: Organisation) -> dict[str, UUID]:
    """Rival, with the canary in each text that its people could have typed; the public id of one record of each kind."""
    with tenant_scope(rival.tenant_id):
        department = Department.objects.create(name=f"{CANARY} department")
        role = Role.objects.create(slug=CANARY, name=f"{CANARY} role")
        member = Membership.objects.get()
        Tenant.objects.update(name=f"{CANARY} tenant", time_zone="Pacific/Chatham")
        Membership.objects.filter(pk=member.pk).update(name=f"{CANARY} member", reason=CANARY)
        invitation = Invitation.objects.create(
            email=f"{CANARY}@rival.example", role=role, invited_by=member, expires_at="2099-01-01T00:00:00Z"
        )
        website = Site.objects.get()
        texts = {
            "name": f"{CANARY} site",
            "greeting": CANARY,
            "consent": CANARY,
            "seen_origin": f"https://{CANARY}.example",
        }
        Site.objects.filter(pk=website.pk).update(allowed_origins=[f"https://{CANARY}.example"], **texts)
        canned = CannedResponse.objects.create(shortcut=CANARY, title=CANARY, body=CANARY, department=department)
        tag = Tag.objects.create(name=CANARY)
        visitor = Visitor.objects.create(site=website, locale=CANARY)
        conversation = Conversation.objects.create(site=website, visitor=visitor, department=department, outcome=CANARY)
        record(Action.TAG_CREATED, on=tag)
    rows = (department, member, invitation, website, tag, canned, conversation)
    return {row._meta.label_lower: row.public_id for row in rows}


def test_their_ids_answer_as_missing_ones(filled: dict[str, UUID], as_: As) -> None:
    olga = as_("olga")
    registered: dict[Any, Any] = site._registry
    for model, model_admin in registered.items():
        theirs = filled.get(model._meta.label_lower)
        if theirs is None:
            continue
        for view in ("change", "delete", "history", *(act.name for act in model_admin.acts)):
            for method in (olga.client.get, olga.client.post):
                base = f"/admin/{model._meta.app_label}/{model._meta.model_name}"
                foreign, missing = (method(f"{base}/{key}/{view}/", {"post": "yes"}) for key in (theirs, uuid4()))
                assert foreign.status_code == missing.status_code, (model, view)
                assert foreign.status_code in {403, 404}, (model, view)
                assert _without_tokens(foreign) == _without_tokens(missing), (model, view)


def test_nothing_but_a_public_id_is_an_address(house: Organisation, as_: As) -> None:
    olga, alice = as_("olga"), house.member("alice")
    for key in (alice.pk, "x", "%00", "9" * 40, f"{alice.public_id}x"):
        assert olga.client.get(f"/admin/tenants/membership/{key}/change/").status_code == 404, key


def test_their_ids_in_a_form_are_errors(
    house: Organisation, rival: Organisation, filled: dict[str, UUID], as_: As
) -> None:
    olga = as_("olga")
    department = str(filled["tenants.department"])
    with tenant_scope(rival.tenant_id):
        role = str(Role.objects.get(slug=CANARY).public_id)
    canned = {"shortcut": "hi", "title": "Hi", "body": "Hello", "department": department}
    assert "Select a valid choice" in errors_of(olga.client.post("/admin/chat/cannedresponse/add/", canned))
    members = [str(filled["tenants.membership"])]
    assert "Select a valid choice" in errors_of(olga.post("department_add", name="Sales", members=members))
    assert "Select a valid choice" in errors_of(olga.post("invitation_add", email="bob@acme.example", role=role))
    alice = house.member("alice")
    form = {"name": "Alice", "role": str(alice.role.public_id), "departments": [department]}
    assert "Select a valid choice" in errors_of(olga.post("membership_change", alice.public_id, **form))
    assert not {"canned_response.created", "department.created", "member.changed"} & set(house.actions())


def test_their_ids_in_a_filter_find_nothing(filled: dict[str, UUID], as_: As) -> None:
    page = as_("olga").client.get(f"/admin/chat/conversation/?department={filled['tenants.department']}")
    assert page.status_code == 200
    assert CANARY not in text_of(page)


def test_events_of_others_are_not_in_the_trail(house: Organisation, filled: dict[str, UUID], as_: As) -> None:
    audrey = as_("audrey")
    assert CANARY not in text_of(audrey.get("auditevent_changelist", app="security"))
    with tenant_scope(house.tenant_id):
        beyond = AuditEvent.objects.count() + 1_000
    assert audrey.get("auditevent_change", beyond, app="security").status_code == 404


def _without_tokens(answer: Any) -> str:
    """What is drawn anew for each page, and the address that was asked for, are left out."""
    return re.sub(r'value="[A-Za-z0-9]{64}"|data-ends-in="\d+"|/admin/[^"\s]*', "", text_of(answer))
