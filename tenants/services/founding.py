"""How an organisation comes to be: its row, policy, roles, first department and owner, in one transaction."""

from __future__ import annotations

import secrets
import string
from dataclasses import dataclass, replace
from datetime import timedelta

from django.contrib.auth.hashers import make_password
from django.db import IntegrityError, connection, transaction
from django.utils import timezone
from django.utils.text import slugify

from security.accounts.people import create_person, person_with
from security.audit import Action, record
from security.context import Actor, ActorKind, acting
from security.errors import Conflict, Invalid
from security.models import User, normalize_email
from security.scoping import tenant_scope, user_scope
from tenants.models import (
    Department,
    DepartmentMembership,
    Membership,
    MembershipStatus,
    Policy,
    Role,
    Tenant,
)
from tenants.origins import origin_of
from tenants.roles import OWNER, ROLE_NAMES, ROLE_PERMISSIONS
from tenants.services.people.invitations import send_invitation
from tenants.services.sites import add_site

DEFAULT_DEPARTMENT = "Support"
_SLUG_TRIES = 5
_REPEATED_WITHIN = timedelta(minutes=5)
_SUFFIX_ALPHABET = string.ascii_lowercase + string.digits


@dataclass(frozen=True, slots=True)
class Founded:
    """A new organisation and its owner."""

    tenant_id: int
    slug: str
    owner: User
    membership_id: int
    is_new_person: bool
    may_enter: bool = False
    """Whether the owner is let in without the mail (demo mode)."""


def create_tenant(*, slug: str, name: str, owner: User, is_confirmed: bool = True) -> Founded:
    """An organisation of which `owner` is the owner: at once, or once he confirms it. Conflict("slug_taken"). Outside any scope."""
    if slugify(slug) != slug or not slug or not name.strip():
        raise Invalid("slug" if name.strip() else "name")
    with connection.cursor() as cursor:
        cursor.execute("SELECT nextval(pg_get_serial_sequence('tenants_tenant', 'id'))")
        tenant_id: int = cursor.fetchone()[0]
    with tenant_scope(tenant_id):
        try:
            with transaction.atomic():
                tenant = Tenant.objects.create(
                    pk=tenant_id,
                    slug=slug,
                    name=name.strip(),
                    confirmed_at=timezone.now() if is_confirmed else None,
                )
        except IntegrityError:
            raise Conflict("slug_taken") from None
        membership = _furnish(owner, is_confirmed=is_confirmed)
        record(Action.TENANT_CREATED, on=tenant)
    return Founded(tenant_id, slug, owner, membership.pk, is_new_person=False)


def _furnish(owner: User, *, is_confirmed: bool) -> Membership:
    Policy.objects.create()
    roles = {
        slug: Role.objects.create(
            slug=slug, name=str(title), permissions=sorted(ROLE_PERMISSIONS[slug]), is_builtin=True
        )
        for slug, title in ROLE_NAMES.items()
    }
    department = Department.objects.create(name=DEFAULT_DEPARTMENT, is_default=True)
    status = MembershipStatus.ACTIVE if is_confirmed else MembershipStatus.PROVISIONAL
    membership = Membership.objects.create(
        user=owner, role=roles[OWNER], name=owner.full_name or owner.email, status=status.value
    )
    DepartmentMembership.objects.create(department=department, membership=membership)
    return membership


@transaction.atomic
def sign_up(
    *, organisation: str, full_name: str, email: str, password: str, website: str, is_confirmed: bool = False
) -> Founded:
    """Found an organisation with a website, for whoever confirms by mail that `email` is his.

    Whether or not the address is known, the same is done: one hash, one organisation, one mail. A known person keeps his name and password;
    the new organisation waits for his confirmation. A form that was sent twice founds one organisation: the second time nothing is done.
    `is_confirmed` (demo mode) spares a new person the mail. Invalid("website"|"name").
    """
    origin_of(website)  # or Invalid, before a hash is made
    owner, is_new = _person(email=email, full_name=full_name, password=password)
    repeated = None if is_new else _founded_just_now(owner, organisation)
    if repeated is not None:
        return replace(repeated, may_enter=is_confirmed and owner.check_password(password))
    is_in = is_confirmed and is_new
    with acting(actor=_founder(owner) if is_new else None):  # who only named a known address is nobody yet
        founded = _with_free_slug(organisation, owner, is_confirmed=is_in)
        with tenant_scope(founded.tenant_id):
            add_site(name=organisation, websites=[website])
            membership = Membership.objects.select_related("role").get(pk=founded.membership_id)
            if not is_in:
                send_invitation(email=owner.email, role=membership.role, invited_by=membership, template="sign_up")
            record(Action.ACCOUNT_SIGNED_UP, on=owner)
    return replace(founded, is_new_person=is_new, may_enter=is_in)


def _person(*, email: str, full_name: str, password: str) -> tuple[User, bool]:
    """The person with this address, and whether he is new; in both cases at the cost of one hash."""
    known = person_with(email)
    if known is None:
        try:
            with transaction.atomic():
                return create_person(email=email, full_name=full_name, password=password), True
        except IntegrityError:  # another sign-up with this address was faster
            known = User.objects.get(email=normalize_email(email))
            return known, False
    make_password(password)
    return known, False


def _founded_just_now(owner: User, organisation: str) -> Founded | None:
    """What the same form founded when it was sent a moment ago. Who asks second waits for the first to be done."""
    User.objects.select_for_update(no_key=True).get(pk=owner.pk)
    with user_scope(owner.pk):
        since = timezone.now() - _REPEATED_WITHIN
        tenant = Tenant.objects.filter(name=organisation.strip(), created_at__gt=since).order_by("pk").first()
        if tenant is None:
            return None
        membership = Membership.objects.get(tenant_id=tenant.pk, user=owner)
    return Founded(tenant.pk, tenant.slug, owner, membership.pk, is_new_person=False)


def _founder(owner: User) -> Actor:
    return Actor(ActorKind.PERSON, id=str(owner.public_id), name=owner.full_name, role=OWNER, user_id=owner.pk)


def _with_free_slug(organisation: str, owner: User, *, is_confirmed: bool) -> Founded:
    base = slugify(organisation)[:50].strip("-") or "team"
    for attempt in range(_SLUG_TRIES):
        suffix = "".join(secrets.choice(_SUFFIX_ALPHABET) for _ in range(4 + attempt))
        slug = base if attempt == 0 else f"{base}-{suffix}"
        try:
            with transaction.atomic():
                return create_tenant(slug=slug, name=organisation, owner=owner, is_confirmed=is_confirmed)
        except Conflict:
            continue
    raise Conflict("slug_taken")


@transaction.atomic
def found_for(*, slug: str, name: str, email: str) -> Founded:
    """Found an organisation on somebody's behalf: its owner confirms by mail, with a password of his own. Conflict("slug_taken")."""
    owner = person_with(email)
    is_new = owner is None
    if owner is None:
        owner = create_person(email=email, full_name=email.partition("@")[0], password=None)
    founded = create_tenant(slug=slug, name=name, owner=owner, is_confirmed=False)
    with tenant_scope(founded.tenant_id):
        membership = Membership.objects.select_related("role").get(pk=founded.membership_id)
        send_invitation(email=owner.email, role=membership.role, invited_by=membership, template="sign_up")
    return Founded(founded.tenant_id, slug, owner, founded.membership_id, is_new)
