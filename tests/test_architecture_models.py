"""What every model has to be, read from Django's registry: a new table cannot be forgotten."""

import pytest
from django.apps import apps
from django.db import models

from security.scoping import TenantForeignKey, TenantManager, TenantOwned

OURS = {"security", "tenants", "chat", "chatplatform"}
GLOBAL = {
    "security.User": "a person belongs to himself; tenant code reaches him through Membership",
    "security.Attempt": "of whoever tries to sign in; names as digests",
    "security.LimitRow": "of whoever asks often while Valkey is away; keys are digests and addresses",
    "security.FormerPassword": "of a person, as the password is; compared, never shown",
    "security.Revocation": "a sign-out concerns all of a person's tenants; holds random identifiers only",
    "tenants.Plan": "what operators offer; holds nothing of any tenant's",
    "tenants.Tenant": "the tenant itself; its row is isolated by its own id",
    "admin.LogEntry": "Django's; kept empty",
    "auth.Permission": "Django's; not used for tenants' people",
    "auth.Group": "Django's; not used for tenants' people",
    "contenttypes.ContentType": "names of models",
    "sessions.Session": "of a person, before a tenant is chosen",
    "account.EmailAddress": "of a person",
    "account.EmailConfirmation": "of a person",
    "mfa.Authenticator": "of a person; secrets sealed",
    "usersessions.UserSession": "of a person",
    "axes.AccessAttempt": "of whoever tries to sign in; names as digests",
    "axes.AccessAttemptExpiration": "of whoever tries to sign in",
    "axes.AccessFailureLog": "not written",
    "axes.AccessLog": "not written",
    "auditlog.LogEntry": "kept empty: the trail is security.AuditEvent",
}
NOT_BY_TENANT = {
    "tenants_directory_digest_key": "found before the tenant is known",
    "tenants_membership_user_idx": "a person's own memberships, found before a tenant is chosen",
}
"""Constraints and indexes of tenants' tables that do not begin with the tenant."""
UNIQUE_EVERYWHERE = {"tenants.Site.key": "stands in the snippet and names the site to the whole world"}

TENANTS = [model for model in apps.get_models() if issubclass(model, TenantOwned)]


def test_there_are_tenants_tables() -> None:
    assert len(TENANTS) >= 20


def test_every_model_is_a_tenants_or_global_for_a_reason() -> None:
    others = {model._meta.label for model in apps.get_models() if not issubclass(model, TenantOwned)}
    assert others == set(GLOBAL)


@pytest.mark.parametrize("model", TENANTS, ids=lambda model: model._meta.label)
def test_references_stay_inside_the_tenant(model: type[models.Model]) -> None:
    for field in model._meta.local_fields:
        if isinstance(field, models.ForeignKey) and issubclass(field.related_model, TenantOwned):
            assert isinstance(field, TenantForeignKey), field


@pytest.mark.parametrize("model", TENANTS, ids=lambda model: model._meta.label)
def test_managers_fail_closed(model: type[models.Model]) -> None:
    assert all(isinstance(manager, TenantManager) for manager in model._meta.managers)
    assert isinstance(model._meta.base_manager, TenantManager)
    assert isinstance(model._meta.default_manager, TenantManager)


@pytest.mark.parametrize("model", apps.get_models(), ids=lambda model: model._meta.label)
def test_no_table_between_two_is_implicit(model: type[models.Model]) -> None:
    """Django's own table for a many-to-many would have no tenant and no policy."""
    for field in model._meta.local_many_to_many:
        assert model._meta.app_label not in OURS, field
        assert not issubclass(field.related_model, TenantOwned), field


@pytest.mark.parametrize("model", TENANTS, ids=lambda model: model._meta.label)
def test_keys_and_indexes_begin_with_the_tenant(model: type[models.Model]) -> None:
    named = [c for c in model._meta.constraints if isinstance(c, models.UniqueConstraint)]
    for entry in [*named, *model._meta.indexes]:
        assert entry.fields[0] == "tenant_id" or entry.name in NOT_BY_TENANT, entry.name
    for field in model._meta.local_fields:
        if field.unique and not field.primary_key:
            assert f"{model._meta.label}.{field.name}" in UNIQUE_EVERYWHERE
    assert not model._meta.unique_together


@pytest.mark.parametrize("model", TENANTS, ids=lambda model: model._meta.label)
def test_isolation_is_part_of_the_schema(model: type[models.Model]) -> None:
    names = {constraint.name for constraint in model._meta.constraints}
    assert f"{model._meta.db_table}_isolation" in names
    assert f"{model._meta.db_table}_tenant_key" in names


@pytest.mark.parametrize("model", TENANTS, ids=lambda model: model._meta.label)
def test_the_primary_key_is_a_number_and_the_public_id_is_random(model: type[models.Model]) -> None:
    assert isinstance(model._meta.pk, models.BigAutoField)
    for field in model._meta.local_fields:
        if field.name == "public_id":
            assert isinstance(field, models.UUIDField)
            assert not field.editable
