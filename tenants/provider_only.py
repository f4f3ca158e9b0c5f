"""Passwords where an organisation lets its members in by its own provider alone.

Danger: a password that the provider's owner believes to be of no use opens the organisation; or the answer tells who has an account there. Rule: the
session of a password does not lead there (`tenants.access.is_barred`), whatever opened it; nobody leaves the provider's domains by changing his own
address; and of who belongs nowhere else a right password is answered as a wrong one is, after as long. Proof: tests/tenants/sign_in/test_only.py.
"""

from __future__ import annotations

from typing import Any

from django.core.exceptions import PermissionDenied
from django.http import HttpRequest

from security.accounts.people import person_with
from security.identity.domains import domain_of
from security.models import User
from security.scoping import tenant_of, tenant_scope, user_scope
from tenants.access import digest_of, memberships_of, speaks_for
from tenants.models import Directory, Membership, Policy


class ProviderOnlyBackend:
    """Before the one that looks at passwords; lets nobody in itself, and so knows no session."""

    def authenticate(self, request: HttpRequest | None, email: str = "", password: str = "", **_: Any) -> None:  # noqa: ARG002 - Django's interface
        """None: the next one is asked. PermissionDenied, as of a wrong password, for whom a provider alone lets in."""
        person = provided_alone(email)
        if person is None:
            return
        person.check_password(password)  # for as long as it takes
        raise PermissionDenied


def provided_alone(email: str) -> User | None:
    """Who has this address, if a password leads him nowhere. The domain is asked first, so that nobody's time tells of an account elsewhere."""
    domain = domain_of(email)
    found = None if domain is None else tenant_of(Directory.Kind.EMAIL_DOMAIN, digest_of(domain))
    if found is None:
        return None
    with tenant_scope(found[0]):
        if not Policy.objects.filter(provider_only=True).exists():
            return None
    person = person_with(email)
    if person is None or person.is_operator:
        return None
    mine = memberships_of(person)
    return person if mine and all(ref.is_barred for ref in mine) else None


def keeps_address(user: User, email: str) -> bool:
    """Whether this address would take the person out of the domains of an organisation that lets him in by its provider alone."""
    with user_scope(user.pk):
        wanted = list(Membership.objects.filter(user=user, entry=None).values_list("tenant_id", flat=True))
        closed = list(
            Policy.objects.filter(tenant_id__in=wanted, provider_only=True).values_list("tenant_id", flat=True)
        )
    return any(speaks_for(tenant_id, user.email) and not speaks_for(tenant_id, email) for tenant_id in closed)
