"""URL × role × tenant, walked from the resolver: a path without its line here fails, and so does a line without its path.

A stranger, six roles of Acme's and an operator ask for each with an object of Acme's. What is out of reach, and every other method, is asked for in
tests/isolation/test_url_objects.py.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from datetime import timedelta
from uuid import uuid4

import pytest
from django.conf import settings
from django.core.cache import cache
from django.test import Client
from django.urls import URLPattern, URLResolver, get_resolver
from django.utils import timezone

from chat.models import (
    ArchiveChunk,
    ArchivedConversation,
    Block,
    CannedResponse,
    Conversation,
    JobKind,
    Status,
    Tag,
    Visitor,
)
from chat.services import masking_jobs
from security.crypto import keyring
from security.models import AuditEvent, KeySubject, User
from security.scoping import tenant_scope
from tenants.models import (
    BusinessHours,
    Department,
    DepartmentRole,
    Invitation,
    MaskingDraft,
    Membership,
    OperatorEntry,
    Plan,
    Policy,
    Role,
    Site,
    Tenant,
)
from tenants.rules import Rule, RuleKind
from tenants.services.masking import activate, add_rule

from . import cast
from .cast import Organisation

pytestmark = pytest.mark.django_db

PEOPLE = {"O": "olga", "A": "ada", "S": "sam", "G": "alice", "N": "rita", "U": "audrey"}
"""Owner, admin, supervisor, agent, analyst, auditor; X is a stranger, P an operator of the platform."""
EVERYBODY = "XOASGNUP"

SHOWN_TO = {
    "": "XOASGNUP",
    r"accounts/^confirm-email/(?P<key>[-:\w]+)/$": "",
    "accounts/^password/reset/key/(?P<uidb36>[0-9A-Za-z]+)-(?P<key>.+)/$": "",
    "accounts/2fa/": "OASGNUP",
    "accounts/2fa/authenticate/": "",
    "accounts/2fa/reauthenticate/": "",
    "accounts/2fa/recovery-codes/": "",
    "accounts/2fa/recovery-codes/download/": "",
    "accounts/2fa/recovery-codes/generate/": "OASGNUP",
    "accounts/2fa/totp/activate/": "OASGNUP",
    "accounts/2fa/totp/deactivate/": "",
    "accounts/2fa/webauthn/": "OASGNUP",
    "accounts/2fa/webauthn/add/": "OASGNUP",
    "accounts/2fa/webauthn/keys/<int:pk>/edit/": "",
    "accounts/2fa/webauthn/keys/<int:pk>/remove/": "",
    "accounts/2fa/webauthn/reauthenticate/": "",
    "accounts/confirm-email/": "XOASGNUP",
    "accounts/email/": "OASGNUP",
    "accounts/inactive/": "XOASGNUP",
    "accounts/login/": "X",
    "accounts/login/code/confirm/": "",
    "accounts/logout/": "OASGNUP",
    "accounts/password/change/": "",
    "accounts/password/reset/": "XOASGNUP",
    "accounts/password/reset/done/": "XOASGNUP",
    "accounts/password/reset/key/done/": "XOASGNUP",
    "accounts/password/set/": "OASGNUP",
    "accounts/password/strength/": "",
    "accounts/reauthenticate/": "",
    "accounts/sessions/": "OASGNUP",
    "accounts/signup/": "",
    "admin/": "OASGNUP",
    "admin/(?P<url>.*)$": "",
    "admin/^(?P<app_label>security|tenants|chat)/$": "",
    "admin/chat/block/": "OAS",
    "admin/chat/block/<object_id>/change/": "OAS",
    "admin/chat/block/<object_id>/delete/": "",
    "admin/chat/block/<object_id>/history/": "OA",
    "admin/chat/block/<object_id>/unblock/": "OAS",
    "admin/chat/block/add/": "",
    "admin/chat/cannedresponse/": "OAS",
    "admin/chat/cannedresponse/<object_id>/change/": "OAS",
    "admin/chat/cannedresponse/<object_id>/delete/": "OAS",
    "admin/chat/cannedresponse/<object_id>/history/": "OA",
    "admin/chat/cannedresponse/add/": "OAS",
    "admin/chat/conversation/": "OASG",
    "admin/chat/conversation/<object_id>/block/": "OAS",
    "admin/chat/conversation/<object_id>/change/": "OASG",
    "admin/chat/conversation/<object_id>/delete/": "",
    "admin/chat/conversation/<object_id>/history/": "OA",
    "admin/chat/conversation/add/": "",
    "admin/chat/tag/": "OAS",
    "admin/chat/tag/<object_id>/change/": "OAS",
    "admin/chat/tag/<object_id>/delete/": "OAS",
    "admin/chat/tag/<object_id>/history/": "OA",
    "admin/chat/tag/add/": "OAS",
    "admin/jsi18n/": "OASGNUP",
    "admin/masking/": "OA",
    "admin/masking/activate/": "",
    "admin/masking/jobs/<uuid:job>/": "OA",
    "admin/masking/jobs/<uuid:job>/cancel/": "",
    "admin/masking/jobs/<uuid:job>/pause/": "",
    "admin/masking/jobs/<uuid:job>/resume/": "",
    "admin/masking/remask/": "",
    "admin/masking/rules/<uuid:rule>/": "OA",
    "admin/masking/rules/<uuid:rule>/move/": "",
    "admin/masking/rules/<uuid:rule>/remove/": "",
    "admin/masking/rules/add/": "OA",
    "admin/masking/settings/": "",
    "admin/masking/trial/": "",
    "admin/masking/try/": "",
    "admin/masking/versions/<uuid:version>/restore/": "",
    "admin/masking/versions/first/restore/": "",
    "admin/platform/accounts/": "P",
    "admin/platform/accounts/<uuid:person>/lock/": "P",
    "admin/platform/accounts/<uuid:person>/unlock/": "P",
    "admin/platform/plans/": "P",
    "admin/platform/plans/<uuid:plan>/": "P",
    "admin/platform/plans/add/": "P",
    "admin/permissions/": "OA",
    "admin/permissions/<str:permission>/": "OA",
    "admin/platform/tenants/": "P",
    "admin/platform/tenants/<uuid:tenant>/": "P",
    "admin/platform/tenants/<uuid:tenant>/enter/": "P",
    "admin/platform/tenants/<uuid:tenant>/leave/<uuid:entry>/": "P",
    "admin/platform/tenants/<uuid:tenant>/plan/": "P",
    "admin/platform/tenants/<uuid:tenant>/resume/": "P",
    "admin/platform/tenants/<uuid:tenant>/suspend/": "P",
    "admin/reports/": "OASGN",
    "admin/reports/<slug:report>/": "OASGN",
    "admin/reports/csv/<slug:section>/": "OASN",
    "admin/audit/": "OAU",
    "admin/audit/verify/": "",
    "admin/audit/verifier/": "OAU",
    "admin/audit/export/<slug:form>/": "",
    "admin/security/auditevent/": "OAU",
    "admin/security/auditevent/<object_id>/change/": "OAU",
    "admin/security/auditevent/<object_id>/delete/": "",
    "admin/security/auditevent/<object_id>/history/": "",
    "admin/security/auditevent/add/": "",
    "admin/tenants/businesshours/": "OAS",
    "admin/tenants/businesshours/<object_id>/change/": "OAS",
    "admin/tenants/businesshours/<object_id>/delete/": "OAS",
    "admin/tenants/businesshours/<object_id>/history/": "OA",
    "admin/tenants/businesshours/add/": "OAS",
    "admin/security/locks/": "OA",
    "admin/security/locks/<uuid:member>/lift/": "",
    "admin/security/passwords/": "OA",
    "admin/security/passwords/require/": "OA",
    "admin/security/second-factor/": "OA",
    "admin/tenants/department/": "OA",
    "admin/tenants/department/<object_id>/change/": "OA",
    "admin/tenants/department/<object_id>/delete/": "OA",
    "admin/tenants/department/<object_id>/history/": "OA",
    "admin/tenants/department/<object_id>/make-default/": "OA",
    "admin/tenants/department/add/": "OA",
    "admin/tenants/invitation/": "OA",
    "admin/tenants/invitation/<object_id>/change/": "OA",
    "admin/tenants/invitation/<object_id>/delete/": "",
    "admin/tenants/invitation/<object_id>/history/": "OA",
    "admin/tenants/invitation/<object_id>/withdraw/": "OA",
    "admin/tenants/invitation/add/": "OA",
    "admin/tenants/membership/": "OA",
    "admin/tenants/membership/<object_id>/change/": "OA",
    "admin/tenants/membership/<object_id>/delete/": "",
    "admin/tenants/membership/<object_id>/end-sessions/": "OA",
    "admin/tenants/membership/<object_id>/history/": "OA",
    "admin/tenants/membership/<object_id>/remove/": "OA",
    "admin/tenants/membership/<object_id>/require-password/": "OA",
    "admin/tenants/membership/<object_id>/reset-second-factor/": "OA",
    "admin/tenants/membership/<object_id>/resume/": "OA",
    "admin/tenants/membership/<object_id>/roles/": "OA",
    "admin/tenants/membership/<object_id>/roles/<uuid:held>/withdraw/": "",
    "admin/tenants/membership/<object_id>/suspend/": "OA",
    "admin/tenants/membership/add/": "",
    "admin/tenants/operatorentry/": "OA",
    "admin/tenants/operatorentry/<object_id>/allow/": "OA",
    "admin/tenants/operatorentry/<object_id>/change/": "OA",
    "admin/tenants/operatorentry/<object_id>/delete/": "",
    "admin/tenants/operatorentry/<object_id>/end/": "OA",
    "admin/tenants/operatorentry/<object_id>/history/": "OA",
    "admin/tenants/operatorentry/<object_id>/refuse/": "OA",
    "admin/tenants/operatorentry/add/": "",
    "admin/tenants/policy/": "",
    "admin/tenants/policy/<object_id>/change/": "",
    "admin/tenants/policy/<object_id>/delete/": "",
    "admin/tenants/policy/<object_id>/history/": "",
    "admin/tenants/policy/add/": "",
    "admin/tenants/role/": "OA",
    "admin/tenants/role/<object_id>/change/": "OA",
    "admin/tenants/role/<object_id>/delete/": "",
    "admin/tenants/role/<object_id>/history/": "OA",
    "admin/tenants/role/<object_id>/remove/": "OA",
    "admin/tenants/role/add/": "OA",
    "admin/tenants/site/": "OA",
    "admin/tenants/site/<object_id>/change/": "OA",
    "admin/tenants/site/<object_id>/delete/": "",
    "admin/tenants/site/<object_id>/history/": "OA",
    "admin/tenants/site/<object_id>/renew-secret/": "OA",
    "admin/tenants/site/add/": "OA",
    "admin/tenants/tenant/": "",
    "admin/tenants/tenant/<object_id>/change/": "",
    "admin/tenants/tenant/<object_id>/delete/": "",
    "admin/tenants/tenant/<object_id>/history/": "",
    "admin/tenants/tenant/add/": "",
    "console/": "OASG",
    "console/visits/": "OASG",
    "console/c/<uuid:conversation>": "OASG",
    "console/reports/": "OASGN",
    "demo/<str:key>/": "",
    "demo/<str:key>/<slug:page>/": "",
    "get-started/": "OA",
    "get-started/status/": "OA",
    "invitations/<str:token>/": "",
    "second-factor/reset/<str:token>/": "",
    "signup/": "XOASGNUP",
    "start/": "",
    "signup/sent/": "XOASGNUP",
    "tenants/<uuid:tenant>/switch/": "",
    "theme/": "",
    "w.js": "XOASGNUP",
    "widget/<str:key>/": "XOASGNUP",
    "widget/<str:key>/forget": "",
    "widget/<str:key>/session": "",
    "widget/<str:key>/theme.css": "XOASGNUP",
}
"""Who is answered 200 to a GET. Everybody else is led to sign in (302), refused (403, 405) or told that there is nothing (404)."""
BY_POST = {
    "accounts/password/strength/",
    "tenants/<uuid:tenant>/switch/",
    "theme/",
    "widget/<str:key>/forget",
    "widget/<str:key>/session",
}
"""Paths that answer no GET; their own tests post to them."""


def routes(resolver: URLResolver | None = None, prefix: str = "") -> Iterator[str]:
    """Every route of the platform, as the resolver has it."""
    for entry in (resolver or get_resolver()).url_patterns:
        route = prefix + str(entry.pattern)
        if isinstance(entry, URLResolver):
            yield from routes(entry, route)
        elif isinstance(entry, URLPattern):
            yield re.sub(r"<\w+:object_id>", "<object_id>", route)


def objects(of: Organisation) -> dict[str, str]:
    """One object of each kind that a URL can name, by the table's word for it."""
    with tenant_scope(of.tenant_id):
        site, role = Site.objects.get(), Role.objects.get(slug="agent")
        conversation = Conversation.objects.create(
            site=site,
            visitor=Visitor.objects.create(site=site),
            status=Status.WAITING.value,
            waiting_since=timezone.now(),
        )
        keyring.data_key(KeySubject.CONVERSATION, conversation.public_id)
        archived(conversation)
        invitation = Invitation.objects.create(
            email=f"new@{of.slug}.example", role=role, expires_at=timezone.now() + timedelta(days=1)
        )
        return {
            **masking(of),
            "auditevent": str(AuditEvent.objects.order_by("seq")[0].seq),
            "businesshours": str(
                BusinessHours.objects.create(week=["9:00–17:00"] * 7, department=Department.objects.get()).public_id
            ),
            "department": str(Department.objects.get().public_id),
            "invitation": str(invitation.public_id),
            "membership": str(Membership.objects.order_by("-pk")[0].public_id),
            "tenant": str(Tenant.objects.get().public_id),
            "policy": str(getattr(Policy.objects.get(), "public_id", Policy.objects.get().pk)),
            "site": str(site.public_id),
            "person": str(User.objects.filter(email__endswith=f"@{of.slug}.example")[0].public_id),
            "plan": str(Plan.objects.get_or_create(name="Small")[0].public_id),
            "operatorentry": str(entry(of).public_id),
            "block": str(Block.objects.create(visitor=conversation.visitor).public_id),
            "cannedresponse": str(CannedResponse.objects.create(shortcut="hi", title="Hi", body="Hello").public_id),
            "conversation": str(conversation.public_id),
            "role": str(_own_role(of).public_id),
            "held": str(_role_on_a_department().public_id),
            "tag": str(Tag.objects.create(name=f"{of.slug}-tag").public_id),
        }


def entry(of: Organisation) -> OperatorEntry:
    """An operator's question that waits for an answer."""
    operator, _ = User.objects.get_or_create(email=f"asks@{of.slug}.platform.example", is_operator=True)
    return OperatorEntry.objects.create(
        operator=operator, role="auditor", reason="A look at the trail", stay_minutes=15, status="asked"
    )


def _own_role(of: Organisation) -> Role:
    return Role.objects.create(slug="night", name=f"{of.slug} night", description="After eight", permissions=[])


def _role_on_a_department() -> DepartmentRole:
    """One that gives nothing: who is shown what is asked of the built-in roles."""
    member, role = Membership.objects.order_by("-pk")[0], Role.objects.get(slug="night")
    return DepartmentRole.objects.create(membership=member, role=role, department=Department.objects.get())


def archived(like: Conversation) -> None:
    """One of the same people's in the archive."""
    ArchivedConversation.objects.create(
        chunk=ArchiveChunk.objects.create(), offset=0, length=0, site=like.site, visitor=like.visitor, messages=1,
        created_at=like.created_at, last_message_at=like.last_message_at,
    )  # fmt: skip


def masking(of: Organisation) -> dict[str, str]:
    """A drafted rule, a version that has it, and a job."""
    rule = Rule(public_id=uuid4(), name="Staff", kind=RuleKind.FORMAT, value=("EMP-######",))
    grant = of.grant("olga" if of.slug == "acme" else "mallory")
    add_rule(grant=grant, rule=rule)
    version = activate(grant=grant, revision=MaskingDraft.objects.get().revision, now=timezone.now())
    job = masking_jobs.begin(grant=grant, kind=JobKind.REMASK, now=timezone.now())
    return {"rule": str(rule.public_id), "version": str(version.public_id), "job": str(job.public_id)}


def address(route: str, of: Organisation, known: dict[str, str]) -> str:
    """The route with this organisation's own objects in it."""
    model = re.match(r"admin/\w+/(\w+)/", route)
    filled = {
        "<str:key>": of.site_key,
        "<uuid:tenant>": str(of.public_id),
        "<slug:page>": "shoes",
        "<slug:form>": "csv",
        "<slug:report>": "overview",
        "<slug:section>": "flow",
        "<str:token>": "missing",
        "<uuid:conversation>": known["conversation"],
        "<uuid:member>": known["membership"],
        "<uuid:rule>": known["rule"],
        "<uuid:version>": known["version"],
        "<uuid:job>": known["job"],
        "<uuid:plan>": known["plan"],
        "<uuid:person>": known["person"],
        "<uuid:held>": known["held"],
        "<str:permission>": "chat.reply",
        "<uuid:entry>": known["operatorentry"],
        "<int:pk>": "1",
        "<object_id>": known.get(model[1], "") if model else "",
    }
    for name, value in filled.items():
        route = route.replace(name, value)
    return "/" + route


@pytest.fixture
def acme(db: None) -> Organisation:
    return cast.acme()


def browser(of: Organisation, letter: str) -> Client:
    """One of everybody's, beginning without counters."""
    cache.clear()
    if letter in PEOPLE:
        client = of.client(PEOPLE[letter])
    else:
        client = Client()
        if letter == "P":
            operator = User.objects.create_superuser("oscar@platform.example", None)
            client.force_login(operator, settings.AUTHENTICATION_BACKENDS[-1])
    client.raise_request_exception = False
    return client


def test_every_path_has_its_line() -> None:
    assert set(routes()) == SHOWN_TO.keys()
    assert set("".join(SHOWN_TO.values())) == set(EVERYBODY)


@pytest.mark.parametrize("letter", EVERYBODY)
def test_who_is_shown_what(acme: Organisation, letter: str) -> None:
    known = objects(acme)
    client = browser(acme, letter)
    shown = set()
    for route in SHOWN_TO:
        response = client.get(address(route, acme, known))
        if response.status_code == 200:
            shown.add(route)
        assert response.status_code in ({405} if route in BY_POST else {200, 302, 403, 404}), route
    assert shown == {route for route, letters in SHOWN_TO.items() if letter in letters}
