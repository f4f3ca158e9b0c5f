"""Who may come in, and where to: the questions asked before a tenant's scope is open, and the grant asked for inside it."""

from __future__ import annotations

import hashlib
import re
from collections import defaultdict
from collections.abc import Collection, Iterable, Iterator, Mapping
from contextlib import contextmanager, nullcontext
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from math import ceil
from uuid import UUID

from django.contrib.postgres.fields import ArrayField
from django.db.models import BooleanField, Exists, TextField, Value
from django.utils import timezone

from security.accounts.second_factor import has_second_factor
from security.errors import NotFound
from security.identity.domains import domain_of
from security.models import User
from security.permissions import BY_PASSWORD, ON_DEPARTMENTS, Came, Grant, Permission
from security.scoping import current_tenant_id, require_tenant_id, tenant_of, tenant_scope, user_scope
from tenants.enrolment import enrol_by
from tenants.models import (
    DepartmentMembership,
    DepartmentRole,
    Directory,
    Invitation,
    Membership,
    Policy,
    Role,
    Site,
    Tenant,
    TenantStatus,
    usable,
)
from tenants.networks import networks_of
from tenants.roles import ENTRY_MAY, OWNER, permissions_of

WARNED_WITHIN = 14
"""Days before a password is too old in which pages say so."""
_SITE_KEY = re.compile(r"pk_[A-Za-z0-9_]{1,37}", re.ASCII)


@dataclass(frozen=True, slots=True)
class MembershipRef:
    """One organisation of a person's, as far as he may know it before he is in it."""

    tenant_id: int
    tenant_public_id: UUID
    tenant_slug: str
    tenant_name: str
    time_zone: str
    membership_public_id: UUID
    idle_minutes: int
    session_hours: int
    session_most: int | None
    networks: tuple[str, ...]
    must_change_password: bool
    enrol_by: datetime | None
    """When he has to have a second factor here, which he lacks."""
    is_barred: bool
    """The organisation lets him in by its own provider alone, and he came otherwise."""
    password_ends_at: datetime | None
    last_seen_at: datetime | None

    @property
    def must_enrol(self) -> bool:
        """Whether the organisation waits for his second factor before anything else."""
        return self.enrol_by is not None and self.enrol_by <= timezone.now()

    @property
    def password_days_left(self) -> int | None:
        """How many days, begun ones included, the password is good for here; None while that is longer than a fortnight, or for ever."""
        if self.password_ends_at is None:
            return None
        left = ceil((self.password_ends_at - timezone.now()) / timedelta(days=1))
        return left if left <= WARNED_WITHIN else None


@dataclass(frozen=True, slots=True)
class SiteRef:
    """A website as widget and loader need it. `is_active` is False too while its organisation is suspended."""

    tenant_id: int
    tenant_name: str
    site_id: int
    public_id: UUID
    key: str
    name: str
    allowed_origins: tuple[str, ...]
    is_active: bool
    greeting: str
    consent: str
    brand_color: str
    seen_at: datetime | None
    seen_origin: str


@dataclass(slots=True)
class _Places:
    """Of one member."""

    answers: set[int] = field(default_factory=set)
    further: set[tuple[int, Permission]] = field(default_factory=set)


def digest_of(secret: str) -> bytes:
    """What the directory holds of a site key or token."""
    return hashlib.sha256(secret.encode()).digest()


def memberships_of(
    user: User, *, begun_at: datetime | None = None, came: Came = BY_PASSWORD
) -> tuple[MembershipRef, ...]:
    """The organisations the person can work in now, in a session that began then, so; the one joined last first. Outside any scope."""
    if not user.is_active:
        return ()
    now = timezone.now()
    with user_scope(user.pk):
        rows = list(
            Membership.objects.filter(usable(now), user=user).select_related("user").order_by("-created_at", "-pk")
        )
        wanted = [row.tenant_id for row in rows]
        tenants = {t.pk: t for t in Tenant.objects.filter(pk__in=wanted, status=TenantStatus.ACTIVE.value)}
        policies = {policy.tenant_id: policy for policy in Policy.objects.filter(tenant_id__in=wanted)}
    return tuple(
        MembershipRef(
            tenant_id=tenant.pk,
            tenant_public_id=tenant.public_id,
            tenant_slug=tenant.slug,
            tenant_name=tenant.name,
            time_zone=tenant.time_zone,
            membership_public_id=row.public_id,
            idle_minutes=policies[tenant.pk].session_idle_minutes,
            session_hours=policies[tenant.pk].session_hours,
            session_most=policies[tenant.pk].session_most,
            networks=networks_of(policies[tenant.pk], row),
            must_change_password=must_change_password(row, policies[tenant.pk], came, now),
            enrol_by=enrol_by(row, policies[tenant.pk], came),
            is_barred=is_barred(row, policies[tenant.pk], came),
            password_ends_at=None
            if came.is_vouched_for(tenant.pk)
            else policies[tenant.pk].password_ends_at(user.password_changed_at),
            last_seen_at=row.last_seen_at,
        )
        for row in rows
        if (tenant := tenants.get(row.tenant_id)) is not None and row.counts_in(begun_at)
    )


def must_change_password(membership: Membership, policy: Policy, came: Came, now: datetime) -> bool:
    """Whether the organisation waits for another password of this member's: not where its provider signed him in without one."""
    return not came.is_vouched_for(membership.tenant_id) and membership.must_change_password(policy, now)


def is_barred(membership: Membership, policy: Policy, came: Came) -> bool:
    """Whether the organisation lets this member in by its provider alone, and he came otherwise. Inside no other organisation's scope.

    Who has an address that the provider cannot speak for is none of these; nor an operator in for a time; nor an owner with a second factor
    of his own, who is the way in when the provider is broken, nor, where none has one, any owner while an operator lets them in.
    """
    tenant_id = membership.tenant_id
    if not policy.provider_only or came.is_vouched_for(tenant_id) or membership.entry_id is not None:
        return False
    if not speaks_for(tenant_id, membership.user.email):
        return False
    with nullcontext() if current_tenant_id() == tenant_id else tenant_scope(tenant_id):
        is_owner = Role.objects.filter(pk=membership.role_id, slug=OWNER).exists()
    opened = policy.owners_by_password_until
    is_open = opened is not None and timezone.now() < opened
    return not (is_owner and (is_open or has_second_factor(membership.user)))


def speaks_for(tenant_id: int, email: str) -> bool:
    """Whether the domain of this address is proven to be that organisation's."""
    domain = domain_of(email)
    found = None if domain is None else tenant_of(Directory.Kind.EMAIL_DOMAIN, digest_of(domain))
    return found is not None and found[0] == tenant_id


def active_grant(
    user_id: int, tenant_id: int, *, begun_at: datetime | None = None, came: Came = BY_PASSWORD
) -> Grant | None:
    """What the person may do in the tenant at this moment; None where he is no active member, must change his password, or it is suspended.

    In a session that began then, None too where somebody here has ended his sessions since.
    """
    with nullcontext() if current_tenant_id() == tenant_id else tenant_scope(tenant_id):
        now = timezone.now()
        open_now = Tenant.objects.filter(pk=tenant_id, status=TenantStatus.ACTIVE.value)
        members = Membership.objects.filter(usable(now), user_id=user_id).filter(Exists(open_now))
        membership = members.select_related("role", "user", "entry").first()
        policy = Policy.objects.get()
        if membership is None or not membership.counts_in(begun_at) or is_barred(membership, policy, came):
            return None
        if must_change_password(membership, policy, came, now) or _is_past(enrol_by(membership, policy, came), now):
            return None
        return replace(grant_of(membership, policy), came=came)


def _is_past(at: datetime | None, now: datetime) -> bool:
    return at is not None and at <= now


def networks_for(grant: Grant) -> tuple[str, ...]:
    """Where the holder may work; empty for everywhere. Inside his organisation's scope."""
    policy, membership = Policy.objects.get(), Membership.objects.get(pk=grant.membership_id)
    return networks_of(policy, membership)


def grant_of(membership: Membership, policy: Policy | None = None) -> Grant:
    """The grant that this row gives, whatever its status: for who is about to act through it. Inside its scope."""
    return next(iter(grants_of([membership], policy)))


def grants_of(memberships: Iterable[Membership], policy: Policy | None = None) -> list[Grant]:
    """The same for several, in their order, by a fixed number of queries; the rows must come with `role` and `user`."""
    rows = list(memberships)
    if policy is None and any(row.capacity is None for row in rows):
        policy = Policy.objects.get()
    everybodys = 0 if policy is None else policy.agent_capacity
    places = _in_departments([row.pk for row in rows])
    return [
        _of_entry(
            row,
            Grant(
                user_id=row.user_id,
                user_public_id=row.user.public_id,
                tenant_id=require_tenant_id(),
                membership_id=row.pk,
                membership_public_id=row.public_id,
                name=row.name,
                role=row.role.slug,
                permissions=role_permissions(row.role),
                department_ids=frozenset(places[row.pk].answers),
                capacity=everybodys if row.capacity is None else row.capacity,
                further=frozenset(places[row.pk].further),
                until=row.expires_at,
            ),
        )
        for row in rows
    ]


def _of_entry(membership: Membership, grant: Grant) -> Grant:
    """What is left of it for an operator who is in for a time."""
    entry = membership.entry
    if entry is None:
        return grant
    return replace(grant, permissions=grant.permissions & ENTRY_MAY, further=frozenset(), entry=entry.public_id)


def role_permissions(role: Role) -> frozenset[Permission]:
    """What a role gives for the whole organisation."""
    return permissions_of(role.slug, is_builtin=role.is_builtin, stored=role.permissions)


def _in_departments(membership_ids: Collection[int]) -> Mapping[int, _Places]:
    """Where members answer, and what further roles give them: both in one query, since every request asks."""
    nothing = (Value(None, TextField()), Value(None, BooleanField()), Value(None, ArrayField(TextField())))
    pair = ("membership_id", "department_id")
    answers = DepartmentMembership.objects.filter(membership__in=membership_ids).values_list(*pair, *nothing)
    roles = DepartmentRole.objects.filter(membership__in=membership_ids).values_list(
        *pair, "role__slug", "role__is_builtin", "role__permissions"
    )
    found: dict[int, _Places] = defaultdict(_Places)
    for membership, department, slug, is_builtin, stored in answers.union(roles, all=True):
        if slug is None:
            found[membership].answers.add(department)
        else:
            given = permissions_of(slug, is_builtin=is_builtin, stored=stored) & ON_DEPARTMENTS
            found[membership].further |= {(department, permission) for permission in given}
    return found


def owners_to_tell() -> list[str]:
    """The addresses of the owners of the tenant in scope, for what they must know; operators who are in for a time are none."""
    owners = Membership.objects.filter(usable(timezone.now()), role__slug=OWNER, entry=None)
    return list(owners.order_by("pk").values_list("user__email", flat=True))


def access_site(key: str) -> SiteRef:
    """The website with this public key; NotFound for any other string."""
    with site_scope(key) as (found, _):
        return found


@contextmanager
def site_scope(key: str) -> Iterator[tuple[SiteRef, UUID]]:
    """The same with its tenant's public id, inside a scope of that tenant for whoever reads more."""
    if not _SITE_KEY.fullmatch(key):
        raise NotFound
    found = tenant_of(Directory.Kind.SITE_KEY, digest_of(key))
    if found is None:
        raise NotFound
    tenant_id, site_id = found
    with tenant_scope(tenant_id):
        site = Site.objects.filter(pk=site_id, key=key).first()
        tenant = Tenant.objects.filter(pk=tenant_id).first()
        if site is None or tenant is None:
            raise NotFound
        yield site_ref(site, tenant), tenant.public_id


def site_ref(site: Site, tenant: Tenant) -> SiteRef:
    """The row as a value that may leave its scope."""
    return SiteRef(
        tenant_id=tenant.pk,
        tenant_name=tenant.name,
        site_id=site.pk,
        public_id=site.public_id,
        key=site.key,
        name=site.name,
        allowed_origins=tuple(site.allowed_origins),
        is_active=site.is_active and tenant.status == TenantStatus.ACTIVE.value,
        greeting=site.greeting,
        consent=site.consent,
        brand_color=site.brand_color,
        seen_at=site.seen_at,
        seen_origin=site.seen_origin,
    )


def first_site() -> SiteRef | None:
    """The oldest active website of the tenant in scope."""
    site = Site.objects.filter(is_active=True).order_by("created_at", "pk").first()
    return None if site is None else site_ref(site, Tenant.objects.get())


@dataclass(frozen=True, slots=True)
class InvitationRef:
    """An open invitation, as its bearer may see it. `is_sign_up`: he founded the organisation himself and confirms it by this."""

    tenant_id: int
    tenant_name: str
    invitation_id: int
    email: str
    role_name: str
    invited_by: str
    is_sign_up: bool


def access_invitation(token: str, *, now: datetime | None = None) -> InvitationRef:
    """The invitation whose secret this is; NotFound once it is used, expired, withdrawn, or if it never was."""
    found = tenant_of(Directory.Kind.INVITATION, digest_of(token))
    if found is None:
        raise NotFound
    tenant_id, invitation_id = found
    with tenant_scope(tenant_id):
        invitation = (
            Invitation.objects.filter(pk=invitation_id, accepted_at=None, expires_at__gt=now or timezone.now())
            .select_related("role", "invited_by__user")
            .first()
        )
        tenant = Tenant.objects.filter(status=TenantStatus.ACTIVE.value).first()
        if invitation is None or tenant is None:
            raise NotFound
        inviter = invitation.invited_by
        return InvitationRef(
            tenant_id=tenant_id,
            tenant_name=tenant.name,
            invitation_id=invitation.pk,
            email=invitation.email,
            role_name=invitation.role.name,
            invited_by=inviter.name if inviter else "",
            is_sign_up=inviter is not None and inviter.user.email == invitation.email,
        )
