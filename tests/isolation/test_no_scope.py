"""Without a tenant's scope: an error from every manager, no row from any table, no choice in any form. Walked from the registries."""

from __future__ import annotations

from typing import Any

import pytest
from django.apps import apps
from django.db import connection
from django.forms import ModelChoiceField
from django.test import RequestFactory

from security.scoping import ScopeMissing, TenantOwned, tenant_scope, user_scope
from security.scoping.catalogue import isolated_models
from tenants.admin.filters import RecordFilter
from tenants.admin.site import site
from tests import cast
from tests.cast import Organisation

pytestmark = pytest.mark.django_db

OWNED = [model for model in apps.get_models() if issubclass(model, TenantOwned)]


@pytest.fixture
def acme() -> Organisation:
    return cast.acme()


def request_of(of: Organisation) -> Any:
    """A page of the admin that Olga asks for."""
    request: Any = RequestFactory().get("/admin/")
    request.user, request.grant = of.user("olga"), of.grant("olga")
    return request


@pytest.mark.parametrize("model", OWNED, ids=lambda model: model._meta.label)
def test_every_manager_raises(model: Any) -> None:
    for ask in (
        model.objects.all,
        model.objects.count,
        model.objects.create,
        lambda: model.objects.bulk_create([model()]),
        lambda: model.objects.update(id=1),
        model._base_manager.all,
        lambda: model._default_manager.filter(pk=1).delete(),
        lambda: model().save(),
    ):
        with pytest.raises(ScopeMissing):
            ask()


def test_every_table_is_empty_and_takes_nothing(acme: Organisation) -> None:
    tables = [model._meta.db_table for model in isolated_models()]
    with tenant_scope(acme.tenant_id), connection.cursor() as cursor:
        filled = []
        for table in tables:
            cursor.execute(f"SELECT count(*) FROM {table}")
            filled += [table] if cursor.fetchone() != (0,) else []
    assert len(filled) >= 10
    with connection.cursor() as cursor:
        for table in tables:
            cursor.execute(f"SELECT count(*) FROM {table}")
            assert cursor.fetchone() == (0,), table


def test_a_person_before_a_tenant_is_chosen_reads_three_tables(acme: Organisation) -> None:
    olga = acme.user("olga")
    with user_scope(olga.pk), connection.cursor() as cursor:
        seen = set()
        for model in isolated_models():
            cursor.execute(f"SELECT count(*) FROM {model._meta.db_table}")
            seen |= {model._meta.label} if cursor.fetchone() != (0,) else set()
    assert seen == {"tenants.Tenant", "tenants.Membership", "tenants.Policy"}


@pytest.mark.parametrize("model", site._registry, ids=lambda model: model._meta.label)
def test_records_forms_and_filters_of_the_admin_ask_for_the_scope(acme: Organisation, model: Any) -> None:
    model_admin: Any = site._registry[model]
    request = request_of(acme)
    with tenant_scope(acme.tenant_id):
        records = model_admin.get_queryset(request)
        fields = model_admin.get_form(request).base_fields if model_admin.has_change_permission(request) else {}
        filters = [cls for cls in model_admin.list_filter if issubclass(cls, RecordFilter)]
    with pytest.raises(ScopeMissing):
        list(records)
    for name, field in fields.items():
        if isinstance(field, ModelChoiceField) and field.queryset is not None:
            with pytest.raises(ScopeMissing):
                list(field.queryset.all())
            assert field.queryset.model in OWNED, name
    for cls in filters:
        with pytest.raises(ScopeMissing):
            cls(request, {}, model, model_admin)


@pytest.mark.parametrize("model", OWNED, ids=lambda model: model._meta.label)
def test_the_choices_of_any_models_form_ask_for_the_scope(model: Any) -> None:
    for field in model._meta.local_fields:
        if field.is_relation and issubclass(field.related_model, TenantOwned):
            with pytest.raises(ScopeMissing):
                list(field.formfield().queryset)
