"""Asking a person to join, by a secret that is sent to his mailbox and written down nowhere.

Danger: an invitation that works for somebody else, twice, or for more than its sender may give; and mails in our name to strangers. Rule: 256 random
bits of which only the SHA-256 is kept, seven days, once, for a person whose confirmed address it was sent to; few to one address, and not many in all,
whatever became of those before. Proof: tests/tenants/test_invitations.py.
"""

from __future__ import annotations

import secrets
from collections.abc import Iterable
from datetime import datetime, timedelta
from typing import Final
from uuid import UUID

from django.conf import settings
from django.db import transaction
from django.db.models import Q
from django.urls import reverse
from django.utils import timezone

from security.accounts import ledger
from security.accounts.lockout import name_digest
from security.accounts.mail import send
from security.accounts.people import claim_account, confirm_email, create_person, has_confirmed, person_with
from security.audit import Action, record
from security.context import Actor, ActorKind, acting
from security.errors import Conflict, Denied, Invalid, NotFound
from security.models import User, normalize_email
from security.permissions import Came, Grant, Permission, covers, has, require
from security.scoping import require_tenant_id, tenant_scope
from tenants.access import InvitationRef, active_grant, digest_of
from tenants.models import (
    Department,
    DepartmentMembership,
    Directory,
    Invitation,
    Membership,
    MembershipStatus,
    Role,
    Tenant,
    unexpired,
)
from tenants.policies import masked_for_members
from tenants.services.limits import Limit, invited_now, require_room
from tenants.services.rights.changing import begin_change, lock_rights, newcomer, require_to_cover

GOOD_FOR = timedelta(days=7)
_REPEATED_WITHIN = timedelta(minutes=1)
TO_ONE_A_DAY: Final = 3
AN_HOUR: Final = 100
"""Mails of one organisation's."""
_HOUR = timedelta(hours=1)


@transaction.atomic
def invite_member(*, grant: Grant, email: str, role: str) -> Invitation:
    """Invite an address, as the role with this slug. Denied for a role that holds more than the inviter.

    Conflict("already_member"), and Conflict("invited_often", "invited_many") for an address or an organisation that was sent enough.
    An open invitation of the address is renewed: its earlier link ends. What was sent a moment ago, as by a second click, is not sent again.
    """
    held = begin_change(grant, Permission.CONFIGURATION_MEMBERS)
    wanted = Role.objects.filter(slug=role).first()
    if wanted is None:
        raise Invalid("role")
    require_to_cover(held, newcomer(held, wanted))
    address = normalize_email(email)
    if Membership.objects.filter(_belongs(timezone.now()), user__email=address).exists():
        raise Conflict("already_member")
    require_room(Limit.MEMBERS, also=invited_now(timezone.now(), but=address))
    inviter = Membership.objects.select_for_update(of=("self",)).get(
        pk=grant.membership_id
    )  # a second click waits here
    now = timezone.now()
    open_ = Invitation.objects.select_for_update(of=("self",)).filter(
        email=address, accepted_at=None, expires_at__gt=now
    )
    known = open_.order_by("-pk").first()
    if known is not None and known.expires_at > now + GOOD_FOR - _REPEATED_WITHIN and known.role_id == wanted.pk:
        return known
    _count(address, now)
    invitation = send_invitation(email=address, role=wanted, invited_by=inviter, template="invitation", renews=known)
    record(Action.MEMBER_INVITED, on=invitation, role=wanted.slug)
    return invitation


def _count(address: str, now: datetime) -> None:
    """One more mail, under the lock of rights. Conflict for one too many."""
    ours = f"invite:{require_tenant_id()}"
    his = f"{ours}:{name_digest(address)}"
    if ledger.times(his, now=now) >= TO_ONE_A_DAY:
        raise Conflict("invited_often")
    if ledger.times(ours, now=now, within=_HOUR) >= AN_HOUR:
        raise Conflict("invited_many")
    ledger.note(his, now=now)


@transaction.atomic
def withdraw_invitation(*, grant: Grant, invitation: UUID) -> None:
    """Make an open invitation worthless. Conflict("not_open") if it was accepted, withdrawn or has run out."""
    require(grant, Permission.CONFIGURATION_MEMBERS)
    found = Invitation.objects.select_for_update(of=("self",)).filter(public_id=invitation).first()
    if found is None:
        raise NotFound
    if found.accepted_at is not None or found.expires_at <= timezone.now():
        raise Conflict("not_open")
    withdraw([found.pk])
    record(Action.MEMBER_INVITATION_WITHDRAWN, on=found)


def withdraw_invitations_of(inviter: Membership) -> None:
    """Whoever loses a right no longer gives it: his open invitations end, as part of the caller's transaction."""
    open_ = Invitation.objects.select_for_update(of=("self",)).filter(
        invited_by=inviter, accepted_at=None, expires_at__gt=timezone.now()
    )
    _withdraw_all(open_)


def withdraw_invitations_as(role: Role) -> None:
    """What was promised under a role's name is not given once the role holds more, as part of the caller's transaction."""
    open_ = Invitation.objects.select_for_update(of=("self",)).filter(
        role=role, accepted_at=None, expires_at__gt=timezone.now()
    )
    _withdraw_all(open_)


def _withdraw_all(open_: Iterable[Invitation]) -> None:
    invitations = list(open_)
    withdraw([invitation.pk for invitation in invitations])
    for invitation in invitations:
        record(Action.MEMBER_INVITATION_WITHDRAWN, on=invitation)


def withdraw(invitation_ids: object) -> None:
    """Make the secrets of these invitations worthless; the rows stay, expired."""
    pks = list(invitation_ids)  # type: ignore[call-overload]
    Directory.objects.filter(kind=Directory.Kind.INVITATION, object_id__in=pks).delete()
    Invitation.objects.filter(pk__in=pks).update(expires_at=timezone.now())


def send_invitation(
    *, email: str, role: Role, invited_by: Membership, template: str, renews: Invitation | None = None
) -> Invitation:
    """Write the invitation down, or anew, and send its secret; one that is renewed loses the secret it had."""
    token = secrets.token_urlsafe(32)
    invitation = renews or Invitation(email=email)
    invitation.role, invitation.invited_by, invitation.expires_at = role, invited_by, timezone.now() + GOOD_FOR
    if renews is None:
        invitation.save()
    else:
        Directory.objects.filter(kind=Directory.Kind.INVITATION, object_id=renews.pk).delete()
        invitation.save(update_fields=["role", "invited_by", "expires_at"])
    Directory.objects.create(kind=Directory.Kind.INVITATION, digest=digest_of(token), object_id=invitation.pk)
    context = {
        "url": settings.SITE_URL + reverse("invitation", args=[token]),
        "organisation": Tenant.objects.get().name,
        "inviter": invited_by.name,
        "role": role.name,
        "days": GOOD_FOR.days,
    }
    send(f"tenants/email/{template}", email, context)
    return invitation


def is_stranger(person: User | None) -> bool:
    """Whether nobody has made this account his own yet: neither a password nor the mailbox was ever shown."""
    return person is None or not (person.has_usable_password() or has_confirmed(person))


@transaction.atomic
def accept_new(*, invitation: InvitationRef, full_name: str, password: str) -> User:
    """Join as a person without an account: the secret from the mailbox confirms the address. Conflict("known_person") otherwise."""
    person = person_with(invitation.email)
    if not is_stranger(person):
        raise Conflict("known_person")
    if person is None:
        person = create_person(email=invitation.email, full_name=full_name, password=password, is_confirmed=True)
    else:  # an operator founded the organisation for him
        with tenant_scope(invitation.tenant_id):  # whose trail says so
            claim_account(person, full_name=full_name, password=password)
    accept_invitation(invitation=invitation, user=person)
    return person


@transaction.atomic
def accept_by_password(*, invitation: InvitationRef, user: User) -> None:
    """Join as a person who has just given his password and whose address was not confirmed before: the secret confirms it."""
    if user.email != invitation.email:
        raise Denied
    with tenant_scope(invitation.tenant_id):  # whose trail says so
        confirm_email(user)
    accept_invitation(invitation=invitation, user=user)


def accept_invitation(*, invitation: InvitationRef, user: User) -> Membership:
    """Join, outside any scope.

    Denied unless the address is the person's and confirmed; NotFound if the invitation was used meanwhile, or its sender lost the right to it.
    """
    if user.email != invitation.email or not user.is_active or not has_confirmed(user):
        raise Denied
    with tenant_scope(invitation.tenant_id):
        lock_rights()
        now = timezone.now()
        require_room(Limit.MEMBERS)
        inviter = _locked_inviter(invitation.invitation_id, user)  # first, as whoever takes his rights away does
        row = (
            Invitation.objects.select_for_update(of=("self",))
            .filter(pk=invitation.invitation_id, accepted_at=None, expires_at__gt=now)
            .select_related("role")
            .first()
        )
        if row is None or not _may_still_be_given(row, inviter, user):
            raise NotFound
        row.accepted_at = now
        row.save(update_fields=["accepted_at"])
        Directory.objects.filter(kind=Directory.Kind.INVITATION, object_id=row.pk).delete()
        membership = join(user, row.role)
        Tenant.objects.filter(confirmed_at=None).update(confirmed_at=now)
        actor = Actor(
            ActorKind.PERSON, id=str(user.public_id), name=membership.name, role=row.role.slug, user_id=user.pk
        )
        with acting(actor=actor):
            record(Action.MEMBER_JOINED, on=membership, role=row.role.slug)
    return membership


def _belongs(now: datetime) -> Q:
    """Members, let in or kept out; neither those who have not confirmed yet nor those who were removed or whose time is over."""
    return unexpired(now) & ~Q(status=MembershipStatus.PROVISIONAL.value)


def _locked_inviter(invitation_id: int, user: User) -> Membership | None:
    """The sender, locked together with the one who was here before, in the order in which members are locked."""
    inviter = Invitation.objects.filter(pk=invitation_id).values_list("invited_by_id", flat=True).first()
    rows = Membership.objects.select_for_update(of=("self",)).filter(Q(pk=inviter) | Q(user=user)).order_by("pk")
    return next((row for row in rows if row.pk == inviter), None)


def _may_still_be_given(invitation: Invitation, inviter: Membership | None, user: User) -> bool:
    """Whether the sender still has what he gave. Who signed up confirms his own organisation and needs nobody's right."""
    if inviter is None:
        return False
    if inviter.user_id == user.pk:
        return True
    whatever_he_owes = Came(require_tenant_id(), has_shown_factor=True)  # it is his rights that are asked for
    grant = active_grant(inviter.user_id, require_tenant_id(), came=whatever_he_owes)
    if grant is None or not has(grant, Permission.CONFIGURATION_MEMBERS):
        return False
    return covers(grant, newcomer(grant, invitation.role))


def join(user: User, role: Role) -> Membership:
    """Make the person a member, or again one; whether he may is asked before."""
    membership = Membership.objects.select_for_update(of=("self",)).filter(user=user).first()
    name = str(
        masked_for_members(user.full_name)[:120]
    )  # what the organisation hides is hidden here, whatever he is called elsewhere
    if membership is None:
        membership = Membership.objects.create(user=user, role=role, name=name or user.email)
    elif Membership.objects.filter(_belongs(timezone.now()), pk=membership.pk).exists():
        raise Conflict("already_member")
    else:
        # What he had before he left is nobody's gift now.
        membership.department_roles.all().delete()
        membership.in_departments.all().delete()
        membership.status = MembershipStatus.ACTIVE.value
        membership.expires_at, membership.entry, membership.reason = None, None, ""
        membership.name = name or membership.name
        given = membership.take_role(role)
        membership.save(update_fields=["status", "expires_at", "entry", "reason", "name", *given])
    department = Department.objects.filter(is_default=True).first()
    if department is not None:
        DepartmentMembership.objects.get_or_create(department=department, membership=membership)
    return membership
