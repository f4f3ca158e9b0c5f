"""Which password rules hold: an organisation's, and the strictest of those that a person belongs to."""

from __future__ import annotations

from django.utils import timezone

from security.accounts.rules import CharacterClass, PasswordRules, strictest
from security.models import User
from security.scoping import tenant_scope, user_scope
from tenants.models import Membership, Policy, Tenant, unexpired


def rules_of(policy: Policy, *words: str) -> PasswordRules:
    """The settings as a value; `words` are what is easy to guess there."""
    known = {kind.value for kind in CharacterClass}
    return PasswordRules(
        min_length=policy.password_min_length,
        classes=frozenset(CharacterClass(name) for name in policy.password_classes if name in known),
        min_strength=policy.password_min_strength,
        history=policy.password_history,
        max_age_days=policy.password_max_age_days,
        words=frozenset(words),
    )


def rules_of_person(user: User) -> PasswordRules:
    """The strictest of the rules of all organisations that he belongs to, those where he waits or is suspended included. Outside any scope."""
    with user_scope(user.pk):
        wanted = list(
            Membership.objects.filter(unexpired(timezone.now()), user=user).values_list("tenant_id", flat=True)
        )
        names = {tenant.pk: (tenant.name, tenant.slug) for tenant in Tenant.objects.filter(pk__in=wanted)}
        policies = list(Policy.objects.filter(tenant_id__in=wanted))
    return strictest(rules_of(policy, *names.get(policy.tenant_id, ())) for policy in policies)


def rules_of_tenant(tenant_id: int) -> PasswordRules:
    """The rules for who is about to join."""
    with tenant_scope(tenant_id):
        tenant = Tenant.objects.get()
        return rules_of(Policy.objects.get(), tenant.name, tenant.slug)
