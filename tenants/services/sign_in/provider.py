"""The organisation's own identity provider: tried, stored, removed, and found again from outside.

Danger: whoever sets the provider can sign in as any member, owners included. Rule: owners alone set it, never an operator who is in for a time; nothing
is stored that did not answer; the secret is sealed under the organisation's key and shown to nobody; with another issuer what it called people is forgotten,
and with any change the sessions that it opened end. Proof: tests/tenants/sign_in/test_provider.py.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, Final
from uuid import UUID

from django.conf import settings
from django.db import transaction
from django.urls import reverse

from security.accounts.second_factor import has_second_factor
from security.audit import Action, Outcome, changes_of, record, snapshot
from security.crypto import keyring
from security.crypto.certificates import fingerprint_of, is_strong
from security.crypto.envelope import AAD_VERSION, record_aad, seal
from security.crypto.replacing import UnderTenantKey
from security.crypto.sealed import open_by_any
from security.errors import Denied, Invalid, NotFound
from security.identity.domains import domain_of
from security.identity.fetching import fetch
from security.identity.metadata import SamlProvider, ServiceProvider, parse_metadata
from security.identity.oidc import Client, Endpoints, discover, keys_of
from security.models import User
from security.net import Networks, networks
from security.permissions import Grant, require, require_member
from security.scoping import require_tenant_id, tenant_of, tenant_scope
from tenants.access import digest_of, role_permissions
from tenants.models import (
    Directory,
    EmailDomain,
    IdentityProvider,
    Membership,
    Policy,
    ProviderKind,
    ProviderLink,
    Role,
    Tenant,
    TenantStatus,
)
from tenants.roles import JOINING_MAY
from tenants.services.people.members import assignable_roles
from tenants.services.sign_in.certificates import good_at
from tenants.services.sign_in.domains import RIGHT, is_own, organisation_of
from tenants.services.sign_in.ending import end_provided_sessions
from tenants.services.sign_in.single_factor import is_single_factor

_PURPOSE: Final = "identity provider"
_NOT_TOLD: Final = frozenset({"certificates", "changed_at", "set_by", "warned_stage"})


@dataclass(frozen=True, slots=True)
class Given:
    """What an owner typed. Without a `secret` the stored one stays, for the same issuer and client."""

    kind: ProviderKind
    issuer: str = ""
    client_id: str = ""
    secret: str = field(default="", repr=False)
    metadata: str = ""
    metadata_url: str = ""
    second_factor_words: tuple[str, ...] = ()
    joining_role: str = ""
    is_on: bool = True
    is_only: bool = False


@dataclass(frozen=True, slots=True)
class Tried:
    """What came of asking: one of the two, or the `code` of what is wrong."""

    given: Given
    endpoints: Endpoints | None = None
    saml: SamlProvider | None = None
    code: str = ""


@dataclass(frozen=True, slots=True)
class ProviderRef:
    """A provider that is on, as the pages of signing in need it, outside any scope."""

    tenant_id: int
    tenant_name: str
    public_id: UUID
    kind: ProviderKind
    endpoints: Endpoints
    certificates: tuple[str, ...]
    client: Client = field(repr=False)
    second_factor_words: frozenset[str]
    changed_at: datetime

    @property
    def version(self) -> str:
        """Another one after each change."""
        return f"{self.public_id} {self.changed_at.isoformat()}"

    @property
    def saml(self) -> SamlProvider:
        """The same, as SAML names it."""
        return SamlProvider(self.endpoints.issuer, self.endpoints.authorization, self.certificates)

    @property
    def us(self) -> ServiceProvider:
        """What we are called there."""
        return service_of(self.public_id)


def allowed_networks() -> Networks:
    """Where a provider may be besides the Internet."""
    return networks(tuple(settings.OUTGOING_NETWORKS))


def service_of(provider: UUID) -> ServiceProvider:
    """Our entity id and where answers come to, for SAML."""
    metadata, answers = (reverse(name, args=[provider]) for name in ("provider_metadata", "provider_saml"))
    return ServiceProvider(settings.SITE_URL + metadata, settings.SITE_URL + answers)


def redirect_uri_of(provider: UUID) -> str:
    """Where the browser comes back to, for OpenID Connect; another one for each provider, so that answers are not mixed up."""
    return f"{settings.SITE_URL}{reverse('provider_openid', args=[provider])}"


def read_provider(*, grant: Grant) -> IdentityProvider | None:
    """The organisation's provider; None where it has none."""
    require(grant, RIGHT)
    return IdentityProvider.objects.select_related("joining_role").first()


def is_only_way(*, grant: Grant) -> bool:
    """Whether members with an address in a proven domain come by the provider alone."""
    require(grant, RIGHT)
    return Policy.objects.get().provider_only


def joinable_roles(*, grant: Grant) -> list[Role]:
    """As what somebody may join whom the provider alone vouches for: never as who decides about others."""
    require(grant, RIGHT)
    return [role for role in assignable_roles(grant) if is_joinable(role)]


def is_joinable(role: Role) -> bool:
    """By what the role gives now: its rights may have become more since it was chosen."""
    return role_permissions(role) <= JOINING_MAY


def begin_trial(*, grant: Grant, given: Given) -> Given:
    """What is to be asked; Denied for who may not."""
    _require(grant)
    return given


def carry_out(given: Given, *, now: datetime) -> Tried:
    """Ask the provider; outside any scope, since it answers when it likes."""
    allowed = allowed_networks()
    if given.kind == ProviderKind.OPENID and not given.client_id:
        return Tried(given, code="provider_client")
    if any(is_single_factor(word) for word in given.second_factor_words):
        return Tried(given, code="provider_single_factor")
    try:
        if given.kind == ProviderKind.OPENID:
            endpoints = discover(given.issuer, allowed=allowed)
            keys_of(endpoints, allowed=allowed)
            return Tried(given, endpoints=endpoints)
        text = fetch(given.metadata_url, allowed=allowed) if given.metadata_url else given.metadata.encode()
        saml = parse_metadata(text)
        if not all(is_strong(certificate) for certificate in saml.certificates):
            return Tried(given, code="metadata_weak")
        return Tried(given, saml=saml) if good_at(saml.certificates, now) else Tried(given, code="metadata_ended")
    except Invalid as refused:
        return Tried(given, code=refused.code)


def note_trial(tried: Tried) -> None:
    """Leave the event of a trial, whatever the one who asked for it may do by then."""
    record(Action.PROVIDER_TRIED, outcome=Outcome.FAILED if tried.code else Outcome.OK, reason=tried.code)


@transaction.atomic
def save_provider(*, grant: Grant, tried: Tried, now: datetime) -> IdentityProvider:
    """Store what answered. Invalid with its code for what did not, Invalid("provider_secret") without one, Invalid("role"), ("provider_only…")."""
    _require(grant)
    if tried.code:
        raise Invalid(tried.code)
    given, role = tried.given, None
    if given.joining_role:
        role = next((one for one in joinable_roles(grant=grant) if one.slug == given.joining_role), None)
        if role is None:
            raise Invalid("role")
    _require_a_way_in(grant, given)
    Tenant.objects.select_for_update(no_key=True).get()
    kept = IdentityProvider.objects.select_for_update(of=("self",)).first()
    before, found = (None, IdentityProvider()) if kept is None else (snapshot(kept), kept)
    is_other = (found.kind, found.issuer, found.client_id) != (given.kind.value, _issuer(tried), given.client_id)
    found.kind, found.is_on, found.joining_role = given.kind.value, given.is_on, role
    found.second_factor_words = list(given.second_factor_words)
    found.set_by = Membership.objects.get(pk=grant.membership_id)
    found.changed_at, found.client_id = now, given.client_id
    _put(found, tried)
    if is_other and found.pk is not None:
        found.secret = None
        ProviderLink.objects.filter(provider=found).delete()
    if given.secret:
        found.secret = seal(keyring.derived_key(_PURPOSE), given.secret.encode(), _place(found))
    if given.kind == ProviderKind.OPENID and found.secret is None:
        raise Invalid("provider_secret")
    is_new = found.pk is None
    found.save()
    if is_new:
        digest = digest_of(str(found.public_id))
        Directory.objects.create(kind=Directory.Kind.PROVIDER, digest=digest, object_id=found.pk)
    Policy.objects.update(provider_only=given.is_only, owners_by_password_until=None)
    end_provided_sessions()
    _record_change(before, found, given)
    return found


@transaction.atomic
def remove_provider(*, grant: Grant) -> None:
    """Forget it, its secret and what it called people; the sessions that it opened end."""
    _require(grant)
    found = IdentityProvider.objects.select_for_update(of=("self",)).first()
    if found is None:
        raise NotFound
    Directory.objects.filter(kind=Directory.Kind.PROVIDER, object_id=found.pk).delete()
    Policy.objects.update(provider_only=False, owners_by_password_until=None)
    end_provided_sessions()
    record(Action.PROVIDER_REMOVED, on=found)
    found.delete()


def access_provider(provider: UUID) -> ProviderRef:
    """The provider with this id, if it is on; NotFound for any other. Outside any scope."""
    found = tenant_of(Directory.Kind.PROVIDER, digest_of(str(provider)))
    if found is None:
        raise NotFound
    with tenant_scope(found[0]):
        return _ref(IdentityProvider.objects.filter(public_id=provider, is_on=True).first())


def provider_of_session(tenant_id: int) -> ProviderRef:
    """The provider of the organisation that a session is bound to; NotFound where it has none any more. Outside any scope."""
    with tenant_scope(tenant_id):
        return _ref(IdentityProvider.objects.filter(is_on=True).first())


def is_still_vouched_for(tenant_id: int, version: str, email: str) -> bool:
    """Whether the provider is the one that was asked, unchanged, and the address still in the organisation's domain. Outside any scope.

    It waits for whoever changes the provider just now, who does not see the session yet that is asked about.
    """
    with tenant_scope(tenant_id):
        try:
            now = _ref(IdentityProvider.objects.select_for_update(of=("self",)).filter(is_on=True).first())
        except NotFound:
            return False
        return now.version == version and is_own(domain_of(email))


def provider_for(email: str) -> ProviderRef:
    """The provider that speaks for an address; NotFound for none. The domain alone decides, whoever has an account. Outside any scope."""
    domain = domain_of(email)
    tenant_id = None if domain is None else organisation_of(domain)
    if tenant_id is None:
        raise NotFound
    with tenant_scope(tenant_id):
        if not EmailDomain.objects.filter(domain=domain).exclude(verified_at=None).exists():
            raise NotFound
        return _ref(IdentityProvider.objects.filter(is_on=True).first())


def _ref(row: IdentityProvider | None) -> ProviderRef:
    tenant = Tenant.objects.filter(status=TenantStatus.ACTIVE.value).first()
    if row is None or tenant is None:
        raise NotFound
    secret = ""
    if row.secret is not None:
        secret = open_by_any(bytes(row.secret), keyring.derived_keys(_PURPOSE), _place(row)).decode()
    return ProviderRef(
        tenant_id=tenant.pk,
        tenant_name=tenant.name,
        public_id=row.public_id,
        kind=ProviderKind(row.kind),
        endpoints=Endpoints(row.issuer, row.sign_in_url, row.token_url, row.keys_url),
        certificates=tuple(row.certificates),
        client=Client(row.client_id, secret, redirect_uri_of(row.public_id)),
        second_factor_words=frozenset(word for word in row.second_factor_words if not is_single_factor(word)),
        changed_at=row.changed_at,
    )


def _require(grant: Grant) -> None:
    require(grant, RIGHT)
    require_member(grant)


def _require_a_way_in(grant: Grant, given: Given) -> None:
    """When the provider is broken: whoever shuts passwords out has a second factor, by which his own goes on."""
    if given.is_only and not given.is_on:
        raise Invalid("provider_only_off")
    if given.is_only and not has_second_factor(User.objects.get(pk=grant.user_id)):
        raise Invalid("provider_only")


def _record_change(before: IdentityProvider | None, found: IdentityProvider, given: Given) -> None:
    """Field by field, certificates by their fingerprints; the secret is masked there, so that it changed is all that shows."""
    changes = {name: both for name, both in changes_of(before, found).items() if name not in _NOT_TOLD}
    old, new = (
        () if one is None else tuple(fingerprint_of(text) for text in one.certificates) for one in (before, found)
    )
    if old != new:
        changes["certificates"] = (old, new)
    detail: dict[str, Any] = {"kind": found.kind, "is_on": found.is_on, "joining": given.joining_role}
    record(Action.PROVIDER_CHANGED, on=found, changes=changes, **detail, is_only=given.is_only)


def _issuer(tried: Tried) -> str:
    if tried.endpoints is not None:
        return tried.endpoints.issuer
    if tried.saml is None:
        raise Denied
    return tried.saml.entity_id


def _put(found: IdentityProvider, tried: Tried) -> None:
    found.issuer = _issuer(tried)
    if tried.endpoints is not None:
        found.sign_in_url, found.token_url = tried.endpoints.authorization, tried.endpoints.token
        found.keys_url, found.certificates = tried.endpoints.keys, []
    elif tried.saml is not None:
        found.sign_in_url, found.certificates = tried.saml.sign_in, list(tried.saml.certificates)
        found.warned_stage = None
        found.token_url = found.keys_url = ""


def _place(row: Any) -> bytes:
    return record_aad(AAD_VERSION, require_tenant_id(), "identityprovider", row.public_id, "secret")


def under_tenant_key() -> UnderTenantKey:
    """What is sealed anew when an organisation's key is replaced."""
    return UnderTenantKey(IdentityProvider, "secret", _PURPOSE, _place)
