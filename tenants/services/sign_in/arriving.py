"""Who comes back from the provider, and whether he may come in.

Danger: a provider names somebody whom it has no right to speak for: another organisation's person, an owner of an address that was given to somebody
else since, an account that a stranger made with an address he never confirmed, an operator. Rule: the account's address is in a domain that is
proven to be this organisation's, the person belongs to it, and once a subject is known for a member no other subject is he.
Proof: tests/tenants/sign_in/test_arriving.py.
"""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Any, Final
from uuid import UUID

from django.contrib.sessions.backends.base import SessionBase
from django.core.exceptions import ValidationError
from django.core.validators import validate_email
from django.db import transaction

from security.accounts.people import create_person, has_confirmed, person_with
from security.audit import Action, record, record_denied
from security.context import Actor, ActorKind, acting
from security.errors import Conflict, Denied, DomainError
from security.identity import oidc, saml
from security.identity.domains import domain_of
from security.identity.oidc import Question
from security.identity.statement import Statement
from security.identity.turns import turn
from security.masking import mask_or_withhold
from security.models import User, normalize_email
from security.permissions import Came, Permission, covers, has
from security.scoping import give_connections_back, tenant_scope
from tenants.access import active_grant
from tenants.models import IdentityProvider, Membership, ProviderKind, ProviderLink, Tenant, TenantStatus, usable
from tenants.policies import masked_for_members
from tenants.services.limits import Limit, invited_now, require_room
from tenants.services.people.invitations import join
from tenants.services.rights.changing import lock_rights, newcomer
from tenants.services.sign_in.certificates import good_at
from tenants.services.sign_in.domains import is_own
from tenants.services.sign_in.provider import ProviderRef, allowed_networks, is_joinable

_LONGEST_EMAIL: Final = 254
"""RFC 5321, section 4.5.3.1.3: a path has 256 octets with its brackets."""
_QUESTION_KEY: Final = "provider_question"
"""In the session: what this browser asked, until it is answered once."""
GOOD_FOR: Final = timedelta(minutes=10)


@dataclass(frozen=True, slots=True)
class Asked:
    """What this browser asked of which provider, and where it goes on; `person` is who is asked again."""

    provider: str
    question: Question
    to: str
    person: str
    at: float


@dataclass(frozen=True, slots=True)
class Arrival:
    """Who came in."""

    user: User
    tenant_id: int
    has_shown_factor: bool
    is_again: bool
    to: str
    shown_at: datetime | None
    """When he showed the provider who he is; None where it does not say."""


def ask(session: SessionBase, ref: ProviderRef, *, to: str, again: User | None, now: datetime) -> str:
    """Where the browser is sent; what it asked stays in its session."""
    question = oidc.new_question(is_again=again is not None)
    if ref.kind == ProviderKind.SAML:
        question = Question(saml.new_question_id(), "", "", question.is_again)
    person = "" if again is None else str(again.public_id)
    session[_QUESTION_KEY] = {
        "provider": str(ref.public_id),
        "question": [question.state, question.nonce, question.verifier, question.is_again],
        "to": to,
        "person": person,
        "at": now.timestamp(),
    }
    if ref.kind == ProviderKind.SAML:
        return saml.address_to_ask(ref.saml, ref.us, question=question.state, now=now, is_again=question.is_again)
    return oidc.address_to_ask(ref.endpoints, ref.client, question)


def come_in(
    session: SessionBase, ref: ProviderRef, given: Mapping[str, str], *, user: User | None, now: datetime
) -> Arrival:
    """Who the answer names, if he may come in. Denied("provider_…"), with an event in the organisation's trail where this browser asked.

    Outside any scope.
    """
    asked = _asked(session)
    if asked is None:  # anybody may say anything here: it is in no trail
        raise Denied("provider_state")
    try:
        if asked.provider != str(ref.public_id) or now.timestamp() - asked.at > GOOD_FOR.total_seconds():
            raise Denied("provider_state")
        statement = _statement(ref, given, asked.question, now)
        with tenant_scope(ref.tenant_id):
            person = _admitted(ref.public_id, statement, now)
        if asked.person and (user is None or asked.person != str(user.public_id) or person.pk != user.pk):
            raise Denied("provider_other_person")
    except DomainError as refused:
        record_denied(Action.SESSION_PROVIDER_REFUSED, tenant_id=ref.tenant_id, reason=refused.code)
        raise Denied(refused.code) from None
    has_shown = bool(statement.methods & ref.second_factor_words)
    return Arrival(person, ref.tenant_id, has_shown, bool(asked.person), asked.to, statement.signed_in_at)


def _asked(session: SessionBase) -> Asked | None:
    """Once: a second answer to the same question is none."""
    match session.pop(_QUESTION_KEY, None):
        case {
            "provider": str(provider),
            "question": [state, nonce, verifier, again],
            "to": to,
            "person": who,
            "at": at,
        }:
            return Asked(provider, Question(state, nonce, verifier, again), to, who, at)
    return None


def _statement(ref: ProviderRef, given: Mapping[str, str], question: Question, now: datetime) -> Statement:
    if ref.kind == ProviderKind.OPENID:
        allowed = allowed_networks()
        with turn(ref.public_id):
            give_connections_back()
            return oidc.redeem(
                given, endpoints=ref.endpoints, client=ref.client, question=question, allowed=allowed, now=now
            )
    provider = replace(ref.saml, certificates=good_at(ref.certificates, now))
    if not provider.certificates:
        raise Denied("provider_certificate_ended")
    answer = given.get("SAMLResponse", "")
    return saml.check_answer(
        answer, provider=provider, us=ref.us, question=question.state, is_again=question.is_again, now=now
    )


@transaction.atomic
def _admitted(provider: UUID, statement: Statement, now: datetime) -> User:
    lock_rights()
    row = (
        IdentityProvider.objects.select_related("joining_role", "set_by").filter(public_id=provider, is_on=True).first()
    )
    if row is None or not Tenant.objects.filter(status=TenantStatus.ACTIVE.value).exists():
        raise Denied("provider_off")
    subject = hashlib.sha256(statement.subject.encode()).digest()
    link = ProviderLink.objects.select_related("membership__user").filter(provider=row, subject=subject).first()
    membership = link.membership if link is not None else _first_time(row, statement, now)
    if membership.user.is_operator or not is_own(domain_of(membership.user.email)):
        raise Denied("provider_domain")
    if not Membership.objects.filter(usable(now), pk=membership.pk, entry=None).exists():
        raise Denied("provider_no_member")
    if link is None:
        if ProviderLink.objects.filter(provider=row, membership=membership).exists():
            raise Denied("provider_other_subject")
        ProviderLink.objects.create(provider=row, subject=subject, membership=membership)
        with acting(actor=_actor(membership)):
            record(Action.MEMBER_LINKED, on=membership)
    return membership.user


def _first_time(row: IdentityProvider, statement: Statement, now: datetime) -> Membership:
    """By the address, which the provider has to vouch for, in a domain that is the organisation's."""
    email = normalize_email(statement.email)
    if not is_own(domain_of(email)):
        raise Denied("provider_domain")
    if not statement.is_email_verified:
        raise Denied("provider_email_unverified")
    try:
        validate_email(email)
    except ValidationError:
        raise Denied("provider_email") from None
    if len(email) > _LONGEST_EMAIL:
        raise Denied("provider_email")
    person = person_with(email)
    if person is not None and (person.is_operator or not person.is_active or not has_confirmed(person)):
        raise Denied("provider_no_member")  # who made the account has not shown that the mailbox is his
    found = None if person is None else Membership.objects.select_related("user").filter(user=person).first()
    return found or _joined(row, person, email, statement.name, now)


def _joined(row: IdentityProvider, person: User | None, email: str, name: str, now: datetime) -> Membership:
    """By the provider's word alone, as far as who set it still may let somebody in with that role. Who was here before is not let in again."""
    role = row.joining_role
    if role is None:
        raise Denied("provider_no_member")
    if _spells_a_number(email):
        raise Denied("provider_email")  # it would be kept as it is
    if not is_joinable(role):
        raise Denied("provider_joining")
    of_his_rights = Came(row.tenant_id, has_shown_factor=True)  # whatever he would owe if he signed in now
    giver = active_grant(row.set_by.user_id, row.tenant_id, came=of_his_rights)
    if giver is None or not has(giver, Permission.CONFIGURATION_MEMBERS) or not covers(giver, newcomer(giver, role)):
        raise Denied("provider_joining")
    try:
        require_room(Limit.MEMBERS, also=invited_now(now, but=email))
    except Conflict as full:
        raise Denied(full.code) from None
    user = person or create_person(
        email=email, full_name=_shown(name) or _shown(email.partition("@")[0]), password=None, is_confirmed=True
    )
    membership = join(user, role)
    with acting(actor=_actor(membership)):
        record(Action.MEMBER_JOINED, on=membership, role=role.slug)
    return membership


def _shown(name: str) -> str:
    """By the organisation's own rules, since nobody else asked for the name."""
    return str(masked_for_members("".join(letter for letter in name if letter.isprintable()).strip())[:120])


def _spells_a_number(email: str) -> bool:
    found = (*mask_or_withhold(email).findings, *masked_for_members(email).findings)
    return any(finding.kind not in {"email", "phone"} for finding in found)


def _actor(membership: Membership) -> Any:
    user = membership.user
    return Actor(ActorKind.PERSON, id=str(user.public_id), name=membership.name, user_id=user.pk)
