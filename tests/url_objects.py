"""One object of each kind that a URL can name, and the addresses with them in it."""

from __future__ import annotations

import re
from datetime import timedelta
from uuid import uuid4

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
from security.crypto.certificates import self_signed
from security.models import AuditEvent, KeySubject, User
from security.models.audit import AuditCopy
from security.scoping import tenant_scope
from tenants.models import (
    Alert,
    BusinessHours,
    Department,
    DepartmentRole,
    EmailDomain,
    IdentityProvider,
    Invitation,
    MaskingDraft,
    Membership,
    OperatorEntry,
    Plan,
    Policy,
    ProviderKind,
    Role,
    Site,
    Tenant,
)
from tenants.rules import Rule, RuleKind
from tenants.services.audit.checks import begin_check
from tenants.services.audit.saved import save_filter
from tenants.services.masking.drafting import activate, add_rule

from .cast import Organisation
from .chat.retention.held import held_and_changed


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
        invitation = Invitation.objects.create(
            email=f"new@{of.slug}.example", role=role, expires_at=timezone.now() + timedelta(days=1)
        )
        return {
            **masking(of),
            **held_and_changed(conversation),
            **trail(of),
            "archived": archived(conversation),
            "visitor": str(conversation.visitor.public_id),
            "auditevent": str(AuditEvent.objects.order_by("seq")[0].seq),
            "businesshours": str(
                BusinessHours.objects.create(week=["9:00–17:00"] * 7, department=Department.objects.get()).public_id
            ),
            "domain": str(EmailDomain.objects.create(domain=f"{of.slug}.example", word="x").public_id),
            "identityprovider": provider(of),
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
            "response": str(
                CannedResponse.objects.create(
                    shortcut="own", title="Own", body="Hello", owner=Membership.objects.order_by("pk")[0]
                ).public_id
            ),
            "cannedresponse": str(CannedResponse.objects.create(shortcut="hi", title="Hi", body="Hello").public_id),
            "conversation": str(conversation.public_id),
            "role": str(_own_role(of).public_id),
            "held": str(_role_on_a_department().public_id),
            "tag": str(Tag.objects.create(name=f"{of.slug}-tag").public_id),
        }


CERTIFICATE = "".join(self_signed(now=timezone.now()).decode().split("CERTIFICATE-----")[1].split()[:-1])
"""Of a key that nobody has."""


def provider(of: Organisation) -> str:
    """One that is switched off."""
    row = IdentityProvider.objects.create(
        kind=ProviderKind.SAML.value,
        is_on=False,
        issuer=f"https://id.{of.slug}.example/",
        sign_in_url=f"https://id.{of.slug}.example/sign-in",
        certificates=[CERTIFICATE],
        set_by=Membership.objects.order_by("pk")[0],
    )
    return str(row.public_id)


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


def archived(like: Conversation) -> str:
    """One of the same people's in the archive, whose object is lost."""
    row = ArchivedConversation.objects.create(
        chunk=ArchiveChunk.objects.create(), offset=0, length=0, site=like.site, visitor=like.visitor, messages=1,
        created_at=like.created_at, last_message_at=like.last_message_at,
    )  # fmt: skip
    keyring.data_key(KeySubject.CONVERSATION, row.public_id)
    return str(row.public_id)


def masking(of: Organisation) -> dict[str, str]:
    """A drafted rule, a version that has it, and a job."""
    rule = Rule(public_id=uuid4(), name="Staff", kind=RuleKind.FORMAT, value=("EMP-######",))
    grant = of.grant("olga" if of.slug == "acme" else "mallory")
    add_rule(grant=grant, rule=rule)
    version = activate(grant=grant, revision=MaskingDraft.objects.get().revision, now=timezone.now())
    job = masking_jobs.begin(grant=grant, kind=JobKind.REMASK, now=timezone.now())
    return {"rule": str(rule.public_id), "version": str(version.public_id), "job": str(job.public_id)}


def trail(of: Organisation) -> dict[str, str]:
    """A check of the trail that goes on, a filter that its owner keeps, an alert, and what became of a copy."""
    grant = of.grant("olga" if of.slug == "acme" else "mallory")
    check = begin_check(grant=grant, now=timezone.now())
    saved = save_filter(grant=grant, name="Exports", query="action=exports")
    alert = Alert.objects.create(kind="exports", raised_at=timezone.now(), count=5, minutes=60, seq=1)
    AuditCopy.objects.create(place="elsewhere", kind="folder", host="backup", seq=1, failure="refused")
    return {"check": str(check.public_id), "saved": str(saved.public_id), "alert": str(alert.public_id)}


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
        "<uuid:response>": known["response"],
        "<uuid:member>": known["membership"],
        "<uuid:rule>": known["rule"],
        "<uuid:version>": known["version"],
        "<uuid:job>": known["job"],
        "<uuid:alert>": known["alert"],
        "<uuid:check>": known["check"],
        "<uuid:domain>": known["domain"],
        "<uuid:provider>": str(uuid4()),
        "<str:handle>": "x",
        "<uuid:saved>": known["saved"],
        "<uuid:change>": known["change"],
        "<uuid:department>": known["department"],
        "<uuid:hold>": known["hold"],
        "<uuid:archived>": known["archived"],
        "<uuid:visitor>": known["visitor"],
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
